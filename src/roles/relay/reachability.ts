// Whether others can reach our ORPort, which has to be known before we publish it (tor-behaviour: self-test). The proof is
// a channel that another relay opened to us by itself, under the address that we mean to publish. To bring one about, we
// build a circuit through another relay that comes back to us.

import {equal} from '../../bytes/octets.ts'
import type {OpenChannel} from '../../dataplane/channel-map.ts'

const RETRY_MS = 60_000
const WARN_AFTER_MS = 20 * 60_000

export type Reachability = 'unknown' | 'reachable'

export interface ReachabilityDeps {
  /** The IPv4 address that we mean to publish. */
  readonly address: () => Uint8Array | undefined
  /** Builds a circuit whose last hop is ourselves, by way of a relay of the consensus; resolves when it is done either way. */
  readonly buildCircuitToOurselves: () => Promise<void>
  readonly reachable: () => void
  readonly stillUnreachable: () => void
}

export class ReachabilityTest {
  readonly #deps: ReachabilityDeps
  #state: Reachability = 'unknown'
  #timer: NodeJS.Timeout | undefined
  #startedAtMs = 0
  #hasWarned = false

  constructor(deps: ReachabilityDeps) {
    this.#deps = deps
  }

  get state(): Reachability {
    return this.#state
  }

  start(nowMs: number): void {
    this.#startedAtMs = nowMs
    this.#timer = setInterval(() => this.#attempt(Date.now()), RETRY_MS)
    this.#attempt(nowMs)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** The address changed: what was proved no longer counts. */
  restart(nowMs: number): void {
    this.stop()
    this.#state = 'unknown'
    this.start(nowMs)
  }

  /** A channel opened; hears of all of them. */
  channelOpened(channel: OpenChannel): void {
    const address = this.#deps.address()
    const isProof =
      channel.info.direction === 'received' &&
      channel.peer.kind === 'relay' &&
      address !== undefined &&
      equal(channel.info.ownAddressSeen, address)
    if (!isProof || this.#state === 'reachable') return
    this.#state = 'reachable'
    this.stop()
    this.#deps.reachable()
  }

  #attempt(nowMs: number): void {
    if (!this.#hasWarned && nowMs - this.#startedAtMs >= WARN_AFTER_MS) {
      this.#hasWarned = true
      this.#deps.stillUnreachable()
    }
    void this.#deps.buildCircuitToOurselves()
  }
}
