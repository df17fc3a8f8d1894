// Serves the status page on loopback: `/` the page, `/status.json` what it shows, `/healthz` for scripts. Everything the
// page needs is in it; a policy keeps it from loading anything from elsewhere, and other sites' pages from reading it.

import {randomBytes} from 'node:crypto'
import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http'
import {type Fault, localFault} from '../../fault/fault.ts'
import {err, ok, type Result} from '../../fault/result.ts'
import {statusPage} from './page.ts'
import type {Status} from './status.ts'

export type StatusServerFault = Fault<'status-port-taken', never>

const HOST = '127.0.0.1'

export class StatusServer {
  readonly port: number
  readonly #server: Server

  private constructor(server: Server, port: number) {
    this.#server = server
    this.port = port
  }

  /** `port` 0: the system chooses. */
  static start(port: number, status: () => Status): Promise<Result<StatusServer, StatusServerFault>> {
    const server = createServer((request, response) => answer(request, response, status))
    return new Promise(resolve => {
      server.once('error', () => resolve(err(localFault('status-port-taken'))))
      server.listen(port, HOST, () => {
        const bound = server.address()
        const taken = typeof bound === 'object' && bound !== null ? bound.port : port
        resolve(ok(new StatusServer(server, taken)))
      })
    })
  }

  get url(): string {
    return `http://${HOST}:${this.port}/`
  }

  close(): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise(done => this.#server.close(() => done()))
  }
}

function answer(request: IncomingMessage, response: ServerResponse, status: () => Status): void {
  // A page of another site could reach us under a name of its own (DNS rebinding).
  const host = (request.headers.host ?? '').replace(/:\d+$/, '')
  if (host !== HOST && host !== 'localhost') send(response, 403, 'text/plain', 'not for this host\n')
  else if (request.method !== 'GET') send(response, 405, 'text/plain', 'only GET\n')
  else if (request.url === '/') sendPage(response, status())
  else if (request.url === '/status.json') {
    send(response, 200, 'application/json', `${JSON.stringify(status())}\n`)
  } else if (request.url === '/healthz') send(response, 200, 'text/plain', 'ok\n')
  else send(response, 404, 'text/plain', 'not found\n')
}

function sendPage(response: ServerResponse, status: Status): void {
  const nonce = randomBytes(16).toString('base64')
  response.setHeader(
    'Content-Security-Policy',
    `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'; connect-src 'self'; ` +
      "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
  )
  send(response, 200, 'text/html; charset=utf-8', statusPage(status, nonce))
}

function send(response: ServerResponse, code: number, type: string, body: string): void {
  response.writeHead(code, {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer'
  })
  response.end(body)
}
