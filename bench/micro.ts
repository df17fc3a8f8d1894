// What the primitives cost on this machine, every kernel in one run: cells, circuit handshakes, the codec, and what crossing
// from JavaScript to C++ costs. Figures are medians; on a shared machine trust ratios within one run, not the numbers of two.

import {type Addon, loadAddon} from '../src/crypto/binding.ts'
import {boundaryMeasurements, cgoMeasurements, kernelMeasurements, nodeCryptoMeasurements} from './cells.ts'
import {handshakeMeasurements} from './handshakes.ts'
import {type Figure, type Measurement, measure} from './measure.ts'
import {recordMeasurements} from './records.ts'
import {relayPathMeasurements} from './relay-path.ts'
import {shardThreadFigures} from './shard-threads.ts'
import {wireMeasurements} from './wire.ts'

type Part = (addon: Addon | undefined, timeMs: number) => Promise<Figure[]>

const measured =
  (measurements: (addon: Addon | undefined) => Measurement[]): Part =>
  (addon, timeMs) =>
    measure(measurements(addon), timeMs)

export const microParts: Readonly<Record<string, Part>> = {
  cells: measured(addon => [
    ...(addon === undefined ? [] : kernelMeasurements(addon)),
    ...nodeCryptoMeasurements()
  ]),
  cgo: measured(cgoMeasurements),
  records: measured(recordMeasurements),
  boundary: measured(boundaryMeasurements),
  relay: measured(relayPathMeasurements),
  shards: (addon, timeMs) => Promise.resolve(addon === undefined ? [] : shardThreadFigures(timeMs)),
  wire: measured(wireMeasurements),
  handshakes: measured(handshakeMeasurements)
}

export interface MicroReport {
  readonly timeMs: number
  readonly kernel: string
  readonly kernels: readonly string[]
  readonly figures: readonly Figure[]
}

export async function runMicro(parts: readonly string[], timeMs: number): Promise<MicroReport> {
  const {addon} = loadAddon()
  const figures: Figure[] = []
  for (const [name, part] of Object.entries(microParts)) {
    if (parts.length === 0 || parts.includes(name)) figures.push(...(await part(addon, timeMs)))
  }
  return {timeMs, kernel: addon?.kernel ?? 'node:crypto', kernels: addon?.kernels ?? [], figures}
}

/** For people: a block per group, a line per figure. */
export function microTable({timeMs, kernel, figures}: MicroReport): string {
  const lines = [
    `Kernel in use: ${kernel}. Medians over ${timeMs} ms each, with the median deviation; CPU time is that of all threads.`
  ]
  for (const group of new Set(figures.map(figure => figure.group))) {
    const members = figures.filter(figure => figure.group === group)
    const unit = members[0]?.unit ?? ''
    lines.push(
      '',
      `${group.padEnd(36)}${`ns/${unit}`.padStart(14)}${'CPU'.padStart(11)}${`${unit}s/s`.padStart(16)}${'MB/s'.padStart(9)}`,
      ...members.map(lineOf)
    )
  }
  return lines.join('\n')
}

function lineOf({name, ns, cpuNs, perSecond, megabytesPerSecond, deviation}: Figure): string {
  const megabytes = megabytesPerSecond === undefined ? '' : count(megabytesPerSecond)
  return (
    `  ${name.padEnd(34)}${duration(ns).padStart(14)}${duration(cpuNs).padStart(11)}${count(perSecond).padStart(16)}` +
    `${megabytes.padStart(9)}   ±${(deviation * 100).toFixed(0)} %`
  )
}

/** Nanoseconds with the digits that mean something. */
function duration(ns: number): string {
  if (ns < 100) return `${ns.toFixed(1)} ns`
  return ns < 10_000 ? `${Math.round(ns)} ns` : `${(ns / 1000).toFixed(1)} us`
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en')
}
