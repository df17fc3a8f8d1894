// The SocksPorts of a node: every one of them opened, or none. They close while the network is disabled, and open again at the
// same places.

import type {Duplex} from 'node:stream'
import type {RelayConfig} from '../config/relay-config.ts'
import {localFault} from '../fault/fault.ts'
import {err, ok, type Result} from '../fault/result.ts'
import type {AddressMap} from '../roles/client/address-map.ts'
import type {OnionClientFault} from '../roles/client/fault.ts'
import type {OnionTarget} from '../roles/client/onion-client.ts'
import {DEFAULT_SOCKS_SERVER_OPTIONS, SocksServer} from '../roles/client/socks/socks-server.ts'
import {asRoot} from './confinement/user.ts'
import type {StartFault} from './relay-node.ts'
import type {SocketSettings} from './socket-settings.ts'

export type ConnectToOnion = (target: OnionTarget) => Promise<Result<Duplex, OnionClientFault>>

export class SocksPorts {
  /** Where each listens; changes in place. */
  readonly ports: number[] = []
  readonly #wanted: RelayConfig['socksPorts']
  readonly #connect: ConnectToOnion
  readonly #constrain: SocketSettings['constrain']
  readonly #addresses: Pick<AddressMap, 'rewrite'>
  /** By their number, where those listened that were open before. */
  readonly #known = new Map<number, number>()
  #servers: readonly SocksServer[] = []

  private constructor(
    wanted: RelayConfig['socksPorts'],
    connect: ConnectToOnion,
    {constrain}: Pick<SocketSettings, 'constrain'>,
    addresses: Pick<AddressMap, 'rewrite'>
  ) {
    this.#wanted = wanted
    this.#connect = connect
    this.#constrain = constrain
    this.#addresses = addresses
  }

  /** With DisableNetwork they are closed at first. */
  static async open(
    {socksPorts, disableNetwork}: RelayConfig,
    connect: ConnectToOnion,
    sockets: Pick<SocketSettings, 'constrain'>,
    addresses: Pick<AddressMap, 'rewrite'>
  ): Promise<Result<SocksPorts, StartFault>> {
    const ports = new SocksPorts(socksPorts, connect, sockets, addresses)
    const opened = disableNetwork ? ok(undefined) : await ports.listen()
    return opened.ok ? ok(ports) : opened
  }

  /** Opens all of them where none is open. */
  async listen(): Promise<Result<undefined, StartFault>> {
    if (this.#servers.length > 0) return ok(undefined)
    const servers: SocksServer[] = []
    const ports: number[] = []
    for (const [number, port] of this.#wanted.entries()) {
      const server = new SocksServer(
        {
          connect: this.#connect,
          constrain: this.#constrain,
          rewrite: address => this.#addresses.rewrite(address)
        },
        {
          ...DEFAULT_SOCKS_SERVER_OPTIONS,
          errors: port.flags.includes('ExtendedErrors') ? 'extended' : 'plain',
          isolation: `port ${number}`
        }
      )
      try {
        if ('path' in port) throw new Error('unix sockets are not supported')
        const {host} = port
        const bound = await asRoot(() => server.listen(host, this.#known.get(number) ?? port.port))
        this.#known.set(number, bound)
        ports.push(bound)
        servers.push(server)
      } catch {
        for (const opened of servers) await opened.close()
        const message = 'A SocksPort could not be opened: it is taken, or no TCP port.'
        return err(localFault('cannot-listen', {message}))
      }
    }
    this.#servers = servers
    this.ports.push(...ports)
    return ok(undefined)
  }

  /** Connections of all ports, now and at most. */
  get connections(): {readonly open: number; readonly most: number} {
    return {
      open: this.#servers.reduce((sum, {size}) => sum + size, 0),
      most: this.#servers.length * DEFAULT_SOCKS_SERVER_OPTIONS.connectionsMax
    }
  }

  async close(): Promise<void> {
    const servers = this.#servers
    this.#servers = []
    this.ports.length = 0
    for (const server of servers) await server.close()
  }
}
