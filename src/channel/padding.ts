// Padding of a channel against netflow records (padding-spec 2) and how long an idle channel lives. Pure arithmetic: the
// data plane owns the timers and asks here for how long to set them; the dice are handed in.
//
// Both ends draw a time-out of their own whenever the channel carried something, and send one PADDING cell when it runs
// out, so that a router on the way sees a connection without gaps long enough to cut its flow record.

import {type PaddingNegotiate, PaddingNegotiateCommand} from '../wire/padding-negotiate.ts'

/** Link protocol from which PADDING_NEGOTIATE means something. */
export const PADDING_LINK_VERSION = 5

/** A consensus parameter, or its default when the consensus does not name it. */
export type ConsensusParam = (name: string) => number | undefined

/** A whole number from 0 up to but not including `bound`, every one as likely. */
export type RandomBelow = (bound: number) => number

export interface PaddingParams {
  readonly itoLowMs: number
  readonly itoHighMs: number
  readonly connTimeoutRelaysSeconds: number
  readonly connTimeoutClientsSeconds: number
  readonly padBeforeUsage: boolean
  readonly padRelays: boolean
  /** Of the settings: a channel that we write nothing to gets a PADDING cell as often. 0: never. */
  readonly keepaliveMs: number
}

/** KeepalivePeriod, where the settings do not say. */
const KEEPALIVE_MS = 300_000
const MAX_ITO_MS = 60_000
const HOUR = 3600
const DAY = 24 * HOUR

/** Reads the nf_* parameters, each clamped to its range (padding-spec 2.6). */
export function paddingParams(param: ConsensusParam, keepaliveMs = KEEPALIVE_MS): PaddingParams {
  const clamped = (name: string, fallback: number, min: number, max: number) =>
    Math.min(Math.max(param(name) ?? fallback, min), max)
  const itoLowMs = clamped('nf_ito_low', 1500, 0, MAX_ITO_MS)
  return {
    itoLowMs,
    itoHighMs: clamped('nf_ito_high', 9500, itoLowMs, MAX_ITO_MS),
    connTimeoutRelaysSeconds: clamped('nf_conntimeout_relays', HOUR, 60, 7 * DAY),
    connTimeoutClientsSeconds: clamped('nf_conntimeout_clients', HOUR / 2, 60, DAY),
    padBeforeUsage: clamped('nf_pad_before_usage', 1, 0, 1) === 1,
    padRelays: clamped('nf_pad_relays', 0, 0, 1) === 1,
    keepaliveMs
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

/** How a channel stands for the question whether it pads. */
export interface PaddedChannel {
  readonly agreement: PaddingAgreement
  /** The peer is a client, or no relay that the consensus knows. */
  readonly peerIsClient: boolean
  /** 'none': never carried more than directory traffic; 'full-circuits': a circuit of several hops; 'streams': user traffic. */
  readonly usage: 'none' | 'full-circuits' | 'streams'
}

/** True when the channel gets netflow padding at all (padding-spec 2.2). */
export function isPadded(channel: PaddedChannel, params: PaddingParams): boolean {
  if (!channel.agreement.enabled) return false
  if (channel.usage === 'none' || (channel.usage === 'full-circuits' && !params.padBeforeUsage)) return false
  return channel.peerIsClient || params.padRelays
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
  if (!lasting) return CLIENT_IDLE_SECONDS + randomBelow(CLIENT_IDLE_SECONDS / 2)
  const base = params.connTimeoutRelaysSeconds
  return Math.floor((3 * base) / 4) + randomBelow(Math.floor(base / 2))
}

/** Draws how long circuits stay available on a channel of ours towards a guard, which keeps it from going idle. Seconds. */
export function drawCircuitsAvailableSeconds(params: PaddingParams, randomBelow: RandomBelow): number {
  return params.connTimeoutClientsSeconds + randomBelow(params.connTimeoutClientsSeconds)
}
