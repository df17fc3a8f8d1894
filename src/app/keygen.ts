// `--keygen`: makes a signing key with the master key, and the master key too where there is none, as C tor does. With
// --newpass it gives the master key another passphrase instead. It is run where the master key is, which for a relay that
// keeps it offline is another machine; the relay gets the signing key and its certificate.

import {wipe} from '../bytes/octets.ts'
import type {RelayConfig} from '../config/relay-config.ts'
import {type Ed25519KeyPair, ed25519Ready} from '../crypto/ed25519.ts'
import {type DataDirFault, printDataDirFault} from '../datadir/fault.ts'
import {openDirectory} from '../datadir/file.ts'
import {certifySigningKey} from '../datadir/identity-keys.ts'
import {keyFiles, readKey} from '../datadir/key-file.ts'
import {
  type FoundMaster,
  findMasterKey,
  newMasterKey,
  openMasterBox,
  PASSPHRASE_MAX,
  wipeKey,
  writeMasterKey
} from '../datadir/master-key.ts'
import {type Fault, localFault} from '../fault/fault.ts'
import {err, ok, type Result} from '../fault/result.ts'
import type {KeygenFlags} from './cli.ts'
import {askNewPassphrase, askPassphrase, readPassphraseFrom} from './passphrase.ts'

export type KeygenFault = DataDirFault | Fault<'no-passphrase', {readonly message: string}>

export function printKeygenFault(fault: KeygenFault): string {
  return fault.code === 'no-passphrase'
    ? (fault.data?.message ?? '')
    : printDataDirFault(fault as DataDirFault)
}

const TRIES = 3

/** What was done, in lines for the operator. */
export async function keygen(
  config: RelayConfig,
  flags: KeygenFlags,
  now: Date
): Promise<Result<readonly string[], KeygenFault>> {
  await ed25519Ready
  const {keyDirectory} = config
  for (const path of [config.dataDirectory, keyDirectory]) {
    const directory = openDirectory(path)
    if (!directory.ok) return directory
  }
  const found = findMasterKey(keyDirectory)
  if (!found.ok) return found
  const opened = await openMaster(keyDirectory, found.value, flags)
  if (!opened.ok) return opened
  const {key, isNew} = opened.value
  try {
    const lines: string[] = []
    if (isNew || flags.passphrase === 'new') {
      const kept = await keepMaster(keyDirectory, key, flags, isNew)
      if (!kept.ok) return kept
      lines.push(kept.value)
    }
    if (!isNew && flags.passphrase === 'new' && hasSigningKey(keyDirectory)) return ok(lines)
    const signing = certifySigningKey(key, config, now)
    if (!signing.ok) return signing
    const until = signing.value.expiresAt.toISOString().slice(0, 16).replace('T', ' ')
    return ok([
      ...lines,
      `A new signing key is in ${keyDirectory}, certified until ${until} UTC.`,
      `The relay needs ${keyFiles.signingSecret.name}, ${keyFiles.signingCert.name} and ` +
        `${keyFiles.masterPublic.name}; with OfflineMasterKey 1 nothing else of the master key.`
    ])
  } finally {
    wipeKey(key)
  }
}

async function openMaster(
  keyDirectory: string,
  found: FoundMaster,
  flags: KeygenFlags
): Promise<Result<{readonly key: Ed25519KeyPair; readonly isNew: boolean}, KeygenFault>> {
  switch (found.state) {
    case 'clear':
      return ok({key: found.key, isNew: false})
    case 'none':
      return ok({key: newMasterKey(), isNew: true})
    case 'elsewhere':
      return noPassphrase(
        `The secret of the master key is not in ${keyDirectory}. Run this where ${keyFiles.masterSecret.name} or ` +
          `${keyFiles.masterSecretEncrypted.name} is.`
      )
    case 'boxed':
      return openBoxed(keyDirectory, found, flags)
  }
}

async function openBoxed(
  keyDirectory: string,
  found: Extract<FoundMaster, {state: 'boxed'}>,
  {passphraseFd, passphrase}: KeygenFlags
): Promise<Result<{readonly key: Ed25519KeyPair; readonly isNew: boolean}, KeygenFault>> {
  const tries = passphraseFd === undefined && passphrase !== 'none' ? TRIES : 1
  for (let i = 0; i < tries; i++) {
    const secret =
      passphrase === 'none'
        ? new Uint8Array()
        : passphraseFd === undefined
          ? await askPassphrase('Passphrase of the master key: ')
          : readPassphraseFrom(passphraseFd, PASSPHRASE_MAX)
    if (secret === undefined) return unreadable(passphraseFd)
    const key = openMasterBox(keyDirectory, found, secret)
    wipe(secret)
    if (!key.ok) return key
    if (key.value !== undefined) return ok({key: key.value, isNew: false})
  }
  return noPassphrase('That is not the passphrase of the master key.')
}

/** Writes the master key under the passphrase that is given now, or in clear. */
async function keepMaster(
  keyDirectory: string,
  key: Ed25519KeyPair,
  {passphrase, passphraseFd, newPassphraseFd}: KeygenFlags,
  isNew: boolean
): Promise<Result<string, KeygenFault>> {
  const descriptor = newPassphraseFd ?? (isNew ? passphraseFd : undefined)
  const secret =
    passphrase === 'none'
      ? new Uint8Array()
      : descriptor === undefined
        ? await askNewPassphrase()
        : readPassphraseFrom(descriptor, PASSPHRASE_MAX)
  if (secret === undefined) return unreadable(descriptor)
  if (secret.length > PASSPHRASE_MAX) {
    return noPassphrase(`A passphrase has ${PASSPHRASE_MAX} octets at most.`)
  }
  if (descriptor !== undefined && secret.length === 0) {
    return noPassphrase('The passphrase is empty; --no-passphrase leaves the key unencrypted.')
  }
  const written = writeMasterKey(keyDirectory, key, secret.length === 0 ? undefined : secret)
  const name = secret.length === 0 ? keyFiles.masterSecret.name : keyFiles.masterSecretEncrypted.name
  const how = secret.length === 0 ? 'not encrypted' : 'encrypted with the passphrase'
  wipe(secret)
  return written.ok ? ok(`The master key is in ${keyDirectory}/${name}, ${how}.`) : written
}

function hasSigningKey(keyDirectory: string): boolean {
  const cert = readKey(keyDirectory, keyFiles.signingCert)
  return cert.ok && cert.value !== undefined
}

function unreadable(descriptor: number | undefined): Result<never, KeygenFault> {
  return noPassphrase(
    `Descriptor ${descriptor} does not give a passphrase of at most ${PASSPHRASE_MAX} octets.`
  )
}

function noPassphrase(message: string): Result<never, KeygenFault> {
  return err(localFault('no-passphrase', {message}))
}
