// Restricted discovery (rend-spec-v3 2.5.1.2): the descriptor cookie, without which the inner layer cannot be read, is
// encrypted to each client's X25519 key. An entry names its client by an identifier that changes with every descriptor, and
// entries for nobody look like all others.

import {createCipheriv} from 'node:crypto'
import {equalConstantTime, wipe} from '../../bytes/octets.ts'
import {shake256} from '../digest.ts'
import {randomOctets} from '../random.ts'
import {type X25519Key, x25519} from '../x25519.ts'

export const DESCRIPTOR_COOKIE_LENGTH = 16
export const CLIENT_ID_LENGTH = 8
const IV_LENGTH = 16
const COOKIE_KEY_LENGTH = 32

/** One `auth-client` line. */
export interface CookieEntry {
  /** 8 octets. */
  readonly clientId: Uint8Array
  /** 16 octets. */
  readonly iv: Uint8Array
  /** 16 octets. */
  readonly encryptedCookie: Uint8Array
}

/** Undefined when the client's key is none. */
export function sealDescriptorCookie(
  cookie: Uint8Array,
  subcredential: Uint8Array,
  ephemeral: X25519Key,
  clientKey: Uint8Array
): CookieEntry | undefined {
  const keys = cookieKeys(subcredential, ephemeral, clientKey)
  if (keys === undefined) return undefined
  const iv = randomOctets(IV_LENGTH)
  return {clientId: keys.clientId, iv, encryptedCookie: crypt(keys.cookieKey, iv, cookie)}
}

/** The cookie, if one of the entries is for the client with this secret key. */
export function openDescriptorCookie(
  entries: readonly CookieEntry[],
  subcredential: Uint8Array,
  clientSecret: Uint8Array | X25519Key,
  ephemeralKey: Uint8Array
): Uint8Array | undefined {
  const keys = cookieKeys(subcredential, clientSecret, ephemeralKey)
  if (keys === undefined) return undefined
  const own = entries.find(({clientId}) => equalConstantTime(clientId, keys.clientId))
  const cookie = own && crypt(keys.cookieKey, own.iv, own.encryptedCookie)
  wipe(keys.cookieKey)
  return cookie
}

/** An entry that is for nobody. */
export function fakeCookieEntry(): CookieEntry {
  return {
    clientId: randomOctets(CLIENT_ID_LENGTH),
    iv: randomOctets(IV_LENGTH),
    encryptedCookie: randomOctets(DESCRIPTOR_COOKIE_LENGTH)
  }
}

function cookieKeys(
  subcredential: Uint8Array,
  secret: Uint8Array | X25519Key,
  publicKey: Uint8Array
): {readonly clientId: Uint8Array; readonly cookieKey: Uint8Array} | undefined {
  const shared = x25519(secret, publicKey)
  if (shared === undefined) return undefined
  const keys = shake256(CLIENT_ID_LENGTH + COOKIE_KEY_LENGTH, subcredential, shared)
  wipe(shared)
  return {clientId: keys.subarray(0, CLIENT_ID_LENGTH), cookieKey: keys.subarray(CLIENT_ID_LENGTH)}
}

function crypt(key: Uint8Array, iv: Uint8Array, message: Uint8Array): Uint8Array {
  return new Uint8Array(createCipheriv('aes-256-ctr', key, iv).update(message))
}
