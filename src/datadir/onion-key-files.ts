// The onion keys: an X25519 key that clients make circuits with, and an RSA-1024 key that nobody uses but descriptors still
// have to show. They are replaced when they have reached their age (28 days unless the consensus says otherwise); the key
// before stays answerable for a grace period (7 days), for clients whose consensus is older, and is then forgotten.

import {rmSync} from 'node:fs'
import {join} from 'node:path'
import {generateRsa, type RsaPrivateKey} from '../crypto/rsa.ts'
import {generateX25519, type X25519KeyPair} from '../crypto/x25519.ts'
import {ok, type Result} from '../fault/result.ts'
import {type DataDirFault, dataDirFault} from './fault.ts'
import {errorCode, moveFile} from './file.ts'
import {keyFiles, RELAY_RSA_BITS, readKey, writeKey} from './key-file.ts'

const DAY_MS = 86_400_000

/** The consensus parameters `onion-key-rotation-days` and `onion-key-grace-period-days`, in milliseconds. */
export interface OnionKeySchedule {
  readonly lifetimeMs: number
  readonly graceMs: number
}

/** param-spec: what holds without a consensus. */
export const DEFAULT_ONION_KEY_SCHEDULE: OnionKeySchedule = {lifetimeMs: 28 * DAY_MS, graceMs: 7 * DAY_MS}

export interface RelayOnionKeys {
  /** for the descriptor alone */
  readonly tap: RsaPrivateKey
  readonly ntor: X25519KeyPair
  readonly previousNtor: X25519KeyPair | undefined
  /** goes into the state file as LastRotatedOnionKey */
  readonly setAt: Date
}

/** `lastRotated` is what the state file says; without it, or when it lies ahead, the keys count as set just now. */
export function loadOnionKeys(
  keyDirectory: string,
  lastRotated: Date | undefined,
  now: Date
): Result<RelayOnionKeys, DataDirFault> {
  const tap = readKey(keyDirectory, keyFiles.onionTap)
  if (!tap.ok) return tap
  const ntor = readKey(keyDirectory, keyFiles.onionNtor)
  if (!ntor.ok) return ntor
  const previous = readKey(keyDirectory, keyFiles.onionNtorPrevious)
  if (!previous.ok) return previous
  const fresh = newKeys(keyDirectory, tap.value, ntor.value)
  if (!fresh.ok) return fresh
  const setAt = lastRotated !== undefined && lastRotated < now ? lastRotated : now
  return ok({...fresh.value, previousNtor: previous.value, setAt})
}

/** Rotates when the keys have reached their age; forgets the previous key when its grace is over; else gives `keys` back. */
export function tendOnionKeys(
  keyDirectory: string,
  keys: RelayOnionKeys,
  schedule: OnionKeySchedule,
  now: Date
): Result<RelayOnionKeys, DataDirFault> {
  const ageMs = now.getTime() - keys.setAt.getTime()
  if (ageMs >= schedule.lifetimeMs) return rotateOnionKeys(keyDirectory, keys, now)
  if (keys.previousNtor !== undefined && ageMs >= schedule.graceMs) return forgetPrevious(keyDirectory, keys)
  return ok(keys)
}

/** New keys at once; the current ones become the previous ones. */
export function rotateOnionKeys(
  keyDirectory: string,
  keys: RelayOnionKeys,
  now: Date
): Result<RelayOnionKeys, DataDirFault> {
  for (const [current, previous] of [
    [keyFiles.onionTap, keyFiles.onionTapPrevious],
    [keyFiles.onionNtor, keyFiles.onionNtorPrevious]
  ] as const) {
    const moved = moveFile(join(keyDirectory, current.name), join(keyDirectory, previous.name))
    if (!moved.ok) return moved
  }
  const fresh = newKeys(keyDirectory, undefined, undefined)
  return fresh.ok ? ok({...fresh.value, previousNtor: keys.ntor, setAt: now}) : fresh
}

function newKeys(
  keyDirectory: string,
  tap: RsaPrivateKey | undefined,
  ntor: X25519KeyPair | undefined
): Result<{tap: RsaPrivateKey; ntor: X25519KeyPair}, DataDirFault> {
  const made = {tap: tap ?? generateRsa(RELAY_RSA_BITS), ntor: ntor ?? clamped(generateX25519())}
  if (tap === undefined) {
    const written = writeKey(keyDirectory, keyFiles.onionTap, made.tap)
    if (!written.ok) return written
  }
  if (ntor === undefined) {
    const written = writeKey(keyDirectory, keyFiles.onionNtor, made.ntor)
    if (!written.ok) return written
  }
  return ok(made)
}

function forgetPrevious(keyDirectory: string, keys: RelayOnionKeys): Result<RelayOnionKeys, DataDirFault> {
  for (const file of [keyFiles.onionTapPrevious, keyFiles.onionNtorPrevious]) {
    const path = join(keyDirectory, file.name)
    try {
      rmSync(path, {force: true})
    } catch (error) {
      return dataDirFault('unwritable', path, `cannot be removed (${errorCode(error)}).`)
    }
  }
  return ok({...keys, previousNtor: undefined})
}

/** C tor keeps the scalar as the curve uses it (RFC 7748 5). The public key is the same either way. */
function clamped(pair: X25519KeyPair): X25519KeyPair {
  const secret = pair.secret.slice()
  secret[0] = (secret[0] ?? 0) & 248
  secret[31] = ((secret[31] ?? 0) & 127) | 64
  return {secret, public: pair.public}
}
