// `ramson bench`: measures the primitives, whole relays under load, or both, and prints, or keeps, what came out.

import {mkdirSync, writeFileSync} from 'node:fs'
import {availableParallelism, cpus, release} from 'node:os'
import {dirname, join} from 'node:path'
import {loadAddon} from '../src/crypto/binding.ts'
import {scalingTable, table} from './end-to-end/report.ts'
import {type EndToEndReport, runEndToEnd} from './end-to-end/run.ts'
import {type MicroReport, microTable, runMicro} from './micro.ts'
import {BENCH_HELP, parseBenchOptions} from './options.ts'

/** What `--json` prints and `--out` keeps. */
export interface BenchReport {
  readonly machine: {
    readonly cpu: string
    readonly cores: number
    readonly system: string
    readonly node: string
    readonly date: string
  }
  readonly micro?: MicroReport
  readonly endToEnd?: EndToEndReport
}

/** @param words what stands behind `bench`; gives the exit status */
export async function runBenchCommand(words: readonly string[]): Promise<number> {
  const options = parseBenchOptions(words)
  if (!options.ok) return fail(options.fault.data?.message ?? options.fault.code)
  if (options.value === 'help') {
    process.stdout.write(BENCH_HELP)
    return 0
  }
  const {micro, load, isJson, out} = options.value
  const {reason} = loadAddon()
  if (micro !== undefined && reason !== undefined && !micro.mayFallBack) {
    return fail(
      `The native addon is not in use (${reason}), so these figures would not be ramson's. Use --fallback to get them.`
    )
  }
  const report: BenchReport = {
    machine: {
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: availableParallelism(),
      system: `${process.platform} ${process.arch} ${release()}`,
      node: process.version,
      date: new Date().toISOString()
    },
    ...(micro === undefined ? {} : {micro: await runMicro(micro.parts, micro.timeMs)}),
    ...(load === undefined
      ? {}
      : {endToEnd: await runEndToEnd(load, line => process.stderr.write(`${line}\n`))})
  }
  const json = `${JSON.stringify(report, null, 2)}\n`
  if (out !== undefined) keep(report, out, json)
  process.stdout.write(isJson ? json : textOf(report))
  return report.endToEnd?.failures.length === 0 || report.endToEnd === undefined ? 0 : 1
}

function textOf({machine, micro, endToEnd}: BenchReport): string {
  const lines = [`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}`]
  if (micro !== undefined) lines.push(microTable(micro))
  if (endToEnd !== undefined) lines.push(table(endToEnd.medians), scalingTable(endToEnd.scaling))
  return `${lines.join('\n')}\n`
}

function keep({machine}: BenchReport, out: string, json: string): void {
  const name = `${machine.date.slice(0, 10)}-${machine.cpu.toLowerCase().replace(/[^a-z0-9]+/g, '-')}.json`
  const path = out.endsWith('/') ? join(out, name) : out
  mkdirSync(dirname(path), {recursive: true})
  writeFileSync(path, json)
}

function fail(message: string): number {
  process.stderr.write(`${message}\n`)
  return 1
}
