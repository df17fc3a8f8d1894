// What one shard has done by itself, from the counters that it and its worker write.

import type {Counted, PlanePart} from '../contract.ts'
import {SHARD_HISTOGRAMS, type ShardCounter} from './records.ts'
import type {SharedCounter} from './shared-memory.ts'

const OUTBOX_WAIT: readonly ShardCounter[] = [
  'outboxWaitUpTo1',
  'outboxWaitUpTo5',
  'outboxWaitUpTo25',
  'outboxWaitUpTo100',
  'outboxWaitUpTo500',
  'outboxWaitUpTo2500',
  'outboxWaitLonger'
]
const RING_BATCH: readonly ShardCounter[] = [
  'ringBatchUpTo1',
  'ringBatchUpTo8',
  'ringBatchUpTo64',
  'ringBatchUpTo512',
  'ringBatchLonger'
]

interface Counters {
  get(name: SharedCounter): number
}

export function partOf(counters: Counters): PlanePart {
  return {
    busyMs: counters.get('busyMs'),
    ringBatch: counted(counters, RING_BATCH, 'ringWorkedOff')
  }
}

export function outboxWaitOf(counters: Counters): Counted {
  return counted(counters, OUTBOX_WAIT, 'outboxWaited')
}

/** Bounds by the order of the buckets; the last bucket has none. */
export const PART_BOUNDS = {outboxWaitMs: SHARD_HISTOGRAMS.outboxWait, ringBatch: SHARD_HISTOGRAMS.ringBatch}

/** The shard counts each value in one bucket, and a histogram counts it in all that it fits. */
function counted(counters: Counters, buckets: readonly ShardCounter[], sum: ShardCounter): Counted {
  let count = 0
  const upTo = buckets.map(bucket => {
    count += counters.get(bucket)
    return count
  })
  return {atMost: upTo.slice(0, -1), count, sum: counters.get(sum)}
}
