// Curve25519 key agreement over node:crypto. Raw octets are what Tor sends and stores; node:crypto wants key objects,
// and importing costs more than the multiplication. So a secret that is used again and again, such as an onion key, is
// imported once as an `X25519Key`, and raw octets are for the rest. Keys go in and out as JWK where they can, because that
// is several times cheaper than DER on Node 20; a secret alone cannot, since a JWK must hold the public half as well.

import {createPrivateKey, createPublicKey, diffieHellman, type KeyObject} from 'node:crypto'
import {wipe} from '../bytes/octets.ts'
import {BugError} from '../fault/fault.ts'
import {drawX25519} from './key-generation.ts'

export const X25519_LENGTH = 32

/** RFC 8410: everything of a PrivateKeyInfo for X25519 up to the secret. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b656e04220420', 'hex')

export type X25519KeyPair = {readonly secret: Uint8Array; readonly public: Uint8Array}

/** A secret imported once for repeated use, with the public half as it goes on the wire. */
export interface X25519Key {
  readonly handle: KeyObject
  readonly public: Uint8Array
}

export function generateX25519(): X25519KeyPair {
  return drawX25519()
}

/** An ephemeral key, imported for use. */
export function generateX25519Key(): X25519Key {
  const drawn = drawX25519()
  // With both halves at hand JWK will do, which is the cheap way in.
  const jwk = {kty: 'OKP', crv: 'X25519', d: toBase64Url(drawn.secret), x: toBase64Url(drawn.public)}
  wipe(drawn.secret)
  return {handle: createPrivateKey({key: jwk, format: 'jwk'}), public: drawn.public}
}

/** `secret` has 32 octets; they need not be clamped. */
export function importX25519(secret: Uint8Array): X25519Key {
  const handle = importSecret(secret)
  return {handle, public: fromBase64Url(createPublicKey(handle).export({format: 'jwk'}).x)}
}

export function x25519Public(secret: Uint8Array): Uint8Array {
  return importX25519(secret).public
}

/**
 * The 32-octet shared secret. Undefined when it would be all zero, that is, when the peer sent a point of small order,
 * or when `peerPublic` does not have 32 octets.
 */
export function x25519(secret: Uint8Array | X25519Key, peerPublic: Uint8Array): Uint8Array | undefined {
  if (peerPublic.length !== X25519_LENGTH) return undefined
  const privateKey = secret instanceof Uint8Array ? importSecret(secret) : secret.handle
  const publicKey = createPublicKey({
    key: {kty: 'OKP', crv: 'X25519', x: toBase64Url(peerPublic)},
    format: 'jwk'
  })
  try {
    return new Uint8Array(diffieHellman({privateKey, publicKey}))
  } catch {
    // OpenSSL refuses to hand out an all-zero result; nothing else can fail once both keys are imported.
    return undefined
  }
}

function importSecret(secret: Uint8Array): KeyObject {
  if (secret.length !== X25519_LENGTH) throw new BugError('x25519-secret-length', String(secret.length))
  const der = Buffer.concat([PKCS8_PREFIX, secret])
  const handle = createPrivateKey({key: der, format: 'der', type: 'pkcs8'})
  der.fill(0)
  return handle
}

function toBase64Url(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('base64url')
}

function fromBase64Url(text: string | undefined): Uint8Array {
  if (text === undefined) throw new BugError('x25519-export')
  return new Uint8Array(Buffer.from(text, 'base64url'))
}
