// `User`: who the process becomes. It begins as root and has to open ports as root, and everything else it is to do as that
// user, so that files belong to who will work with them:
//
//   lowerToUser ─▶ settings, keys, logs as the user │ asRoot: ports │ … ─▶ becomeUser, for good
//
// Until then only the effective user changes, which the kernel lets root take back. Users belong to the process, so that this
// is the one module of the program with a state of its own; in embedded nodes it has none and does nothing.

import {chownSync} from 'node:fs'
import {userInfo} from 'node:os'
import {loadAddon} from '../../crypto/binding.ts'
import {type Fault, localFault} from '../../fault/fault.ts'
import {err, ok, type Result} from '../../fault/result.ts'

export type UserFault = Fault<'unknown-user' | 'not-root' | 'cannot-switch', {readonly message: string}>

interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

const ROOT = 0

/** Whom we are to become; undefined where that is nobody else, or done. */
let next: Account | undefined
/** How many are opening ports at the moment. */
let openings = 0

/** Undefined leaves everything as it is, and so does the user that the process has. */
export function lowerToUser(name: string | undefined): Result<undefined, UserFault> {
  if (name === undefined || (process.geteuid?.() !== ROOT && userInfo().username === name))
    return ok(undefined)
  if (process.geteuid?.() !== ROOT) {
    return fault(
      'not-root',
      `User ${name}: only root can become somebody else. Start it as root, or as ${name}.`
    )
  }
  const account = find(name)
  if (account === undefined) return fault('unknown-user', `User ${name}: there is no such user here.`)
  if (account.uid === ROOT) return ok(undefined)
  // The groups that root has are none of the user's; as with C tor there is the primary group and no other.
  process.setgroups?.([account.gid])
  next = account
  lower()
  return ok(undefined)
}

/** Opens ports, sockets and the like with root's rights, where there still are any. */
export async function asRoot<T>(open: () => Promise<T>): Promise<T> {
  if (next === undefined) return open()
  if (openings++ === 0) raise()
  try {
    return await open()
  } finally {
    if (--openings === 0 && next !== undefined) lower()
  }
}

/** A socket that root has made belongs to the user from now on, who is to remove it. Within `asRoot`. */
export function giveToUser(path: string): void {
  if (next !== undefined) chownSync(path, next.uid, next.gid)
}

export type KeptCapability = 'bind' | 'none'

/** Root's rights end here, in all threads, but for the capability that this thread is to keep. */
export function becomeUser(keeps: KeptCapability): Result<undefined, UserFault> {
  if (next === undefined) return ok(undefined)
  const {name, uid, gid} = next
  const {addon} = loadAddon()
  raise()
  next = undefined
  try {
    const kept = keeps === 'bind' ? addon?.keepCapabilities() : 0
    process.setgid?.(gid)
    process.setuid?.(uid)
    const left = keeps === 'bind' ? addon?.keepBindCapability() : 0
    if (kept !== 0 || left !== 0)
      return fault('cannot-switch', `User ${name}: CAP_NET_BIND_SERVICE was not kept.`)
  } catch (error) {
    return fault('cannot-switch', `User ${name}: ${String(error)}`)
  }
  return isRootAgain() ? fault('cannot-switch', `User ${name}: root's rights came back.`) : ok(undefined)
}

/** The name of whom we are to become. */
export function nextUser(): string | undefined {
  return next?.name
}

function raise(): void {
  process.seteuid?.(ROOT)
  process.setegid?.(ROOT)
}

function lower(): void {
  if (next === undefined) return
  process.setegid?.(next.gid)
  process.seteuid?.(next.uid)
}

/** Asked of the system's list by way of being that user for a moment, since Node looks up nobody else. */
function find(name: string): Account | undefined {
  try {
    process.seteuid?.(name)
  } catch {
    return undefined
  }
  const {uid, gid} = userInfo()
  process.seteuid?.(ROOT)
  return {name, uid, gid}
}

function isRootAgain(): boolean {
  try {
    process.setuid?.(ROOT)
    return true
  } catch {
    return false
  }
}

function fault(code: UserFault['code'], message: string): Result<never, UserFault> {
  return err(localFault(code, {message}))
}
