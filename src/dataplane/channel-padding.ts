// When a channel gets a PADDING cell and when it has been idle for long enough to be closed (padding-spec 2). The maths
// is channel/padding.ts's; here it meets the clock of a data plane, which asks once per tick.

import {randomInt} from 'node:crypto'
import type {VerifiedChannel} from '../channel/channel.ts'
import {
  agreeOnPadding,
  askForPadding,
  type ChannelUsage,
  clientAgreement,
  drawCircuitsAvailableSeconds,
  drawIdleTimeoutSeconds,
  drawPaddingTimeoutMs,
  initialPadding,
  isPadded,
  PADDING_LINK_VERSION,
  type PaddingAgreement,
  type PaddingParams,
  wantsPeerPadding
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
  readonly usage: ChannelUsage
}

interface Watched {
  agreement: PaddingAgreement
  padAtMs: number | undefined
  lastCellMs: number
  emptySinceMs: number
  readonly idleAfterMs: number
  /** Of a client: how much longer it keeps a channel that had circuits of several hops. */
  readonly availableMs: number
  /** What the other end was asked for; it pads before it is asked. */
  isPeerPadding: boolean
}

/** A PADDING_NEGOTIATE that is to go out. */
export interface PaddingRequest<Channel> {
  readonly channel: Channel
  readonly body: Uint8Array
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
    const params = this.#params()
    const {client} = params
    const {linkVersion, peer} = channel.verified
    const agreement =
      client === undefined ? initialPadding(linkVersion) : clientAgreement(client, linkVersion, params)
    const lasting = client === undefined && peer.kind === 'relay'
    this.#watched.set(channel, {
      agreement,
      padAtMs: undefined,
      lastCellMs: nowMs,
      emptySinceMs: nowMs,
      idleAfterMs: 1000 * drawIdleTimeoutSeconds(lasting, params, randomBelow),
      availableMs: client === undefined ? 0 : 1000 * drawCircuitsAvailableSeconds(params, randomBelow),
      isPeerPadding: linkVersion >= PADDING_LINK_VERSION
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
    const params = this.#params()
    const message = decode(paddingNegotiate, body)
    // A relay must not switch off a client's padding.
    if (!message.ok || params.client !== undefined) return watched.agreement.enabled
    const linkVersion = channel.verified.linkVersion
    watched.agreement = agreeOnPadding(watched.agreement, message.value, linkVersion, params)
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
      const {usage} = channel
      const agreement = this.#agreement(channel, watched, params)
      const isClientChannel = params.client !== undefined || channel.verified.peer.kind === 'client'
      if (!isPadded({agreement, usage, isClientChannel}, params)) continue
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

  /** What a client has to ask of its peers, now that channels opened or its settings changed. */
  requests(): PaddingRequest<Channel>[] {
    const params = this.#params()
    const requests: PaddingRequest<Channel>[] = []
    if (params.client === undefined) return requests
    const wanted = wantsPeerPadding(params.client)
    for (const [channel, watched] of this.#watched) {
      if (watched.isPeerPadding === wanted || channel.verified.linkVersion < PADDING_LINK_VERSION) continue
      watched.isPeerPadding = wanted
      requests.push({channel, body: askForPadding(wanted, params)})
    }
    return requests
  }

  /** The channels that have had no circuit for their drawn time. */
  idle(nowMs: number): Channel[] {
    const idle: Channel[] = []
    if (nowMs - this.#idleSweptAtMs < IDLE_SWEEP_MS) return idle
    this.#idleSweptAtMs = nowMs
    for (const [channel, watched] of this.#watched) {
      const {idleAfterMs, availableMs} = watched
      const keptMs = idleAfterMs + (channel.usage === 'none' ? 0 : availableMs)
      if (channel.circuitCount > 0) watched.emptySinceMs = nowMs
      else if (nowMs - watched.emptySinceMs >= keptMs) idle.push(channel)
    }
    return idle
  }

  /** A client's follows its settings and the consensus at once. */
  #agreement({verified}: Channel, watched: Watched, params: PaddingParams): PaddingAgreement {
    if (params.client === undefined) return watched.agreement
    const before = watched.agreement
    watched.agreement = clientAgreement(params.client, verified.linkVersion, params)
    if (before.negotiated?.lowMs !== watched.agreement.negotiated?.lowMs) watched.padAtMs = undefined
    return watched.agreement
  }
}
