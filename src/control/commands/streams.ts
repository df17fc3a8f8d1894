// ATTACHSTREAM, REDIRECTSTREAM, CLOSESTREAM (control-spec 3.13 to 3.15), for streams of applications.

import type {Result} from '../../fault/result.ts'
import type {StreamFault} from '../node.ts'
import {DONE, type Reply, reply, Status} from '../reply.ts'
import {type Command, keyed, parseId} from './command.ts'

const STATUS: Readonly<Record<StreamFault['code'], number>> = {
  'no-such-stream': Status.UNKNOWN_THING,
  'no-such-circuit': Status.UNKNOWN_THING,
  'not-waiting': Status.UNMANAGED_STREAM,
  'cannot-attach': Status.INTERNAL
}
const REASON_MAX = 255

export const attachStream: Command = {
  name: 'ATTACHSTREAM',
  least: 2,
  run({words}, {node: {streams, circuits}}) {
    const [stream, circuit] = words
    const id = parseId(stream?.text ?? '')
    if (id === undefined || !streams.has(id)) return unknownStream(stream?.text)
    const circuitId = parseId(circuit?.text ?? '')
    if (circuitId === undefined || (circuitId !== 0 && !circuits.has(circuitId)))
      return reply(Status.UNKNOWN_THING, `Unknown circuit "${circuit?.text ?? ''}"`)
    const hop = keyed(words, 'HOP')
    if (hop !== undefined && !/^\d{1,3}$/.test(hop)) {
      return reply(Status.UNKNOWN_THING, `Bad value hop=${hop}`)
    }
    return answered(streams.attach(id, circuitId))
  }
}

export const redirectStream: Command = {
  name: 'REDIRECTSTREAM',
  least: 2,
  run({words}, {node: {streams}}) {
    const [stream, host, port] = words
    const id = parseId(stream?.text ?? '')
    if (id === undefined || !streams.has(id)) return unknownStream(stream?.text)
    const number = port === undefined ? undefined : Number(port.text)
    if (
      port !== undefined &&
      !(/^\d{1,5}$/.test(port.text) && Number(port.text) > 0 && Number(port.text) <= 65_535)
    )
      return reply(Status.BAD_ARGUMENTS, `Cannot parse port "${port.text}"`)
    return answered(streams.redirect(id, host?.text ?? '', number))
  }
}

export const closeStream: Command = {
  name: 'CLOSESTREAM',
  least: 2,
  run({words}, {node: {streams}}) {
    const [stream, reason] = words
    const id = parseId(stream?.text ?? '')
    if (id === undefined || !streams.has(id)) return unknownStream(stream?.text)
    const number = /^\d{1,3}$/.test(reason?.text ?? '') ? Number(reason?.text) : Number.NaN
    if (!(number <= REASON_MAX))
      return reply(Status.UNKNOWN_THING, `Unrecognized reason "${reason?.text ?? ''}"`)
    return answered(streams.close(id))
  }
}

function unknownStream(text = ''): Reply {
  return reply(Status.UNKNOWN_THING, `Unknown stream "${text}"`)
}

function answered(result: Result<undefined, StreamFault>): Reply {
  if (result.ok) return DONE
  return reply(STATUS[result.fault.code], result.fault.data?.message ?? result.fault.code)
}
