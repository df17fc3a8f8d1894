// Tests whether relays can be reached (dir-spec 3.4.2, Running): one link after the other to each relay's ORPort, a new
// relay's first. Whether the link came about and what the relay proved on it is told by whoever hears of open channels.
//
// A relay that goes away stops being Running when it was not reached for three quarters of an hour, as with C tor. In a
// testing network, where consensuses come every few seconds, that would outlast every experiment: there the cycle follows
// the consensuses, and a relay that could not be reached twice in a row is Running no more.

import {toBase16} from '../../bytes/base16.ts'
import type {RouterDescriptor} from '../../netdoc/router-descriptor/router-descriptor.ts'

/** Each relay is tested about once in so long. */
const CYCLE_MS = 10 * 60_000
/** Shortest cycle of a testing network. */
const TESTING_CYCLE_MIN_MS = 2000
const TESTING_FAILURES_MAX = 2
const TESTING_RETRY_MS = 1000
const TICK_MS = 1000
/** A relay that could not be reached at first is tried again, since it may only just be starting. */
const RETRY_MS = [1000, 3000, 10_000, 30_000] as const

export interface ReachabilityTesterOptions {
  readonly cycleMs: number
  /** So many tests that failed in a row say that a relay is gone; undefined: only time says so. */
  readonly failuresMax: number | undefined
}

export const DEFAULT_REACHABILITY_OPTIONS: ReachabilityTesterOptions = {
  cycleMs: CYCLE_MS,
  failuresMax: undefined
}

/** For a testing network with a consensus in so many seconds: a relay is tested four times between two of them. */
export function testingReachability(intervalSeconds: number): ReachabilityTesterOptions {
  const cycleMs = Math.max(TESTING_CYCLE_MIN_MS, Math.min(CYCLE_MS, (intervalSeconds * 1000) / 4))
  return {cycleMs, failuresMax: TESTING_FAILURES_MAX}
}

export interface ReachabilityTesterDeps {
  readonly descriptors: () => readonly RouterDescriptor[]
  readonly isRunning: (identity: Uint8Array) => boolean
  readonly ownIdentity: Uint8Array
  /** Begins to open a link of its own to the relay's address, expecting both its identities. */
  readonly connect: (descriptor: RouterDescriptor) => void
  /** A relay is gone; only where tests that fail say so. */
  readonly gone: (identity: Uint8Array) => void
}

export class ReachabilityTester {
  readonly #options: ReachabilityTesterOptions
  readonly #deps: ReachabilityTesterDeps
  readonly #retries = new Set<NodeJS.Timeout>()
  /** Tests that failed in a row, by identity. */
  readonly #failures = new Map<string, number>()
  #timer: NodeJS.Timeout | undefined
  #position = 0

  constructor(options: ReachabilityTesterOptions, deps: ReachabilityTesterDeps) {
    this.#options = options
    this.#deps = deps
  }

  start(): void {
    this.#timer = setInterval(() => this.#testSome(), TICK_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
    for (const timer of this.#retries) clearTimeout(timer)
    this.#retries.clear()
  }

  /** Tests a relay at once, and soon again while it is not reached. */
  testNow(descriptor: RouterDescriptor, attempt = 0): void {
    const {isRunning, connect} = this.#deps
    if (this.#isOurs(descriptor) || this.#timer === undefined) return
    connect(descriptor)
    const waitMs = RETRY_MS[attempt]
    if (waitMs === undefined) return
    this.#later(waitMs, () => {
      if (!isRunning(descriptor.identity)) this.testNow(descriptor, attempt + 1)
    })
  }

  /** A relay that we know was reached, by whatever link of ours. */
  reached(identity: Uint8Array): void {
    this.#failures.delete(toBase16(identity))
  }

  /** The link of a test did not come about. */
  failed(descriptor: RouterDescriptor): void {
    const {failuresMax} = this.#options
    const {isRunning, gone, connect} = this.#deps
    const {identity} = descriptor
    if (failuresMax === undefined || this.#timer === undefined || !isRunning(identity)) return
    const key = toBase16(identity)
    const failures = (this.#failures.get(key) ?? 0) + 1
    if (failures >= failuresMax) {
      this.#failures.delete(key)
      gone(identity)
      return
    }
    this.#failures.set(key, failures)
    this.#later(TESTING_RETRY_MS, () => connect(descriptor))
  }

  /** The next part of the cycle. */
  #testSome(): void {
    const all = this.#deps.descriptors().filter(descriptor => !this.#isOurs(descriptor))
    if (all.length === 0) return
    const before = this.#position
    this.#position += (all.length * TICK_MS) / this.#options.cycleMs
    for (let at = Math.ceil(before); at < this.#position; at++) {
      const descriptor = all[at % all.length]
      if (descriptor !== undefined) this.#deps.connect(descriptor)
    }
    if (this.#position >= all.length) this.#position -= all.length
  }

  #later(waitMs: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.#retries.delete(timer)
      work()
    }, waitMs)
    this.#retries.add(timer)
  }

  #isOurs({identity}: RouterDescriptor): boolean {
    return toBase16(identity) === toBase16(this.#deps.ownIdentity)
  }
}
