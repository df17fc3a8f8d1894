// The directory of one onion service (HiddenServiceDir), file for file as C tor keeps it, so that a service can move between
// the two: the identity in hs_ed25519_secret_key and hs_ed25519_public_key, the address in hostname, and one file for each
// client that may know more than the address in authorized_clients/.
//
// In order: the directory is opened and narrowed, the identity read or made, hostname written where it says something else,
// clients read. The secret stays in memory, for each time period needs a new key made from it.

import {readdirSync} from 'node:fs'
import {join} from 'node:path'
import {fromBase32, toBase32} from '../bytes/base32.ts'
import {equal, fromText, toLatin1} from '../bytes/octets.ts'
import {type Ed25519KeyPair, generateEd25519} from '../crypto/ed25519.ts'
import {printOnionAddress} from '../crypto/hs/onion-address.ts'
import {X25519_LENGTH} from '../crypto/x25519.ts'
import {ok, type Result} from '../fault/result.ts'
import {type DataDirFault, dataDirFault} from './fault.ts'
import {errorCode, openDirectory, readWhole, writeWhole} from './file.ts'
import {keyFiles, readKey, writeKey} from './key-file.ts'

const HOSTNAME = 'hostname'
const AUTHORIZED_CLIENTS = 'authorized_clients'
const CLIENT_SUFFIX = '.auth'
/** Clients that one descriptor has room for, at some 90 octets each in at most 50,000. */
const CLIENTS_MAX = 330

export interface OnionServiceKeys {
  readonly identity: Ed25519KeyPair
  /** With `.onion`. */
  readonly address: string
  /** X25519 keys of the clients that alone may find the service; none: everybody may. */
  readonly authorizedClients: readonly Uint8Array[]
  /** What had to be mended or was passed over, for the log. */
  readonly notices: readonly string[]
}

/** `ed25519Ready` must have resolved. */
export function loadOnionService(directory: string): Result<OnionServiceKeys, DataDirFault> {
  const opened = openDirectory(directory)
  if (!opened.ok) return opened
  const identity = loadIdentity(directory)
  if (!identity.ok) return identity
  const address = printOnionAddress(identity.value.public)
  const hostname = writeHostname(directory, address)
  if (!hostname.ok) return hostname
  const clients = loadAuthorizedClients(directory)
  if (!clients.ok) return clients
  const notices = [...opened.value.notices, ...clients.value.notices]
  return ok({identity: identity.value, address, authorizedClients: clients.value.keys, notices})
}

/** The identity on disk; a new one where there is none. */
function loadIdentity(directory: string): Result<Ed25519KeyPair, DataDirFault> {
  const {onionServiceSecret, onionServicePublic} = keyFiles
  const secret = readKey(directory, onionServiceSecret)
  if (!secret.ok) return secret
  const published = readKey(directory, onionServicePublic)
  if (!published.ok) return published
  if (secret.value === undefined) {
    if (published.value === undefined) return makeIdentity(directory)
    const message = `holds a public key without its secret: ${onionServiceSecret.name} is missing. Bring it back.`
    return dataDirFault('half-identity', directory, message)
  }
  if (published.value === undefined) {
    const written = writeKey(directory, onionServicePublic, secret.value.public)
    return written.ok ? ok(secret.value) : written
  }
  if (equal(secret.value.public, published.value)) return ok(secret.value)
  const path = join(directory, onionServicePublic.name)
  return dataDirFault('key-mismatch', path, 'does not belong to the secret key beside it.')
}

function makeIdentity(directory: string): Result<Ed25519KeyPair, DataDirFault> {
  const identity = generateEd25519()
  const secret = writeKey(directory, keyFiles.onionServiceSecret, identity)
  if (!secret.ok) return secret
  const published = writeKey(directory, keyFiles.onionServicePublic, identity.public)
  return published.ok ? ok(identity) : published
}

function writeHostname(directory: string, address: string): Result<undefined, DataDirFault> {
  const path = join(directory, HOSTNAME)
  const before = readWhole(path)
  if (!before.ok) return before
  const line = fromText(`${address}\n`)
  return before.value !== undefined && equal(before.value, line) ? ok(undefined) : writeWhole(path, line)
}

/**
 * Where there are files but none that can be read, the service does not start: it would let everybody in, which is the
 * opposite of what the operator asked for.
 */
function loadAuthorizedClients(
  directory: string
): Result<{readonly keys: Uint8Array[]; readonly notices: readonly string[]}, DataDirFault> {
  const path = join(directory, AUTHORIZED_CLIENTS)
  const opened = openDirectory(path)
  if (!opened.ok) return opened
  const notices = [...opened.value.notices]
  const names = listFiles(path)
  if (!names.ok) return names
  const keys: Uint8Array[] = []
  for (const name of names.value) {
    if (!name.endsWith(CLIENT_SUFFIX) || name === CLIENT_SUFFIX) {
      notices.push(
        `${join(path, name)} was passed over: the name of a client's file ends in ${CLIENT_SUFFIX}.`
      )
      continue
    }
    const octets = readWhole(join(path, name))
    const key = octets.ok && octets.value !== undefined ? parseAuthorizedClient(octets.value) : undefined
    if (key === undefined) notices.push(`${join(path, name)} was passed over: it is no key of a client.`)
    else if (!keys.some(other => equal(other, key))) keys.push(key)
  }
  if (keys.length === 0 && names.value.some(name => name.endsWith(CLIENT_SUFFIX))) {
    const message =
      'holds files of clients, but none that can be read. Mend them, or remove them to let everybody in.'
    return dataDirFault('malformed-key', path, message)
  }
  if (keys.length > CLIENTS_MAX) {
    const message = `holds ${keys.length} clients, but a descriptor has room for ${CLIENTS_MAX}.`
    return dataDirFault('too-large', path, message)
  }
  return ok({keys, notices})
}

function listFiles(path: string): Result<readonly string[], DataDirFault> {
  try {
    return ok(readdirSync(path).sort())
  } catch (error) {
    return dataDirFault('unreadable', path, `cannot be listed (${errorCode(error)}).`)
  }
}

/** `descriptor:x25519:` and the key in base32. */
export function parseAuthorizedClient(octets: Uint8Array): Uint8Array | undefined {
  const [kind, algorithm, text, ...rest] = toLatin1(octets).trim().split(':')
  if (kind !== 'descriptor' || algorithm !== 'x25519' || text === undefined || rest.length > 0)
    return undefined
  const key = fromBase32(text.trim().toLowerCase())
  return key?.length === X25519_LENGTH ? key : undefined
}

/** What a client's file holds. */
export function printAuthorizedClient(key: Uint8Array): string {
  return `descriptor:x25519:${toBase32(key).toUpperCase()}\n`
}
