// DirPort: the directory over plain TCP, for what cannot come over a circuit yet, such as a relay's first upload.

import {createServer, type Server, type Socket} from 'node:net'
import {ipFromText} from '../bytes/ip-address.ts'
import type {RelayConfig} from '../config/relay-config.ts'
import {type Fault, localFault} from '../fault/fault.ts'
import {err, ok, type Result} from '../fault/result.ts'
import type {RelayDirectory} from './relay-directory.ts'

export type DirPortFault = Fault<'cannot-listen', {readonly message: string}>

/** Connections at once: the directory has a bound of its own, for streams of all kinds. */
const CONNECTIONS_MAX = 1024

export class DirPorts {
  readonly #servers: readonly Server[]
  readonly #sockets: ReadonlySet<Socket>
  #created = 0

  private constructor(servers: readonly Server[], sockets: ReadonlySet<Socket>) {
    this.#servers = servers
    this.#sockets = sockets
  }

  /** Opens every DirPort of the settings, or none. */
  static async listen(
    {dirPorts}: RelayConfig,
    directory: RelayDirectory | undefined
  ): Promise<Result<DirPorts, DirPortFault>> {
    const servers: Server[] = []
    const sockets = new Set<Socket>()
    const listening = new DirPorts(servers, sockets)
    if (directory === undefined) return ok(listening)
    for (const {host, port, noListen} of dirPorts) {
      if (noListen) continue
      const server = createServer(socket => {
        sockets.add(socket)
        listening.#created++
        socket.once('close', () => sockets.delete(socket))
        directory.open(socket, {isAnonymous: false, address: ipFromText(socket.remoteAddress ?? '')})
      })
      server.maxConnections = CONNECTIONS_MAX
      servers.push(server)
      const code = await listen(server, host, port)
      if (code === undefined) continue
      await listening.close()
      return err(localFault('cannot-listen', {message: `The DirPort ${port} could not be opened (${code}).`}))
    }
    return ok(listening)
  }

  /** Connections now, and since the start. */
  get connections(): {readonly open: number; readonly created: number} {
    return {open: this.#sockets.size, created: this.#created}
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    const closed = (server: Server) => new Promise<void>(resolve => server.close(() => resolve()))
    await Promise.all(this.#servers.filter(server => server.listening).map(closed))
  }
}

/** Undefined once it listens, else the system's code for what is wrong. */
function listen(server: Server, host: string, port: number): Promise<string | undefined> {
  return new Promise(resolve => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'))
    server.listen({host, port}, () => resolve(undefined))
  })
}
