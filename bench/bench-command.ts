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
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    system: `${process.platform} ${process.arch} ${release()}`,
    node: process.version,
    date: new Date().toISOString()
  }
  const path = out === undefined ? undefined : pathFor(out, machine)
  let report: BenchReport = {
    machine,
    ...(micro === undefined ? {} : {micro: await runMicro(micro.parts, micro.timeMs)})
  }
  if (load !== undefined) {
    const endToEnd = await runEndToEnd(load, (line, soFar) => {
      process.stderr.write(`${line}\n`)
      // Runs are long, and what has been measured outlives an interruption.
      keep({...report, endToEnd: soFar}, path)
    })
    report = {...report, endToEnd}
  }
  keep(report, path)
  process.stdout.write(isJson ? jsonOf(report) : textOf(report))
  return (report.endToEnd?.failures.length ?? 0) === 0 ? 0 : 1
}

function textOf({machine, micro, endToEnd}: BenchReport): string {
  const lines = [`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}`]
  if (micro !== undefined) lines.push(microTable(micro))
  if (endToEnd !== undefined) lines.push(table(endToEnd.medians), scalingTable(endToEnd.scaling))
  return `${lines.join('\n')}\n`
}

function jsonOf(report: BenchReport): string {
  return `${JSON.stringify(report, null, 2)}\n`
}

/** In a folder: a name by date and processor. */
function pathFor(out: string, {date, cpu}: BenchReport['machine']): string {
  if (!out.endsWith('/')) return out
  return join(out, `${date.slice(0, 10)}-${cpu.toLowerCase().replace(/[^a-z0-9]+/g, '-')}.json`)
}

function keep(report: BenchReport, path: string | undefined): void {
  if (path === undefined) return
  mkdirSync(dirname(path), {recursive: true})
  writeFileSync(path, jsonOf(report))
}

function fail(message: string): number {
  process.stderr.write(`${message}\n`)
  return 1
}
