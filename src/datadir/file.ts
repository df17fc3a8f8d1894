// Files of a DataDirectory are read whole, within a bound, and written whole: to a temporary file beside them, flushed to
// the disk, then renamed over the old one. Whoever reads sees the old octets or the new ones, after a crash too.
// All of it is synchronous: keys and state are small, and nothing else may happen between two files that belong together.

import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync
} from 'node:fs'
import {ok, type Result} from '../fault/result.ts'
import {type DataDirFault, dataDirFault} from './fault.ts'

/** More than any key file or state file has. */
export const MAX_SMALL_FILE = 1 << 20

/** Undefined when there is no such file, or when it is empty, as a crash of C tor may leave it. */
export function readWhole(
  path: string,
  limit = MAX_SMALL_FILE
): Result<Uint8Array | undefined, DataDirFault> {
  let descriptor: number | undefined
  try {
    descriptor = openSync(path, constants.O_RDONLY)
    const {size} = fstatSync(descriptor)
    if (size > limit) return dataDirFault('too-large', path, `has ${size} octets; at most ${limit} are read.`)
    const octets = readFileSync(descriptor)
    return ok(
      octets.length === 0 ? undefined : new Uint8Array(octets.buffer, octets.byteOffset, octets.length)
    )
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return ok(undefined)
    return dataDirFault('unreadable', path, `cannot be read (${errorCode(error)}).`)
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}

/** `octets` replace the file's content; the file is for its owner alone (mode 0600). */
export function writeWhole(path: string, octets: Uint8Array | string): Result<undefined, DataDirFault> {
  const temporary = `${path}.tmp`
  try {
    rmSync(temporary, {force: true})
    const descriptor = openSync(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600)
    try {
      writeFileSync(descriptor, octets)
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    renameSync(temporary, path)
    return ok(undefined)
  } catch (error) {
    return dataDirFault('unwritable', path, `cannot be written (${errorCode(error)}).`)
  }
}

/** Renames over `to`; nothing happens when `from` does not exist. */
export function moveFile(from: string, to: string): Result<undefined, DataDirFault> {
  try {
    renameSync(from, to)
    return ok(undefined)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return ok(undefined)
    return dataDirFault('unwritable', from, `cannot be renamed (${errorCode(error)}).`)
  }
}

export interface OpenedDirectory {
  /** what had to be mended, for the log */
  readonly notices: readonly string[]
}

/**
 * Makes the directory if there is none, refuses it when another user owns it, and takes rights away from group and others,
 * as C tor does. Parents are made too.
 */
export function openDirectory(path: string): Result<OpenedDirectory, DataDirFault> {
  let descriptor: number | undefined
  try {
    mkdirSync(path, {recursive: true, mode: 0o700})
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_DIRECTORY)
    const {uid, mode} = fstatSync(descriptor)
    const us = process.geteuid?.()
    if (us !== undefined && uid !== us) {
      const message = `belongs to user ${uid}, but this process runs as user ${us}.`
      return dataDirFault('wrong-owner', path, message)
    }
    if ((mode & 0o077) === 0) return ok({notices: []})
    fchmodSync(descriptor, 0o700)
    return ok({notices: [`${path} could be read by others; its mode is 0700 now.`]})
  } catch (error) {
    const code = errorCode(error)
    if (code === 'ENOTDIR' || code === 'EEXIST' || code === 'ELOOP') {
      return dataDirFault('not-a-directory', path, 'is not a directory.')
    }
    return dataDirFault('unwritable', path, `cannot be opened as a directory (${code}).`)
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}

/** Takes rights to a file away from group and others. A notice where there were any; a missing file is no matter. */
export function narrowFile(path: string): Result<string | undefined, DataDirFault> {
  try {
    if ((statSync(path).mode & 0o077) === 0) return ok(undefined)
    chmodSync(path, 0o600)
    return ok(`${path} could be read by others; its mode is 0600 now.`)
  } catch (error) {
    const code = errorCode(error)
    return code === 'ENOENT'
      ? ok(undefined)
      : dataDirFault('unwritable', path, `has a mode that stays (${code}).`)
  }
}

export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
}
