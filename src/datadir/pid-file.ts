// The file that tells others which process this is.

import {rmSync, writeFileSync} from 'node:fs'
import {ok, type Result} from '../fault/result.ts'
import {type DataDirFault, dataDirFault} from './fault.ts'
import {errorCode} from './file.ts'

export function writePidFile(path: string, pid: number): Result<undefined, DataDirFault> {
  try {
    writeFileSync(path, `${pid}\n`)
    return ok(undefined)
  } catch (error) {
    return dataDirFault('unwritable', path, `cannot be written (${errorCode(error)}).`)
  }
}

export function removePidFile(path: string): void {
  try {
    rmSync(path, {force: true})
  } catch {
    // Ending is not the time to complain; a stale number in the file does no harm.
  }
}
