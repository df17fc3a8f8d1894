// When a channel gets a PADDING cell and when it has been idle for long enough to be closed (padding-spec 2). The maths
// is channel/padding.ts's; here it meets the clock of a data plane, which asks once per tick.

import {randomInt} from 'node:crypto'
import type {VerifiedChannel} from '../channel/channel.ts'
import {
  agreeOnPadding,
  drawIdleTimeoutSeconds,
  drawPaddingTimeoutMs,
  initialPadding,
  isPadded,
  type PaddingAgreement,
  type PaddingParams
} from '../channel/padding.ts'
import {decode} from '../codec/codec.ts'
import {paddingNegotiate} from '../wire/padding-negotiate.ts'

/** How often the channels are looked through; finer than the shortest time-outs by far. */
const SWEEP_MS = 200
const IDLE_SWEEP_MS = 1000

/** A channel as padding looks at it. */
export interface PaddedChannel {
  readonly verified: VerifiedChannel
  /** When octets last went either way. */
  readonly usedAtMs: number
  readonly circuitCount: number
  /** A relay cell has gone to the channel: it has been used for more than directory traffic. */
  readonly isUsed: boolean
}

interface Watched {
  agreement: PaddingAgreement
  padAtMs: number | undefined
  lastCellMs: number
  emptySinceMs: number
  readonly idleAfterMs: number
}

const randomBelow = (bound: number) => (bound <= 0 ? 0 : randomInt(Math.floor(bound) || 1))

export class ChannelPadding<Channel extends PaddedChannel> {
  readonly #params: () => PaddingParams
  readonly #watched = new Map<Channel, Watched>()
  #sweptAtMs = 0
  #idleSweptAtMs = 0

  /** `params`: the nf_* parameters of the consensus of the moment. */
  constructor(params: () => PaddingParams) {
    this.#params = params
  }

  /** Gives whether padding is enabled on the channel. */
  opened(channel: Channel, nowMs: number): boolean {
    const isRelay = channel.verified.peer.kind === 'relay'
    const agreement = initialPadding(channel.verified.linkVersion)
    this.#watched.set(channel, {
      agreement,
      padAtMs: undefined,
      lastCellMs: nowMs,
      emptySinceMs: nowMs,
      idleAfterMs: 1000 * drawIdleTimeoutSeconds(isRelay, this.#params(), randomBelow)
    })
    return agreement.enabled
  }

  closed(channel: Channel): void {
    this.#watched.delete(channel)
  }

  isEnabled(channel: Channel): boolean {
    return this.#watched.get(channel)?.agreement.enabled === true
  }

  /** Gives whether padding is enabled on the channel from now on. */
  negotiated(channel: Channel, body: Uint8Array, nowMs: number): boolean {
    const watched = this.#watched.get(channel)
    if (watched === undefined) return false
    const message = decode(paddingNegotiate, body)
    if (!message.ok) return watched.agreement.enabled
    const linkVersion = channel.verified.linkVersion
    watched.agreement = agreeOnPadding(watched.agreement, message.value, linkVersion, this.#params())
    watched.padAtMs = undefined
    watched.lastCellMs = nowMs
    return watched.agreement.enabled
  }

  /** The channels that have been silent for their drawn time; each is then drawn a new one. */
  due(nowMs: number): Channel[] {
    if (nowMs - this.#sweptAtMs < SWEEP_MS) return []
    this.#sweptAtMs = nowMs
    const params = this.#params()
    const due: Channel[] = []
    for (const [channel, watched] of this.#watched) {
      const {agreement} = watched
      const usage = channel.isUsed ? 'full-circuits' : 'none'
      const peerIsClient = channel.verified.peer.kind === 'client'
      if (!isPadded({agreement, usage, peerIsClient}, params)) continue
      const silentSinceMs = Math.max(channel.usedAtMs, watched.lastCellMs)
      if (watched.padAtMs === undefined || silentSinceMs > watched.lastCellMs) {
        const timeoutMs = drawPaddingTimeoutMs(agreement, params, randomBelow)
        watched.lastCellMs = silentSinceMs
        watched.padAtMs = timeoutMs === undefined ? undefined : silentSinceMs + timeoutMs
      }
      if (watched.padAtMs !== undefined && nowMs >= watched.padAtMs) {
        due.push(channel)
        watched.lastCellMs = nowMs
        watched.padAtMs = undefined
      }
    }
    return due
  }

  /** The channels that have had no circuit for their drawn time. */
  idle(nowMs: number): Channel[] {
    const idle: Channel[] = []
    if (nowMs - this.#idleSweptAtMs < IDLE_SWEEP_MS) return idle
    this.#idleSweptAtMs = nowMs
    for (const [channel, watched] of this.#watched) {
      if (channel.circuitCount > 0) watched.emptySinceMs = nowMs
      else if (nowMs - watched.emptySinceMs >= watched.idleAfterMs) idle.push(channel)
    }
    return idle
  }
}
