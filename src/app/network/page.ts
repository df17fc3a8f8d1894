// The page that the onion service shows where no target is named. It is reached through the service alone in normal use,
// and needs nothing from anywhere.

import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http'
import {type Fault, localFault} from '../../fault/fault.ts'
import {err, ok, type Result} from '../../fault/result.ts'

export type PageFault = Fault<'page-port-taken', {readonly port: number}>

const HOST = '127.0.0.1'

export class WelcomePage {
  readonly #server: Server
  #visits = 0

  private constructor(server: Server) {
    this.#server = server
  }

  static start(port: number): Promise<Result<WelcomePage, PageFault>> {
    const server = createServer((request, response) => page.#answer(request, response))
    const page = new WelcomePage(server)
    return new Promise(resolve => {
      server.once('error', () => resolve(err(localFault('page-port-taken', {port}))))
      server.listen(port, HOST, () => resolve(ok(page)))
    })
  }

  get visits(): number {
    return this.#visits
  }

  close(): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise(done => this.#server.close(() => done()))
  }

  #answer({url, method}: IncomingMessage, response: ServerResponse): void {
    const found = url === '/' && (method === 'GET' || method === 'HEAD')
    if (found) this.#visits++
    const body = found ? html(this.#visits) : 'There is one page here, at /.\n'
    response.writeHead(found ? 200 : 404, {
      'Content-Type': found ? 'text/html; charset=utf-8' : 'text/plain',
      'Content-Length': Buffer.byteLength(body),
      'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'",
      'Referrer-Policy': 'no-referrer',
      'Cache-Control': 'no-store'
    })
    response.end(method === 'HEAD' ? undefined : body)
  }
}

function html(visits: number): string {
  const visitor = visits === 1 ? 'You are the first visitor.' : `You are visitor number ${visits}.`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>You have arrived</title>
<style>
body { max-width: 34rem; margin: 12vh auto; padding: 0 1.2rem; font: 1.05rem/1.6 system-ui, sans-serif }
h1 { font-size: 1.6rem } li { margin: .3rem 0 } p.small { opacity: .7; font-size: .9rem }
</style>
</head>
<body>
<h1>You have arrived.</h1>
<p>Nobody on the way knew both who asked for this page and who served it. This is what just happened:</p>
<ol>
<li>This service chose introduction points and built a circuit to each of them.</li>
<li>It published a signed, encrypted descriptor that names them, under a key that changes every period.</li>
<li>Your client found the relays that keep the descriptor from the address alone, and opened it.</li>
<li>It chose a rendezvous point and left a one-time secret there.</li>
<li>Through an introduction point it sent the service the secret and half of a key exchange.</li>
<li>The service came to the rendezvous point, and the two circuits became one, encrypted from end to end.</li>
</ol>
<p>${visitor}</p>
<p class="small">Served by ramson from a private network on this machine.</p>
</body>
</html>
`
}
