// `--list-fingerprint`: who the relay of this DataDirectory is, made up on the spot if it never ran. A relay that runs at
// the same time keeps the directory to itself, so nothing is renewed then, only read.

import type {RelayConfig} from '../config/relay-config.ts'
import type {DataDirFault} from '../datadir/fault.ts'
import {openDirectory} from '../datadir/file.ts'
import {type FingerprintKind, fingerprintLine, writeFingerprints} from '../datadir/fingerprint.ts'
import {lockDirectory} from '../datadir/lock.ts'
import {loadOrCreateRelayKeys} from '../datadir/relay-keys.ts'
import {ok, type Result} from '../fault/result.ts'

export async function listFingerprint(
  config: RelayConfig,
  kind: FingerprintKind,
  now: Date
): Promise<Result<string, DataDirFault>> {
  const directory = openDirectory(config.dataDirectory)
  if (!directory.ok) return directory
  const lock = lockDirectory(config.dataDirectory)
  if (!lock.ok && lock.fault.code !== 'locked') return lock
  const loaded = await loadOrCreateRelayKeys(
    {
      keyDirectory: config.keyDirectory,
      signingKeyLifetimeMs: config.signingKeyLifetimeMs,
      signingKeySlopMs: lock.ok ? config.signingKeySlopMs : Number.NEGATIVE_INFINITY,
      offlineMasterKey: config.offlineMasterKey
    },
    now
  )
  if (!loaded.ok) return loaded
  const {identity} = loaded.value.keys
  if (lock.ok) {
    const written = writeFingerprints(config.dataDirectory, config.nickname, identity)
    lock.value.release()
    if (!written.ok) return written
  }
  return ok(fingerprintLine(config.nickname, identity, kind, 'grouped'))
}
