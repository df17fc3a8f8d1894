// One directory request (dir-spec 4): over TCP to a DirPort, or over a BEGIN_DIR stream on a circuit. node:http speaks it
// either way; here are its bounds and what becomes of the answer.
//
//   connect (DirPort or stream) ─▶ request ─▶ status, headers, body ─▶ decompressed, never beyond its bound

import {Agent, type ClientRequest, type IncomingMessage, request} from 'node:http'
import type {Duplex} from 'node:stream'
import {createGunzip, createInflate} from 'node:zlib'
import {ipToText} from '../bytes/ip-address.ts'
import type {SocketAddress} from '../dataplane/contract.ts'
import {type Fault, localFault, peerFault} from '../fault/fault.ts'
import {err, ok, type Result} from '../fault/result.ts'

export type DirRequestFault = Fault<
  'dir-unreachable' | 'dir-timeout' | 'dir-broken-answer' | 'dir-answer-too-long' | 'dir-encoding',
  never
>

export interface DirResponse {
  readonly status: number
  readonly reasonPhrase: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Uint8Array
}

export interface DirRequest {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  /** Octets of the body, decompressed, that will be taken. */
  readonly bodyMax: number
  readonly timeoutMs: number
  /** Aborted: whoever asks has ended, and the request with it, as one that reached nobody. */
  readonly signal?: AbortSignal | undefined
}

/** Where a request goes: a DirPort, or a stream that was opened for it. */
export type DirTransport =
  | {readonly kind: 'dir-port'; readonly address: SocketAddress}
  | {readonly kind: 'stream'; readonly stream: Duplex}

export function sendDirRequest(
  transport: DirTransport,
  options: DirRequest
): Promise<Result<DirResponse, DirRequestFault>> {
  return new Promise(resolve => {
    let settled = false
    const settle = (result: Result<DirResponse, DirRequestFault>) => {
      if (settled) return
      settled = true
      clearTimeout(timer)
      options.signal?.removeEventListener('abort', failed)
      exchange.destroy()
      resolve(result)
    }
    const failed = () => settle(err(localFault('dir-unreachable')))
    const exchange = begin(transport, options)
    const timer = setTimeout(() => settle(err(peerFault('dir-timeout'))), options.timeoutMs)
    exchange.on('error', failed)
    options.signal?.addEventListener('abort', failed)
    if (options.signal?.aborted === true) {
      failed()
      return
    }
    exchange.once('response', response => receive(response, options.bodyMax, settle))
    exchange.end(options.body)
  })
}

function begin(transport: DirTransport, {method, path, headers, body}: DirRequest): ClientRequest {
  const common = {
    method,
    path,
    headers: {
      'accept-encoding': 'deflate, gzip, identity',
      connection: 'close',
      // C tor looks for this name in this spelling alone, and without it takes what has arrived so far for all of the body.
      ...(body === undefined ? {} : {'Content-Length': String(body.length)}),
      ...headers
    }
  }
  if (transport.kind === 'stream') {
    const {stream} = transport
    return request({...common, host: 'directory', agent: new StreamAgent(stream)})
  }
  const {octets, port} = transport.address
  return request({...common, host: ipToText(octets), port, agent: false})
}

/** Gives node:http the stream in place of a socket. */
class StreamAgent extends Agent {
  readonly #stream: Duplex

  constructor(stream: Duplex) {
    super({keepAlive: false, maxSockets: 1})
    this.#stream = stream
  }

  override createConnection(): Duplex {
    return this.#stream
  }
}

function receive(
  response: IncomingMessage,
  bodyMax: number,
  settle: (result: Result<DirResponse, DirRequestFault>) => void
): void {
  const {statusCode = 0, statusMessage = '', headers} = response
  const decoded = decoder(response)
  if (decoded === undefined) {
    settle(err(peerFault('dir-encoding')))
    return
  }
  const chunks: Buffer[] = []
  let length = 0
  decoded.on('data', (chunk: Buffer) => {
    length += chunk.length
    if (length > bodyMax) settle(err(peerFault('dir-answer-too-long')))
    else chunks.push(chunk)
  })
  decoded.once('error', () => settle(err(peerFault('dir-broken-answer'))))
  response.once('aborted', () => settle(err(peerFault('dir-broken-answer'))))
  decoded.once('end', () => {
    const plain = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
    settle(
      ok({
        status: statusCode,
        reasonPhrase: statusMessage,
        headers: plain,
        body: new Uint8Array(Buffer.concat(chunks))
      })
    )
  })
}

/** The body without its encoding; undefined for an encoding that was not asked for. */
function decoder(response: IncomingMessage): NodeJS.ReadableStream | undefined {
  switch (response.headers['content-encoding'] ?? 'identity') {
    case 'identity':
      return response
    case 'deflate':
      return response.pipe(createInflate()).on('error', () => response.destroy())
    case 'gzip':
    case 'x-gzip':
      return response.pipe(createGunzip()).on('error', () => response.destroy())
    default:
      return undefined
  }
}
