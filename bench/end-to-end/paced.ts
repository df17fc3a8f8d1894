// A steady trickle of cells at even distances, over all flows in turn: what a relay adds to the time of a cell when there is
// little to do. Half of the flows go up and half down, so that acknowledgements of TCP travel with cells; the sender's clock
// travels in the cell. The loop never sleeps, since a timer would be coarser than what is measured.

import {blankCells, type Flow, fillCell, Receiver} from './flow.ts'
import {cpuNs, type RelayUnderTest} from './relay-process.ts'
import type {Figures} from './shapes.ts'

const WARM_UP_MS = 500
const LAST_CELL_MS = 2_000

export async function pace(
  relay: RelayUnderTest,
  seconds: number,
  cellsPerSecond: number,
  flows: readonly Flow[]
): Promise<Figures> {
  const delays: number[] = []
  let fault: Error | undefined
  let measuring = false
  let sent = 0
  const receiver = new Receiver(flows, {
    arrived: () => {},
    sentAt: time => {
      if (measuring) delays.push(performance.now() - time)
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
  let cpu = 0
  for (let now = began; now < end && fault === undefined; now = performance.now()) {
    if (!measuring && now >= measureFrom) {
      measuring = true
      cpu = cpuNs(relay.pid)
    }
    while (began + (sent * 1000) / cellsPerSecond <= now) {
      const flow = flows[(sent * 7) % flows.length] as Flow
      const slab = free.pop() ?? blankCells(1)
      fillCell(slab, 0, flow, performance.now())
      flow.from.write(slab, () => free.push(slab))
      sent++
    }
    await new Promise(setImmediate)
  }
  const spent = cpuNs(relay.pid) - cpu
  const cells = delays.length
  const deadline = performance.now() + LAST_CELL_MS
  while (receiver.received < sent && performance.now() < deadline) await new Promise(setImmediate)
  if (fault !== undefined) throw fault
  if (receiver.received !== sent) throw new Error('cells were lost')
  delays.sort((a, b) => a - b)
  const quantile = (part: number) => (delays[Math.floor(part * (delays.length - 1))] ?? Number.NaN) * 1000
  return {
    p50us: quantile(0.5),
    p99us: quantile(0.99),
    p999us: quantile(0.999),
    cpuUsPerCell: spent / 1000 / cells,
    cellsPerSecond: cells / seconds
  }
}
