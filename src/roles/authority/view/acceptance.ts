// Whether an authority takes a descriptor that somebody uploads (dir-spec 2.1). Signatures were checked when it was parsed;
// here are the rules about what it says. Each upload ends in one outcome, and one table says what the uploader hears.

import {isPrivateIp} from '../../../bytes/ip-address.ts'
import {equal} from '../../../bytes/octets.ts'
import type {RouterDescriptor} from '../../../netdoc/router-descriptor/router-descriptor.ts'
import {compareTorVersions, isTorVersion, versionOfPlatform} from '../../../netdoc/tor-version.ts'
import type {PinVerdict} from './key-pins.ts'

export type UploadOutcome =
  | 'accepted'
  | 'already-known'
  | 'not-newer'
  | 'nothing-changed'
  | 'expired-keys'
  | 'unreadable'
  | 'nothing-in-it'
  | 'no-tap-key'
  | 'bad-platform'
  | 'old-version'
  | 'from-the-future'
  | 'too-old'
  | 'private-address'
  | 'keys-changed'
  | 'too-many'

/** The words of the status line, and whether the descriptor was wanted. */
export interface UploadReply {
  readonly kind: 'accepted' | 'not-new' | 'refused'
  readonly reason: string
}

export const UPLOAD_REPLIES: Readonly<Record<UploadOutcome, UploadReply>> = Object.freeze({
  accepted: {kind: 'accepted', reason: 'Descriptor accepted'},
  'already-known': {kind: 'not-new', reason: 'Not new: this descriptor is known already'},
  'not-newer': {kind: 'not-new', reason: 'Not new: a newer descriptor is here'},
  'nothing-changed': {kind: 'not-new', reason: 'Not new: nothing of importance has changed'},
  'expired-keys': {kind: 'not-new', reason: 'Not new: a certificate in the descriptor has expired'},
  unreadable: {kind: 'refused', reason: 'The descriptor is malformed or a signature does not hold'},
  'nothing-in-it': {kind: 'refused', reason: 'No descriptors were found in the upload'},
  'no-tap-key': {kind: 'refused', reason: 'The descriptor has no onion-key'},
  'bad-platform': {kind: 'refused', reason: 'The platform names C tor without a version'},
  'old-version': {kind: 'refused', reason: 'This version is not supported any more'},
  'from-the-future': {kind: 'refused', reason: 'The descriptor is from the future: check the clock'},
  'too-old': {kind: 'refused', reason: 'The descriptor is too old: check the clock'},
  'private-address': {kind: 'refused', reason: 'The address is a private one'},
  'keys-changed': {kind: 'refused', reason: 'One of the two identity keys is known with another one'},
  'too-many': {kind: 'refused', reason: 'This authority has no room for more relays'}
})

export interface AcceptanceRules {
  readonly allowPrivateAddresses: boolean
  readonly pinKeys: boolean
  /** The oldest C tor; other software has versions of its own, which are not looked at. */
  readonly minimumVersion: string
  /** Descriptors kept: what bounds an authority's memory. */
  readonly relaysMax: number
}

export const ACCEPTANCE_DEFAULTS: Omit<AcceptanceRules, 'allowPrivateAddresses' | 'pinKeys'> = {
  minimumVersion: '0.4.8.0-alpha-dev',
  relaysMax: 20_000
}

export interface AcceptanceContext {
  /** The relay's newest descriptor so far. */
  readonly known: RouterDescriptor | undefined
  readonly pin: PinVerdict
  /** Our own descriptor is taken even when little has changed. */
  readonly isOurs: boolean
  readonly relayCount: number
  readonly now: Date
}

const HOUR_MS = 3600_000
const SKEW_MAX_MS = 12 * HOUR_MS
const AGE_MAX_MS = 24 * HOUR_MS
const COSMETIC_MAX_MS = 2 * HOUR_MS
const UPTIME_DRIFT_SECONDS = 6 * 3600

export function judge(
  descriptor: RouterDescriptor,
  rules: AcceptanceRules,
  context: AcceptanceContext
): UploadOutcome {
  const {known, now} = context
  if (descriptor.onionKeyTap === undefined) return 'no-tap-key'
  if (known !== undefined && known.published < descriptor.published && !context.isOurs) {
    if (isCosmetic(known, descriptor)) return 'nothing-changed'
  }
  const {platform} = descriptor
  if (platform?.startsWith('Tor ')) {
    const version = versionOfPlatform(`${platform} `)
    if (version === undefined || !isTorVersion(version)) return 'bad-platform'
    if (compareTorVersions(version, rules.minimumVersion) < 0) return 'old-version'
  }
  if (rules.pinKeys && context.pin === 'mismatch') return 'keys-changed'
  if (Number(descriptor.published) > Number(now) + SKEW_MAX_MS) return 'from-the-future'
  if (Number(descriptor.published) < Number(now) - AGE_MAX_MS) return 'too-old'
  if (!rules.allowPrivateAddresses && hasPrivateAddress(descriptor)) return 'private-address'
  if (descriptor.expiresAt < now) return 'expired-keys'
  if (known !== undefined && equal(known.digest, descriptor.digest)) return 'already-known'
  if (known !== undefined && descriptor.published <= known.published) return 'not-newer'
  if (known === undefined && context.relayCount >= rules.relaysMax) return 'too-many'
  return 'accepted'
}

function hasPrivateAddress({ipv4, ipv6}: RouterDescriptor): boolean {
  return isPrivateIp(ipv4.address) || (ipv6 !== undefined && isPrivateIp(ipv6.address))
}

/** True when all that distinguishes two descriptors is what time changes by itself. */
function isCosmetic(before: RouterDescriptor, after: RouterDescriptor): boolean {
  const ageMs = Number(after.published) - Number(before.published)
  if (essence(before) !== essence(after) || ageMs > COSMETIC_MAX_MS) return false
  const [old, fresh] = [before.bandwidth.observed, after.bandwidth.observed]
  if (old < Math.floor(fresh / 2) || fresh < Math.floor(old / 2)) return false
  return upAsLongAsExpected(before.uptime ?? 0, after.uptime ?? 0, ageMs / 1000)
}

/** A relay that was restarted says so: its uptime is not the old one and the time since. */
function upAsLongAsExpected(before: number, after: number, elapsedSeconds: number): boolean {
  const drift = Math.abs(after - (before + elapsedSeconds))
  return drift <= UPTIME_DRIFT_SECONDS || drift <= before * 0.05 || drift <= after * 0.05
}

/** What a relay says of itself apart from times and what it has seen. */
function essence(descriptor: RouterDescriptor): string {
  const {ipv4, ipv6, bandwidth} = descriptor
  return JSON.stringify([
    descriptor.nickname.toLowerCase(),
    [...ipv4.address, ipv4.port, descriptor.dirPort],
    ipv6 === undefined ? [] : [...ipv6.address, ipv6.port],
    [...(descriptor.onionKeyTap?.der ?? []), ...descriptor.ntorOnionKey],
    [...descriptor.identity, ...descriptor.ed25519],
    descriptor.platform?.toLowerCase(),
    descriptor.contact?.toLowerCase(),
    descriptor.isHibernating,
    descriptor.isTunnelledDirServer,
    descriptor.isHiddenServiceDir,
    descriptor.exitRules.map(({kind, network, ports}) => [
      kind,
      typeof network === 'object' ? [...network.address, network.bits] : network,
      ports
    ]),
    descriptor.ipv6Policy,
    descriptor.family.map(member => member.toLowerCase()),
    descriptor.familyIds,
    [bandwidth.rate, bandwidth.burst],
    descriptor.protocols.names.map(name => [name, descriptor.protocols.versions(name)])
  ])
}
