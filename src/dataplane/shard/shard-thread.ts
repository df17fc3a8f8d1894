// Who runs a shard's worker. The threads are a pool's, which lies above; here is what main needs of them.

import type {ShardStart} from './shard-worker.ts'

export interface ShardThreads {
  /** Runs one shard until main asks it to end; rejects when its thread dies. The port goes over to the thread. */
  run(start: ShardStart): Promise<void>
  close(): Promise<void>
}
