// Makes consensus diffs away from the main thread: comparing two texts of two million octets takes a good part of a second,
// and a thread that moves cells has not so much. One diff after the other; the thread ends when there is nothing to do. How
// many wait is bounded by whoever asks (one for each consensus that it keeps).

import {fileURLToPath} from 'node:url'
import {Piscina} from 'piscina'
import type {ConsensusText} from '../netdoc/consensus/consensus.ts'

const WORKER = fileURLToPath(new URL('./consensus-diff-worker.js', import.meta.url))

const IDLE_MS = 60_000

export interface ConsensusDiffTask {
  readonly base: ConsensusText
  readonly target: ConsensusText
}

export interface ConsensusDiffPoolDeps {
  /** The worker died or threw: a bug of ours. */
  readonly onWorkerFailure: (error: unknown) => void
}

export class ConsensusDiffPool {
  readonly #deps: ConsensusDiffPoolDeps
  readonly #piscina: Piscina<ConsensusDiffTask, Uint8Array>
  #isClosing = false

  constructor(deps: ConsensusDiffPoolDeps) {
    this.#deps = deps
    this.#piscina = new Piscina({
      filename: WORKER,
      minThreads: 0,
      maxThreads: 1,
      concurrentTasksPerWorker: 1,
      idleTimeout: IDLE_MS,
      atomics: 'disabled',
      recordTiming: false
    })
  }

  /** What turns `base` into `target`; undefined when the pool is closing or the worker failed. Never rejects. */
  async make(base: ConsensusText, target: ConsensusText): Promise<Uint8Array | undefined> {
    try {
      return await this.#piscina.run({base: copy(base), target: copy(target)})
    } catch (error) {
      if (!this.#isClosing) this.#deps.onWorkerFailure(error)
      return undefined
    }
  }

  async close(): Promise<void> {
    this.#isClosing = true
    await this.#piscina.destroy()
  }
}

/** The text alone: a view would take all that it is a view of along with it. */
function copy({octets, signedLength}: ConsensusText): ConsensusText {
  return {octets: octets.slice(), signedLength}
}
