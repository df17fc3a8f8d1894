// Which open channel may carry a circuit that is to be extended to a given relay (tor-spec 5.3.1). The rules keep a
// circuit from going to the wrong place: a channel counts only when its peer has proved both identities that the EXTEND2
// names, and when its address is one that the relay itself claims, or the one that was asked for. Without that, whoever
// stole a relay's keys could sit in the middle from any address (TROVE-2020-005).

import {equal} from '../bytes/octets.ts'
import type {ChannelPeer} from './channel.ts'

const DAY_MS = 24 * 3600 * 1000

/** A channel older than this takes no new circuits, so that links are made anew now and then. */
export const MAX_AGE_FOR_NEW_CIRCUITS_MS = 7 * DAY_MS

/** What the consensus says of the relay whose RSA identity the peer proved. */
export interface ConsensusRelay {
  readonly ed25519Identity: Uint8Array | undefined
  /** Its OR addresses, 4 or 16 octets each. */
  readonly addresses: readonly Uint8Array[]
}

/**
 * True when the peer's address is one that the peer claims as its own, in NETINFO or in the consensus.
 * @param address where the TCP connection came from or went to, 4 or 16 octets
 * @param claimed the peer's own addresses of its NETINFO cell
 * @param listed the peer as the consensus has it; it counts only when the Ed25519 identity is the proven one too
 */
export function isCanonical(
  peer: ChannelPeer,
  address: Uint8Array,
  claimed: readonly Uint8Array[],
  listed?: ConsensusRelay
): boolean {
  if (contains(claimed, address)) return true
  if (listed === undefined || peer.kind === 'client') return false
  if (listed.ed25519Identity !== undefined && !isProven(listed.ed25519Identity, peer.ed25519Identity)) {
    return false
  }
  return contains(listed.addresses, address)
}

/** An open channel as a candidate for carrying a circuit. */
export interface CarrierCandidate {
  readonly peer: ChannelPeer
  /** Where the TCP connection came from or went to, 4 or 16 octets. */
  readonly address: Uint8Array
  readonly isCanonical: boolean
  /** The peer sees us under an address that we claim, so it will count the channel as canonical too. */
  readonly isCanonicalToPeer: boolean
  readonly openedAtMs: number
  readonly circuitCount: number
}

/** The next hop that an EXTEND2 names. */
export interface ExtendTarget {
  readonly rsaIdentity: Uint8Array
  readonly ed25519Identity: Uint8Array | undefined
  /** IPv4 and IPv6 addresses, 4 or 16 octets each. */
  readonly addresses: readonly Uint8Array[]
}

export type ExtendVerdict = 'carries' | 'client' | 'other-identity' | 'too-old' | 'other-address'

/** Whether the channel may carry a circuit to the target, and if not, the first reason. */
export function canCarryExtend(
  channel: CarrierCandidate,
  target: ExtendTarget,
  nowMs: number
): ExtendVerdict {
  const {peer} = channel
  if (peer.kind === 'client') return 'client'
  if (!equal(peer.rsaIdentity, target.rsaIdentity)) return 'other-identity'
  if (target.ed25519Identity !== undefined && !isProven(target.ed25519Identity, peer.ed25519Identity)) {
    return 'other-identity'
  }
  if (isTooOld(channel, nowMs)) return 'too-old'
  if (!channel.isCanonical && !contains(target.addresses, channel.address)) return 'other-address'
  return 'carries'
}

/** The best of the channels that may carry a circuit to the target; undefined: open a new one. */
export function chooseCarrier<C extends CarrierCandidate>(
  channels: Iterable<C>,
  target: ExtendTarget,
  nowMs: number
): C | undefined {
  let best: C | undefined
  for (const channel of channels) {
    if (canCarryExtend(channel, target, nowMs) !== 'carries') continue
    if (best === undefined || isBetterCarrier(channel, best)) best = channel
  }
  return best
}

/**
 * Whether `a` is to be preferred to `b`. With equal standing the older channel wins, so that nobody can move circuits to
 * a channel of his by opening a new one.
 */
export function isBetterCarrier(a: CarrierCandidate, b: CarrierCandidate): boolean {
  if (a.isCanonical !== b.isCanonical) return a.isCanonical
  if (a.isCanonicalToPeer !== b.isCanonicalToPeer) return a.isCanonicalToPeer
  if (a.openedAtMs !== b.openedAtMs) return a.openedAtMs < b.openedAtMs
  return a.circuitCount > b.circuitCount
}

/** True when the channel is too old for new circuits. */
export function isTooOld(channel: Pick<CarrierCandidate, 'openedAtMs'>, nowMs: number): boolean {
  return nowMs - channel.openedAtMs > MAX_AGE_FOR_NEW_CIRCUITS_MS
}

/**
 * Of the channels to one relay, those that are to take no new circuits because another serves better: the others once
 * one is canonical, else those at the same address as the best.
 */
export function outrankedChannels<C extends CarrierCandidate>(channels: readonly C[], nowMs: number): C[] {
  const fresh = channels.filter(channel => !isTooOld(channel, nowMs))
  const best = fresh.reduce<C | undefined>(
    (found, channel) => (found === undefined || isBetterCarrier(channel, found) ? channel : found),
    undefined
  )
  if (best === undefined) return []
  return fresh.filter(
    channel =>
      channel !== best &&
      isBetterCarrier(best, channel) &&
      (best.isCanonical || equal(best.address, channel.address))
  )
}

function contains(addresses: readonly Uint8Array[], address: Uint8Array): boolean {
  return addresses.some(candidate => equal(candidate, address))
}

function isProven(wanted: Uint8Array, proven: Uint8Array | undefined): boolean {
  return proven !== undefined && equal(wanted, proven)
}
