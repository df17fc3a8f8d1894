// A relay's directory (dir-spec 5 and 6): HTTP over streams that circuits bring, without a socket of its own.
//
//   BEGIN_DIR stream ─▶ node:http parser ─▶ route (routes.ts) ─▶ answer ─▶ coding (compressor.ts) ─▶ stream (exchange.ts)
//
// Requests run one beside the other on the main thread; only compression leaves it. One request a stream, as HTTP/1.0 has
// it: the answer gives its length, and the stream ends after it. The status line says HTTP/1.1, which clients take as well.
//
// Nothing here is logged: who asks for what is nobody's business. Requests are counted by how they ended.

import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http'
import type {Duplex} from 'node:stream'
import type {DirectoryPeer} from '../../../stream/relay-streams.ts'
import {
  bodyOctets,
  type DirectoryAnswer,
  type DirectoryOutcome,
  type DirectoryRequest,
  refuse
} from './answer.ts'
import {Compressor, type CompressorLimits} from './compressor.ts'
import {CONSENSUS_PATH, type ConsensusRequests} from './consensus-requests.ts'
import {chooseCoding} from './content-coding.ts'
import type {DirectoryStore} from './directory-store.ts'
import {type EncodedAnswer, encodeAnswer} from './encode-answer.ts'
import {Exchange, type ExchangeLimits} from './exchange.ts'
import {readBody} from './request-body.ts'
import {readPath} from './request-path.ts'
import {type DirectoryRoute, directoryRoutes, findRoute} from './routes.ts'

export interface DirectoryLimits extends ExchangeLimits, CompressorLimits {
  /** Streams open at once. */
  readonly openMax: number
  /** Octets of a request's line and headers. 500 digests of microdescriptors, in base64, must fit. */
  readonly headersMax: number
  /** Octets of a request's body. */
  readonly bodyMax: number
}

export const DIRECTORY_LIMITS: DirectoryLimits = {
  openMax: 4096,
  headersMax: 50_000,
  bodyMax: 65_536,
  requestMs: 60_000,
  stallMs: 5 * 60_000,
  jobsMax: 32,
  heldMax: 64 * 1024 * 1024
}

export interface DirectoryServerOptions {
  /** HTML for whoever looks at `/tor/`; without it there is nothing to see. */
  readonly frontPage?: string
  readonly limits?: Partial<DirectoryLimits>
}

export interface DirectoryServerDeps {
  readonly store: DirectoryStore
  /** What other roles answer here; paths that the directory itself answers cannot be taken from it. */
  readonly routes?: readonly DirectoryRoute[]
  /** Hears how requests for a consensus end. */
  readonly consensusRequests?: ConsensusRequests | undefined
  readonly now?: () => Date
}

const NO_OUTCOMES = {
  served: 0,
  'not-modified': 0,
  'not-found': 0,
  'not-enough-signatures': 0,
  'bad-request': 0,
  busy: 0,
  'too-large': 0,
  timeout: 0,
  'cut-off': 0
} as const satisfies Record<DirectoryOutcome, number>

const NOTHING = new Uint8Array(0)

export class DirectoryServer {
  /** Requests by how they ended. */
  readonly outcomes: Record<DirectoryOutcome, number> = {...NO_OUTCOMES}
  readonly #limits: DirectoryLimits
  readonly #store: DirectoryStore
  readonly #routes: readonly DirectoryRoute[]
  readonly #consensusRequests: ConsensusRequests | undefined
  readonly #compressor: Compressor
  readonly #server: Server
  readonly #exchanges = new Map<Duplex, Exchange>()

  constructor(options: DirectoryServerOptions, deps: DirectoryServerDeps) {
    const {store, routes = [], consensusRequests, now = () => new Date()} = deps
    this.#limits = {...DIRECTORY_LIMITS, ...options.limits}
    this.#store = store
    this.#routes = [...directoryRoutes({frontPage: options.frontPage}, store, now), ...routes]
    this.#consensusRequests = consensusRequests
    this.#compressor = new Compressor(this.#limits)
    this.#server = this.#createServer()
  }

  /** Streams that are open. */
  get size(): number {
    return this.#exchanges.size
  }

  /** Octets that are held in memory for single answers. */
  get held(): number {
    return this.#compressor.held
  }

  /** Takes a BEGIN_DIR stream and ends it, whatever comes on it. */
  open(stream: Duplex, peer: DirectoryPeer): void {
    const exchange = new Exchange(stream, peer, {
      limits: this.#limits,
      onOutcome: outcome => {
        this.outcomes[outcome]++
      },
      onClosed: () => this.#exchanges.delete(stream)
    })
    if (this.#exchanges.size >= this.#limits.openMax) {
      exchange.drop('busy', statusLine('503 Directory busy, try again later'))
      return
    }
    this.#exchanges.set(stream, exchange)
    this.#server.emit('connection', stream)
  }

  #createServer(): Server {
    // Node's own timers run only for servers that listen; exchanges have theirs.
    const server = createServer({
      maxHeaderSize: this.#limits.headersMax,
      requireHostHeader: false,
      requestTimeout: 0,
      headersTimeout: 0
    })
    const onRequest = (message: IncomingMessage, response: ServerResponse) => {
      const exchange = this.#exchanges.get(message.socket)
      if (exchange === undefined || exchange.isRequested) return
      exchange.requested()
      void this.#answer(exchange, message, response)
    }
    server.on('request', onRequest)
    // Nobody waits for our leave to send a body.
    server.on('checkContinue', onRequest)
    server.on('checkExpectation', onRequest)
    server.on('connect', ({socket}) => this.#exchanges.get(socket)?.drop('bad-request', ''))
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      const exchange = this.#exchanges.get(socket)
      // What comes after a request does not concern its answer.
      if (exchange === undefined || exchange.isRequested) return
      if (error.code === 'HPE_HEADER_OVERFLOW')
        exchange.drop('too-large', statusLine('413 Request too large'))
      else exchange.drop('bad-request', statusLine('400 Bad request'))
    })
    return server
  }

  async #answer(exchange: Exchange, message: IncomingMessage, response: ServerResponse): Promise<void> {
    const {method, headers} = message
    if (method !== 'GET' && method !== 'POST') {
      exchange.drop('bad-request', '')
      return
    }
    const {path, endsInZ} = readPath(message.url ?? '')
    const found = await this.#find({method, path, headers, body: NOTHING, peer: exchange.peer}, message)
    const coding = chooseCoding(headers['accept-encoding'], endsInZ)
    const answer = this.#store.isBusy(bodyOctets(found)) ? refuse('busy') : found
    const encoded = await encodeAnswer(answer, coding, this.#compressor, exchange.peer)
    if (method === 'GET' && path.startsWith(CONSENSUS_PATH)) this.#tell(encoded, exchange.peer, response)
    exchange.send(encoded, response)
  }

  #tell(answer: EncodedAnswer, {address, isDirect = false}: DirectoryPeer, response: ServerResponse): void {
    if (answer.outcome !== 'served') {
      this.#consensusRequests?.refused(answer.outcome)
      return
    }
    const finished = this.#consensusRequests?.served(octetsOf(answer), {isDirect})
    if (finished !== undefined) response.once('finish', () => finished(address))
  }

  async #find(request: DirectoryRequest, message: IncomingMessage): Promise<DirectoryAnswer> {
    const route = findRoute(this.#routes, request.method, request.path)
    // We are no authority: descriptors and votes are not for us.
    if (route === undefined) return refuse(request.method === 'POST' ? 'bad-request' : 'not-found')
    if (request.method === 'GET') return route.handle(request)
    const body = await readBody(message, this.#limits.bodyMax)
    return body === undefined ? refuse('too-large') : route.handle({...request, body})
  }
}

function octetsOf({body}: EncodedAnswer): number {
  return body.reduce((sum, part) => sum + part.length, 0)
}

function statusLine(status: string): string {
  return `HTTP/1.0 ${status}\r\n\r\n`
}
