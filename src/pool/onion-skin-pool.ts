// Answers onion skins away from the main thread.
//
//   answer ─▶ queue ─▶ (end of the loop turn) ─▶ batches ─▶ workers ─▶ verdicts
//                 └▶ overloaded
//
// A task costs tens of microseconds to hand over and an onion skin a few hundred to answer, so skins travel in batches of
// what one turn of the event loop brought in. Workers get at most two batches each: one to work on and one to go on with;
// everything else waits in our queue, where it can still be counted and dropped. Order is kept per batch only, which is
// all that circuits need. Octets given to `answer` belong to the pool until it answers; they
// cross in one piece per batch, since handing over many small ones costs half of what answering them does.

import {BugError} from '../fault/fault.ts'
import {DEFAULT_ONION_SKIN_LIMITS, type OnionSkinLimits} from './onion-skin-limits.ts'
import {OnionSkinQueue} from './onion-skin-queue.ts'
import {
  type OnionSkin,
  type OnionSkinKeys,
  type OnionSkinType,
  type OnionSkinVerdict,
  unpackVerdicts
} from './onion-skin-task.ts'
import {OnionSkinWorkers} from './onion-skin-workers.ts'
import {packOctets} from './packed-octets.ts'

const MAX_BATCH = 32
const BATCHES_PER_WORKER = 2

/** Workers know by it whose keys they have, and which: it is never the same for two pools. */
let lastGeneration = 0

/** overloaded: the queue is full, the skin waited too long, or the pool is closing. */
export type OnionSkinResult = OnionSkinVerdict | {readonly kind: 'overloaded'}

export interface OnionSkinCounts {
  /** Answered or refused by a worker. */
  processed: number
  /** Overloaded. */
  dropped: number
}

export interface OnionSkinPoolOptions {
  /** How many threads of its own the pool has while it lives, or the workers that it shares with others. */
  readonly workers: number | OnionSkinWorkers
  readonly keys: OnionSkinKeys
  readonly limits?: OnionSkinLimits
}

export interface OnionSkinPoolDeps {
  /** A worker died or threw: a bug of ours. The skins it had are answered `overloaded`; another worker takes its place. */
  readonly onWorkerFailure: (error: unknown) => void
  /** Hears of every batch that a worker answered: how long each skin had waited, and how long the worker took for all. */
  readonly measured?: ((waitedMs: readonly number[], servedMs: number) => void) | undefined
  readonly nowMs?: () => number
}

interface Waiting {
  readonly onionSkin: OnionSkin
  readonly sinceMs: number
  readonly resolve: (result: OnionSkinResult) => void
}

export class OnionSkinPool {
  readonly counts: Readonly<Record<OnionSkinType, OnionSkinCounts>> = {
    ntor: {processed: 0, dropped: 0},
    'ntor-v3': {processed: 0, dropped: 0}
  }
  readonly #workers: OnionSkinWorkers
  readonly #workersAre: 'ours' | 'shared'
  readonly #queue: OnionSkinQueue<Waiting>
  readonly #maxInFlight: number
  readonly #onWorkerFailure: (error: unknown) => void
  readonly #measured: OnionSkinPoolDeps['measured']
  readonly #nowMs: () => number
  readonly #inFlight = new Set<Promise<void>>()
  #keys: OnionSkinKeys
  #generation = ++lastGeneration
  #dispatchIsDue = false
  #isClosing = false

  constructor(options: OnionSkinPoolOptions, deps: OnionSkinPoolDeps) {
    const {workers, keys, limits = DEFAULT_ONION_SKIN_LIMITS} = options
    this.#workersAre = typeof workers === 'number' ? 'ours' : 'shared'
    this.#workers = typeof workers === 'number' ? new OnionSkinWorkers(workers) : workers
    const {threads} = this.#workers
    this.#keys = keys
    this.#queue = new OnionSkinQueue(limits, threads)
    this.#maxInFlight = threads * BATCHES_PER_WORKER
    this.#onWorkerFailure = deps.onWorkerFailure
    this.#measured = deps.measured
    this.#nowMs = deps.nowMs ?? (() => performance.now())
  }

  /** Onion skins that wait for a worker. */
  get queued(): number {
    return this.#queue.length
  }

  get limits(): OnionSkinLimits {
    return this.#queue.limits
  }

  /** Milliseconds until a skin that came now would be answered. */
  get estimatedDelayMs(): number {
    return this.#queue.estimatedDelayMs
  }

  /** Takes effect with the next batch: onion keys after a rotation, policy after a new consensus. */
  setKeys(keys: OnionSkinKeys): void {
    this.#keys = keys
    this.#generation = ++lastGeneration
  }

  /** Limits that a consensus or a reload changed. */
  setLimits(limits: OnionSkinLimits): void {
    this.#queue.limits = limits
  }

  /** Never rejects. */
  answer(onionSkin: OnionSkin): Promise<OnionSkinResult> {
    return new Promise(resolve => {
      const sinceMs = this.#nowMs()
      const waiting = {onionSkin, sinceMs, resolve}
      if (this.#isClosing || !this.#queue.offer(waiting, sinceMs)) this.#drop(waiting)
      else this.#dispatchSoon()
    })
  }

  /** Drops what waits, lets workers finish what they have, and ends them. */
  async close(): Promise<void> {
    this.#isClosing = true
    const {fresh, stale} = this.#queue.take(Infinity, this.#nowMs())
    for (const waiting of [...stale, ...fresh]) this.#drop(waiting)
    await Promise.all(this.#inFlight)
    if (this.#workersAre === 'ours') await this.#workers.close()
  }

  #dispatchSoon(): void {
    if (this.#dispatchIsDue) return
    this.#dispatchIsDue = true
    setImmediate(() => {
      this.#dispatchIsDue = false
      this.#dispatch()
    })
  }

  #dispatch(): void {
    while (this.#inFlight.size < this.#maxInFlight && this.#queue.length > 0) {
      const free = this.#maxInFlight - this.#inFlight.size
      const size = Math.min(MAX_BATCH, Math.ceil(this.#queue.length / free))
      const {fresh, stale} = this.#queue.take(size, this.#nowMs())
      for (const waiting of stale) this.#drop(waiting)
      if (fresh.length > 0) this.#send(fresh)
    }
  }

  #send(batch: readonly Waiting[]): void {
    const sent = this.#run(batch).finally(() => {
      this.#inFlight.delete(sent)
      this.#dispatch()
    })
    this.#inFlight.add(sent)
  }

  async #run(batch: readonly Waiting[]): Promise<void> {
    const sentAtMs = this.#nowMs()
    try {
      const answer = await this.#workers.run({
        generation: this.#generation,
        keys: this.#keys,
        types: batch.map(({onionSkin}) => onionSkin.type),
        skins: packOctets(batch.map(({onionSkin}) => onionSkin.octets))
      })
      const {elapsedUs} = answer
      const verdicts = unpackVerdicts(answer.verdicts)
      if (verdicts.length !== batch.length) throw new BugError('onion-skin-verdict-missing')
      this.#queue.learn(batch.length, elapsedUs)
      this.#measured?.(
        batch.map(({sinceMs}) => sentAtMs - sinceMs),
        elapsedUs / 1000
      )
      verdicts.forEach((verdict, i) => {
        this.#resolve(batch[i], verdict)
      })
    } catch (error) {
      for (const waiting of batch) this.#drop(waiting)
      this.#onWorkerFailure(error)
    }
  }

  #resolve(waiting: Waiting | undefined, verdict: OnionSkinVerdict): void {
    if (waiting === undefined) return
    this.counts[waiting.onionSkin.type].processed++
    waiting.resolve(verdict)
  }

  #drop({onionSkin, resolve}: Waiting): void {
    this.counts[onionSkin.type].dropped++
    resolve({kind: 'overloaded'})
  }
}
