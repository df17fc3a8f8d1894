// The relay's fingerprints as C tor writes and prints them, for people and for scripts.

import {join} from 'node:path'
import {toBase16Upper} from '../bytes/base16.ts'
import {toBase64Unpadded} from '../bytes/base64.ts'
import {equal, fromText} from '../bytes/octets.ts'
import {rsaIdentity} from '../crypto/rsa.ts'
import {ok, type Result} from '../fault/result.ts'
import type {DataDirFault} from './fault.ts'
import {readWhole, writeWhole} from './file.ts'
import type {IdentityKeys} from './identity-keys.ts'

export type FingerprintKind = 'rsa' | 'ed25519'

/** `--list-fingerprint` prints the RSA fingerprint in groups of four digits; files have it in one piece. */
export function fingerprintLine(
  nickname: string,
  keys: Pick<IdentityKeys, 'rsa' | 'ed25519'>,
  kind: FingerprintKind,
  layout: 'grouped' | 'plain'
): string {
  if (kind === 'ed25519') return `${nickname} ${toBase64Unpadded(keys.ed25519)}\n`
  const hex = toBase16Upper(rsaIdentity(keys.rsa.public))
  return `${nickname} ${layout === 'grouped' ? (hex.match(/.{4}/g) ?? []).join(' ') : hex}\n`
}

/** Writes `fingerprint` and `fingerprint-ed25519`, each only where it says something else. */
export function writeFingerprints(
  dataDirectory: string,
  nickname: string,
  keys: Pick<IdentityKeys, 'rsa' | 'ed25519'>
): Result<undefined, DataDirFault> {
  for (const [name, kind] of [
    ['fingerprint', 'rsa'],
    ['fingerprint-ed25519', 'ed25519']
  ] as const) {
    const path = join(dataDirectory, name)
    const line = fromText(fingerprintLine(nickname, keys, kind, 'plain'))
    const before = readWhole(path)
    if (!before.ok) return before
    if (before.value !== undefined && equal(before.value, line)) continue
    const written = writeWhole(path, line)
    if (!written.ok) return written
  }
  return ok(undefined)
}
