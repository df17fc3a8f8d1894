// All keys that a relay keeps over restarts, in one object, and what has to be done about them as time goes by.

import {join} from 'node:path'
import {ed25519Ready} from '../crypto/ed25519.ts'
import {ok, type Result} from '../fault/result.ts'
import type {DataDirFault} from './fault.ts'
import {narrowFile, openDirectory} from './file.ts'
import {
  type IdentityKeyOptions,
  type IdentityKeys,
  loadIdentityKeys,
  renewSigningKey,
  takeUpSigningKey
} from './identity-keys.ts'
import {keyFiles} from './key-file.ts'
import {loadOnionKeys, type OnionKeySchedule, type RelayOnionKeys, tendOnionKeys} from './onion-key-files.ts'

export interface RelayKeys {
  readonly identity: IdentityKeys
  readonly onion: RelayOnionKeys
}

export interface RelayKeyOptions extends IdentityKeyOptions {
  /** LastRotatedOnionKey of the state file */
  readonly lastRotatedOnionKey?: Date | undefined
}

export interface LoadedRelayKeys {
  readonly keys: RelayKeys
  readonly notices: readonly string[]
}

/** Opens the key directory, loads the keys in it and makes those that are missing. */
export async function loadOrCreateRelayKeys(
  options: RelayKeyOptions,
  now: Date
): Promise<Result<LoadedRelayKeys, DataDirFault>> {
  await ed25519Ready
  const directory = openDirectory(options.keyDirectory)
  if (!directory.ok) return directory
  const notices = [...directory.value.notices]
  for (const {name} of Object.values(keyFiles)) {
    const narrowed = narrowFile(join(options.keyDirectory, name))
    if (!narrowed.ok) return narrowed
    if (narrowed.value !== undefined) notices.push(narrowed.value)
  }
  const identity = loadIdentityKeys(options, now)
  if (!identity.ok) return identity
  const onion = loadOnionKeys(options.keyDirectory, options.lastRotatedOnionKey, now)
  if (!onion.ok) return onion
  return ok({keys: {identity: identity.value, onion: onion.value}, notices})
}

/**
 * To be called now and then, an hour apart or less. What is due is done and is on disk when this returns. The parts that
 * did not change are the same objects as before: compare `identity.signing` and `onion` to know what to publish anew.
 */
export function tendRelayKeys(
  keys: RelayKeys,
  options: IdentityKeyOptions,
  schedule: OnionKeySchedule,
  now: Date,
  occasion: 'minute' | 'reload' = 'minute'
): Result<RelayKeys, DataDirFault> {
  const taken = occasion === 'reload' ? takeUpSigningKey(keys.identity, options, now) : ok(keys.identity)
  if (!taken.ok) return taken
  const identity = renewSigningKey(taken.value, options, now)
  if (!identity.ok) return identity
  const onion = tendOnionKeys(options.keyDirectory, keys.onion, schedule, now)
  return onion.ok ? ok({identity: identity.value, onion: onion.value}) : onion
}
