// Microdescriptors (dir-spec 3.3): what a client needs to use a relay, made by the authorities and named in the consensus
// by the SHA-256 of its text. Nothing signs one but that digest.

import {isAllZero} from '../bytes/octets.ts'
import {sha256} from '../crypto/digest.ts'
import type {RsaPublicKey} from '../crypto/rsa.ts'
import {ok, type Result} from '../fault/result.ts'
import {type AddressPort, parseAddressPort} from './address.ts'
import {parseBase64} from './argument.ts'
import {meaningFault, type NetdocFault} from './fault.ts'
import {type CheckedItems, checkItems, type ItemRules} from './item-rules.ts'
import {type PortPolicy, parsePortPolicy} from './port-policy.ts'
import {parseRelayRsaKey, RSA_PUBLIC_KEY} from './rsa-item.ts'
import {type DocumentInput, openDocument} from './source.ts'
import {splitDocuments} from './split.ts'
import {parseTime} from './time.ts'
import {tokenize} from './tokenize.ts'

/** A whole cache of microdescriptors, with room to grow; one reply is far smaller. */
const MAX_MICRODESCRIPTORS_LENGTH = 64 * 1024 * 1024

const RULES = {
  '@last-listed': {count: 'at-most-once'},
  'onion-key': {count: 'once', maxArgs: 0, object: RSA_PUBLIC_KEY, objectOptional: true, position: 0},
  'ntor-onion-key': {count: 'once', args: 1},
  id: {count: 'any', args: 2},
  a: {count: 'any', args: 1},
  family: {count: 'at-most-once'},
  'family-ids': {count: 'at-most-once'},
  p: {count: 'at-most-once'},
  p6: {count: 'at-most-once'}
} as const satisfies ItemRules

export interface Microdescriptor {
  /** SHA-256 of the text, 32 octets. */
  readonly digest: Uint8Array
  /** The text, annotations left out. */
  readonly octets: Uint8Array
  readonly onionKeyTap: RsaPublicKey | undefined
  readonly ntorOnionKey: Uint8Array
  readonly ed25519: Uint8Array | undefined
  /** The first IPv6 address that an `a` line gives. */
  readonly ipv6: AddressPort | undefined
  readonly family: readonly string[]
  readonly familyIds: readonly string[]
  readonly policy: PortPolicy | undefined
  readonly ipv6Policy: PortPolicy | undefined
  /** From a cache file's annotation. */
  readonly lastListed: Date | undefined
}

export interface RefusedMicrodescriptor {
  readonly digest: Uint8Array
  readonly fault: NetdocFault
}

export interface Microdescriptors {
  readonly accepted: readonly Microdescriptor[]
  /** With their digests, so that they are not fetched again and again. */
  readonly refused: readonly RefusedMicrodescriptor[]
}

/** Parses microdescriptors that follow one another, with or without a cache's annotations. */
export function parseMicrodescriptors(input: DocumentInput): Result<Microdescriptors, NetdocFault> {
  const source = openDocument(input, MAX_MICRODESCRIPTORS_LENGTH)
  if (!source.ok) return source
  const {text, octets} = source.value
  const accepted: Microdescriptor[] = []
  const refused: RefusedMicrodescriptor[] = []
  for (const {start, end} of splitDocuments(text, ['onion-key'])) {
    const body = octets.subarray(startOfBody(text, start), end)
    const digest = sha256(body)
    const parsed = parse(text.slice(start, end), body, digest)
    if (parsed.ok) accepted.push(parsed.value)
    else refused.push({digest, fault: parsed.fault})
  }
  return ok({accepted, refused})
}

function startOfBody(text: string, start: number): number {
  let at = start
  while (text[at] === '@') at = text.indexOf('\n', at) + 1
  return at
}

function parse(text: string, octets: Uint8Array, digest: Uint8Array): Result<Microdescriptor, NetdocFault> {
  const tokens = tokenize(text)
  if (!tokens.ok) return tokens
  const checked = checkItems(RULES, tokens.value, 'annotations-first')
  if (!checked.ok) return checked
  const items = checked.value
  const listed = items.optional('@last-listed')
  const lastListed = listed && parseTime(listed.line)
  if (listed !== undefined && lastListed === undefined) return meaningFault('bad-argument', '@last-listed')
  const onionKey = items.one('onion-key')
  const onionKeyTap = onionKey.object && parseRelayRsaKey(onionKey)
  if (onionKey.object !== undefined && onionKeyTap === undefined) return meaningFault('bad-key', 'onion-key')
  const ntorOnionKey = parseBase64(items.one('ntor-onion-key').arg(0), 32)
  if (ntorOnionKey === undefined || isAllZero(ntorOnionKey)) return meaningFault('bad-key', 'ntor-onion-key')
  const ed25519 = parseIdentity(items)
  if (!ed25519.ok) return ed25519
  return ok({
    digest,
    octets,
    onionKeyTap,
    ntorOnionKey,
    ed25519: ed25519.value,
    ipv6: firstIpv6(items.all('a').map(item => item.arg(0))),
    family: items.optional('family')?.args ?? [],
    familyIds: items.optional('family-ids')?.args ?? [],
    policy: policyOf(items.optional('p')?.line),
    ipv6Policy: policyOf(items.optional('p6')?.line),
    lastListed
  })
}

function parseIdentity(items: CheckedItems<typeof RULES>): Result<Uint8Array | undefined, NetdocFault> {
  const lines = items.all('id').filter(item => item.arg(0) === 'ed25519')
  const [line, second] = lines
  if (second !== undefined) return meaningFault('bad-argument', 'id')
  if (line === undefined) return ok(undefined)
  const key = parseBase64(line.arg(1), 32)
  return key === undefined ? meaningFault('bad-key', 'id') : ok(key)
}

/** The first of `texts` that is an IPv6 address with a port. */
export function firstIpv6(texts: readonly string[]): AddressPort | undefined {
  for (const text of texts) {
    const parsed = parseAddressPort(text)
    if (parsed?.address.length === 16) return parsed
  }
  return undefined
}

/** A policy that cannot be read means that nothing may leave, as without one. */
function policyOf(line: string | undefined): PortPolicy | undefined {
  return line === undefined ? undefined : parsePortPolicy(line)
}
