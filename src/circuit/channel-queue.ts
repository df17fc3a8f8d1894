// The cells of a circuit that wait for its channel, as whoever sends on it looks at them. Our own DATA waits in its stream
// while the queue is long; who was told so is woken by the plane's 'drained'.

import type {CircuitHandle, DataPlane} from '../dataplane/contract.ts'
import type {LocalQueue} from './congestion-control/vegas-window.ts'

/** Cells that may wait for the channel before streams hold back. */
const QUEUED_CELLS_MAX = 64

export function queueOf(plane: DataPlane, circuit: CircuitHandle): LocalQueue {
  const cells = plane.queuedCells(circuit)
  return {isBlocked: cells >= QUEUED_CELLS_MAX, cells}
}

/** True: nothing more is to be sent until 'drained', which the circuit is going to hear. */
export function hasToWait(plane: DataPlane, circuit: CircuitHandle): boolean {
  return plane.queuedCells(circuit) >= QUEUED_CELLS_MAX && plane.awaitDrained(circuit)
}
