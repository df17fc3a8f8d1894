// The middle layer of an onion service descriptor (rend-spec-v3 2.5.1): who may read the inner layer, and that layer.

import type {CookieEntry} from '../../crypto/hs/descriptor-cookie.ts'
import {ok, type Result} from '../../fault/result.ts'
import {parseBase64} from '../argument.ts'
import {meaningFault, type NetdocFault} from '../fault.ts'
import type {Item} from '../item.ts'
import {checkItems, type ItemRules} from '../item-rules.ts'
import {openDocument} from '../source.ts'
import {tokenize} from '../tokenize.ts'
import {isX25519Public} from './introduction-point.ts'

const RULES = {
  'desc-auth-type': {count: 'once', args: 1, position: 0},
  'desc-auth-ephemeral-key': {count: 'once', args: 1},
  'auth-client': {count: 'at-least-once', args: 3},
  encrypted: {count: 'once', maxArgs: 0, object: ['MESSAGE']}
} as const satisfies ItemRules

/** A descriptor is bounded before it is decrypted, so this is never what stops one. */
const MAX_LENGTH = 128 * 1024
const MIN_ENCRYPTED_LENGTH = 16 + 32

export interface MiddleLayer {
  /** X25519, 32 octets. */
  readonly ephemeralKey: Uint8Array
  readonly entries: readonly CookieEntry[]
  readonly encrypted: Uint8Array
}

/** @param octets without their padding */
export function parseMiddleLayer(octets: Uint8Array): Result<MiddleLayer, NetdocFault> {
  const source = openDocument(octets, MAX_LENGTH)
  if (!source.ok) return source
  const tokens = tokenize(source.value.text)
  if (!tokens.ok) return tokens
  const checked = checkItems(RULES, tokens.value)
  if (!checked.ok) return checked
  const items = checked.value
  if (items.one('desc-auth-type').arg(0) !== 'x25519') return meaningFault('not-supported', 'desc-auth-type')
  const ephemeralKey = parseBase64(items.one('desc-auth-ephemeral-key').arg(0), 32)
  if (ephemeralKey === undefined || !isX25519Public(ephemeralKey)) {
    return meaningFault('bad-key', 'desc-auth-ephemeral-key')
  }
  const entries: CookieEntry[] = []
  for (const item of items.all('auth-client')) {
    const entry = readEntry(item)
    if (entry === undefined) return meaningFault('bad-argument', 'auth-client')
    entries.push(entry)
  }
  const encrypted = items.one('encrypted').body
  if (encrypted.length <= MIN_ENCRYPTED_LENGTH) return meaningFault('bad-argument', 'encrypted')
  return ok({ephemeralKey, entries, encrypted})
}

function readEntry(item: Item): CookieEntry | undefined {
  const clientId = parseBase64(item.arg(0), 8)
  const iv = parseBase64(item.arg(1), 16)
  const encryptedCookie = parseBase64(item.arg(2), 16)
  if (clientId === undefined || iv === undefined || encryptedCookie === undefined) return undefined
  return {clientId, iv, encryptedCookie}
}
