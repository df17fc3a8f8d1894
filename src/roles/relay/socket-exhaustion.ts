// DisableOOSCheck 0: a relay that has nearly all the file descriptors that it may have closes the channels that are worth least,
// so that there are some for who comes next. With C tor's thresholds: at the limit but for a reserve of a twentieth, 64 at
// most, it goes down to three quarters; where sockets cannot be had although it is not there, down by a tenth.

import type {ChannelHandle} from '../../dataplane/contract.ts'

const RESERVE_MOST = 64

export interface ValuedChannel {
  readonly channel: ChannelHandle
  readonly circuits: number
  /** The peer did not authenticate. */
  readonly isClient: boolean
}

export interface SocketExhaustionDeps {
  /** `most` is 0 where the system does not tell. */
  readonly descriptors: () => {readonly open: number; readonly most: number}
  readonly channels: () => Iterable<ValuedChannel>
  readonly close: (channel: ChannelHandle) => void
  /** So many were closed, of so many descriptors. */
  readonly shed: (channels: number, open: number) => void
}

export class SocketExhaustion {
  /** Channels closed since the start. */
  closed = 0
  readonly #deps: SocketExhaustionDeps
  /** Whose sockets may not be free yet. */
  #closing = new Set<ChannelHandle>()

  constructor(deps: SocketExhaustionDeps) {
    this.#deps = deps
  }

  /** `occasion`: sockets could not be had since the last time, or nothing of the kind was seen. */
  check(occasion: 'exhaustion-seen' | 'routine'): void {
    const {open, most} = this.#deps.descriptors()
    const target = targetOf(open, most, occasion)
    const channels = [...this.#deps.channels()]
    this.#closing = new Set(channels.map(({channel}) => channel).filter(each => this.#closing.has(each)))
    if (target === undefined) return
    const excess = open - target - this.#closing.size
    const victims = channels
      .filter(({channel}) => !this.#closing.has(channel))
      .sort((a, b) => a.circuits - b.circuits || Number(b.isClient) - Number(a.isClient))
      .slice(0, Math.max(0, excess))
    if (victims.length === 0) return
    for (const {channel} of victims) {
      this.#closing.add(channel)
      this.#deps.close(channel)
    }
    this.closed += victims.length
    this.#deps.shed(victims.length, open)
  }
}

/** How many descriptors there should be; undefined where there are not too many. */
function targetOf(open: number, most: number, occasion: 'exhaustion-seen' | 'routine'): number | undefined {
  if (most > 0 && open >= most - Math.min(RESERVE_MOST, Math.floor(most / 20)))
    return Math.floor(most / 4) * 3
  return occasion === 'exhaustion-seen' ? Math.floor((open * 9) / 10) : undefined
}
