// MAPADDRESS (control-spec 3.12): what applications ask the SocksPort for, and what is reached in its place. Each mapping is
// answered by itself, and those that make sense are made whatever the others are.

import {type ReplyLine, reply, Status} from '../reply.ts'
import type {Command, CommandContext} from './command.ts'

/** Whoever maps one of these wants an address of that kind that nothing else has. */
const WANTED = {'.': 'name', '0.0.0.0': 'ipv4', '::': 'ipv6', '::0': 'ipv6'} as const
const MAPPING = /^([^=]+)=([^=]+)$/

export const mapAddress: Command = {
  name: 'MAPADDRESS',
  run({words}, context) {
    if (words.length === 0) {
      return reply(Status.BAD_ARGUMENTS, 'syntax error: not enough arguments to mapaddress.')
    }
    return reply(Status.OK, ...words.map(({text}) => answerTo(text, context)))
  }
}

function answerTo(mapping: string, {node, events}: CommandContext): ReplyLine {
  const [, from, to] = MAPPING.exec(mapping) ?? []
  if (from === undefined || to === undefined) {
    return wrong(`mapping '${mapping}' is not of expected form 'foo=bar'.`)
  }
  const wanted = Object.hasOwn(WANTED, from) ? WANTED[from as keyof typeof WANTED] : undefined
  const done = wanted === undefined ? node.addresses.map(from, to) : node.addresses.virtual(wanted, to)
  if (!done.ok && done.fault.code === 'bad-mapping') {
    return wrong(`invalid address mapping '${mapping}': it ${done.fault.data?.message ?? 'makes no sense'}`)
  }
  if (!done.ok) return {status: Status.RESOURCE_EXHAUSTED, text: `resource exhausted: skipping '${mapping}'`}
  events.tell('ADDRMAP', () => `${done.value} ${to} NEVER CACHED="YES"`)
  return `${done.value}=${to}`
}

function wrong(why: string): ReplyLine {
  return {status: Status.BAD_ARGUMENTS, text: `syntax error: ${why}`}
}
