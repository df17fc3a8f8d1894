// `--key-expiration sign`: until when the certificate of the signing key is valid, in the words that C tor prints. A relay
// that never ran gets its keys first, as with --list-fingerprint.

import type {RelayConfig} from '../config/relay-config.ts'
import {ed25519Ready} from '../crypto/ed25519.ts'
import {type DataDirFault, dataDirFault} from '../datadir/fault.ts'
import {signingCertExpiresAt} from '../datadir/identity-keys.ts'
import {ok, type Result} from '../fault/result.ts'
import {listFingerprint} from './list-fingerprint.ts'

export interface KeyExpiry {
  readonly text: string
  readonly isOver: boolean
}

export async function signingCertExpiry(
  config: RelayConfig,
  format: 'iso8601' | 'timestamp',
  now: Date
): Promise<Result<KeyExpiry, DataDirFault>> {
  await ed25519Ready
  // Makes the keys that are missing and renews what is due. What it cannot do is told by the certificate that is there.
  const loaded = await listFingerprint(config, 'rsa', now)
  const expiresAt = signingCertExpiresAt(config.keyDirectory)
  if (!expiresAt.ok) return expiresAt
  if (expiresAt.value === undefined) {
    return loaded.ok
      ? dataDirFault('master-key-missing', config.keyDirectory, 'holds no signing key.')
      : loaded
  }
  const text = format === 'timestamp' ? String(expiresAt.value.getTime() / 1000) : localTime(expiresAt.value)
  return ok({text, isOver: expiresAt.value <= now})
}

/** `2026-12-22 18:00:00` by the clock on the wall. */
function localTime(time: Date): string {
  const two = (value: number) => String(value).padStart(2, '0')
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`
}
