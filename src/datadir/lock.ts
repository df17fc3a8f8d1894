// One process at a time works on a DataDirectory. C tor takes flock(2) on the file `lock`; a lock of that kind belongs to
// the open file, not to the process that asked for it. So we open the file, hand its descriptor to a short-lived `flock`
// (util-linux or BusyBox) or, where there is none, to perl, and keep the file open: the lock then is ours until we close
// it or end, however that happens, and C tor and we exclude each other. Node itself cannot ask for such a lock.

import {spawnSync} from 'node:child_process'
import {closeSync, constants, openSync} from 'node:fs'
import {join} from 'node:path'
import {ok, type Result} from '../fault/result.ts'
import {type DataDirFault, dataDirFault} from './fault.ts'
import {errorCode} from './file.ts'

/** Asks for flock(2), exclusive and without waiting, on an open file. Undefined: this way is not to be had here. */
export type AskForLock = (descriptor: number) => 'locked' | 'taken' | undefined

const PERL =
  'use Fcntl ":flock"; open(my $f, "+<&=", 3) or exit 2; exit(flock($f, LOCK_EX | LOCK_NB) ? 0 : 1)'

const WAYS: readonly AskForLock[] = [
  descriptor => byCommand('flock', ['-x', '-n', '3'], descriptor),
  descriptor => byCommand('perl', ['-e', PERL], descriptor)
]

function byCommand(command: string, args: readonly string[], descriptor: number): ReturnType<AskForLock> {
  const {status} = spawnSync(command, args, {stdio: ['ignore', 'ignore', 'ignore', descriptor]})
  return status === 0 ? 'locked' : status === 1 ? 'taken' : undefined
}

export class DirectoryLock {
  #descriptor: number | undefined

  constructor(descriptor: number) {
    this.#descriptor = descriptor
  }

  /** The file stays, as C tor leaves it. */
  release(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor)
    this.#descriptor = undefined
  }
}

/** Fault 'locked' when another process, C tor or ours, has the directory. `ways` are tried until one can answer. */
export function lockDirectory(
  dataDirectory: string,
  ways: readonly AskForLock[] = WAYS
): Result<DirectoryLock, DataDirFault> {
  const path = join(dataDirectory, 'lock')
  let descriptor: number
  try {
    descriptor = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600)
  } catch (error) {
    return dataDirFault('cannot-lock', path, `cannot be opened (${errorCode(error)}).`)
  }
  for (const ask of ways) {
    const answer = ask(descriptor)
    if (answer === 'locked') return ok(new DirectoryLock(descriptor))
    if (answer === 'taken') {
      closeSync(descriptor)
      return dataDirFault('locked', path, 'is held by another process that works on this DataDirectory.')
    }
  }
  closeSync(descriptor)
  return dataDirFault('cannot-lock', path, 'cannot be locked: neither `flock` nor `perl` is installed.')
}
