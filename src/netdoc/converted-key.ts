// An X25519 onion key as an Ed25519 key (dir-spec, appendix C), so that it can sign the certificate by which it vouches
// for a relay's identity. The two curves are the same seen in different coordinates; the X25519 form forgets the sign of
// one coordinate, which is why `ntor-onion-key-crosscert` carries a sign bit.

import {fromText, wipe} from '../bytes/octets.ts'
import {sha512} from '../crypto/digest.ts'
import {type Ed25519KeyPair, ed25519FromExpanded} from '../crypto/ed25519.ts'

const P = 2n ** 255n - 19n
const PREFIX_LABEL = fromText('prefix of an onion key that signs as an Ed25519 key')

export type SignBit = 0 | 1

/** The Ed25519 public key with the same secret. Undefined for the one value that has no counterpart. */
export function ed25519FromX25519(publicKey: Uint8Array, signBit: SignBit): Uint8Array | undefined {
  const u = littleEndian(publicKey) & (2n ** 255n - 1n)
  if (u >= P || u === P - 1n) return undefined
  const y = ((u + P - 1n) * inverse(u + 1n)) % P
  const out = new Uint8Array(32)
  for (let i = 0, rest = y; i < 32; i++, rest >>= 8n) out[i] = Number(rest & 0xffn)
  out[31] = (out[31] as number) | (signBit << 7)
  return out
}

export interface ConvertedKeyPair {
  readonly key: Ed25519KeyPair
  readonly signBit: SignBit
}

/** The key pair that signs for an onion key; `secret` has 32 octets and need not be clamped. The caller wipes it. */
export function ed25519PairFromX25519(secret: Uint8Array): ConvertedKeyPair {
  const expanded = new Uint8Array(64)
  expanded.set(secret)
  expanded[0] = (expanded[0] as number) & 248
  expanded[31] = ((expanded[31] as number) & 127) | 64
  const prefix = sha512(expanded.subarray(0, 32), PREFIX_LABEL)
  expanded.set(prefix.subarray(0, 32), 32)
  wipe(prefix)
  const key = ed25519FromExpanded(expanded)
  return {key, signBit: (key.public[31] as number) >>> 7 === 1 ? 1 : 0}
}

function littleEndian(octets: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(octets).reverse().toString('hex')}`)
}

function inverse(value: bigint): bigint {
  let [a, b, x, y] = [value % P, P, 1n, 0n]
  while (a > 1n) {
    const quotient = b / a
    ;[a, b, x, y] = [b - quotient * a, a, y - quotient * x, x]
  }
  return ((x % P) + P) % P
}
