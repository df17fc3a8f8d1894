// The keys by which a client may know more of a service than its address (ClientOnionAuthDir), as C tor keeps them: one file
// a service, `*.auth_private`, with the line `<address without .onion>:descriptor:x25519:<secret key in base32>`.

import {readdirSync, rmSync} from 'node:fs'
import {join} from 'node:path'
import {toBase16} from '../bytes/base16.ts'
import {fromBase32, toBase32} from '../bytes/base32.ts'
import {equal, isAllZero, toLatin1, wipe} from '../bytes/octets.ts'
import {parseOnionAddress, printOnionAddress} from '../crypto/hs/onion-address.ts'
import {X25519_LENGTH} from '../crypto/x25519.ts'
import {ok, type Result} from '../fault/result.ts'
import {type DataDirFault, dataDirFault} from './fault.ts'
import {errorCode, openDirectory, readWhole, writeWhole} from './file.ts'

const SUFFIX = '.auth_private'
/** Files that are read; more are a mistake. */
const FILES_MAX = 4096

export interface ClientAuthKey {
  /** Of the service, Ed25519, 32 octets. */
  readonly identity: Uint8Array
  /** Ours for it, X25519, 32 octets. */
  readonly secret: Uint8Array
}

export interface ClientAuthKeys {
  /** Our secret for a service; undefined where it lets everybody in, for all we know. */
  keyFor(identity: Uint8Array): Uint8Array | undefined
  readonly size: number
  readonly keys: readonly ClientAuthKey[]
  /** What was passed over, for the log. */
  readonly notices: readonly string[]
}

/** Of two files for one service the one whose name comes first counts. `ed25519Ready` must have resolved. */
export function loadClientAuthKeys(directory: string): Result<ClientAuthKeys, DataDirFault> {
  const opened = openDirectory(directory)
  if (!opened.ok) return opened
  let names: readonly string[]
  try {
    names = readdirSync(directory).sort().slice(0, FILES_MAX)
  } catch (error) {
    return dataDirFault('unreadable', directory, `cannot be listed (${errorCode(error)}).`)
  }
  const notices = [...opened.value.notices]
  const keys = new Map<string, ClientAuthKey>()
  for (const name of names) {
    if (!name.endsWith(SUFFIX) || name === SUFFIX) {
      notices.push(`${join(directory, name)} was passed over: the name of a key's file ends in ${SUFFIX}.`)
      continue
    }
    const octets = readWhole(join(directory, name))
    const key = octets.ok && octets.value !== undefined ? parseClientAuthKey(octets.value) : undefined
    const service = key && toBase16(key.identity)
    if (key === undefined || service === undefined) {
      notices.push(`${join(directory, name)} was passed over: it is no key for an onion service.`)
    } else if (keys.has(service)) {
      notices.push(`${join(directory, name)} was passed over: another file has a key for the same service.`)
    } else keys.set(service, key)
  }
  return ok({
    keyFor: identity => keys.get(toBase16(identity))?.secret,
    size: keys.size,
    keys: [...keys.values()],
    notices
  })
}

/** Under the service's address, over what was there of that name. */
export function saveClientAuthKey(directory: string, key: ClientAuthKey): Result<undefined, DataDirFault> {
  return writeWhole(fileOf(directory, key.identity), printClientAuthKey(key))
}

/** Removes every file that holds a key for the service. */
export function removeClientAuthKey(directory: string, identity: Uint8Array): void {
  for (const name of readdirSync(directory)) {
    if (!name.endsWith(SUFFIX)) continue
    const path = join(directory, name)
    const octets = readWhole(path)
    const key = octets.ok && octets.value !== undefined ? parseClientAuthKey(octets.value) : undefined
    if (key !== undefined && equal(key.identity, identity)) rmSync(path, {force: true})
  }
}

function fileOf(directory: string, identity: Uint8Array): string {
  return join(directory, `${printOnionAddress(identity).replace('.onion', '')}${SUFFIX}`)
}

/** What a file holds; undefined when it makes no sense. */
export function parseClientAuthKey(octets: Uint8Array): ClientAuthKey | undefined {
  const [address, kind, algorithm, text, ...rest] = toLatin1(octets).trim().split(':')
  if (address === undefined || text === undefined || rest.length > 0) return undefined
  if (kind !== 'descriptor' || algorithm !== 'x25519') return undefined
  const identity = address.includes('.') ? undefined : parseOnionAddress(address)
  const secret = fromBase32(text.trim())
  if (identity === undefined || secret?.length !== X25519_LENGTH || isAllZero(secret)) return undefined
  const key = {identity, secret: secret.slice()}
  wipe(secret)
  return key
}

export function printClientAuthKey({identity, secret}: ClientAuthKey): string {
  const address = printOnionAddress(identity).replace('.onion', '')
  return `${address}:descriptor:x25519:${toBase32(secret).toUpperCase()}\n`
}
