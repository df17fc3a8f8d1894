// Who holds the oldest waiting cells: the order in which memory pressure takes circuits, and channels whose peers let
// control cells pile up. The age of the oldest cell, not the length of a queue, is what tells a peer that does not read
// from one that is busy.

import type {PlainChannel} from './plain-channel.ts'
import type {PlainCircuit} from './plain-circuit.ts'

export type QueueHolder = {readonly sinceMs: number} & (
  | {readonly circuit: PlainCircuit; readonly channel?: undefined}
  | {readonly channel: PlainChannel; readonly circuit?: undefined}
)

/** All that have a cell waiting, oldest cell first. */
export function candidatesByAge(
  circuits: Iterable<PlainCircuit>,
  channels: Iterable<PlainChannel>
): QueueHolder[] {
  const holders: QueueHolder[] = []
  for (const circuit of circuits) {
    const sinceMs = oldest(circuit.prev?.queue.oldestMs, circuit.next?.queue.oldestMs)
    if (sinceMs !== undefined) holders.push({circuit, sinceMs})
  }
  for (const channel of channels) {
    const sinceMs = channel.outbox.oldestControlMs
    if (sinceMs !== undefined) holders.push({channel, sinceMs})
  }
  return holders.sort((a, b) => a.sinceMs - b.sinceMs)
}

function oldest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b)
}
