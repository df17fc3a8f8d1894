// The keys in a router descriptor and how they vouch for one another. RSA identity, TAP onion key, Ed25519 identity,
// signing key and ntor onion key must all say of each other that they belong to one relay (dir-spec 2.1.1); the two
// signatures at the end then bind the text to all of them.

import {concat, equal, isAllZero} from '../../bytes/octets.ts'
import {sha1} from '../../crypto/digest.ts'
import {type RsaPublicKey, rsaIdentity} from '../../crypto/rsa.ts'
import {ok, type Result} from '../../fault/result.ts'
import {CertType} from '../../wire/certs.ts'
import {parseBase64} from '../argument.ts'
import {ed25519FromX25519} from '../converted-key.ts'
import {checkCert, checkIdentityCert, holdsRelaySignature} from '../ed25519-item.ts'
import {type MeaningFault, meaningFault} from '../fault.ts'
import type {CheckedItems} from '../item-rules.ts'
import {holdsRsaSignature, parseRelayRsaKey} from '../rsa-item.ts'
import type {DocumentSource} from '../source.ts'
import type {RouterDescriptor} from './router-descriptor.ts'
import type {ROUTER_RULES} from './rules.ts'

type RouterItems = CheckedItems<typeof ROUTER_RULES>

export type RouterKeys = Pick<
  RouterDescriptor,
  | 'identity'
  | 'identityKey'
  | 'ed25519'
  | 'ed25519SigningKey'
  | 'onionKeyTap'
  | 'ntorOnionKey'
  | 'expiresAt'
  | 'digest'
>

export function checkRouterKeys(
  items: RouterItems,
  source: DocumentSource
): Result<RouterKeys, MeaningFault> {
  const identityKey = parseRelayRsaKey(items.one('signing-key'))
  if (identityKey === undefined) return meaningFault('bad-key', 'signing-key')
  const identity = rsaIdentity(identityKey)
  const cert = checkIdentityCert(items.one('identity-ed25519'))
  if (cert === undefined) return meaningFault('bad-certificate', 'identity-ed25519')
  const master = parseBase64(items.one('master-key-ed25519').arg(0), 32)
  if (master === undefined) return meaningFault('bad-key', 'master-key-ed25519')
  if (!equal(master, cert.signer)) return meaningFault('mismatch', 'master-key-ed25519')
  const onionKeyTap = checkTapKey(items, identity, master)
  if (!onionKeyTap.ok) return onionKeyTap
  const ntor = checkNtorKey(items, master)
  if (!ntor.ok) return ntor
  const start = items.one('router').span.start
  const signature = items.one('router-signature')
  if (!holdsRelaySignature(source, start, items.one('router-sig-ed25519'), cert.certifiedKey)) {
    return meaningFault('bad-signature', 'router-sig-ed25519')
  }
  const digest = sha1(source.octets.subarray(start, signature.span.lineEnd))
  if (!holdsRsaSignature(identityKey, signature.body, digest)) {
    return meaningFault('bad-signature', 'router-signature')
  }
  return ok({
    identity,
    identityKey,
    ed25519: master,
    ed25519SigningKey: cert.certifiedKey,
    onionKeyTap: onionKeyTap.value,
    ntorOnionKey: ntor.value.ntorOnionKey,
    expiresAt: new Date(Math.min(cert.expiresAt.getTime(), ntor.value.expiresAt.getTime())),
    digest
  })
}

/** A TAP key must be there with its crosscert or not at all. */
function checkTapKey(
  items: RouterItems,
  identity: Uint8Array,
  master: Uint8Array
): Result<RsaPublicKey | undefined, MeaningFault> {
  const keyItem = items.optional('onion-key')
  const crosscert = items.optional('onion-key-crosscert')
  if (keyItem === undefined && crosscert === undefined) return ok(undefined)
  if (keyItem === undefined || crosscert === undefined) return meaningFault('mismatch', 'onion-key-crosscert')
  const key = parseRelayRsaKey(keyItem)
  if (key === undefined) return meaningFault('bad-key', 'onion-key')
  return holdsRsaSignature(key, crosscert.body, concat(identity, master))
    ? ok(key)
    : meaningFault('bad-signature', 'onion-key-crosscert')
}

function checkNtorKey(
  items: RouterItems,
  master: Uint8Array
): Result<{readonly ntorOnionKey: Uint8Array; readonly expiresAt: Date}, MeaningFault> {
  const ntorOnionKey = parseBase64(items.one('ntor-onion-key').arg(0), 32)
  if (ntorOnionKey === undefined || isAllZero(ntorOnionKey)) return meaningFault('bad-key', 'ntor-onion-key')
  const item = items.one('ntor-onion-key-crosscert')
  const signBit = item.arg(0)
  if (signBit !== '0' && signBit !== '1') return meaningFault('bad-argument', 'ntor-onion-key-crosscert')
  const signer = ed25519FromX25519(ntorOnionKey, signBit === '1' ? 1 : 0)
  const cert = signer && checkCert(item.body, CertType.NTOR_CROSSCERT, signer)
  if (cert === undefined) return meaningFault('bad-certificate', 'ntor-onion-key-crosscert')
  if (!equal(cert.certifiedKey, master)) return meaningFault('mismatch', 'ntor-onion-key-crosscert')
  return ok({ntorOnionKey, expiresAt: cert.expiresAt})
}
