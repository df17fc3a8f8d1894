// The keys by which relays of one operator prove that they belong together (proposal 321): each is a file
// NAME.secret_family_key that is the same at every relay, and is known by its public half, the FamilyId.

import {existsSync, readdirSync} from 'node:fs'
import {basename, dirname, join} from 'node:path'
import {toBase64Unpadded} from '../bytes/base64.ts'
import {equal, wipe} from '../bytes/octets.ts'
import {type Ed25519KeyPair, generateEd25519} from '../crypto/ed25519.ts'
import {ok, type Result} from '../fault/result.ts'
import {type DataDirFault, dataDirFault} from './fault.ts'
import {errorCode, writeWhole} from './file.ts'
import {familyKeyFile, readKey, writeKey} from './key-file.ts'

const SUFFIX = '.secret_family_key'

/** Public halves of 32 octets, or all that there are. */
export type FamilyIds = readonly Uint8Array[] | 'all'

export interface LoadedFamilyKeys {
  readonly keys: readonly Ed25519KeyPair[]
  readonly notices: readonly string[]
}

/** The keys in `directory` that `ids` name. One that is named and missing is a fault. */
export function loadFamilyKeys(directory: string, ids: FamilyIds): Result<LoadedFamilyKeys, DataDirFault> {
  const names = familyKeyNames(directory)
  if (!names.ok) return names
  const keys: Ed25519KeyPair[] = []
  const notices: string[] = []
  for (const name of names.value) {
    const key = readKey(directory, familyKeyFile(name))
    if (!key.ok) return key
    if (key.value === undefined) continue
    const {public: id} = key.value
    if (ids === 'all' || ids.some(each => equal(each, id))) keys.push(key.value)
    else
      notices.push(
        `${join(directory, name + SUFFIX)} is the key of ${toBase64Unpadded(id)}, no FamilyId here.`
      )
  }
  const missing = ids === 'all' ? undefined : ids.find(id => !keys.some(key => equal(key.public, id)))
  if (missing !== undefined) {
    const message = `holds no key for FamilyId ${toBase64Unpadded(missing)}. Copy its ${SUFFIX} file there.`
    return dataDirFault('family-key-missing', directory, message)
  }
  return ok({keys, notices})
}

function familyKeyNames(directory: string): Result<string[], DataDirFault> {
  try {
    const files = readdirSync(directory).filter(file => file.endsWith(SUFFIX))
    return ok(files.map(file => file.slice(0, -SUFFIX.length)).sort())
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return ok([])
    return dataDirFault('unreadable', directory, `cannot be read (${errorCode(error)}).`)
  }
}

export interface MadeFamilyKey {
  readonly path: string
  readonly id: string
}

/** Makes `path`.secret_family_key and `path`.public_family_id. An existing key stays, and is a fault. */
export function makeFamilyKey(path: string): Result<MadeFamilyKey, DataDirFault> {
  const secretPath = `${path}${SUFFIX}`
  if (existsSync(secretPath))
    return dataDirFault('key-exists', secretPath, 'exists already and stays as it is.')
  const key = generateEd25519()
  const id = toBase64Unpadded(key.public)
  const written = writeKey(dirname(path), familyKeyFile(basename(path)), key)
  wipe(key.expanded)
  if (!written.ok) return written
  const published = writeWhole(`${path}.public_family_id`, `${id}\n`)
  return published.ok ? ok({path: secretPath, id}) : published
}
