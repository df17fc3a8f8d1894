// The ORPorts of a relay: opened at the start, closed while it hibernates, and changed at a reload. A port that the system
// chose stays the same as long as its line does.

import {endpointToText} from '../bytes/ip-address.ts'
import type {AddressFamily} from '../config/address.ts'
import type {OrPort} from '../config/port-lines.ts'
import type {RelayConfig} from '../config/relay-config.ts'
import type {DataPlane, SocketAddress} from '../dataplane/contract.ts'
import {type Fault, localFault} from '../fault/fault.ts'
import {err, ok, type Result} from '../fault/result.ts'
import type {Logger} from '../log/logger.ts'
import {asRoot} from './confinement/user.ts'

export type OrPortFault = Fault<'cannot-listen', {readonly message: string}> | Fault<'no-orport', never>

type Listening = Pick<DataPlane, 'listen' | 'unlisten'>

export class OrPorts {
  /** Where links are taken; changes in place. */
  readonly addresses: SocketAddress[] = []
  readonly #plane: Listening
  readonly #logger: Logger
  readonly #open = new Map<string, SocketAddress>()
  /** Of ports that were open before, by their line: where. */
  readonly #known = new Map<string, SocketAddress>()

  constructor(plane: Listening, logger: Logger) {
    this.#plane = plane
    this.#logger = logger
  }

  /** Opens every ORPort that is not open yet; the first that cannot be opened is the fault. */
  async open({orPorts}: Pick<RelayConfig, 'orPorts'>): Promise<Result<void, OrPortFault>> {
    for (const port of orPorts) {
      if (port.noListen || this.#open.has(keyOf(port))) continue
      const code = await this.#listen(port)
      // A host without IPv6 has no use for the port that was not asked for there.
      if (code === undefined || (port.implicit && port.family === 'ipv6')) continue
      return err(
        localFault('cannot-listen', {message: `The ORPort ${port.port} could not be opened (${code}).`})
      )
    }
    return this.#open.size === 0 ? err(localFault('no-orport')) : ok(undefined)
  }

  /** Closes what the settings no longer have and opens what is new; what cannot be opened is told in the log. */
  async configure(config: Pick<RelayConfig, 'orPorts'>): Promise<void> {
    const wanted = new Set(config.orPorts.filter(port => !port.noListen).map(keyOf))
    for (const key of [...this.#open.keys()]) if (!wanted.has(key)) this.#close(key)
    const opened = await this.open(config)
    if (!opened.ok) this.#logger.warn(opened.fault.data?.message ?? 'There is no ORPort any more.')
  }

  /** Takes no links any more; `open` takes them again at the same places. */
  close(): void {
    for (const key of [...this.#open.keys()]) this.#close(key)
  }

  /** The port to publish: that of the line, or, where the system chose, the one it is bound to. */
  advertised({orPorts}: Pick<RelayConfig, 'orPorts'>, family: AddressFamily): number | undefined {
    const port = orPorts.find(each => !each.noAdvertise && each.family === family)
    if (port === undefined) return undefined
    const isKnown = port.noListen || this.#known.has(keyOf(port))
    if (!isKnown) return undefined
    return port.port !== 0 ? port.port : this.#known.get(keyOf(port))?.port
  }

  /** Undefined once it listens, else the system's code for what is wrong. */
  async #listen(port: OrPort): Promise<string | undefined> {
    const key = keyOf(port)
    const before = this.#known.get(key)?.port
    try {
      const place = {host: port.host, port: before ?? port.port}
      const address = await asRoot(() => this.#plane.listen(place))
      this.#open.set(key, address)
      this.#known.set(key, address)
      this.addresses.push(address)
      this.#logger.notice(`Opened OR listener on ${endpointToText(address.octets, address.port)}`)
      return undefined
    } catch (error) {
      return error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    }
  }

  #close(key: string): void {
    const address = this.#open.get(key)
    if (address === undefined) return
    this.#open.delete(key)
    this.addresses.splice(this.addresses.indexOf(address), 1)
    this.#plane.unlisten(address)
    this.#logger.notice(`Closed OR listener on ${endpointToText(address.octets, address.port)}`)
  }
}

function keyOf({host, port}: OrPort): string {
  return `${host} ${port}`
}
