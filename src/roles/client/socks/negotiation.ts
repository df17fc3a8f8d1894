// One client's side of SOCKS5 up to its request, octets in and octets out:
//
//   greeting ─▶ method ─▶ (credentials ─▶ accepted) ─▶ request
//
// User name and password are whatever the client likes: they are no secret but a name for what may be seen together.

import {ipToText} from '../../../bytes/ip-address.ts'
import {concat, toLatin1} from '../../../bytes/octets.ts'
import {decode, encode} from '../../../codec/codec.ts'
import {
  credentialsLength,
  greetingLength,
  type MessageLength,
  requestLength,
  SocksCommand,
  SocksMethod,
  socksCredentials,
  socksCredentialsAnswer,
  socksGreeting,
  socksMethodChoice,
  socksReply,
  socksRequest
} from './formats.ts'
import {SocksReply} from './reply.ts'

/** More than the three messages can have together. */
export const MAX_NEGOTIATION_OCTETS = 1100

export interface SocksTarget {
  /** A name as the client gave it, or an address as text. */
  readonly host: string
  readonly port: number
  /** The credentials; equal for connections that may be seen to belong together. */
  readonly isolation: string
}

export type NegotiationStep =
  | {readonly kind: 'continue'; readonly send: Uint8Array}
  /** `rest`: what the client sent behind its request already. */
  | {
      readonly kind: 'request'
      readonly send: Uint8Array
      readonly target: SocksTarget
      readonly rest: Uint8Array
    }
  /** To be sent, and the connection closed. */
  | {readonly kind: 'refused'; readonly send: Uint8Array}

const NOTHING = new Uint8Array(0)
const NO_ADDRESS = new Uint8Array(4)

type Waiting = 'greeting' | 'credentials' | 'request'

const LENGTHS: Readonly<Record<Waiting, MessageLength>> = {
  greeting: greetingLength,
  credentials: credentialsLength,
  request: requestLength
}

export class SocksNegotiation {
  #waitsFor: Waiting = 'greeting'
  #octets: Uint8Array = NOTHING
  #isolation = ''

  receive(chunk: Uint8Array): NegotiationStep {
    this.#octets = concat(this.#octets, chunk)
    const send: Uint8Array[] = []
    for (;;) {
      const length = LENGTHS[this.#waitsFor](this.#octets)
      if (length === undefined || this.#octets.length < length) {
        if (this.#octets.length > MAX_NEGOTIATION_OCTETS) return {kind: 'refused', send: NOTHING}
        return {kind: 'continue', send: concat(...send)}
      }
      const message = this.#octets.subarray(0, length)
      this.#octets = this.#octets.subarray(length)
      const step = this.#take(message)
      send.push(step.send)
      if (step.kind !== 'continue') return {...step, send: concat(...send)}
    }
  }

  #take(message: Uint8Array): NegotiationStep {
    switch (this.#waitsFor) {
      case 'greeting':
        return this.#greeting(message)
      case 'credentials':
        return this.#credentials(message)
      case 'request':
        return this.#request(message)
    }
  }

  #greeting(message: Uint8Array): NegotiationStep {
    const decoded = decode(socksGreeting, message)
    // What is no SOCKS5 gets no answer that it could misread.
    if (!decoded.ok) return {kind: 'refused', send: NOTHING}
    const offered = [...decoded.value.methods]
    // Credentials are taken where they are offered, because they isolate.
    const method = [SocksMethod.USERNAME_PASSWORD, SocksMethod.NO_AUTHENTICATION].find(it =>
      offered.includes(it)
    )
    if (method === undefined) {
      return {kind: 'refused', send: encode(socksMethodChoice, {method: SocksMethod.NONE_ACCEPTABLE})}
    }
    this.#waitsFor = method === SocksMethod.USERNAME_PASSWORD ? 'credentials' : 'request'
    return {kind: 'continue', send: encode(socksMethodChoice, {method})}
  }

  #credentials(message: Uint8Array): NegotiationStep {
    const decoded = decode(socksCredentials, message)
    if (!decoded.ok) return {kind: 'refused', send: encode(socksCredentialsAnswer, {status: 1})}
    const {username, password} = decoded.value
    // The length in front keeps the two apart.
    this.#isolation = `${username.length} ${toLatin1(username)}${toLatin1(password)}`
    this.#waitsFor = 'request'
    return {kind: 'continue', send: encode(socksCredentialsAnswer, {status: 0})}
  }

  #request(message: Uint8Array): NegotiationStep {
    const decoded = decode(socksRequest, message)
    if (!decoded.ok) return refuse(SocksReply.ADDRESS_TYPE_NOT_SUPPORTED)
    const request = decoded.value
    if (request.command !== SocksCommand.CONNECT) return refuse(SocksReply.COMMAND_NOT_SUPPORTED)
    const host = request.kind === 'name' ? toLatin1(request.name) : ipToText(request.address)
    const {port} = request
    const target = {host, port, isolation: this.#isolation}
    return {kind: 'request', send: NOTHING, target, rest: this.#octets}
  }
}

/** The reply to a request, with the address that nobody needs as zeros. */
export function printReply(reply: number): Uint8Array {
  return encode(socksReply, {reply, reserved: 0, address: NO_ADDRESS, port: 0})
}

function refuse(reply: number): NegotiationStep {
  return {kind: 'refused', send: printReply(reply)}
}
