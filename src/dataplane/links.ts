// Sockets on their way to becoming channels: TLS, the link handshake, and the bounds on both. A link that is not verified
// in time goes; when too many are on the way, the one that began first goes.
//
//   accept ─▶ TLS as server ───────────┐
//   connect ─▶ TCP ─▶ TLS as client ───┴▶ link handshake ─▶ owner.verified(link), and this file is done with it

import {randomInt} from 'node:crypto'
import {connect, type Socket} from 'node:net'
import type {Duplex} from 'node:stream'
import {type ConnectionOptions, TLSSocket, connect as tlsConnect} from 'node:tls'
import {toBase32} from '../bytes/base32.ts'
import {ipToText} from '../bytes/ip-address.ts'
import type {ChannelFault} from '../channel/fault.ts'
import {channelFault} from '../channel/fault.ts'
import type {
  ChannelHandle,
  ChannelTarget,
  ConnectFault,
  ConnectHandle,
  DataPlaneCounters,
  SocketAddress
} from './contract.ts'
import {Link, type LinkOptions, type LinkOwner} from './link.ts'
import type {LinkConnection, LinkEndpoint} from './link-endpoint.ts'
import {RecordTap} from './record-tap.ts'
import {constrainSocket} from './socket-buffers.ts'
import {TLS_OPTIONS} from './tls-options.ts'
import {TlsTakeover} from './tls-takeover.ts'

/** A link that has not finished its handshake after this long is closed. */
const HANDSHAKE_TIMEOUT_MS = 60_000
/** TCP and TLS to a relay that we connect to. */
const CONNECT_TIMEOUT_MS = 30_000

export interface LinksOptions {
  readonly unverifiedMax: number
  /** The owner takes connections over from node:tls when their links are verified. */
  readonly areTakenOver?: boolean
}

export interface LinksDeps {
  /** Of the moment: it may change between links. */
  readonly endpoint: () => Pick<LinkEndpoint, 'credentials' | 'respond' | 'initiate'>
  readonly owner: LinkOwner
  readonly counters: Pick<DataPlaneCounters, 'handshakesFailed' | 'handshakesRefused'>
  readonly connectFailed: (connect: ConnectHandle, fault: ConnectFault) => void
}

export class Links {
  readonly #options: LinksOptions
  readonly #deps: LinksDeps
  /** Links that are not verified yet, oldest first. */
  readonly #unverified = new Set<Link>()
  readonly #faults = new Map<Link, ConnectFault>()
  #isClosed = false

  constructor(options: LinksOptions, deps: LinksDeps) {
    this.#options = options
    this.#deps = deps
  }

  get unverified(): number {
    return this.#unverified.size
  }

  accept(handle: ChannelHandle, socket: Socket, address: SocketAddress): Link {
    const endpoint = this.#deps.endpoint()
    const credentials = endpoint.credentials()
    const tap = this.#options.areTakenOver === true ? new RecordTap(socket) : undefined
    const tls = new TLSSocket((tap ?? socket) as Socket, {
      isServer: true,
      secureContext: credentials.context,
      requestCert: false
    })
    // Closes the TCP side also when TLS never came up.
    socket.on('error', () => {})
    socket.once('close', () => link.socketClosed())
    const takeover = tap && new TlsTakeover(tls, tap, true)
    const link = this.#begin(tls, {handle, direction: 'received', address, connect: undefined, takeover})
    tls.once('secure', () => link.startHandshake(endpoint.respond(connection(tls, address), credentials)))
    return link
  }

  /** `socketOctets`: see socket-buffers.ts. */
  connect(
    handle: ChannelHandle,
    attempt: ConnectHandle,
    target: ChannelTarget,
    socketOctets: number | undefined
  ): Link {
    const {address} = target
    const from = target.from === undefined ? {} : {localAddress: target.from}
    const place = {host: ipToText(address.octets), port: address.port, ...from}
    const tcp = this.#options.areTakenOver === true ? connect(place) : undefined
    const tap = tcp && new RecordTap(tcp)
    const over: ConnectionOptions = tap === undefined ? place : {socket: tap as Duplex}
    const socket = tlsConnect({
      ...TLS_OPTIONS,
      ...over,
      servername: randomHostname(),
      // Tor has no certificate authorities: who the peer is comes from CERTS, inside the connection.
      rejectUnauthorized: false
    })
    const tcpOrBoth = tcp ?? socket
    tcpOrBoth.setNoDelay(true)
    constrainSocket(tcpOrBoth, socketOctets)
    tcpOrBoth.once('close', () => link.socketClosed())
    const takeover = tap && new TlsTakeover(socket, tap, false)
    const link = this.#begin(socket, {handle, direction: 'initiated', address, connect: attempt, takeover})
    socket.once('secureConnect', () => {
      const certificate = socket.getPeerX509Certificate()?.raw
      if (certificate === undefined) this.#fail(link, channelFault('tls-failed'))
      else
        link.startHandshake(this.#deps.endpoint().initiate(connection(socket, address), certificate, target))
    })
    const noteFault = ({code}: NodeJS.ErrnoException) => {
      if (!link.isClosed && !this.#faults.has(link)) this.#faults.set(link, connectFault(code))
    }
    tcp?.once('error', noteFault)
    socket.once('error', noteFault)
    // Whoever tries again without having heard of the end hears of a failure, as of any other.
    if (this.#isClosed) setImmediate(() => link.close())
    return link
  }

  verified(link: Link): void {
    this.#unverified.delete(link)
  }

  failed(link: Link, fault: ChannelFault): void {
    this.#deps.counters.handshakesFailed++
    this.#faults.set(link, fault)
  }

  closed(link: Link): void {
    const fault = this.#faults.get(link)
    this.#faults.delete(link)
    if (!this.#unverified.delete(link) || link.connect === undefined) return
    this.#deps.connectFailed(link.connect, fault ?? channelFault('peer-closed'))
  }

  sweep(nowMs: number): void {
    for (const link of this.#unverified) {
      const limit = link.connect === undefined ? HANDSHAKE_TIMEOUT_MS : CONNECT_TIMEOUT_MS
      if (nowMs - link.startedAtMs >= limit) this.#fail(link, channelFault('handshake-timeout'))
    }
  }

  /** Ends what is on its way, and whatever is begun later. */
  close(): void {
    this.#isClosed = true
    for (const link of [...this.#unverified]) link.close()
  }

  #begin(socket: TLSSocket, options: Omit<LinkOptions, 'nowMs'>): Link {
    this.#makeRoom()
    const link = new Link(socket, {...options, nowMs: Date.now()}, this.#deps.owner)
    this.#unverified.add(link)
    return link
  }

  /** A flood of half-open links must not keep new ones out, so the oldest goes. */
  #makeRoom(): void {
    if (this.#unverified.size < this.#options.unverifiedMax) return
    const [oldest] = this.#unverified
    this.#deps.counters.handshakesRefused++
    oldest?.close()
  }

  #fail(link: Link, fault: ChannelFault): void {
    this.failed(link, fault)
    link.close()
  }
}

function connectFault(code: string | undefined): ConnectFault {
  if (code === 'EADDRNOTAVAIL') return {code: 'ports-exhausted', blame: 'local'}
  return {code: code === 'ECONNREFUSED' ? 'connect-refused' : 'connect-failed', blame: 'peer'}
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

/** A name like the ones in link certificates, so that the SNI tells an observer nothing. */
function randomHostname(): string {
  const name = Uint8Array.from({length: randomInt(5, 13)}, () => randomInt(256))
  return `www.${toBase32(name)}.com`
}
