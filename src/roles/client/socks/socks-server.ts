// A SOCKS5 port for onion services and nothing else.
//
//   connection ─▶ negotiation ─▶ `.onion`? ─▶ client connects ─▶ reply, then octets both ways at the slower side's pace
//
// Owns its listener and its connections. Each connection is bounded in time until it is through, all are in number.

import {createServer, type Server, type Socket} from 'node:net'
import type {Duplex} from 'node:stream'
import type {Result} from '../../../fault/result.ts'
import type {OnionClientFault} from '../fault.ts'
import type {OnionTarget} from '../onion-client.ts'
import {printReply, SocksNegotiation, type SocksTarget} from './negotiation.ts'
import {replyTo, type SocksErrors, SocksReply} from './reply.ts'

export interface SocksServerOptions {
  /** `extended`: replies of proposal 304. */
  readonly errors: SocksErrors
  readonly negotiationTimeoutMs: number
  /** From the request to the reply. */
  readonly connectTimeoutMs: number
  readonly connectionsMax: number
  /** In front of what isolates connections; differs between ports. */
  readonly isolation: string
}

export const DEFAULT_SOCKS_SERVER_OPTIONS: SocksServerOptions = {
  errors: 'extended',
  negotiationTimeoutMs: 30_000,
  connectTimeoutMs: 120_000,
  connectionsMax: 1024,
  isolation: ''
}

export interface SocksServerDeps {
  readonly connect: (target: OnionTarget) => Promise<Result<Duplex, OnionClientFault>>
  /** Where an address leads that an application asks for; to itself when left out. */
  readonly rewrite?: ((address: string) => string) | undefined
  /** Told of every connection. */
  readonly constrain?: ((socket: Socket) => void) | undefined
}

const ONION = /\.onion\.?$/i

export class SocksServer {
  readonly #options: SocksServerOptions
  readonly #deps: SocksServerDeps
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  constructor(deps: SocksServerDeps, options: SocksServerOptions = DEFAULT_SOCKS_SERVER_OPTIONS) {
    this.#options = options
    this.#deps = deps
    this.#server = createServer({noDelay: true}, socket => this.#accept(socket))
    this.#server.maxConnections = options.connectionsMax
  }

  /** Connections at the moment. */
  get size(): number {
    return this.#sockets.size
  }

  /** The port that it is bound to; rejects when it cannot be had. */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject)
        // Running out of descriptors shows up here; accepting goes on when some are free again.
        this.#server.on('error', () => {})
        const bound = this.#server.address()
        resolve(bound === null || typeof bound === 'string' ? port : bound.port)
      })
    })
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>(done => this.#server.close(() => done()))
  }

  #accept(socket: Socket): void {
    this.#deps.constrain?.(socket)
    this.#sockets.add(socket)
    const timer = setTimeout(() => socket.destroy(), this.#options.negotiationTimeoutMs)
    socket.on('error', () => {})
    socket.once('close', () => {
      clearTimeout(timer)
      this.#sockets.delete(socket)
    })
    const negotiation = new SocksNegotiation()
    const receive = (chunk: Buffer): void => {
      const step = negotiation.receive(chunk)
      if (step.send.length > 0) socket.write(step.send)
      if (step.kind === 'continue') return
      socket.off('data', receive)
      clearTimeout(timer)
      if (step.kind === 'refused') {
        socket.destroySoon()
        return
      }
      // What the client says too early waits in the socket.
      socket.pause()
      if (step.rest.length > 0) socket.unshift(step.rest)
      void this.#connect(socket, step.target)
    }
    socket.on('data', receive)
  }

  async #connect(socket: Socket, {host: wanted, port, isolation}: SocksTarget): Promise<void> {
    const host = this.#deps.rewrite?.(wanted) ?? wanted
    if (!ONION.test(host)) {
      refuse(socket, SocksReply.NOT_ALLOWED)
      return
    }
    const timer = setTimeout(() => refuse(socket, SocksReply.TTL_EXPIRED), this.#options.connectTimeoutMs)
    const address = host.replace(/\.$/, '')
    const connected = await this.#deps.connect({
      address,
      port,
      isolation: `${this.#options.isolation}|${isolation}`
    })
    clearTimeout(timer)
    if (!connected.ok) refuse(socket, replyTo(connected.fault, this.#options.errors))
    else if (socket.writableEnded || socket.destroyed) connected.value.destroy()
    else join(socket, connected.value)
  }
}

function refuse(socket: Socket, reply: number): void {
  if (socket.writableEnded || socket.destroyed) return
  socket.write(printReply(reply))
  socket.destroySoon()
}

function join(socket: Socket, stream: Duplex): void {
  socket.write(printReply(SocksReply.SUCCEEDED))
  stream.once('close', () => socket.destroySoon())
  socket.once('close', () => stream.destroy())
  stream.on('error', () => socket.destroy())
  stream.pipe(socket)
  socket.pipe(stream)
}
