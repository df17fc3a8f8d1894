// HSFETCH (control-spec 3.25): a service's descriptor, from the HSDirs that are named or those of the ring, whatever the
// cache has. OK comes at once, what comes of it as events.

import {DONE, reply, Status} from '../reply.ts'
import {allKeyed, type Command} from './command.ts'
import {onionIdentity} from './onion-id.ts'

export const hsFetch: Command = {
  name: 'HSFETCH',
  least: 1,
  run({words}, {node: {descriptors}}) {
    const text = words[0]?.text ?? ''
    const identity = onionIdentity(text)
    if (identity === undefined) return reply(Status.BAD_VALUE, `Invalid argument "${text}"`)
    const begun = descriptors.fetch(identity, allKeyed(words, 'SERVER'))
    return begun.ok ? DONE : reply(Status.UNKNOWN_THING, begun.fault.data?.message ?? begun.fault.code)
  }
}
