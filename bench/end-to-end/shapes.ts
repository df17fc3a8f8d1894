// The loads, each after the kind of traffic that it stands for. All of them end with every cell that went in accounted for:
// it came out, and as it should.

import {setTimeout as sleep} from 'node:timers/promises'
import {type Flow, flowAcross, flowDirect, flowDown, flowUp} from './flow.ts'
import {measureIdle} from './idle.ts'
import {Load, type PumpOptions} from './load.ts'
import {Network} from './network.ts'
import {pace, pacedFigures} from './paced.ts'
import {relayCounts} from './relay-counts.ts'
import {cpuNs, type RelayUnderTest} from './relay-process.ts'
import {storm} from './storm.ts'

/** Numbers by the name of the figure. */
export type Figures = Readonly<Record<string, number>>
export type Shape = (relay: RelayUnderTest, seconds: number) => Promise<Figures>

const CELL_OCTETS = 514
const WARM_UP_MS = 500
const DRAIN_MS = 10_000
/** A generator that stood still for longer did not load the relay. */
const OVERDUE_MAX_MS = 500
const PACED_LINKS = 64
/** Of the time of a paced run, for the same cells without the relay. */
const FLOOR_SHARE = 0.4

interface Bulk {
  readonly clients: number
  readonly hops: number
  readonly circuits: number
  readonly direction: 'up' | 'down' | 'across'
  readonly pump: PumpOptions
}

export const shapes: Readonly<Record<string, Shape>> = {
  /** 8 links in, 8 links out, 64 circuits, full TLS records. */
  bulk: bulk({
    clients: 8,
    hops: 8,
    circuits: 64,
    direction: 'up',
    pump: {writeCells: 31, recordCells: 31, run: 8, window: 1984}
  }),
  down: bulk({
    clients: 8,
    hops: 8,
    circuits: 64,
    direction: 'down',
    pump: {writeCells: 31, recordCells: 31, run: 8, window: 1984}
  }),
  /** The fastest that one transfer can be. */
  one: bulk({
    clients: 1,
    hops: 1,
    circuits: 1,
    direction: 'up',
    pump: {writeCells: 31, recordCells: 31, run: 31, window: 1984}
  }),
  /** Many clients, each of whom sends little at a time: a TLS record per cell. */
  many: bulk({
    clients: 64,
    hops: 64,
    circuits: 1000,
    direction: 'up',
    pump: {writeCells: 4, recordCells: 1, run: 1, window: 496}
  }),
  /** Clients and services that met here, both ways. */
  splice: bulk({
    clients: 8,
    hops: 0,
    circuits: 64,
    direction: 'across',
    pump: {writeCells: 31, recordCells: 31, run: 8, window: 1984}
  }),
  'paced-2000': (relay, seconds) => paced(relay, seconds, 2000),
  'paced-20000': (relay, seconds) => paced(relay, seconds, 20_000),
  ntor: (relay, seconds) => storm(relay, seconds, 'ntor'),
  'ntor-v3': (relay, seconds) => storm(relay, seconds, 'ntor-v3'),
  idle: relay => measureIdle(relay, 10_000)
}

function bulk({clients, hops, circuits, direction, pump: options}: Bulk): Shape {
  return async (relay, seconds) => {
    const network = new Network(relay)
    try {
      await network.openLinks(clients)
      if (direction === 'across') await network.makePairs(circuits / 2)
      else await network.makeCircuits(circuits, hops)
      return await saturate(relay, seconds, flowsOf(network, direction), options)
    } finally {
      network.close()
    }
  }
}

function flowsOf({circuits}: Network, direction: Bulk['direction']): Flow[] {
  if (direction === 'up') return circuits.map(flowUp)
  if (direction === 'down') return circuits.map(flowDown)
  return circuits.map((circuit, i) => flowAcross(circuit, circuits[i ^ 1] as (typeof circuits)[0]))
}

async function saturate(
  relay: RelayUnderTest,
  seconds: number,
  flows: readonly Flow[],
  options: PumpOptions
): Promise<Figures> {
  const load = await Load.take(flows)
  try {
    load.pump(options)
    await sleep(WARM_UP_MS)
    const figures = await over(relay, seconds, () => load.received)
    await load.drained(DRAIN_MS)
    return figures
  } finally {
    await load.close()
  }
}

async function paced(relay: RelayUnderTest, seconds: number, cellsPerSecond: number): Promise<Figures> {
  const network = new Network(relay)
  try {
    const direct = await network.openDirect(PACED_LINKS)
    const both = direct.flatMap(([a, b]) => [flowDirect(a, b), flowDirect(b, a)])
    const floor = await pace(both, seconds * FLOOR_SHARE, cellsPerSecond)
    await network.openLinks(PACED_LINKS)
    await network.makeCircuits(PACED_LINKS, PACED_LINKS)
    const flows = network.circuits.flatMap(circuit => [flowUp(circuit), flowDown(circuit)])
    return pacedFigures(floor, await pace(flows, seconds, cellsPerSecond, () => cpuNs(relay.pid)))
  } finally {
    network.close()
  }
}

/** What the relay moves and what it costs over some seconds; what the generator costs says whether it had room. */
export async function over(relay: RelayUnderTest, seconds: number, count: () => number): Promise<Figures> {
  const before = await relayCounts(relay)
  const own = process.cpuUsage()
  const [cells, cpu, time] = [count(), cpuNs(relay.pid), process.hrtime.bigint()]
  await sleep(seconds * 1000)
  const moved = count() - cells
  const spent = cpuNs(relay.pid) - cpu
  const ns = Number(process.hrtime.bigint() - time)
  const generator = process.cpuUsage(own)
  const overdueMs = ns / 1e6 - seconds * 1000
  if (overdueMs > OVERDUE_MAX_MS)
    throw new Error(`something kept the generator from running for ${overdueMs.toFixed(0)} ms`)
  const after = await relayCounts(relay)
  const crossed =
    before === undefined || after === undefined
      ? {}
      : {crossedShare: (after.crossed - before.crossed) / (after.received - before.received)}
  return {
    cellsPerSecond: (moved * 1e9) / ns,
    gigabitsPerSecond: (moved * CELL_OCTETS * 8) / ns,
    cpuSecondsPerGigabyte: spent / (moved * CELL_OCTETS),
    cellsPerCpuSecond: (moved * 1e9) / spent,
    cores: spent / ns,
    generatorCores: ((generator.user + generator.system) * 1000) / ns,
    ...crossed
  }
}
