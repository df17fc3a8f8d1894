// The first visit to the onion service: a request for its page by way of the client's SOCKS port, as curl would make it.

import {connect, type Socket} from 'node:net'
import {decode, encode} from '../../codec/codec.ts'
import {type Fault, localFault} from '../../fault/fault.ts'
import {err, ok, type Result} from '../../fault/result.ts'
import {
  SocksAddressType,
  SocksCommand,
  SocksMethod,
  socksGreeting,
  socksMethodChoice,
  socksReply,
  socksRequest
} from '../../roles/client/socks/formats.ts'

export type SocksFetchFault =
  | Fault<'socks-unreachable' | 'socks-closed' | 'socks-timeout', never>
  | Fault<'socks-refused', {readonly reply: number}>

export interface SocksFetchOptions {
  readonly socksPort: number
  readonly host: string
  readonly port: number
  readonly timeoutMs: number
  /** Gives up when aborted. */
  readonly signal?: AbortSignal | undefined
}

/** What came: nothing, when whoever listens there does not talk first or speaks no HTTP. */
export interface Fetched {
  readonly octets: number
  /** Of HTTP, such as 200. */
  readonly status: number | undefined
}

const METHOD_CHOICE_LENGTH = 2
const REPLY_LENGTH = 10
/** A page that is longer is the target's affair; so is one that takes longer to end. */
const BODY_MAX = 1 << 20
const SILENCE_MS = 5000
const STATUS_LINE = /^HTTP\/1\.[01] (\d{3})/

export async function fetchOverSocks(options: SocksFetchOptions): Promise<Result<Fetched, SocksFetchFault>> {
  const {socksPort, host, port, timeoutMs, signal} = options
  const socket = connect({host: '127.0.0.1', port: socksPort})
  const timer = setTimeout(() => socket.destroy(new Error('timeout')), timeoutMs)
  let timedOut = false
  socket.on('error', error => {
    timedOut = error.message === 'timeout'
  })
  const giveUp = () => socket.destroy()
  signal?.addEventListener('abort', giveUp)
  const incoming = new Incoming(socket)
  try {
    socket.write(encode(socksGreeting, {methods: Uint8Array.of(SocksMethod.NO_AUTHENTICATION)}))
    const choice = await incoming.take(METHOD_CHOICE_LENGTH)
    if (choice === undefined) return err(localFault(timedOut ? 'socks-timeout' : 'socks-unreachable'))
    if (!decode(socksMethodChoice, choice).ok) return err(localFault('socks-unreachable'))
    socket.write(encode(socksRequest, request(host, port)))
    const replied = await incoming.take(REPLY_LENGTH)
    if (replied === undefined) return err(localFault(timedOut ? 'socks-timeout' : 'socks-closed'))
    const reply = decode(socksReply, replied)
    if (!reply.ok) return err(localFault('socks-unreachable'))
    if (reply.value.reply !== 0) return err(localFault('socks-refused', {reply: reply.value.reply}))
    socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
    socket.setTimeout(SILENCE_MS, () => socket.destroy())
    return ok(fetched(await incoming.rest(BODY_MAX)))
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', giveUp)
    socket.destroy()
  }
}

function request(host: string, port: number) {
  const name = new TextEncoder().encode(host)
  const {CONNECT} = SocksCommand
  return {kind: 'name', command: CONNECT, reserved: 0, type: SocksAddressType.NAME, name, port} as const
}

function fetched(octets: Buffer): Fetched {
  const status = STATUS_LINE.exec(octets.subarray(0, 20).toString('latin1'))?.[1]
  return {octets: octets.length, status: status === undefined ? undefined : Number(status)}
}

/** What comes on a socket, by length or up to its end. */
class Incoming {
  readonly #socket: Socket
  #held = Buffer.alloc(0)
  #ended = false
  #wake: () => void = () => {}

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', chunk => {
      this.#held = Buffer.concat([this.#held, chunk])
      this.#wake()
    })
    socket.on('close', () => {
      this.#ended = true
      this.#wake()
    })
  }

  /** Undefined when the connection ends before. */
  async take(length: number): Promise<Uint8Array | undefined> {
    await this.#until(() => this.#held.length >= length)
    if (this.#held.length < length) return undefined
    const taken = this.#held.subarray(0, length)
    this.#held = this.#held.subarray(length)
    return taken
  }

  async rest(max: number): Promise<Buffer> {
    await this.#until(() => this.#held.length >= max)
    this.#socket.pause()
    return this.#held
  }

  async #until(isEnough: () => boolean): Promise<void> {
    while (!isEnough() && !this.#ended) {
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    }
  }
}
