// `npm run bench`: what the primitives cost on this machine, every kernel in one run.
//
//   npm run bench                        everything
//   npm run bench -- cells handshakes    some parts: cells, cgo, boundary, relay, wire, handshakes
//   npm run bench -- --json              figures for programs
//   npm run bench -- --time 1000         milliseconds per measurement
//   npm run bench -- --fallback          also where the addon does not load
//
// Figures are medians; on a shared machine trust ratios within one run, not the numbers of two.

import {availableParallelism, cpus} from 'node:os'
import {parseArgs} from 'node:util'
import {loadAddon} from '../src/crypto/binding.ts'
import {boundaryMeasurements, cgoMeasurements, kernelMeasurements, nodeCryptoMeasurements} from './cells.ts'
import {handshakeMeasurements} from './handshakes.ts'
import {type Figure, type Measurement, measure} from './measure.ts'
import {relayPathMeasurements} from './relay-path.ts'
import {wireMeasurements} from './wire.ts'

const {values, positionals} = parseArgs({
  allowPositionals: true,
  options: {
    json: {type: 'boolean', default: false},
    fallback: {type: 'boolean', default: false},
    time: {type: 'string', default: '300'}
  }
})

const {addon, reason} = loadAddon()

const parts: Record<string, () => Measurement[]> = {
  cells: () => [...(addon === undefined ? [] : kernelMeasurements(addon)), ...nodeCryptoMeasurements()],
  cgo: () => cgoMeasurements(addon),
  boundary: () => boundaryMeasurements(addon),
  relay: () => relayPathMeasurements(addon),
  wire: wireMeasurements,
  handshakes: handshakeMeasurements
}

/** Nanoseconds with the digits that mean something. */
function duration(ns: number): string {
  if (ns < 100) return `${ns.toFixed(1)} ns`
  return ns < 10_000 ? `${Math.round(ns)} ns` : `${(ns / 1000).toFixed(1)} us`
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en')
}

function table(figures: readonly Figure[]): string {
  const lines: string[] = []
  for (const group of new Set(figures.map(figure => figure.group))) {
    const members = figures.filter(figure => figure.group === group)
    const unit = members[0]?.unit ?? ''
    lines.push(
      '',
      `${group.padEnd(36)}${`ns/${unit}`.padStart(14)}${'CPU'.padStart(11)}${`${unit}s/s`.padStart(16)}${'MB/s'.padStart(9)}`
    )
    for (const {name, ns, cpuNs, perSecond, megabytesPerSecond, deviation} of members) {
      lines.push(
        `  ${name.padEnd(34)}${duration(ns).padStart(14)}${duration(cpuNs).padStart(11)}${count(perSecond).padStart(16)}` +
          `${megabytesPerSecond === undefined ? ''.padStart(9) : count(megabytesPerSecond).padStart(9)}` +
          `   ±${(deviation * 100).toFixed(0)} %`
      )
    }
  }
  return lines.join('\n')
}

function fail(message: string): never {
  console.error(message)
  process.exit(1)
}

const timeMs = Number(values.time)
if (!(timeMs > 0)) fail(`--time ${values.time}: a number of milliseconds is wanted`)
for (const part of positionals) {
  if (!(part in parts)) fail(`There is no part '${part}'. Parts: ${Object.keys(parts).join(', ')}`)
}
if (addon === undefined && !values.fallback) {
  fail(
    `The native addon is not in use (${reason}), so these figures would not be ramson's. Use --fallback to get them.`
  )
}

const wanted = Object.keys(parts).filter(part => positionals.length === 0 || positionals.includes(part))
const figures = await measure(
  wanted.flatMap(part => parts[part]?.() ?? []),
  timeMs
)
const machine = {
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: availableParallelism(),
  node: process.version,
  kernel: addon?.kernel ?? 'node:crypto',
  kernels: addon?.kernels ?? []
}
if (values.json) {
  console.log(JSON.stringify({machine, timeMs, figures}, null, 2))
} else {
  console.log(
    `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}; kernel in use: ${machine.kernel}\n` +
      `Medians over ${timeMs} ms each, with the median deviation; CPU time is that of the whole process.`
  )
  console.log(table(figures))
}
