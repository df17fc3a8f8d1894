// DirPort: the directory over plain TCP, for what cannot come over a circuit yet, such as a relay's first upload.

import {createServer, type Server, type Socket} from 'node:net'
import {ipFromText} from '../bytes/ip-address.ts'
import type {RelayConfig} from '../config/relay-config.ts'
import {type Fault, localFault} from '../fault/fault.ts'
import {err, ok, type Result} from '../fault/result.ts'
import {asRoot} from './confinement/user.ts'
import type {RelayDirectory} from './relay-directory.ts'
import type {SocketSettings} from './socket-settings.ts'

export type DirPortFault = Fault<'cannot-listen', {readonly message: string}>

/** Connections at once: the directory has a bound of its own, for streams of all kinds. */
export const CONNECTIONS_MAX = 1024

export class DirPorts {
  readonly #directory: RelayDirectory | undefined
  readonly #servers: Server[] = []
  readonly #sockets = new Set<Socket>()
  readonly #constrain: (socket: Socket) => void
  #created = 0

  /** @param directory undefined: there is nothing to serve, and no port is opened */
  constructor(directory: RelayDirectory | undefined, {constrain}: Pick<SocketSettings, 'constrain'>) {
    this.#directory = directory
    this.#constrain = constrain
  }

  /** Opens every DirPort of the settings, or none. Those that were open before have to be closed. */
  async open({dirPorts}: Pick<RelayConfig, 'dirPorts'>): Promise<Result<void, DirPortFault>> {
    const directory = this.#directory
    if (directory === undefined) return ok(undefined)
    for (const {host, port, noListen} of dirPorts) {
      if (noListen) continue
      const server = createServer(socket => {
        this.#constrain(socket)
        this.#sockets.add(socket)
        this.#created++
        socket.once('close', () => this.#sockets.delete(socket))
        const address = ipFromText(socket.remoteAddress ?? '')
        directory.open(socket, {isAnonymous: false, address, isDirect: true})
      })
      server.maxConnections = CONNECTIONS_MAX
      this.#servers.push(server)
      const code = await asRoot(() => listen(server, host, port))
      if (code === undefined) continue
      await this.close()
      return err(localFault('cannot-listen', {message: `The DirPort ${port} could not be opened (${code}).`}))
    }
    return ok(undefined)
  }

  /** Connections now, and since the start. */
  get connections(): {readonly open: number; readonly created: number} {
    return {open: this.#sockets.size, created: this.#created}
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    const closed = (server: Server) => new Promise<void>(resolve => server.close(() => resolve()))
    const servers = this.#servers.splice(0)
    await Promise.all(servers.filter(server => server.listening).map(closed))
  }
}

/** Undefined once it listens, else the system's code for what is wrong. */
function listen(server: Server, host: string, port: number): Promise<string | undefined> {
  return new Promise(resolve => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'))
    server.listen({host, port}, () => resolve(undefined))
  })
}
