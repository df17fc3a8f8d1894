// EXTENDCIRCUIT, CLOSECIRCUIT, SETCIRCUITPURPOSE (control-spec 3.10, 3.11, 3.16), for circuits that the node built itself.

import type {Result} from '../../fault/result.ts'
import type {CircuitFault, ControllerPurpose} from '../node.ts'
import {DONE, type Reply, reply, Status} from '../reply.ts'
import type {Word} from '../words.ts'
import {type Command, keyed, parseId} from './command.ts'

const PURPOSES: readonly ControllerPurpose[] = ['GENERAL', 'CONTROLLER']

const STATUS: Readonly<Record<CircuitFault['code'], number>> = {
  'no-such-circuit': Status.UNKNOWN_THING,
  'no-such-relay': Status.UNKNOWN_THING,
  'no-descriptor': Status.UNKNOWN_THING,
  'cannot-start': Status.INTERNAL,
  'cannot-extend': Status.INTERNAL,
  'too-many': Status.INTERNAL
}

export const extendCircuit: Command = {
  name: 'EXTENDCIRCUIT',
  least: 1,
  run({words}, {node: {circuits}}) {
    const [first, second] = words
    const id = parseId(first?.text ?? '')
    const path = second !== undefined && !isPurpose(second) ? second.text : undefined
    const purpose = purposeOf(words)
    if (typeof purpose !== 'string') return purpose
    if (id === undefined || (id !== 0 && !circuits.has(id))) return unknownCircuit(first?.text)
    if (path === undefined) {
      if (id !== 0) return reply(Status.BAD_ARGUMENTS, 'syntax error: path required.')
      return extended(circuits.launch([], purpose))
    }
    const relays = path.split(',').filter(name => name !== '')
    if (relays.length === 0) return reply(Status.BAD_ARGUMENTS, 'No router names provided')
    return extended(id === 0 ? circuits.launch(relays, purpose) : circuits.extend(id, relays))
  }
}

export const closeCircuit: Command = {
  name: 'CLOSECIRCUIT',
  least: 1,
  run({words}, {node: {circuits}}) {
    const id = parseId(words[0]?.text ?? '')
    if (id === undefined || !circuits.has(id)) return unknownCircuit(words[0]?.text)
    circuits.close(id)
    return DONE
  }
}

export const setCircuitPurpose: Command = {
  name: 'SETCIRCUITPURPOSE',
  least: 1,
  run({words}, {node: {circuits}}) {
    const id = parseId(words[0]?.text ?? '')
    if (id === undefined || !circuits.has(id)) return unknownCircuit(words[0]?.text)
    if (keyed(words, 'purpose') === undefined) return reply(Status.UNKNOWN_THING, 'No purpose given')
    const purpose = purposeOf(words)
    if (typeof purpose !== 'string') return purpose
    circuits.setPurpose(id, purpose)
    return DONE
  }
}

function isPurpose({key}: Word): boolean {
  return key?.toLowerCase() === 'purpose'
}

function purposeOf(words: readonly Word[]): ControllerPurpose | Reply {
  const given = keyed(words, 'purpose')
  if (given === undefined) return 'GENERAL'
  const purpose = PURPOSES.find(name => name === given.toUpperCase())
  return purpose ?? reply(Status.UNKNOWN_THING, `Unknown purpose "${given}"`)
}

function unknownCircuit(text = ''): Reply {
  return reply(Status.UNKNOWN_THING, `Unknown circuit "${text}"`)
}

function extended(result: Result<number, CircuitFault>): Reply {
  if (result.ok) return reply(Status.OK, `EXTENDED ${result.value}`)
  return reply(STATUS[result.fault.code], result.fault.data?.message ?? result.fault.code)
}
