// Threads for shards: as many as there are shards, each with one task that does not end before its shard does.
//
// Piscina cannot address a thread, and need not: a shard is reached through the port that its task was started with. Its
// threads must not wait for the next task by Atomics.wait, because timers and sockets of a shard live on their event loop.

import {fileURLToPath} from 'node:url'
import {Piscina} from 'piscina'
import type {ShardThreads} from '../dataplane/shard/shard-thread.ts'
import type {ShardStart} from '../dataplane/shard/shard-worker.ts'

const YOUNG_MB = 4

const WORKER = fileURLToPath(new URL('./shard-worker.js', import.meta.url))

export class ShardPool implements ShardThreads {
  readonly #piscina: Piscina<ShardStart, void>

  constructor(threads: number) {
    this.#piscina = new Piscina({
      filename: WORKER,
      minThreads: threads,
      maxThreads: threads,
      concurrentTasksPerWorker: 1,
      atomics: 'disabled',
      recordTiming: false,
      // Little that a shard makes in JavaScript lives for long; a larger nursery only takes memory.
      resourceLimits: {maxYoungGenerationSizeMb: YOUNG_MB}
    })
  }

  run(start: ShardStart): Promise<void> {
    return this.#piscina.run(start, {transferList: [start.port]})
  }

  close(): Promise<void> {
    return this.#piscina.destroy()
  }
}
