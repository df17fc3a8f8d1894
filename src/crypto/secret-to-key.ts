// A passphrase becomes key material, in the three ways that C tor knows: iterated and salted SHA-1 (RFC 2440 3.6.1.3),
// PBKDF2 and scrypt. A specifier says which way, with which salt and at what cost. Control passwords are kept as the first
// of them in text; boxes around secret keys (datadir/password-box.ts) carry any.

import {pbkdf2Sync, scryptSync} from 'node:crypto'
import {fromBase16, toBase16Upper} from '../bytes/base16.ts'
import {concat, equalConstantTime, fromText, wipe} from '../bytes/octets.ts'
import {sha1} from './digest.ts'
import {hkdfSha256} from './kdf.ts'
import {randomOctets} from './random.ts'

const SaltedKind = {RFC2440: 0, PBKDF2: 1, SCRYPT: 2} as const

const SALT_LENGTH = 8
/** Eight octets of salt and one that says how much is hashed. */
const RFC2440_LENGTH = SALT_LENGTH + 1
const SPECIFIER_LENGTHS: ReadonlyMap<number, number> = new Map([
  [SaltedKind.RFC2440, RFC2440_LENGTH],
  [SaltedKind.PBKDF2, 17],
  [SaltedKind.SCRYPT, 18]
])
const SHA1_LENGTH = 20
/** 64 KiB are hashed, as C tor does for the passwords of its control port. */
const PASSWORD_COST = 96
/** 32 MiB are hashed: the most that every C tor reads back without being built with scrypt. */
const BOX_COST = 0xf0
/** scrypt takes 128 · N · r octets; a box that asks for more than this is not one of C tor's. */
const SCRYPT_MEMORY_MAX = 256 << 20
const PBKDF2_LOG_ITERATIONS_MAX = 24

/** A specifier for a new box, with the octet in front that says its kind. */
export function newSpecifier(): Uint8Array {
  return concat(Uint8Array.of(SaltedKind.RFC2440), randomOctets(SALT_LENGTH), Uint8Array.of(BOX_COST))
}

/** `length` octets of key material; undefined for a specifier of no known kind, or one that asks for too much. */
export function secretToKey(
  specifier: Uint8Array,
  secret: Uint8Array,
  length: number
): Uint8Array | undefined {
  if (specifier.length === RFC2440_LENGTH) return rfc2440(specifier, secret, length)
  const kind = specifier[0] ?? -1
  const rest = specifier.subarray(1)
  if (rest.length !== SPECIFIER_LENGTHS.get(kind)) return undefined
  if (kind === SaltedKind.RFC2440) return rfc2440(rest, secret, length)
  return kind === SaltedKind.PBKDF2 ? pbkdf2(rest, secret, length) : scrypt(rest, secret, length)
}

function rfc2440(specifier: Uint8Array, secret: Uint8Array, length: number): Uint8Array {
  const salt = specifier.subarray(0, SALT_LENGTH)
  const cost = specifier[SALT_LENGTH] ?? 0
  const count = (16 + (cost & 15)) * 2 ** ((cost >> 4) + 6)
  const salted = concat(salt, secret)
  const hashed = new Uint8Array(count)
  hashed.set(salted.subarray(0, count))
  for (let filled = salted.length; filled < count; filled *= 2) hashed.copyWithin(filled, 0, filled)
  const digest = sha1(hashed)
  wipe(salted)
  wipe(hashed)
  return length <= SHA1_LENGTH
    ? digest.slice(0, length)
    : hkdfSha256(digest, salt, fromText('EXPAND'), length).slice()
}

function pbkdf2(specifier: Uint8Array, secret: Uint8Array, length: number): Uint8Array | undefined {
  const logIterations = specifier.at(-1) ?? 0
  if (logIterations > PBKDF2_LOG_ITERATIONS_MAX) return undefined
  return new Uint8Array(pbkdf2Sync(secret, specifier.subarray(0, -1), 2 ** logIterations, length, 'sha1'))
}

function scrypt(specifier: Uint8Array, secret: Uint8Array, length: number): Uint8Array | undefined {
  const [logN = 0, logRAndP = 0] = specifier.subarray(-2)
  const [N, r, p] = [2 ** logN, 2 ** (logRAndP >> 4), 2 ** (logRAndP & 15)]
  const memory = 128 * N * r + 128 * r * p
  if (logN < 1 || memory > SCRYPT_MEMORY_MAX) return undefined
  const options = {N, r, p, maxmem: memory + (1 << 20)}
  return new Uint8Array(scryptSync(secret, specifier.subarray(0, -2), length, options))
}

/** What HashedControlPassword wants: `16:` and, in base 16, the specifier and the key. */
export function hashPassword(password: Uint8Array): string {
  const specifier = concat(randomOctets(SALT_LENGTH), Uint8Array.of(PASSWORD_COST))
  return `16:${toBase16Upper(concat(specifier, rfc2440(specifier, password, SHA1_LENGTH)))}`
}

/** False also for text that is no hash. */
export function isPasswordOf(hashed: string, password: Uint8Array): boolean {
  const octets = hashed.startsWith('16:') ? fromBase16(hashed.slice(3)) : undefined
  if (octets?.length !== RFC2440_LENGTH + SHA1_LENGTH) return false
  const specifier = octets.subarray(0, RFC2440_LENGTH)
  return equalConstantTime(rfc2440(specifier, password, SHA1_LENGTH), octets.subarray(RFC2440_LENGTH))
}
