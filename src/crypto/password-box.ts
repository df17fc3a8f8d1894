// A secret on disk under a passphrase, octet for octet as C tor keeps an encrypted master key: a specifier says how the
// passphrase becomes an AES-128-CTR key and an HMAC-SHA256 key; the MAC, last, covers all in front of it. The content has
// its length in front and is filled up to a multiple of 128 octets, so that its length is not told.

import {createCipheriv, createDecipheriv} from 'node:crypto'
import {concat, equalConstantTime, fromText, readU32, wipe, writeU32} from '../bytes/octets.ts'
import {bytes, decode, encode, format, rest, u8} from '../codec/codec.ts'
import {type Fault, localFault} from '../fault/fault.ts'
import {err, ok, type Result} from '../fault/result.ts'
import {hmacSha256} from './digest.ts'
import {randomOctets} from './random.ts'
import {newSpecifier, secretToKey} from './secret-to-key.ts'

const MAGIC = fromText('TORBOX00')
const CIPHER_KEY_LENGTH = 16
const MAC_LENGTH = 32
const IV_LENGTH = 16
const LENGTH_OCTETS = 4
const PADDED_TO = 128

const box = format(
  'box under a passphrase',
  {spec: 'as C tor keeps an encrypted master key'},
  {magic: bytes(MAGIC.length), specifier: bytes(u8), iv: bytes(IV_LENGTH), encrypted: rest()}
)

export type PasswordBoxFault = Fault<'wrong-passphrase' | 'malformed-box', never>

export function sealBox(content: Uint8Array, passphrase: Uint8Array): Uint8Array {
  const length = Math.ceil((LENGTH_OCTETS + content.length) / PADDED_TO) * PADDED_TO
  const plain = new Uint8Array(length)
  writeU32(plain, 0, content.length)
  plain.set(content, LENGTH_OCTETS)
  const specifier = newSpecifier()
  const keys = secretToKey(specifier, passphrase, CIPHER_KEY_LENGTH + MAC_LENGTH) ?? new Uint8Array()
  const iv = randomOctets(IV_LENGTH)
  const cipher = createCipheriv('aes-128-ctr', keys.subarray(0, CIPHER_KEY_LENGTH), iv)
  const sealed = encode(box, {magic: MAGIC, specifier, iv, encrypted: cipher.update(plain)})
  const mac = hmacSha256(keys.subarray(CIPHER_KEY_LENGTH), sealed)
  wipe(plain)
  wipe(keys)
  return concat(sealed, mac)
}

/** The content, which the caller wipes. */
export function openBox(octets: Uint8Array, passphrase: Uint8Array): Result<Uint8Array, PasswordBoxFault> {
  const sealed = octets.subarray(0, -MAC_LENGTH)
  const decoded = decode(box, sealed)
  if (!decoded.ok || !equalConstantTime(decoded.value.magic, MAGIC)) return err(localFault('malformed-box'))
  const {specifier, iv, encrypted} = decoded.value
  const keys = secretToKey(specifier, passphrase, CIPHER_KEY_LENGTH + MAC_LENGTH)
  if (keys === undefined) return err(localFault('malformed-box'))
  const mac = hmacSha256(keys.subarray(CIPHER_KEY_LENGTH), sealed)
  const isGenuine = equalConstantTime(mac, octets.subarray(-MAC_LENGTH))
  const plain = createDecipheriv('aes-128-ctr', keys.subarray(0, CIPHER_KEY_LENGTH), iv).update(encrypted)
  wipe(keys)
  if (!isGenuine) return err(localFault('wrong-passphrase'))
  const length = plain.length < LENGTH_OCTETS ? Number.POSITIVE_INFINITY : readU32(plain, 0)
  if (length > plain.length - LENGTH_OCTETS) return err(localFault('malformed-box'))
  const content = new Uint8Array(plain.subarray(LENGTH_OCTETS, LENGTH_OCTETS + length))
  wipe(plain)
  return ok(content)
}
