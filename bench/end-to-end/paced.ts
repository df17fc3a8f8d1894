// A steady trickle of cells at even distances, over all flows in turn: what a relay adds to the time of a cell when there is
// little to do. Half of the flows go up and half down, so that acknowledgements of TCP travel with cells; the sender's clock
// travels in the cell. The loop never sleeps, since a timer would be coarser than what is measured.
//
// The generator is part of every cell's time: its own TLS, and its loop, which has one thing to do at a time. So the same
// cells first go over links without the relay, and what is told as added is the difference of the two distributions, quantile
// by quantile. A run in which the generator itself fell behind its pace measures the generator, and fails.

import {setTimeout as sleep} from 'node:timers/promises'
import type {Flow} from './flow.ts'
import {Load} from './load.ts'
import type {Figures} from './shapes.ts'

const WARM_UP_MS = 500
const LAST_CELL_MS = 2_000
/** Of cells, so many may leave late; native/load says how late that is. */
const LATE_SHARE_MAX = 0.1

export interface PacedRun {
  /** In milliseconds, in order. */
  readonly delays: Float64Array
  readonly seconds: number
  /** Of the cells: sent later than they should have been. */
  readonly lateShare: number
  /** Of what `spentNs` counts. */
  readonly cpuNs: number
}

export async function pace(
  flows: readonly Flow[],
  seconds: number,
  cellsPerSecond: number,
  spentNs: () => number = () => 0
): Promise<PacedRun> {
  const load = await Load.take(flows)
  try {
    load.pace(cellsPerSecond, WARM_UP_MS, seconds * 1000)
    await sleep(WARM_UP_MS)
    const before = spentNs()
    await sleep(seconds * 1000)
    const cpuNs = spentNs() - before
    await load.drained(LAST_CELL_MS)
    return {delays: load.delays().sort(), seconds, lateShare: load.late / Math.max(1, load.measured), cpuNs}
  } finally {
    await load.close()
  }
}

/** @throws where the generator did not keep its pace, with the relay or without it */
export function pacedFigures(floor: PacedRun, run: PacedRun): Figures {
  for (const [of, {lateShare}] of Object.entries({'without the relay': floor, 'with the relay': run})) {
    if (lateShare > LATE_SHARE_MAX)
      throw new Error(
        `the generator fell behind its pace ${of}: ${(lateShare * 100).toFixed(1)} % of cells left late`
      )
  }
  const cells = run.delays.length
  const added = (part: number) => quantileUs(run, part) - quantileUs(floor, part)
  return {
    p50us: quantileUs(run, 0.5),
    p99us: quantileUs(run, 0.99),
    p999us: quantileUs(run, 0.999),
    addedP50us: added(0.5),
    addedP99us: added(0.99),
    addedP999us: added(0.999),
    floorP50us: quantileUs(floor, 0.5),
    floorP99us: quantileUs(floor, 0.99),
    cpuUsPerCell: run.cpuNs / 1000 / cells,
    cellsPerSecond: cells / run.seconds,
    lateShare: run.lateShare
  }
}

function quantileUs({delays}: PacedRun, part: number): number {
  return (delays[Math.floor(part * (delays.length - 1))] ?? Number.NaN) * 1000
}
