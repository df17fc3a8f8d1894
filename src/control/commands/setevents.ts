// SETEVENTS (control-spec 3.4): from now on these events and no others.

import {type EventName, isEventName} from '../events.ts'
import {DONE, reply, Status} from '../reply.ts'
import type {Command} from './command.ts'

/** Once a wish, today always so. */
const IGNORED = 'EXTENDED'

export const setEvents: Command = {
  name: 'SETEVENTS',
  run({words}, {session}) {
    const events = new Set<EventName>()
    for (const {text} of words) {
      const name = text.toUpperCase()
      if (name === IGNORED) continue
      if (!isEventName(name)) return reply(Status.UNKNOWN_THING, `Unrecognized event "${text}"`)
      events.add(name)
    }
    session.listen(events)
    return DONE
  }
}
