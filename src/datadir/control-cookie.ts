// The cookie of the control port: 32 random octets in a file that only those who may steer the node can read. New at each
// start, so that a copy is worth nothing later.

import {chmodSync, rmSync} from 'node:fs'
import {randomOctets} from '../crypto/random.ts'
import {ok, type Result} from '../fault/result.ts'
import {type DataDirFault, dataDirFault} from './fault.ts'
import {errorCode, writeWhole} from './file.ts'

const COOKIE_LENGTH = 32
const GROUP_MODE = 0o640

/** Writes a new one and gives it. `readers`: who besides the owner may read the file. */
export function writeControlCookie(
  path: string,
  readers: 'owner' | 'group'
): Result<Uint8Array, DataDirFault> {
  const cookie = randomOctets(COOKIE_LENGTH)
  const written = writeWhole(path, cookie)
  if (!written.ok) return written
  if (readers === 'group') {
    try {
      chmodSync(path, GROUP_MODE)
    } catch (error) {
      return dataDirFault('unwritable', path, `has a mode that stays (${errorCode(error)}).`)
    }
  }
  return ok(cookie)
}

export function removeControlCookie(path: string): void {
  rmSync(path, {force: true})
}
