// SIGNAL (control-spec 3.7): what the Unix signals do, and some that there are no such signals for.

import type {ControlSignal} from '../node.ts'
import {DONE, reply, Status} from '../reply.ts'
import type {Command} from './command.ts'

/** By every name that it goes by, in the order in which C tor lists them. */
export const SIGNALS: Readonly<Record<string, ControlSignal>> = {
  RELOAD: 'RELOAD',
  HUP: 'RELOAD',
  SHUTDOWN: 'SHUTDOWN',
  DUMP: 'DUMP',
  USR1: 'DUMP',
  DEBUG: 'DEBUG',
  USR2: 'DEBUG',
  HALT: 'HALT',
  TERM: 'HALT',
  INT: 'SHUTDOWN',
  NEWNYM: 'NEWNYM',
  CLEARDNSCACHE: 'CLEARDNSCACHE',
  HEARTBEAT: 'HEARTBEAT',
  ACTIVE: 'ACTIVE',
  DORMANT: 'DORMANT'
}

export const signal: Command = {
  name: 'SIGNAL',
  least: 1,
  most: 1,
  run({words}, {node, events}) {
    const text = words[0]?.text ?? ''
    const found = Object.hasOwn(SIGNALS, text.toUpperCase()) ? SIGNALS[text.toUpperCase()] : undefined
    if (found === undefined) return reply(Status.UNKNOWN_THING, `Unrecognized signal code "${text}"`)
    // The answer goes out first: some of these end the node.
    setImmediate(() => {
      events.tell('SIGNAL', () => found)
      node.signal(found)
    })
    return DONE
  }
}
