// DEL_ONION (control-spec 3.28): ends a service of this connection, or one that was detached.

import {DONE, reply, Status} from '../reply.ts'
import type {Command} from './command.ts'
import {onionId} from './onion-id.ts'

export const delOnion: Command = {
  name: 'DEL_ONION',
  least: 1,
  most: 1,
  run({words}, {node, session, detachedOnions}) {
    const id = onionId(words[0]?.text ?? '')
    if (id === undefined) return reply(Status.BAD_ARGUMENTS, 'Malformed Onion Service id')
    if (!session.onions.has(id) && !detachedOnions.has(id)) {
      return reply(Status.UNKNOWN_THING, 'Unknown Onion Service id')
    }
    session.onions.delete(id)
    detachedOnions.delete(id)
    node.onions.remove(id)
    return DONE
  }
}
