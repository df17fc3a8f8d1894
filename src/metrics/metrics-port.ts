// The MetricsPort: one HTTP server for each line, for those alone whom MetricsPortPolicy accepts. Whoever it does not accept
// is cut off before a word is read.
//
//   /metrics        the metrics, as text for Prometheus
//   /healthz        200 as long as the process answers
//   /readyz         200 while it can do what it is there for, else 503 with what is missing
//   /in-consensus   200 while the newest consensus lists this relay, else 503
//
// One request a connection, as C tor has it.

import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http'
import {ipFromText} from '../bytes/ip-address.ts'
import {type Fault, localFault} from '../fault/fault.ts'
import {err, ok, type Result} from '../fault/result.ts'

/** Address and port (0: the system chooses), or the path of a Unix socket. */
export type MetricsAddress = {readonly host: string; readonly port: number} | {readonly path: string}

/** `missing`: what is not so yet, in a few words each; empty: all is well. */
export interface Readiness {
  readonly missing: readonly string[]
}

export interface MetricsPortDeps {
  readonly contentType: string
  readonly metrics: () => Promise<string>
  readonly ready: () => Readiness
  /** Undefined for whoever is no relay. */
  readonly inConsensus: () => boolean | undefined
  /** 4 or 16 octets. */
  readonly accepts: (address: Uint8Array) => boolean
  /** Told of every connection. */
  readonly constrain?: ((socket: IncomingMessage['socket']) => void) | undefined
  /** A scrape could not be answered: a bug of ours. */
  readonly failed: (error: unknown) => void
}

export type MetricsPortFault = Fault<'metrics-port-taken', {readonly message: string}>

/** Octets of a request's line and headers. */
const HEADERS_MAX = 8192
const REQUEST_TIMEOUT_MS = 10_000
/** More than a few scrapers is somebody else. */
export const CONNECTIONS_MAX = 64

export class MetricsPorts {
  readonly #servers: readonly Server[]
  readonly #opened: Opened

  private constructor(servers: readonly Server[], opened: Opened) {
    this.#servers = servers
    this.#opened = opened
  }

  static async listen(
    addresses: readonly MetricsAddress[],
    deps: MetricsPortDeps
  ): Promise<Result<MetricsPorts, MetricsPortFault>> {
    const servers: Server[] = []
    const opened: Opened = {created: 0, rejected: 0, open: 0}
    for (const address of addresses) {
      const server = serverFor(deps, opened)
      servers.push(server)
      const code = await listening(server, address)
      if (code === undefined) continue
      for (const each of servers) each.close()
      const where = 'path' in address ? address.path : `${address.port}`
      return err(
        localFault('metrics-port-taken', {message: `The MetricsPort ${where} could not be opened (${code}).`})
      )
    }
    return ok(new MetricsPorts(servers, opened))
  }

  /** Where each listens, in the order of the lines; a path for a Unix socket. */
  get bound(): readonly (string | {readonly host: string; readonly port: number})[] {
    return this.#servers.flatMap(server => {
      const address = server.address()
      if (address === null) return []
      return typeof address === 'string' ? address : {host: address.address, port: address.port}
    })
  }

  /** Connections since the start, and now. */
  get connections(): Readonly<Opened> {
    return this.#opened
  }

  async close(): Promise<void> {
    await Promise.all(
      this.#servers.map(server => {
        server.closeAllConnections()
        return new Promise<void>(done => server.close(() => done()))
      })
    )
  }
}

interface Opened {
  created: number
  rejected: number
  open: number
}

function serverFor(deps: MetricsPortDeps, opened: Opened): Server {
  const server = createServer({
    maxHeaderSize: HEADERS_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    headersTimeout: REQUEST_TIMEOUT_MS
  })
  server.maxConnections = CONNECTIONS_MAX
  server.on('connection', socket => {
    const peer = ipFromText((socket.remoteAddress ?? '').replace(/%.*$/, ''))
    // A Unix socket has no address: who may open it is for its folder to say.
    const isLocal = socket.remoteAddress === undefined && typeof server.address() === 'string'
    if (!isLocal && (peer === undefined || !deps.accepts(unmapped(peer)))) {
      opened.rejected++
      socket.destroy()
      return
    }
    deps.constrain?.(socket)
    opened.created++
    opened.open++
    socket.once('close', () => {
      opened.open--
    })
  })
  server.on('request', (request, response) => void answer(request, response, deps))
  server.on('clientError', (_error, socket) => socket.destroy())
  return server
}

/** The code of what went wrong, or undefined. */
function listening(server: Server, address: MetricsAddress): Promise<string | undefined> {
  return new Promise(resolve => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'))
    server.listen(address, () => {
      server.removeAllListeners('error')
      server.on('error', () => {})
      resolve(undefined)
    })
  })
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  deps: MetricsPortDeps
): Promise<void> {
  if (request.method !== 'GET') {
    send(response, 405, 'only GET\n')
    return
  }
  switch (request.url) {
    case '/metrics':
      try {
        send(response, 200, await deps.metrics(), deps.contentType)
      } catch (error) {
        deps.failed(error)
        send(response, 500, 'the metrics could not be read\n')
      }
      break
    case '/healthz':
      send(response, 200, 'ok\n')
      break
    case '/readyz': {
      const {missing} = deps.ready()
      send(
        response,
        missing.length === 0 ? 200 : 503,
        missing.length === 0 ? 'ready\n' : `${missing.join('\n')}\n`
      )
      break
    }
    case '/in-consensus': {
      const listed = deps.inConsensus()
      if (listed === undefined) send(response, 404, 'no relay\n')
      else send(response, listed ? 200 : 503, listed ? 'listed\n' : 'not listed\n')
      break
    }
    default:
      send(response, 404, 'not found\n')
  }
}

function send(
  response: ServerResponse,
  code: number,
  body: string,
  type = 'text/plain; charset=utf-8'
): void {
  response.shouldKeepAlive = false
  response.writeHead(code, {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff'
  })
  response.end(body)
}

/** ::ffff:192.0.2.1 is 192.0.2.1. */
function unmapped(address: Uint8Array): Uint8Array {
  const isMapped =
    address.length === 16 &&
    address.subarray(0, 10).every(octet => octet === 0) &&
    address[10] === 255 &&
    address[11] === 255
  return isMapped ? address.subarray(12) : address
}
