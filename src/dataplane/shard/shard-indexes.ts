// The numbers of native shards, of which a process has 256: planes of one process must not have any in common, and a channel
// handle, which says the number of its shard, must never be used twice.

import {BugError} from '../../fault/fault.ts'
import type {ChannelHandle} from '../contract.ts'
import {channelHandle, SHARDS_MAX} from './native-shard.ts'

const inUse = new Set<number>()
const lastChannel = new Uint32Array(SHARDS_MAX)

export function takeShardIndex(): number {
  for (let index = 0; index < SHARDS_MAX; index++) {
    if (inUse.has(index)) continue
    inUse.add(index)
    return index
  }
  throw new BugError('too-many-shards')
}

export function giveBackShardIndex(index: number): void {
  inUse.delete(index)
}

/** A handle for the next channel of a shard. */
export function nextChannelHandle(index: number): ChannelHandle {
  const number = (lastChannel[index] as number) + 1
  lastChannel[index] = number
  return channelHandle(index, number) as ChannelHandle
}
