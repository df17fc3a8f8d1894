// What a command is: a name, how many words it takes, and what it does with them. The table of all is table.ts.

import type {Authentication, Challenge} from '../authentication.ts'
import type {ControlEvents, EventName} from '../events.ts'
import type {ControlledNode} from '../node.ts'
import {type Reply, reply, Status} from '../reply.ts'
import {parseWords, type Word} from '../words.ts'

/** The connection that a command came on. */
export interface CommandSession {
  /** Given by AUTHCHALLENGE, answered by AUTHENTICATE. */
  challenge: Challenge | undefined
  /** PROTOCOLINFO was asked for; strangers may ask once. */
  hasAskedProtocol: boolean
  /** The node ends when the connection does. */
  isOwner: boolean
  readonly isAuthenticated: boolean
  /** Services that end when the connection does. */
  readonly onions: Set<string>
  authenticated(): void
  /** Resolves when the controller may be told that it failed, later the more often that happened. */
  authenticationFailed(): Promise<void>
  listen(events: ReadonlySet<EventName>): void
}

export interface CommandContext {
  readonly node: ControlledNode
  readonly authentication: Authentication
  readonly events: ControlEvents
  readonly session: CommandSession
  /** Services that a controller left behind. */
  readonly detachedOnions: Set<string>
}

export interface Command {
  /** In upper case. */
  readonly name: string
  /** Whoever connects may give it. */
  readonly forStrangers?: boolean
  /** It comes with data, as `+NAME`. */
  readonly multiline?: boolean
  /** Words without a key. Where left out, any number. */
  readonly least?: number
  readonly most?: number
  run(given: Given, context: CommandContext): Reply | Promise<Reply>
}

/** What stands behind the command's name. */
export interface Given {
  /** As it was written. */
  readonly text: string
  readonly words: readonly Word[]
  readonly data: string
}

/** The words, or what is wrong with them. */
export function readGiven({name, least, most}: Command, text: string, data = ''): Given | Reply {
  const words = parseWords(text)
  if (words === undefined) return badArguments(name, 'Cannot parse keyword argument(s)')
  if (least !== undefined && words.length < least)
    return badArguments(name, `Need at least ${least} argument(s)`)
  if (most !== undefined && words.length > most)
    return badArguments(name, `Cannot accept more than ${most} argument(s)`)
  return {text, words, data}
}

export function badArguments(name: string, why: string): Reply {
  return reply(Status.BAD_ARGUMENTS, `Bad arguments to ${name}: ${why}`)
}

/** The value of the last word with this key, whatever its case. */
export function keyed(words: readonly Word[], key: string): string | undefined {
  return words.findLast(word => word.key?.toUpperCase() === key.toUpperCase())?.value
}

export function allKeyed(words: readonly Word[], key: string): string[] {
  return words.filter(word => word.key?.toUpperCase() === key.toUpperCase()).map(({value}) => value)
}

/** A global identifier as controllers write it: decimal, no larger than 32 bits. */
export function parseId(text: string): number | undefined {
  return /^\d{1,10}$/.test(text) && Number(text) <= 0xffffffff ? Number(text) : undefined
}
