// What is so of a node at this moment, for GETINFO.

import {userInfo} from 'node:os'
import {toBase16Upper} from '../../bytes/base16.ts'
import type {Bootstrap, ListenerKind, NodeFacts, RelayFacts} from '../../control/node.ts'
import {longName} from '../../control/relay-names.ts'
import type {OpenChannel} from '../../dataplane/channel-map.ts'
import {descriptors} from '../monitor/process-readings.ts'
import type {BandwidthCache} from './bandwidth-cache.ts'
import type {Controllable} from './controllable.ts'

export interface FactsDeps {
  readonly node: Controllable
  readonly bandwidth: BandwidthCache
  readonly maxMemInQueues: () => number
  readonly isNetworkKnown: () => boolean
  /** Where the control port itself listens. */
  readonly controlListeners: () => readonly string[]
}

export class FactsOfNode implements NodeFacts {
  readonly #deps: FactsDeps

  constructor(deps: FactsDeps) {
    this.#deps = deps
  }

  get startedAtMs(): number {
    return this.#deps.node.startedAtMs
  }

  get relay(): RelayFacts | undefined {
    return this.#deps.node.relay
  }

  bytesRead(): number {
    return this.#deps.node.core.plane.counters.bytesRead
  }

  bytesWritten(): number {
    return this.#deps.node.core.plane.counters.bytesWritten
  }

  address(family: 'ipv4' | 'ipv6'): string | undefined {
    return this.#deps.node.address(family)
  }

  bootstrap(): Bootstrap {
    const {node} = this.#deps
    const netDir = node.netDir()
    if (netDir === undefined && node.isNetworkDisabled()) {
      return {progress: 0, tag: 'starting', summary: 'Starting'}
    }
    if (netDir === undefined) {
      return node.core.channels.size === 0
        ? {progress: 5, tag: 'conn', summary: 'Connecting to a relay'}
        : {progress: 25, tag: 'requesting_status', summary: 'Asking for networkstatus consensus'}
    }
    if (!this.#deps.isNetworkKnown()) {
      return {progress: 50, tag: 'loading_descriptors', summary: 'Loading relay descriptors'}
    }
    return this.hasBuiltCircuit()
      ? {progress: 100, tag: 'done', summary: 'Done'}
      : {progress: 75, tag: 'enough_dirinfo', summary: 'Loaded enough directory info to build circuits'}
  }

  hasBuiltCircuit(): boolean {
    const {node} = this.#deps
    return !node.isNetworkDisabled() && node.core.own.built > 0 && this.#deps.isNetworkKnown()
  }

  isDormant(): boolean {
    return false
  }

  maxMemInQueues(): number {
    return this.#deps.maxMemInQueues()
  }

  descriptorLimit(): number {
    return descriptors().most
  }

  user(): string {
    return userInfo().username
  }

  bandwidthCache(): readonly (readonly [number, number])[] {
    return this.#deps.bandwidth.list()
  }

  accounting(what: string): string | undefined {
    return this.#deps.node.accounting(what)
  }

  listeners(kind: ListenerKind): readonly string[] {
    return kind === 'control' ? this.#deps.controlListeners() : this.#deps.node.listeners(kind)
  }

  entryGuards(): readonly string[] {
    return this.#deps.node.side.guards.list.map(({fingerprint, nickname, state, isListed}) => {
      const status = !isListed
        ? 'unlisted'
        : state === 'unreachable'
          ? 'down'
          : state === 'reachable'
            ? 'up'
            : 'never-connected'
      return `$${fingerprint}~${nickname} ${status}`
    })
  }

  /** Links to relays alone: who connects to us as a client is nobody's business. */
  links(): readonly string[] {
    const netDir = this.#deps.node.netDir()
    return [...this.#deps.node.core.channels.values()].flatMap(channel => {
      const name = linkName(channel, netDir)
      return name === undefined ? [] : [`${name} CONNECTED`]
    })
  }
}

/** `$FINGERPRINT~nickname` of a relay; undefined for a client. */
export function linkName(
  {peer}: OpenChannel,
  netDir: ReturnType<Controllable['netDir']>
): string | undefined {
  return peer.kind === 'relay' ? longName(toBase16Upper(peer.rsaIdentity), netDir) : undefined
}
