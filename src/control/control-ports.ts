// The listeners of the control port: TCP or Unix sockets, every one of them opened, or none. Owns the connections of
// controllers; how many there may be is bounded over all listeners together.

import {createServer, type Server, type Socket} from 'node:net'
import {type Fault, localFault} from '../fault/fault.ts'
import {err, ok, type Result} from '../fault/result.ts'
import type {Authentication} from './authentication.ts'
import {type ControlCounters, newControlCounters} from './counters.ts'
import type {ControlEvents} from './events.ts'
import {FailedTries} from './failed-tries.ts'
import type {ControlledNode} from './node.ts'
import {ControlSession, DEFAULT_SESSION_OPTIONS, type SessionOptions} from './session.ts'

/** Address and port (0: the system chooses), or the path of a Unix socket. */
export type ControlAddress = {readonly host: string; readonly port: number} | {readonly path: string}

export type ControlPortFault = Fault<'control-port-taken', {readonly message: string}>

export interface ControlPortsOptions extends SessionOptions {
  readonly connectionsMax: number
}

export const DEFAULT_CONTROL_PORTS_OPTIONS: ControlPortsOptions = {
  ...DEFAULT_SESSION_OPTIONS,
  connectionsMax: 64
}

export interface ControlPortsDeps {
  readonly node: ControlledNode
  readonly authentication: Authentication
  readonly events: ControlEvents
  /** A command could not be carried out: a bug of ours. */
  readonly failed: (error: unknown) => void
  readonly ownerGone: () => void
  /** Told of every connection. */
  readonly constrain?: ((socket: Socket) => void) | undefined
}

export class ControlPorts {
  readonly counters: ControlCounters = newControlCounters()
  /** Services that controllers left behind. */
  readonly detachedOnions = new Set<string>()
  readonly #deps: ControlPortsDeps
  readonly #options: ControlPortsOptions
  readonly #servers: Server[] = []
  readonly #sessions = new Set<ControlSession>()
  readonly #failedTries = new FailedTries()
  #isClosing = false

  private constructor(deps: ControlPortsDeps, options: ControlPortsOptions) {
    this.#deps = deps
    this.#options = options
  }

  static async listen(
    addresses: readonly ControlAddress[],
    deps: ControlPortsDeps,
    options: ControlPortsOptions = DEFAULT_CONTROL_PORTS_OPTIONS
  ): Promise<Result<ControlPorts, ControlPortFault>> {
    const ports = new ControlPorts(deps, options)
    for (const address of addresses) {
      const server = createServer(socket => ports.#connected(socket))
      const code = await listening(server, address)
      if (code === undefined) {
        ports.#servers.push(server)
        continue
      }
      await ports.close()
      const where = 'path' in address ? address.path : `${address.port}`
      return err(
        localFault('control-port-taken', {message: `The ControlPort ${where} could not be opened (${code}).`})
      )
    }
    return ok(ports)
  }

  /** Where each listens, in order; a path for a Unix socket. */
  get bound(): readonly (string | {readonly host: string; readonly port: number})[] {
    return this.#servers.flatMap(server => {
      const address = server.address()
      if (address === null) return []
      return typeof address === 'string' ? address : {host: address.address, port: address.port}
    })
  }

  /** Controllers that are connected. */
  get connections(): number {
    return this.#sessions.size
  }

  async close(): Promise<void> {
    this.#isClosing = true
    for (const session of [...this.#sessions]) session.close()
    await Promise.all(this.#servers.map(server => new Promise<void>(done => server.close(() => done()))))
  }

  #connected(socket: Socket): void {
    if (this.#sessions.size >= this.#options.connectionsMax || this.#isClosing) {
      this.counters.connectionsRefused++
      socket.destroy()
      return
    }
    this.counters.connectionsAccepted++
    socket.setNoDelay(true)
    const {ownerGone, constrain, ...deps} = this.#deps
    constrain?.(socket)
    const session = new ControlSession(
      socket,
      {
        ...deps,
        counters: this.counters,
        failedTries: this.#failedTries,
        detachedOnions: this.detachedOnions,
        ownerGone: () => {
          if (!this.#isClosing) ownerGone()
        }
      },
      this.#options
    )
    this.#sessions.add(session)
    socket.once('close', () => this.#sessions.delete(session))
  }
}

/** The code of what went wrong, or undefined. */
function listening(server: Server, address: ControlAddress): Promise<string | undefined> {
  return new Promise(resolve => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'))
    server.listen(address, () => {
      server.removeAllListeners('error')
      server.on('error', () => {})
      resolve(undefined)
    })
  })
}
