// Tests whether relays can be reached (dir-spec 3.4.2, Running): one link after the other to each relay's ORPort, a new
// relay's first. Whether the link came about and what the relay proved on it is told by whoever hears of open channels.

import {toBase16} from '../../bytes/base16.ts'
import type {RouterDescriptor} from '../../netdoc/router-descriptor/router-descriptor.ts'

/** Each relay is tested about once in so long. */
const CYCLE_MS = 10 * 60_000
const TICK_MS = 1000
/** A relay that could not be reached at first is tried again, since it may only just be starting. */
const RETRY_MS = [1000, 3000, 10_000, 30_000] as const

export interface ReachabilityTesterDeps {
  readonly descriptors: () => readonly RouterDescriptor[]
  readonly isRunning: (identity: Uint8Array) => boolean
  readonly ownIdentity: Uint8Array
  /** Begins to open a link of its own to the relay's address, expecting both its identities. */
  readonly connect: (descriptor: RouterDescriptor) => void
}

export class ReachabilityTester {
  readonly #deps: ReachabilityTesterDeps
  readonly #retries = new Set<NodeJS.Timeout>()
  #timer: NodeJS.Timeout | undefined
  #position = 0

  constructor(deps: ReachabilityTesterDeps) {
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
    const timer = setTimeout(() => {
      this.#retries.delete(timer)
      if (!isRunning(descriptor.identity)) this.testNow(descriptor, attempt + 1)
    }, waitMs)
    this.#retries.add(timer)
  }

  /** The next part of the cycle. */
  #testSome(): void {
    const all = this.#deps.descriptors().filter(descriptor => !this.#isOurs(descriptor))
    if (all.length === 0) return
    const before = this.#position
    this.#position += (all.length * TICK_MS) / CYCLE_MS
    for (let at = Math.ceil(before); at < this.#position; at++) {
      const descriptor = all[at % all.length]
      if (descriptor !== undefined) this.#deps.connect(descriptor)
    }
    if (this.#position >= all.length) this.#position -= all.length
  }

  #isOurs({identity}: RouterDescriptor): boolean {
    return toBase16(identity) === toBase16(this.#deps.ownIdentity)
  }
}
