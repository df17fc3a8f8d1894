// SOCKS5 CONNECT (RFC 1928) with optional username and password (RFC 1929), which C tor takes for stream isolation.

import {connect, type Socket} from 'node:net'
import {within} from './wait-until.ts'

export interface SocksTarget {
  readonly socksPort: number
  /** A name (onion addresses too) or a dotted IPv4 address; either is sent as a name for C tor to judge. */
  readonly host: string
  readonly port: number
  /** Streams with different usernames never share a circuit. */
  readonly user?: string
  readonly timeoutMs?: number
}

/** The proxy refused; `code` is the SOCKS5 reply field (C tor: 0xF0 and up tell of onion service failures). */
export class SocksRefusal extends Error {
  readonly code: number
  constructor(code: number) {
    super(`SOCKS5 reply 0x${code.toString(16)}`)
    this.code = code
  }
}

class OctetReader {
  #buffered = Buffer.alloc(0)
  #waiting: {count: number; resolve: (octets: Buffer) => void; reject: (error: Error) => void} | undefined
  readonly #socket: Socket
  readonly #onData = (chunk: Buffer): void => {
    this.#buffered = Buffer.concat([this.#buffered, chunk])
    this.#serve()
  }
  readonly #onClose = (): void => this.#waiting?.reject(new Error('proxy closed the connection'))

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', this.#onData)
    socket.on('close', this.#onClose)
  }

  take(count: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#waiting = {count, resolve, reject}
      this.#serve()
    })
  }

  /** Leaves the socket paused with the octets not yet taken back in its queue. */
  release(): void {
    this.#socket.off('data', this.#onData)
    this.#socket.off('close', this.#onClose)
    this.#socket.pause()
    if (this.#buffered.length > 0) this.#socket.unshift(this.#buffered)
  }

  #serve(): void {
    const waiting = this.#waiting
    if (waiting === undefined || this.#buffered.length < waiting.count) return
    this.#waiting = undefined
    const octets = this.#buffered.subarray(0, waiting.count)
    this.#buffered = this.#buffered.subarray(waiting.count)
    waiting.resolve(octets)
  }
}

function lengthPrefixed(text: string): Buffer {
  const octets = Buffer.from(text, 'latin1')
  return Buffer.concat([Buffer.of(octets.length), octets])
}

async function negotiate(socket: Socket, {host, port, user}: SocksTarget): Promise<void> {
  const reader = new OctetReader(socket)
  socket.write(Buffer.of(5, 1, user === undefined ? 0 : 2))
  const method = await reader.take(2)
  if (method[1] === 0xff) throw new SocksRefusal(0xff)
  if (user !== undefined) {
    socket.write(Buffer.concat([Buffer.of(1), lengthPrefixed(user), lengthPrefixed('x')]))
    const verdict = await reader.take(2)
    if (verdict[1] !== 0) throw new SocksRefusal(verdict[1] ?? 0xff)
  }
  socket.write(
    Buffer.concat([Buffer.of(5, 1, 0, 3), lengthPrefixed(host), Buffer.of(port >> 8, port & 0xff)])
  )
  const reply = await reader.take(4)
  if (reply[1] !== 0) throw new SocksRefusal(reply[1] ?? 0xff)
  const addressLength = reply[3] === 1 ? 4 : reply[3] === 4 ? 16 : ((await reader.take(1))[0] ?? 0)
  await reader.take(addressLength + 2)
  reader.release()
}

/** A paused socket to `host:port` through the proxy; rejects with a SocksRefusal when the proxy says no. */
export async function socksConnect(target: SocksTarget): Promise<Socket> {
  const socket = connect({host: '127.0.0.1', port: target.socksPort})
  socket.on('error', () => undefined)
  try {
    await within(`SOCKS connection to ${target.host}`, target.timeoutMs ?? 60_000, negotiate(socket, target))
    return socket
  } catch (error) {
    socket.destroy()
    throw error
  }
}
