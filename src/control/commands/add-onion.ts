// ADD_ONION (control-spec 3.27): an onion service without a directory. It ends with the connection that asked for it, unless
// it was detached; its key is told once, unless that was declined, and kept nowhere.

import {toBase64} from '../../bytes/base64.ts'
import {answer, reply, Status} from '../reply.ts'
import type {Command} from './command.ts'
import {readOnionArguments} from './onion-arguments.ts'

const STATUS = {collision: Status.FAILED, 'bad-key': Status.INTERNAL, 'too-many': Status.INTERNAL} as const

export const addOnion: Command = {
  name: 'ADD_ONION',
  least: 1,
  run({words}, {node, session, detachedOnions}) {
    const wanted = readOnionArguments(words)
    if ('status' in wanted) return wanted
    const {expandedKey, ports, maxStreams, flags, clients} = wanted
    const added = node.onions.add({
      expandedKey,
      ports,
      maxStreams,
      whenMaxStreams: flags.has('MaxStreamsCloseCircuit') ? 'close-circuit' : 'refuse-stream',
      clients: clients.map(({key}) => key)
    })
    if (!added.ok) return reply(STATUS[added.fault.code], added.fault.data?.message ?? added.fault.code)
    const {id, expandedKey: key} = added.value
    if (flags.has('Detach')) detachedOnions.add(id)
    else session.onions.add(id)
    const tellsKey = expandedKey === undefined && !flags.has('DiscardPK')
    return answer(
      `ServiceID=${id}`,
      ...(tellsKey ? [`PrivateKey=ED25519-V3:${toBase64(key)}`] : []),
      ...clients.map(({text}) => `ClientAuthV3=${text}`)
    )
  }
}
