// The threads that answer onion skins. A relay has threads of its own; relays that share a process may share them, since
// every batch brings its keys along.

import {fileURLToPath} from 'node:url'
import {Piscina} from 'piscina'
import type {OnionSkinBatch, OnionSkinVerdicts} from './onion-skin-task.ts'

const WORKER = fileURLToPath(new URL('./onion-skin-worker.js', import.meta.url))

export class OnionSkinWorkers {
  readonly threads: number
  readonly #piscina: Piscina<OnionSkinBatch, OnionSkinVerdicts>

  /** @param threads that live until `close` */
  constructor(threads: number) {
    this.threads = threads
    this.#piscina = new Piscina({
      filename: WORKER,
      minThreads: threads,
      maxThreads: threads,
      concurrentTasksPerWorker: 1,
      atomics: 'disabled',
      recordTiming: false
    })
  }

  /** Rejects when a worker dies or throws. */
  run(batch: OnionSkinBatch): Promise<OnionSkinVerdicts> {
    return this.#piscina.run(batch)
  }

  /** Only after all batches have come back. */
  close(): Promise<void> {
    return this.#piscina.destroy()
  }
}
