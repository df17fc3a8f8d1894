// What a directory authority keeps besides its keys: `key-pinning-journal`, one line a pair of identities, only ever
// appended to, and `sr-state`, its part in the shared random protocol. Both as C tor has them.

import {appendFileSync} from 'node:fs'
import {join} from 'node:path'
import {fromText, toLatin1} from '../bytes/octets.ts'
import {ok, type Result} from '../fault/result.ts'
import {type DataDirFault, dataDirFault} from './fault.ts'
import {errorCode, readWhole, writeWhole} from './file.ts'

const JOURNAL_FILE = 'key-pinning-journal'
const SHARED_RANDOM_FILE = 'sr-state'
const MAX_JOURNAL = 64 << 20

/** Empty where there is none yet. */
export function readPinJournal(dataDirectory: string): Result<string, DataDirFault> {
  const octets = readWhole(join(dataDirectory, JOURNAL_FILE), MAX_JOURNAL)
  return octets.ok ? ok(toLatin1(octets.value ?? new Uint8Array(0))) : octets
}

/** @param line with its newline */
export function appendPinJournal(dataDirectory: string, line: string): Result<undefined, DataDirFault> {
  const path = join(dataDirectory, JOURNAL_FILE)
  try {
    appendFileSync(path, line, {mode: 0o600})
    return ok(undefined)
  } catch (error) {
    return dataDirFault('unwritable', path, `cannot be appended to (${errorCode(error)}).`)
  }
}

export function readSharedRandom(dataDirectory: string): Result<string | undefined, DataDirFault> {
  const octets = readWhole(join(dataDirectory, SHARED_RANDOM_FILE))
  return octets.ok ? ok(octets.value && toLatin1(octets.value)) : octets
}

export function writeSharedRandom(dataDirectory: string, text: string): Result<undefined, DataDirFault> {
  return writeWhole(join(dataDirectory, SHARED_RANDOM_FILE), fromText(text))
}
