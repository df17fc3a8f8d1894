// One-shot digests over the concatenation of their parts. Running digests of relay cells belong to relay-crypto; here a
// digest begins and ends in one call.

import {createHash, createHmac, hash} from 'node:crypto'
import {writeU32} from '../bytes/octets.ts'

type DigestName = 'sha1' | 'sha256' | 'sha512' | 'sha3-256'

function owned(octets: Buffer): Uint8Array {
  return new Uint8Array(octets.buffer, octets.byteOffset, octets.length)
}

function digest(name: DigestName, parts: readonly Uint8Array[]): Uint8Array {
  // The one-shot call is a third cheaper than an object per digest, and most digests have one part.
  const only = parts[0]
  if (parts.length === 1 && only !== undefined) return owned(hash(name, only, 'buffer'))
  const running = createHash(name)
  for (const part of parts) running.update(part)
  return owned(running.digest())
}

/** 20 octets. */
export function sha1(...parts: readonly Uint8Array[]): Uint8Array {
  return digest('sha1', parts)
}

/** 32 octets. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  return digest('sha256', parts)
}

/** 64 octets. */
export function sha512(...parts: readonly Uint8Array[]): Uint8Array {
  return digest('sha512', parts)
}

/** 32 octets. */
export function sha3_256(...parts: readonly Uint8Array[]): Uint8Array {
  return digest('sha3-256', parts)
}

/** The first `length` octets of SHAKE-256. */
export function shake256(length: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const running = createHash('shake256', {outputLength: length})
  for (const part of parts) running.update(part)
  return owned(running.digest())
}

/** 32 octets. */
export function hmacSha256(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const running = createHmac('sha256', key)
  for (const part of parts) running.update(part)
  return owned(running.digest())
}

/** MAC(key, message) = SHA3-256(INT_8(length of key) | key | message), rend-spec-v3 0.3. 32 octets. */
export function macSha3(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  return sha3_256(lengthOf(key), key, ...parts)
}

/** A length as the onion-service and ntor-v3 specifications put it before a part: eight octets, big-endian. */
export function lengthOf(octets: Uint8Array): Uint8Array {
  const out = new Uint8Array(8)
  writeU32(out, 4, octets.length)
  return out
}
