// A state of a protocol names the messages it takes; nothing else is even decoded there.

import {type Fault, peerFault} from '../fault/fault.ts'
import {err, ok, type Result} from '../fault/result.ts'
import {type DecodeFault, decode} from './codec.ts'
import type {AnyMessage, Message} from './format.ts'

/** `state` says who refused; `command` is the number that came. */
export type UnexpectedCommandFault = Fault<
  'unexpected-command',
  {readonly state: string; readonly command: number}
>

/** One of the messages accepted, under its name. */
export type Accepted<M> =
  M extends Message<infer Name, infer Out, infer _In> ? {readonly name: Name; readonly message: Out} : never

/** A decoder for exactly these messages; any other command is a fault that names the state. */
export function accept<const M extends readonly AnyMessage[]>(
  state: string,
  ...messages: M
): (command: number, body: Uint8Array) => Result<Accepted<M[number]>, DecodeFault | UnexpectedCommandFault> {
  const byCommand = new Map(messages.map(message => [message.command, message]))
  return (command, body) => {
    const message = byCommand.get(command)
    if (message === undefined) return err(peerFault('unexpected-command', {state, command}))
    const decoded = decode(message, body)
    if (!decoded.ok) return decoded
    // Name and value come from the same message, which the type of the pair cannot say.
    return ok({name: message.name, message: decoded.value} as Accepted<M[number]>)
  }
}
