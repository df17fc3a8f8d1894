// One introduction point in the inner layer of a descriptor (rend-spec-v3 2.5.2.2). Its two keys of the service are vouched
// for by the descriptor signing key. A key that is no key is refused here, so that nobody further up has to think of it
// (TROVE-2026-013, TROVE-2026-015).

import {fromBase64} from '../../bytes/base64.ts'
import {decode} from '../../codec/codec.ts'
import {isEd25519Public} from '../../crypto/ed25519.ts'
import {checkEd25519Cert} from '../../crypto/ed25519-cert.ts'
import {generateX25519Key, x25519} from '../../crypto/x25519.ts'
import {ok, type Result} from '../../fault/result.ts'
import {CertType} from '../../wire/certs.ts'
import {type LinkSpecifier, linkSpecifierList} from '../../wire/link-specifier.ts'
import {parseBase64} from '../argument.ts'
import {ED25519_CERT} from '../ed25519-item.ts'
import {meaningFault, type NetdocFault} from '../fault.ts'
import type {Item} from '../item.ts'
import {checkItems, type ItemRules} from '../item-rules.ts'
import type {HsIntroductionPoint} from './hs-descriptor.ts'

const RULES = {
  'introduction-point': {count: 'once', args: 1, maxArgs: 1, position: 0},
  'onion-key': {count: 'at-least-once', args: 2},
  'auth-key': {count: 'once', maxArgs: 0, object: ED25519_CERT},
  'enc-key': {count: 'at-least-once', args: 2},
  'enc-key-cert': {count: 'once', object: ED25519_CERT},
  'legacy-key': {count: 'at-most-once', object: ['RSA PUBLIC KEY']},
  'legacy-key-cert': {count: 'at-most-once', object: ['CROSSCERT']}
} as const satisfies ItemRules

/** The descriptor's own certificate is what tells how long these are good for. */
const AT_ANY_TIME = new Date(0)
const KEY_LENGTH = 32

/** @param signingKey of the descriptor */
export function parseIntroductionPoint(
  tokens: readonly Item[],
  signingKey: Uint8Array
): Result<HsIntroductionPoint, NetdocFault> {
  const checked = checkItems(RULES, tokens)
  if (!checked.ok) return checked
  const items = checked.value
  const linkSpecifiers = readLinkSpecifiers(items.one('introduction-point').arg(0))
  if (linkSpecifiers === undefined) return meaningFault('bad-argument', 'introduction-point')
  const ntorOnionKey = findNtorKey(items.all('onion-key'))
  if (ntorOnionKey === undefined) return meaningFault('bad-key', 'onion-key')
  const encryptionKey = findNtorKey(items.all('enc-key'))
  if (encryptionKey === undefined) return meaningFault('bad-key', 'enc-key')
  const authKey = certifiedKey(items.one('auth-key'), CertType.HS_INTRO_V_SIGNING, signingKey)
  if (authKey === undefined) return meaningFault('bad-certificate', 'auth-key')
  if (!isEd25519Public(authKey)) return meaningFault('bad-key', 'auth-key')
  if (certifiedKey(items.one('enc-key-cert'), CertType.HS_INTRO_ENC_V_SIGNING, signingKey) === undefined) {
    return meaningFault('bad-certificate', 'enc-key-cert')
  }
  // Relays that needed a legacy key are gone; its shape is all that is left to look at.
  if (items.has('legacy-key') && !items.has('legacy-key-cert')) {
    return meaningFault('bad-certificate', 'legacy-key-cert')
  }
  return ok({linkSpecifiers, ntorOnionKey, authKey, encryptionKey})
}

function readLinkSpecifiers(text: string): readonly LinkSpecifier[] | undefined {
  const octets = fromBase64(text)
  const decoded = octets && decode(linkSpecifierList, octets)
  return decoded?.ok === true ? decoded.value.linkSpecifiers : undefined
}

function findNtorKey(items: readonly Item[]): Uint8Array | undefined {
  const item = items.find(candidate => candidate.arg(0) === 'ntor')
  const key = item && parseBase64(item.arg(1), KEY_LENGTH)
  return key !== undefined && isX25519Public(key) ? key : undefined
}

function certifiedKey(item: Item, type: number, signer: Uint8Array): Uint8Array | undefined {
  const cert = checkEd25519Cert(item.body, {type, signer, embedded: 'required', now: AT_ANY_TIME})
  return cert.ok ? cert.value.certifiedKey : undefined
}

let probe: ReturnType<typeof generateX25519Key> | undefined

/** False for points of small order, zero among them: whoever uses one as a key shares a secret with everybody. */
export function isX25519Public(key: Uint8Array): boolean {
  probe ??= generateX25519Key()
  return x25519(probe, key) !== undefined
}
