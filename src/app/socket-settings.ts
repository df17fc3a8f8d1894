// What the settings of the moment say of sockets that are no links: how much the kernel keeps for them, and where those to the
// targets of onion services come from.

import {connect, isIP, type Socket} from 'node:net'
import type {RelayConfig} from '../config/relay-config.ts'
import {loadAddon} from '../crypto/binding.ts'
import {constrainSocket, type SocketOctets} from '../dataplane/socket-buffers.ts'
import type {ConnectTarget} from '../roles/service/port-streams.ts'

export type SocketConfig = Pick<RelayConfig, 'constrainedSocketOctets' | 'targetAddresses'>

const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.)/

export class SocketSettings {
  /** ConstrainedSockSize, where ConstrainedSockets asks for it. */
  readonly octets: SocketOctets
  readonly #config: () => SocketConfig

  constructor(config: () => SocketConfig) {
    this.#config = config
    this.octets = () => config().constrainedSocketOctets
  }

  /** For every socket that was opened or came in. */
  readonly constrain = (socket: Socket): void => constrainSocket(socket, this.octets())

  /** OutboundBindAddressExit: never towards this machine, as with C tor. */
  readonly connectTarget: ConnectTarget = target => {
    const socket =
      target.kind === 'unix' ? connect(target.path) : connect({...target, ...this.#from(target.host)})
    this.constrain(socket)
    return socket
  }

  /** What an operator has to know of what is asked for and cannot be had. */
  get notice(): string | undefined {
    return this.octets() === undefined || loadAddon().addon !== undefined
      ? undefined
      : 'ConstrainedSockets has no effect: the native addon is not in use, and Node has no call for it.'
  }

  #from(host: string): {localAddress?: string} {
    const family = LOOPBACK.test(host) ? 0 : isIP(host)
    const {ipv4, ipv6} = this.#config().targetAddresses
    const localAddress = family === 4 ? ipv4 : family === 6 ? ipv6 : undefined
    return localAddress === undefined ? {} : {localAddress}
  }
}
