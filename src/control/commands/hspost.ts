// HSPOST (control-spec 3.26): a descriptor that the controller made goes to the HSDirs that are named, or, by the address of
// its service, to those of the ring.

import {DONE, reply, Status} from '../reply.ts'
import {decodeUtf8} from '../words.ts'
import {allKeyed, type Command, keyed} from './command.ts'
import {onionIdentity} from './onion-id.ts'

export const hsPost: Command = {
  name: 'HSPOST',
  multiline: true,
  run({words, data}, {node: {descriptors}}) {
    const address = keyed(words, 'HSADDRESS')
    const identity = address === undefined ? undefined : onionIdentity(address)
    if (address !== undefined && identity === undefined) {
      return reply(Status.BAD_ARGUMENTS, 'Malformed onion address')
    }
    const begun = descriptors.publish(decodeUtf8(data), allKeyed(words, 'SERVER'), identity)
    if (begun.ok) return DONE
    const status = begun.fault.code === 'invalid' ? Status.INVALID : Status.UNKNOWN_THING
    return reply(status, begun.fault.data?.message ?? begun.fault.code)
  }
}
