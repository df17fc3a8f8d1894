// The listening sockets. Whoever connects is first looked at by the link gate; nothing is spent on a connection before.
//
//   listen ─▶ 'connection' ─▶ gate.admits ─▶ accepted(socket)

import {createServer, type Server, type Socket} from 'node:net'
import {endpointToText, ipFromText} from '../bytes/ip-address.ts'
import type {ChannelHandle, SocketAddress} from './contract.ts'
import type {LinkGate} from './link-gate.ts'
import {constrainSocket, type SocketOctets} from './socket-buffers.ts'

export interface LinkListenersDeps {
  readonly gate: LinkGate
  readonly counters: {linksRefused: number}
  /** The handle of the channel that a connection is to become. */
  readonly nextHandle: () => ChannelHandle
  /** The socket has been read from only where `paused` is not set. Whoever accepts tells the gate when it closes. */
  readonly accepted: (channel: ChannelHandle, socket: Socket, address: SocketAddress) => void
  /** Nothing is read from a socket before it is resumed. */
  readonly paused?: boolean
  readonly socketOctets?: SocketOctets | undefined
}

export class LinkListeners {
  readonly #deps: LinkListenersDeps
  readonly #servers = new Set<Server>()
  /** Those that listen, by the address that they are bound to. */
  readonly #listening = new Map<string, Server>()

  constructor(deps: LinkListenersDeps) {
    this.#deps = deps
  }

  listen(address: {host: string; port: number}): Promise<SocketAddress> {
    const options = {noDelay: true, pauseOnConnect: this.#deps.paused === true}
    const server = createServer(options, socket => this.#accept(socket))
    this.#servers.add(server)
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(address.port, address.host, () => {
        server.off('error', reject)
        // Running out of descriptors shows up here; accepting goes on when some are free again.
        server.on('error', () => {})
        const bound = server.address()
        if (bound === null || typeof bound === 'string') reject(new Error('listener has no address'))
        else {
          const address = socketAddress(bound.address, bound.port)
          this.#listening.set(endpointToText(address.octets, address.port), server)
          resolve(address)
        }
      })
    })
  }

  /** Gives one address up; the links that came in there stay. */
  unlisten({octets, port}: SocketAddress): void {
    const key = endpointToText(octets, port)
    this.#listening.get(key)?.close()
    this.#listening.delete(key)
  }

  stop(): void {
    for (const server of this.#listening.values()) server.close()
    this.#listening.clear()
  }

  /** Resolves when no listening socket is left, nor a connection that is a socket of this thread. */
  async close(): Promise<void> {
    await Promise.all([...this.#servers].map(server => new Promise<void>(done => server.close(() => done()))))
  }

  #accept(socket: Socket): void {
    const {remoteAddress, remotePort} = socket
    if (remoteAddress === undefined || remotePort === undefined) {
      socket.destroy()
      return
    }
    const address = socketAddress(remoteAddress, remotePort)
    const handle = this.#deps.nextHandle()
    if (this.#deps.gate.admits(handle, address.octets)) {
      constrainSocket(socket, this.#deps.socketOctets?.())
      this.#deps.accepted(handle, socket, address)
    } else {
      this.#deps.counters.linksRefused++
      socket.destroy()
    }
  }
}

function socketAddress(text: string, port: number): SocketAddress {
  return {octets: ipFromText(text.replace(/%.*$/, '')) ?? new Uint8Array(4), port}
}
