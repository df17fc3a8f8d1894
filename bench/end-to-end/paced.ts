// A steady trickle of cells at even distances, over all flows in turn: what a relay adds to the time of a cell when there is
// little to do. Half of the flows go up and half down, so that acknowledgements of TCP travel with cells; the sender's clock
// travels in the cell. The loop never sleeps, since a timer would be coarser than what is measured.
//
// The generator is part of every cell's time: its own TLS, and its loop, which has one thing to do at a time. So the same
// cells first go over links without the relay, and what is told as added is the difference of the two distributions, quantile
// by quantile. A run in which the generator itself fell behind its pace measures the generator, and fails.

import {blankCells, type Flow, fillCell, Receiver} from './flow.ts'
import type {Figures} from './shapes.ts'

const WARM_UP_MS = 500
const LAST_CELL_MS = 2_000
/** A cell that leaves so much later than it should is late; of cells, so many may be. */
const LATE_MS = 2
const LATE_SHARE_MAX = 0.1

export interface PacedRun {
  /** In milliseconds, in order. */
  readonly delays: Float64Array
  readonly seconds: number
  /** Of the cells: sent more than LATE_MS late. */
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
  // Enough for a while longer than asked; room that grows would stop the loop.
  const delays = new Float64Array(Math.ceil(cellsPerSecond * (seconds + 2)))
  let measured = 0
  let fault: Error | undefined
  let measuring = false
  let sent = 0
  let late = 0
  const receiver = new Receiver(flows, {
    arrived: () => {},
    sentAt: time => {
      if (measuring && measured < delays.length) delays[measured++] = performance.now() - time
    },
    failed: error => {
      fault ??= error
    }
  })
  /** Back from sockets that are done with them; a socket that falls behind keeps its own. */
  const free: Buffer[] = []
  const began = performance.now()
  const measureFrom = began + WARM_UP_MS
  const end = measureFrom + seconds * 1000
  let sentBefore = 0
  let cpu = 0
  for (let now = began; now < end && fault === undefined; now = performance.now()) {
    if (!measuring && now >= measureFrom) {
      measuring = true
      sentBefore = sent
      cpu = spentNs()
    }
    for (let due = dueAt(sent); due <= now; due = dueAt(sent)) {
      const flow = flows[(sent * 7) % flows.length] as Flow
      const slab = free.pop() ?? blankCells(1)
      fillCell(slab, 0, flow, performance.now())
      flow.from.write(slab, () => free.push(slab))
      if (measuring && now - due > LATE_MS) late++
      sent++
    }
    await new Promise(setImmediate)
  }
  const cpuNs = spentNs() - cpu
  measuring = false
  const deadline = performance.now() + LAST_CELL_MS
  while (receiver.received < sent && performance.now() < deadline) await new Promise(setImmediate)
  if (fault !== undefined) throw fault
  if (receiver.received !== sent) throw new Error('cells were lost')
  const elapsed = (performance.now() - measureFrom) / 1000
  return {
    delays: delays.subarray(0, measured).sort(),
    seconds: Math.min(seconds, elapsed),
    lateShare: late / Math.max(1, sent - sentBefore),
    cpuNs
  }

  function dueAt(cell: number): number {
    return began + (cell * 1000) / cellsPerSecond
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
