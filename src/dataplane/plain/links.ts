// Sockets on their way to becoming channels: accepting and connecting, TLS, the link handshake, and the bounds on all of
// these. A link that is not verified in time goes; when too many are on the way, the one that began first goes.
//
//   listen ─▶ 'connection' ─▶ TLS as server ─┐
//   connect ─▶ TCP ─▶ TLS as client ─────────┴▶ link handshake ─▶ verified(channel), and this file is done with it

import {randomInt} from 'node:crypto'
import {createServer, type Server, type Socket} from 'node:net'
import {TLSSocket, connect as tlsConnect} from 'node:tls'
import {toBase32} from '../../bytes/base32.ts'
import {ipFromText, ipToText} from '../../bytes/ip-address.ts'
import type {ChannelFault} from '../../channel/fault.ts'
import {channelFault} from '../../channel/fault.ts'
import type {
  ChannelHandle,
  ChannelTarget,
  ConnectFault,
  ConnectHandle,
  DataPlaneCounters,
  DataPlaneEvents,
  SocketAddress
} from '../contract.ts'
import type {LinkConnection, LinkEndpoint} from '../link-endpoint.ts'
import type {LinkGate} from '../link-gate.ts'
import {TLS_OPTIONS} from '../tls-options.ts'
import {type ChannelOwner, PlainChannel, type PlainChannelOptions} from './plain-channel.ts'

/** A link that has not finished its handshake after this long is closed. */
const HANDSHAKE_TIMEOUT_MS = 60_000
/** TCP and TLS to a relay that we connect to. */
const CONNECT_TIMEOUT_MS = 30_000

export interface LinksOptions {
  readonly unverifiedMax: number
}

export interface LinksDeps {
  readonly endpoint: LinkEndpoint
  readonly owner: ChannelOwner
  readonly events: DataPlaneEvents
  readonly counters: DataPlaneCounters
  readonly gate: LinkGate
}

export class Links {
  readonly #options: LinksOptions
  readonly #deps: LinksDeps
  readonly #servers = new Set<Server>()
  /** Links that are not verified yet, oldest first. */
  readonly #unverified = new Set<PlainChannel>()
  readonly #faults = new Map<PlainChannel, ConnectFault>()
  #lastChannel = 0
  #lastConnect = 0

  constructor(options: LinksOptions, deps: LinksDeps) {
    this.#options = options
    this.#deps = deps
  }

  get unverified(): number {
    return this.#unverified.size
  }

  listen(address: {host: string; port: number}): Promise<SocketAddress> {
    const server = createServer({noDelay: true}, socket => this.#accept(socket))
    this.#servers.add(server)
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(address.port, address.host, () => {
        server.off('error', reject)
        // Running out of descriptors shows up here; accepting goes on when some are free again.
        server.on('error', () => {})
        const bound = server.address()
        if (bound === null || typeof bound === 'string') reject(new Error('listener has no address'))
        else resolve(socketAddress(bound.address, bound.port))
      })
    })
  }

  connect(target: ChannelTarget): ConnectHandle {
    const connect = ++this.#lastConnect as ConnectHandle
    const socket = tlsConnect({
      ...TLS_OPTIONS,
      host: ipToText(target.address.octets),
      port: target.address.port,
      servername: randomHostname(),
      // Tor has no certificate authorities: who the peer is comes from CERTS, inside the connection.
      rejectUnauthorized: false
    })
    socket.setNoDelay(true)
    const channel = this.#begin(this.#nextHandle(), socket, {
      direction: 'initiated',
      address: target.address,
      connect
    })
    socket.once('secureConnect', () => {
      const certificate = socket.getPeerX509Certificate()?.raw
      if (certificate === undefined) this.#fail(channel, channelFault('tls-failed'))
      else
        channel.startHandshake(
          this.#deps.endpoint.initiate(connection(socket, target.address), certificate, target)
        )
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      const code = error.code === 'ECONNREFUSED' ? 'connect-refused' : 'connect-failed'
      if (!this.#faults.has(channel)) this.#faults.set(channel, {code, blame: 'peer'})
    })
    return connect
  }

  verified(channel: PlainChannel): void {
    this.#unverified.delete(channel)
  }

  failed(channel: PlainChannel, fault: ChannelFault): void {
    this.#deps.counters.handshakesFailed++
    this.#faults.set(channel, fault)
  }

  closed(channel: PlainChannel): void {
    const fault = this.#faults.get(channel)
    this.#faults.delete(channel)
    if (channel.direction === 'received') this.#deps.gate.closed(channel.handle)
    if (!this.#unverified.delete(channel) || channel.connect === undefined) return
    this.#deps.events.connectFailed(channel.connect, fault ?? channelFault('peer-closed'))
  }

  sweep(nowMs: number): void {
    for (const channel of this.#unverified) {
      const limit = channel.connect === undefined ? HANDSHAKE_TIMEOUT_MS : CONNECT_TIMEOUT_MS
      if (nowMs - channel.startedAtMs >= limit) this.#fail(channel, channelFault('handshake-timeout'))
    }
  }

  stopListening(): void {
    for (const server of this.#servers) server.close()
  }

  async close(): Promise<void> {
    for (const channel of [...this.#unverified]) channel.close()
    await Promise.all([...this.#servers].map(server => new Promise<void>(done => server.close(() => done()))))
  }

  #accept(socket: Socket): void {
    const {remoteAddress, remotePort} = socket
    if (remoteAddress === undefined || remotePort === undefined) {
      socket.destroy()
      return
    }
    const address = socketAddress(remoteAddress, remotePort)
    const handle = this.#nextHandle()
    if (!this.#deps.gate.admits(handle, address.octets)) {
      this.#deps.counters.linksRefused++
      socket.destroy()
      return
    }
    const credentials = this.#deps.endpoint.credentials()
    const tls = new TLSSocket(socket, {
      isServer: true,
      secureContext: credentials.context,
      requestCert: false
    })
    // Closes the TCP side also when TLS never came up.
    socket.on('error', () => {})
    socket.once('close', () => channel.close())
    const channel = this.#begin(handle, tls, {direction: 'received', address, connect: undefined})
    tls.once('secure', () => {
      channel.startHandshake(this.#deps.endpoint.respond(connection(tls, address), credentials))
    })
  }

  #nextHandle(): ChannelHandle {
    return ++this.#lastChannel as ChannelHandle
  }

  #begin(
    handle: ChannelHandle,
    socket: TLSSocket,
    link: Pick<PlainChannelOptions, 'direction' | 'address' | 'connect'>
  ): PlainChannel {
    this.#makeRoom()
    const channel = new PlainChannel(socket, {handle, ...link, nowMs: Date.now()}, this.#deps.owner)
    this.#unverified.add(channel)
    return channel
  }

  /** A flood of half-open links must not keep new ones out, so the oldest goes. */
  #makeRoom(): void {
    if (this.#unverified.size < this.#options.unverifiedMax) return
    const [oldest] = this.#unverified
    this.#deps.counters.handshakesRefused++
    oldest?.close()
  }

  #fail(channel: PlainChannel, fault: ChannelFault): void {
    this.failed(channel, fault)
    channel.close()
  }
}

function connection(socket: TLSSocket, peerAddress: SocketAddress): LinkConnection {
  return {
    peerAddress,
    exportKeyingMaterial: (label, context, length) => exportKeyingMaterial(socket, label, context, length)
  }
}

/** Undefined where TLS cannot give any, which node:tls says by throwing. */
function exportKeyingMaterial(
  socket: TLSSocket,
  label: string,
  context: Uint8Array,
  length: number
): Uint8Array | undefined {
  try {
    return new Uint8Array(socket.exportKeyingMaterial(length, label, Buffer.from(context)))
  } catch {
    return undefined
  }
}

function socketAddress(text: string, port: number): SocketAddress {
  return {octets: ipFromText(text.replace(/%.*$/, '')) ?? new Uint8Array(4), port}
}

/** A name like the ones in link certificates, so that the SNI tells an observer nothing. */
function randomHostname(): string {
  const name = Uint8Array.from({length: randomInt(5, 13)}, () => randomInt(256))
  return `www.${toBase32(name)}.com`
}
