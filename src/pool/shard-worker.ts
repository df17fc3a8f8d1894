// The one task of a shard's thread: it runs the shard until main asks for its end.

import {loadAddon} from '../crypto/binding.ts'
import {ed25519Ready} from '../crypto/ed25519.ts'
import {type ShardStart, ShardWorker} from '../dataplane/shard/shard-worker.ts'

export default async function runShard(start: ShardStart): Promise<void> {
  loadAddon().addon?.promptThread()
  await ed25519Ready
  await new ShardWorker(start).ended
}
