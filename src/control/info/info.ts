// A key of GETINFO: exact, or the beginning of many. What it gives is one text; undefined where there is no such key after
// all, and `why` where there is one and it has nothing to say.

import type {CommandContext} from '../commands/command.ts'

export type InfoValue = string | undefined | {readonly why: string; readonly status?: number}

export interface InfoKey {
  readonly name: string
  readonly kind: 'exact' | 'prefix'
  /** For info/names; undefined: it is not listed there. */
  readonly help: string | undefined
  /** @param rest of the key, behind a prefix */
  read(rest: string, context: CommandContext): InfoValue
}

export function exact(name: string, help: string | undefined, read: InfoKey['read']): InfoKey {
  return {name, kind: 'exact', help, read}
}

export function prefix(name: string, help: string | undefined, read: InfoKey['read']): InfoKey {
  return {name, kind: 'prefix', help, read}
}

/** ISO 8601 with a blank, in UTC, as C tor writes times. */
export function isoTime(date: Date): string {
  return date.toISOString().slice(0, 19).replace('T', ' ')
}

export function flag(holds: boolean): string {
  return holds ? '1' : '0'
}
