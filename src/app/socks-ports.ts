// The SocksPorts of a node: every one of them opened, or none.

import type {Duplex} from 'node:stream'
import type {RelayConfig} from '../config/relay-config.ts'
import {localFault} from '../fault/fault.ts'
import {err, ok, type Result} from '../fault/result.ts'
import type {OnionClientFault} from '../roles/client/fault.ts'
import type {OnionTarget} from '../roles/client/onion-client.ts'
import {DEFAULT_SOCKS_SERVER_OPTIONS, SocksServer} from '../roles/client/socks/socks-server.ts'
import type {StartFault} from './relay-node.ts'

export type ConnectToOnion = (target: OnionTarget) => Promise<Result<Duplex, OnionClientFault>>

export class SocksPorts {
  /** Where each listens. */
  readonly ports: readonly number[]
  readonly #servers: readonly SocksServer[]

  private constructor(servers: readonly SocksServer[], ports: readonly number[]) {
    this.#servers = servers
    this.ports = ports
  }

  static async open(
    {socksPorts}: RelayConfig,
    connect: ConnectToOnion
  ): Promise<Result<SocksPorts, StartFault>> {
    const servers: SocksServer[] = []
    const ports: number[] = []
    for (const [number, port] of socksPorts.entries()) {
      const server = new SocksServer(
        {connect},
        {
          ...DEFAULT_SOCKS_SERVER_OPTIONS,
          errors: port.flags.includes('ExtendedErrors') ? 'extended' : 'plain',
          isolation: `port ${number}`
        }
      )
      try {
        if ('path' in port) throw new Error('unix sockets are not supported')
        ports.push(await server.listen(port.host, port.port))
        servers.push(server)
      } catch {
        for (const opened of servers) await opened.close()
        const message = 'A SocksPort could not be opened: it is taken, or no TCP port.'
        return err(localFault('cannot-listen', {message}))
      }
    }
    return ok(new SocksPorts(servers, ports))
  }

  /** Connections of all ports, now and at most. */
  get connections(): {readonly open: number; readonly most: number} {
    return {
      open: this.#servers.reduce((sum, {size}) => sum + size, 0),
      most: this.#servers.length * DEFAULT_SOCKS_SERVER_OPTIONS.connectionsMax
    }
  }

  async close(): Promise<void> {
    for (const server of this.#servers) await server.close()
  }
}
