// The secret of the Ed25519 master identity as `--keygen` handles it: in clear, or in a box under a passphrase, or elsewhere.
// Everything that takes a passphrase is here; a running relay never asks for one.

import {rmSync} from 'node:fs'
import {join} from 'node:path'
import {equal, wipe} from '../bytes/octets.ts'
import {type Ed25519KeyPair, ed25519FromExpanded, generateEd25519} from '../crypto/ed25519.ts'
import {openBox, sealBox} from '../crypto/password-box.ts'
import {ok, type Result} from '../fault/result.ts'
import {type DataDirFault, dataDirFault} from './fault.ts'
import {errorCode} from './file.ts'
import {keyFiles, readKey, writeKey} from './key-file.ts'

/** As many octets as C tor reads. */
export const PASSPHRASE_MAX = 255

/**
 * `none`: there is no identity yet. `elsewhere`: there is one, and its secret is not here. A box is kept closed until there
 * is a passphrase for it.
 */
export type FoundMaster =
  | {readonly state: 'none' | 'elsewhere'}
  | {readonly state: 'clear'; readonly key: Ed25519KeyPair}
  | {readonly state: 'boxed'; readonly box: Uint8Array; readonly public: Uint8Array | undefined}

/** `ed25519Ready` must have resolved. */
export function findMasterKey(keyDirectory: string): Result<FoundMaster, DataDirFault> {
  const published = readKey(keyDirectory, keyFiles.masterPublic)
  if (!published.ok) return published
  const clear = readKey(keyDirectory, keyFiles.masterSecret)
  if (!clear.ok) return clear
  if (clear.value !== undefined) {
    return published.value === undefined || equal(published.value, clear.value.public)
      ? ok({state: 'clear', key: clear.value})
      : mismatch(keyDirectory)
  }
  const box = readKey(keyDirectory, keyFiles.masterSecretEncrypted)
  if (!box.ok) return box
  if (box.value !== undefined) return ok({state: 'boxed', box: box.value, public: published.value})
  if (published.value !== undefined) return ok({state: 'elsewhere'})
  const cert = readKey(keyDirectory, keyFiles.signingCert)
  if (!cert.ok) return cert
  return ok({state: cert.value === undefined ? 'none' : 'elsewhere'})
}

/** Undefined when the passphrase is not the one. */
export function openMasterBox(
  keyDirectory: string,
  found: Extract<FoundMaster, {state: 'boxed'}>,
  passphrase: Uint8Array
): Result<Ed25519KeyPair | undefined, DataDirFault> {
  const opened = openBox(found.box, passphrase)
  const path = join(keyDirectory, keyFiles.masterSecretEncrypted.name)
  if (!opened.ok) {
    return opened.fault.code === 'wrong-passphrase'
      ? ok(undefined)
      : dataDirFault('malformed-key', path, 'is not the key it should be.')
  }
  if (opened.value.length !== 64)
    return dataDirFault('malformed-key', path, 'holds something else than a key.')
  const key = ed25519FromExpanded(opened.value)
  return found.public === undefined || equal(found.public, key.public) ? ok(key) : mismatch(keyDirectory)
}

/** A new identity; nothing is on disk yet. */
export function newMasterKey(): Ed25519KeyPair {
  return generateEd25519()
}

/** Writes it under the passphrase, or in clear without one, and takes away what the other way left. */
export function writeMasterKey(
  keyDirectory: string,
  key: Ed25519KeyPair,
  passphrase: Uint8Array | undefined
): Result<undefined, DataDirFault> {
  const box = passphrase && sealBox(key.expanded, passphrase)
  const secret =
    box === undefined
      ? writeKey(keyDirectory, keyFiles.masterSecret, key)
      : writeKey(keyDirectory, keyFiles.masterSecretEncrypted, box)
  if (!secret.ok) return secret
  const published = writeKey(keyDirectory, keyFiles.masterPublic, key.public)
  if (!published.ok) return published
  const other = box === undefined ? keyFiles.masterSecretEncrypted : keyFiles.masterSecret
  return remove(join(keyDirectory, other.name))
}

export function wipeKey(key: Ed25519KeyPair): void {
  wipe(key.expanded)
}

function remove(path: string): Result<undefined, DataDirFault> {
  try {
    rmSync(path, {force: true})
    return ok(undefined)
  } catch (error) {
    return dataDirFault('unwritable', path, `cannot be removed (${errorCode(error)}).`)
  }
}

function mismatch(keyDirectory: string): Result<never, DataDirFault> {
  const path = join(keyDirectory, keyFiles.masterPublic.name)
  return dataDirFault('key-mismatch', path, 'does not belong to the secret key beside it.')
}
