// What main and all shards of a plane have in common: one block of memory with the counters of each shard, the queue counters
// of circuits and the two token buckets. Every word but those of the buckets and AWAITED has one writer.

import {
  type DataPlaneCounters,
  type DataPlaneRates,
  DEFAULT_PACING,
  type OutputPacing,
  TOKEN_REFILL_MS
} from '../contract.ts'
import {LINK_DIRECTION_COUNTERS} from '../link-directions.ts'
import {SHARED_RATE_LIMIT_OCTETS, SharedRateLimit} from '../shared-rate-limit.ts'
import {QUEUE_COUNTER_WORDS, SHARD_COUNTERS, type ShardCounter} from './records.ts'

/** What native links count, in the order of LinkCounter in native/net/socket_loop.h; the worker counts its own with them. */
const LINK_COUNTERS = [
  'bytesRead',
  'bytesWritten',
  'reads',
  'writes',
  'readsLimited',
  'writesLimited'
] as const

/** What a worker counts beside its native shard. */
export const WORKER_COUNTERS = [
  ...LINK_COUNTERS,
  'handshakesFailed',
  'linksClosedByPeer',
  'linksBroken',
  'linksMalformed',
  'linksAlerted',
  'channelsOpened',
  'channelsClosed',
  'paddingCellsSent',
  'enabledPaddingSent',
  ...LINK_DIRECTION_COUNTERS,
  /** Gauge: octets that sockets hold back. */
  'socketOctets',
  /** Gauge: the sequence number of the message from main that was done last. */
  'done',
  /** Gauge: milliseconds that the thread worked since it began. */
  'busyMs'
] as const

type WorkerCounter = (typeof WORKER_COUNTERS)[number]
export type SharedCounter = ShardCounter | WorkerCounter

const COUNTERS: readonly SharedCounter[] = [...SHARD_COUNTERS, ...WORKER_COUNTERS]
const GAUGES: ReadonlySet<SharedCounter> = new Set([
  'queuedOctets',
  'poolOctets',
  'circuits',
  'channels',
  'socketOctets',
  'done',
  'busyMs'
])
/** What is told of each shard by itself, and not of the plane. */
const OF_SHARDS: ReadonlySet<SharedCounter> = new Set(
  SHARD_COUNTERS.filter(name => /^(?:outbox|ring)(?!sFull)/.test(name) && name !== 'outboxOverflows')
)
const COUNTER_PLACE = Object.fromEntries(COUNTERS.map((name, i) => [name, i])) as Record<
  SharedCounter,
  number
>

/** Circuits of a plane that can be asked how many of their cells wait. */
export const QUEUE_COUNTERS_MAX = 65_536

/** Words behind the token buckets; mirror of LinkRates in native/net/link_rate_limit.h. */
const LinkRateWord = {RATE: 0, BURST: 1, REFILL_MS: 2, PRIVATE_IS_FREE: 3} as const
const LINK_RATES_OCTETS = 16
/** The words behind those; mirror of OutputPacing in native/net/output_pacing.h. */
const OutputPacingWord = {SCHEDULER: 4, TICK_MS: 5, BUFFER_PER_MILLE: 6} as const
const OUTPUT_PACING_OCTETS = 16
/** In the order of Scheduler there. */
const SCHEDULERS = ['Vanilla', 'KISTLite', 'KIST'] as const

export interface SharedMemoryOptions {
  readonly shards: number
}

/** What crosses to a worker, where it is opened again. */
export interface SharedMemoryParts {
  readonly options: SharedMemoryOptions
  readonly counters: SharedArrayBuffer
  readonly queues: SharedArrayBuffer
  readonly buckets: SharedArrayBuffer
}

export class SharedMemory {
  readonly parts: SharedMemoryParts
  /** QUEUE_COUNTER_WORDS per counter; see records.ts. */
  readonly queueCounters: Uint32Array
  readonly readLimit: SharedRateLimit
  readonly writeLimit: SharedRateLimit
  /** Octets a second and octets at once for each link of a peer that did not authenticate; a rate of 0: no limit. */
  readonly linkRates: Int32Array

  constructor(parts: SharedMemoryParts) {
    this.parts = parts
    this.queueCounters = new Uint32Array(parts.queues)
    this.readLimit = new SharedRateLimit(parts.buckets, 0)
    this.writeLimit = new SharedRateLimit(parts.buckets, SHARED_RATE_LIMIT_OCTETS)
    const words = (LINK_RATES_OCTETS + OUTPUT_PACING_OCTETS) / 4
    this.linkRates = new Int32Array(parts.buckets, 2 * SHARED_RATE_LIMIT_OCTETS, words)
  }

  static make(options: SharedMemoryOptions): SharedMemory {
    return new SharedMemory({
      options,
      counters: new SharedArrayBuffer(options.shards * COUNTERS.length * 8),
      queues: new SharedArrayBuffer(QUEUE_COUNTERS_MAX * QUEUE_COUNTER_WORDS * 4),
      buckets: new SharedArrayBuffer(2 * SHARED_RATE_LIMIT_OCTETS + LINK_RATES_OCTETS + OUTPUT_PACING_OCTETS)
    })
  }

  /** For all threads that share it. */
  setRates({rate, burst, linkRate, linkBurst, refillMs, privateIsFree, pacing}: DataPlaneRates): void {
    this.readLimit.configure(rate, burst)
    this.writeLimit.configure(rate, burst)
    Atomics.store(this.linkRates, LinkRateWord.BURST, Math.max(linkRate, linkBurst))
    Atomics.store(this.linkRates, LinkRateWord.RATE, linkRate)
    Atomics.store(this.linkRates, LinkRateWord.REFILL_MS, refillMs ?? TOKEN_REFILL_MS)
    Atomics.store(this.linkRates, LinkRateWord.PRIVATE_IS_FREE, privateIsFree === true ? 1 : 0)
    const {scheduler, tickMs, bufferFactor} = pacing ?? DEFAULT_PACING
    Atomics.store(this.linkRates, OutputPacingWord.TICK_MS, tickMs)
    Atomics.store(
      this.linkRates,
      OutputPacingWord.BUFFER_PER_MILLE,
      Math.min(1e9, Math.round(1000 * bufferFactor))
    )
    Atomics.store(this.linkRates, OutputPacingWord.SCHEDULER, SCHEDULERS.indexOf(scheduler))
  }

  get pacing(): OutputPacing {
    return {
      scheduler: SCHEDULERS[Atomics.load(this.linkRates, OutputPacingWord.SCHEDULER)] ?? 'KISTLite',
      tickMs: Atomics.load(this.linkRates, OutputPacingWord.TICK_MS),
      bufferFactor: Atomics.load(this.linkRates, OutputPacingWord.BUFFER_PER_MILLE) / 1000
    }
  }

  get refillMs(): number {
    return Atomics.load(this.linkRates, LinkRateWord.REFILL_MS)
  }

  get privateIsFree(): boolean {
    return Atomics.load(this.linkRates, LinkRateWord.PRIVATE_IS_FREE) !== 0
  }

  /** Of the `place`-th shard of the plane, from 0. */
  countersOf(place: number): ShardCounters {
    return new ShardCounters(this.parts.counters, place)
  }
}

/** The counters of one shard: its worker writes them, main reads them. */
export class ShardCounters {
  /** Those that the native shard writes by itself. */
  readonly native: Float64Array
  /** Those that native links add to. */
  readonly links: Float64Array
  readonly #all: Float64Array

  constructor(memory: SharedArrayBuffer, place: number) {
    this.#all = new Float64Array(memory, place * COUNTERS.length * 8, COUNTERS.length)
    this.native = this.#all.subarray(0, SHARD_COUNTERS.length)
    this.links = this.#all.subarray(SHARD_COUNTERS.length, SHARD_COUNTERS.length + LINK_COUNTERS.length)
  }

  get(name: SharedCounter): number {
    return this.#all[COUNTER_PLACE[name]] ?? 0
  }

  add(name: WorkerCounter, count: number): void {
    const place = COUNTER_PLACE[name]
    this.#all[place] = (this.#all[place] ?? 0) + count
  }

  set(name: WorkerCounter, value: number): void {
    this.#all[COUNTER_PLACE[name]] = value
  }

  /** Gives the totals and begins anew: for when the worker has died and another is to count from zero. */
  takeTotals(): Map<SharedCounter, number> {
    const totals = COUNTERS.filter(name => !GAUGES.has(name)).map(name => [name, this.get(name)] as const)
    this.#all.fill(0)
    return new Map(totals)
  }
}

/** Counters of the contract that shards keep; the others are main's. */
export const SHARD_KEPT = COUNTERS.filter(name => !GAUGES.has(name) && !OF_SHARDS.has(name)).filter(
  (name): name is SharedCounter & keyof DataPlaneCounters => !['ringsFull', 'wakeUps'].includes(name)
)
