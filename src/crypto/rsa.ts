// RSA as Tor uses it: 1024-bit identity and TAP keys named by the SHA-1 of their PKCS#1 form, and signatures that pad a
// bare digest (PKCS#1 v1.5 without DigestInfo) which node:crypto's own sign and verify cannot make.

import {
  constants,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  privateEncrypt,
  publicDecrypt
} from 'node:crypto'
import {equal} from '../bytes/octets.ts'
import {sha1} from './digest.ts'
import {drawRsa, drawRsaNow} from './key-generation.ts'

const PUBLIC_EXPONENT = 65537n
const PADDING = constants.RSA_PKCS1_PADDING

export interface RsaPublicKey {
  readonly handle: KeyObject
  /** PKCS#1 RSAPublicKey. */
  readonly der: Uint8Array
  readonly bits: number
}

export interface RsaPrivateKey {
  readonly handle: KeyObject
  readonly public: RsaPublicKey
}

export function generateRsa(bits: number): RsaPrivateKey {
  return fromHandle(drawRsaNow(bits))
}

/** Drawn in another thread, for a caller that has something else to do meanwhile. */
export async function generateRsaElsewhere(bits: number): Promise<RsaPrivateKey> {
  return fromHandle(await drawRsa(bits))
}

/** An unencrypted PKCS#1 or PKCS#8 private key. Undefined for anything else, RSA keys with odd exponents included. */
export function rsaFromPem(pem: string): RsaPrivateKey | undefined {
  try {
    // A passphrase that is there but empty keeps OpenSSL from asking for one on the terminal (TROVE-2017-011).
    const handle = createPrivateKey({key: pem, format: 'pem', passphrase: ''})
    return isUsable(handle) ? fromHandle(handle) : undefined
  } catch {
    return undefined
  }
}

/** PKCS#1, as in `secret_id_key` of a DataDirectory. */
export function rsaToPem(key: RsaPrivateKey): string {
  return key.handle.export({type: 'pkcs1', format: 'pem'}).toString()
}

/** Undefined unless the octets are exactly the DER that this key would be written as. */
export function rsaPublicFromDer(pkcs1Der: Uint8Array): RsaPublicKey | undefined {
  try {
    const handle = createPublicKey({key: Buffer.from(pkcs1Der), format: 'der', type: 'pkcs1'})
    const key = rsaPublicFromHandle(handle)
    return key !== undefined && equal(key.der, pkcs1Der) ? key : undefined
  } catch {
    return undefined
  }
}

/** From an already parsed public key, e.g. of a certificate; undefined when it is no RSA key that Tor would use. */
export function rsaPublicFromHandle(handle: KeyObject): RsaPublicKey | undefined {
  if (!isUsable(handle)) return undefined
  // Node 24 cannot write a key as PKCS#1 that it has read as PKCS#1; one that has been a JWK it can.
  return publicFromHandle(createPublicKey({key: handle.export({format: 'jwk'}), format: 'jwk'}))
}

/** PKCS#1 RSAPublicKey. */
export function rsaPublicDer(key: RsaPublicKey): Uint8Array {
  return key.der
}

/** PKCS#1 `RSA PUBLIC KEY`, as in directory documents. */
export function rsaPublicPem(key: RsaPublicKey): string {
  return key.handle.export({type: 'pkcs1', format: 'pem'}).toString()
}

/** The 20-octet SHA-1 of the PKCS#1 form: a relay's legacy identity (tor-spec 1.2). */
export function rsaIdentity(key: RsaPublicKey): Uint8Array {
  return sha1(key.der)
}

/** As many octets as the modulus has. `digest` is padded as it is, without naming its algorithm. */
export function signRsaBare(key: RsaPrivateKey, digest: Uint8Array): Uint8Array {
  return new Uint8Array(privateEncrypt({key: key.handle, padding: PADDING}, digest))
}

/** The digest that was signed, for the caller to compare; undefined when the signature's padding is not whole. */
export function verifyRsaBare(key: RsaPublicKey, signature: Uint8Array): Uint8Array | undefined {
  if (signature.length * 8 !== key.bits) return undefined
  try {
    return new Uint8Array(publicDecrypt({key: key.handle, padding: PADDING}, signature))
  } catch {
    return undefined
  }
}

function isUsable(handle: KeyObject): boolean {
  const {modulusLength, publicExponent} = handle.asymmetricKeyDetails ?? {}
  return (
    handle.asymmetricKeyType === 'rsa' &&
    publicExponent === PUBLIC_EXPONENT &&
    modulusLength !== undefined &&
    modulusLength % 8 === 0
  )
}

function fromHandle(handle: KeyObject): RsaPrivateKey {
  return {handle, public: publicFromHandle(createPublicKey(handle))}
}

function publicFromHandle(handle: KeyObject): RsaPublicKey {
  return {
    handle,
    der: new Uint8Array(handle.export({type: 'pkcs1', format: 'der'})),
    bits: handle.asymmetricKeyDetails?.modulusLength ?? 0
  }
}
