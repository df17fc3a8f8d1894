// Drawing keys with node:crypto, in the only way that is safe on Node 20: the job that draws a key must also encode it.
//
// There a key pair shares a lock with the job that made it, and the job takes that lock when the garbage collector frees
// it. Exporting a key holds the lock too, and allocates; if that makes the collector free the key's own job, the thread
// waits for itself for ever. A key that was encoded by its job and read back has no job that could be freed.

import {createPrivateKey, generateKeyPair, generateKeyPairSync, type KeyObject} from 'node:crypto'

const RAW_LENGTH = 32

const SPKI = {type: 'spki', format: 'der'} as const
const PKCS8 = {type: 'pkcs8', format: 'der'} as const

/** A Curve25519 key pair, 32 octets each. */
export function drawX25519(): {secret: Uint8Array; public: Uint8Array} {
  const {privateKey, publicKey} = generateKeyPairSync('x25519', {
    publicKeyEncoding: SPKI,
    privateKeyEncoding: PKCS8
  })
  const drawn = {secret: lastOctets(privateKey), public: lastOctets(publicKey)}
  privateKey.fill(0)
  return drawn
}

/** An RSA private key with exponent 65537, while the caller waits. */
export function drawRsaNow(bits: number): KeyObject {
  const {privateKey} = generateKeyPairSync('rsa', {
    modulusLength: bits,
    publicKeyEncoding: SPKI,
    privateKeyEncoding: PKCS8
  })
  return readBack(privateKey)
}

/** An RSA private key with exponent 65537, drawn in another thread. */
export function drawRsa(bits: number): Promise<KeyObject> {
  const options = {modulusLength: bits, publicKeyEncoding: SPKI, privateKeyEncoding: PKCS8}
  return new Promise((resolve, reject) => {
    generateKeyPair('rsa', options, (error, _publicKey: Buffer, privateKey: Buffer) => {
      if (error === null) resolve(readBack(privateKey))
      else reject(error)
    })
  })
}

function readBack(der: Buffer): KeyObject {
  const key = createPrivateKey({key: der, ...PKCS8})
  der.fill(0)
  return key
}

/** RFC 8410: in both encodings the key is what comes last. */
function lastOctets(der: Buffer): Uint8Array {
  return new Uint8Array(der.subarray(der.length - RAW_LENGTH))
}
