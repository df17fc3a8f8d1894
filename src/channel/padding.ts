// Padding of a channel against netflow records (padding-spec 2) and how long an idle channel lives. Pure arithmetic: the
// data plane owns the timers and asks here for how long to set them; the dice are handed in.
//
// Both ends draw a time-out of their own whenever the channel carried something, and send one PADDING cell when it runs
// out, so that a router on the way sees a connection without gaps long enough to cut its flow record. A relay does what its
// peer asks for; what a client asks for, and does itself, comes from its settings.

import {encode} from '../codec/codec.ts'
import {type PaddingNegotiate, PaddingNegotiateCommand, paddingNegotiate} from '../wire/padding-negotiate.ts'

/** Link protocol from which PADDING_NEGOTIATE means something. */
export const PADDING_LINK_VERSION = 5

/** A consensus parameter, or its default when the consensus does not name it. */
export type ConsensusParam = (name: string) => number | undefined

/** A whole number from 0 up to but not including `bound`, every one as likely. */
export type RandomBelow = (bound: number) => number

/** How a node that is no relay pads its links. */
export interface ClientPadding {
  /** ConnectionPadding. `always`: on our side even where the peer does not know padding. */
  readonly connection: 'auto' | 'always' | 'never'
  /** ReducedConnectionPadding: less often, on our side alone, and channels that live for half as long. */
  readonly isReduced: boolean
}

export const DEFAULT_CLIENT_PADDING: ClientPadding = {connection: 'auto', isReduced: false}

export interface PaddingParams {
  readonly itoLowMs: number
  readonly itoHighMs: number
  readonly reducedItoLowMs: number
  readonly reducedItoHighMs: number
  readonly connTimeoutRelaysSeconds: number
  readonly connTimeoutClientsSeconds: number
  readonly padBeforeUsage: boolean
  readonly padRelays: boolean
  /** Of the settings: a channel that we write nothing to gets a PADDING cell as often. 0: never. */
  readonly keepaliveMs: number
  /** Undefined for a relay. */
  readonly client: ClientPadding | undefined
}

/** KeepalivePeriod, where the settings do not say. */
const KEEPALIVE_MS = 300_000
const MAX_ITO_MS = 60_000
const HOUR = 3600
const DAY = 24 * HOUR

/** Reads the nf_* parameters, each clamped to its range (padding-spec 2.6). */
export function paddingParams(
  param: ConsensusParam,
  keepaliveMs = KEEPALIVE_MS,
  client?: ClientPadding
): PaddingParams {
  const clamped = (name: string, fallback: number, min: number, max: number) =>
    Math.min(Math.max(param(name) ?? fallback, min), max)
  const itoLowMs = clamped('nf_ito_low', 1500, 0, MAX_ITO_MS)
  const reducedItoLowMs = clamped('nf_ito_low_reduced', 9000, 0, MAX_ITO_MS)
  return {
    itoLowMs,
    itoHighMs: clamped('nf_ito_high', 9500, itoLowMs, MAX_ITO_MS),
    reducedItoLowMs,
    reducedItoHighMs: clamped('nf_ito_high_reduced', 14_000, reducedItoLowMs, MAX_ITO_MS),
    connTimeoutRelaysSeconds: clamped('nf_conntimeout_relays', HOUR, 60, 7 * DAY),
    connTimeoutClientsSeconds: clamped('nf_conntimeout_clients', HOUR / 2, 60, DAY),
    padBeforeUsage: clamped('nf_pad_before_usage', 1, 0, 1) === 1,
    padRelays: clamped('nf_pad_relays', 0, 0, 1) === 1,
    keepaliveMs,
    client
  }
}

/** What the two ends of one channel have agreed on. */
export interface PaddingAgreement {
  readonly enabled: boolean
  /** Time-outs the peer asked for, in milliseconds; undefined: the consensus decides. */
  readonly negotiated: {readonly lowMs: number; readonly highMs: number} | undefined
}

/** A channel pads from the start where its link protocol knows padding. */
export function initialPadding(linkVersion: number): PaddingAgreement {
  return {enabled: linkVersion >= PADDING_LINK_VERSION, negotiated: undefined}
}

/**
 * Acts on PADDING_NEGOTIATE. Only a relay does so, and only for its peer: a relay must not switch off a client's padding.
 * An unknown version or command, or a link that does not know padding, changes nothing.
 * @returns the agreement from now on; the same object when nothing changed
 */
export function agreeOnPadding(
  agreement: PaddingAgreement,
  message: PaddingNegotiate,
  linkVersion: number,
  params: PaddingParams
): PaddingAgreement {
  if (linkVersion < PADDING_LINK_VERSION || message.version !== 0) return agreement
  if (message.command === PaddingNegotiateCommand.STOP) return {enabled: false, negotiated: undefined}
  if (message.command !== PaddingNegotiateCommand.START) return agreement
  // Never more often than the consensus allows, whatever the peer asks for.
  const lowMs = Math.max(params.itoLowMs, message.itoLowMs)
  return {enabled: true, negotiated: {lowMs, highMs: Math.max(lowMs, message.itoHighMs)}}
}

/** What a client does on its side of a channel. It asks the peer for nothing that it does not do itself. */
export function clientAgreement(
  {connection, isReduced}: ClientPadding,
  linkVersion: number,
  params: PaddingParams
): PaddingAgreement {
  const isKnown = linkVersion >= PADDING_LINK_VERSION
  if (connection === 'never') return {enabled: false, negotiated: undefined}
  const negotiated = isReduced ? {lowMs: params.reducedItoLowMs, highMs: params.reducedItoHighMs} : undefined
  return {enabled: isKnown || connection === 'always', negotiated}
}

/** Whether a client wants the other end of its channels to pad. */
export function wantsPeerPadding({connection, isReduced}: ClientPadding): boolean {
  return connection !== 'never' && !isReduced
}

/** The body of the PADDING_NEGOTIATE by which a client has the other end pad, as the consensus says, or not. */
export function askForPadding(wanted: boolean, {itoLowMs, itoHighMs}: PaddingParams): Uint8Array {
  const {START, STOP} = PaddingNegotiateCommand
  return encode(
    paddingNegotiate,
    wanted
      ? {version: 0, command: START, itoLowMs, itoHighMs}
      : {version: 0, command: STOP, itoLowMs: 0, itoHighMs: 0}
  )
}

/** 'none': never carried more than directory traffic; 'full-circuits': a circuit of several hops; 'streams': user traffic. */
export type ChannelUsage = 'none' | 'full-circuits' | 'streams'

/** How a channel stands for the question whether it pads. */
export interface PaddedChannel {
  readonly agreement: PaddingAgreement
  /** We are a client, or the peer is one, or no relay that the consensus knows. */
  readonly isClientChannel: boolean
  readonly usage: ChannelUsage
}

/** True when the channel gets netflow padding at all (padding-spec 2.2). */
export function isPadded(channel: PaddedChannel, params: PaddingParams): boolean {
  if (!channel.agreement.enabled) return false
  if (channel.usage === 'none' || (channel.usage === 'full-circuits' && !params.padBeforeUsage)) return false
  return channel.isClientChannel || params.padRelays
}

/**
 * Draws how long the channel may be silent before we send a PADDING cell.
 * @returns milliseconds since the last cell in either direction; undefined when the consensus switched padding off
 */
export function drawPaddingTimeoutMs(
  agreement: PaddingAgreement,
  params: PaddingParams,
  randomBelow: RandomBelow
): number | undefined {
  if (params.itoLowMs === 0 && params.itoHighMs === 0) return undefined
  const lowMs = Math.max(params.itoLowMs, agreement.negotiated?.lowMs ?? 0)
  const highMs = Math.max(params.itoHighMs, agreement.negotiated?.highMs ?? 0)
  if (lowMs >= highMs) return lowMs
  // The greater of two draws, because both ends draw and the sooner of theirs counts: so the mean stays in the middle.
  return lowMs + Math.max(randomBelow(highMs - lowMs), randomBelow(highMs - lowMs))
}

/** Idle clients and channels of doubtful address are closed after 3 to 4.5 minutes. */
const CLIENT_IDLE_SECONDS = 180

/**
 * Draws how long a channel without circuits stays open.
 * @param lasting the peer is a relay of the consensus and the channel is canonical
 * @returns seconds
 */
export function drawIdleTimeoutSeconds(
  lasting: boolean,
  params: PaddingParams,
  randomBelow: RandomBelow
): number {
  if (!lasting) {
    const seconds = CLIENT_IDLE_SECONDS + randomBelow(CLIENT_IDLE_SECONDS / 2)
    return params.client?.isReduced === true ? Math.floor(seconds / 2) : seconds
  }
  const base = params.connTimeoutRelaysSeconds
  return Math.floor((3 * base) / 4) + randomBelow(Math.floor(base / 2))
}

/** Draws how long a client's channel to a guard is kept for circuits to come, before it counts as idle. Seconds. */
export function drawCircuitsAvailableSeconds(params: PaddingParams, randomBelow: RandomBelow): number {
  const {connTimeoutClientsSeconds, client} = params
  const base =
    client?.isReduced === true ? Math.floor(connTimeoutClientsSeconds / 2) : connTimeoutClientsSeconds
  return base + randomBelow(base)
}
