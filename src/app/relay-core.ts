// A relay's core put together: data plane, circuits, streams. What it needs of the rest of the relay (onion skins, the
// directory, what the consensus says) is handed in, so that the core also runs where there is no network to join.

import type {Duplex} from 'node:stream'
import type {ConsensusRelay} from '../channel/canonical.ts'
import {type CircuitCounters, newCircuitCounters} from '../circuit/circuit-counters.ts'
import {CircuitRegistry} from '../circuit/circuit-registry.ts'
import {Creates, type CreatesDeps, type OnionSkins} from '../circuit/create.ts'
import {Extender} from '../circuit/extend.ts'
import {type BuildFault, openCircuit, type PathHop} from '../circuit/open-circuit.ts'
import type {OriginCircuit} from '../circuit/origin-circuit.ts'
import {type OwnCircuitPurpose, OwnCircuits} from '../circuit/own-circuits.ts'
import type {RoleHandler} from '../circuit/relay-circuit.ts'
import {ChannelMap} from '../dataplane/channel-map.ts'
import type {ChannelHandle, DataPlane} from '../dataplane/contract.ts'
import type {LinkEndpoint} from '../dataplane/link-endpoint.ts'
import type {LinkGate} from '../dataplane/link-gate.ts'
import type {DataPlaneOptions} from '../dataplane/plane-options.ts'
import type {SocketOctets} from '../dataplane/socket-buffers.ts'
import {localFault} from '../fault/fault.ts'
import {err, type Result} from '../fault/result.ts'
import type {Relay} from '../netdir/relay.ts'
import {type OwnCircuit, StreamsOfOrigin} from '../stream/origin-streams.ts'
import {type DirectoryPeer, RelayStreams, type RelayStreamsDeps} from '../stream/relay-streams.ts'
import {newStreamCounters, type StreamCounters} from '../stream/stream-counters.ts'
import {UnreadStreams} from '../stream/unread-streams.ts'
import {RelayCommand} from '../wire/relay-cell.ts'
import {choosePlane, openDataPlane} from './data-plane.ts'

/** What the core asks of the consensus; answers change with every new one. */
export interface NetworkView {
  readonly listed: (rsaIdentity: Uint8Array) => ConsensusRelay | undefined
  readonly allowNonearlyExtend: () => boolean
  readonly acceptsSendmeV0: () => boolean
}

export interface RelayCoreOptions {
  readonly ownRsaIdentity: Uint8Array
  readonly ownEd25519Identity: Uint8Array
  readonly allowPrivateAddresses: boolean
  readonly canUseIpv6: boolean
  readonly plane: DataPlaneOptions
  /** How many shards the data plane would have; none when left out. See data-plane.ts. */
  readonly shards?: number
}

export interface RelayCoreDeps {
  readonly endpoint: LinkEndpoint
  readonly onionSkins: OnionSkins
  readonly network: NetworkView
  readonly congestionControl: CreatesDeps['congestionControl']
  readonly openDirectory: ((stream: Duplex, peer: DirectoryPeer) => void) | undefined
  readonly roles: ReadonlyMap<number, RoleHandler>
  readonly admits: (channel: ChannelHandle) => boolean
  /** Who may open links to us; everybody when left out. */
  readonly gate?: LinkGate | undefined
  readonly outboundQueueFull?: ((channel: ChannelHandle) => void) | undefined
  readonly isHibernating: () => boolean
  /** While true, no circuit of our own is built; never when left out. */
  readonly isDormant?: (() => boolean) | undefined
  /** OutboundBindAddress; see ChannelMapDeps. */
  readonly connectsFrom?: ((octets: Uint8Array) => string | undefined) | undefined
  readonly socketOctets?: SocketOctets | undefined
  /** How many streams a circuit may begin; see RelayStreamsDeps. */
  readonly limitStreams?: RelayStreamsDeps['limitStreams']
  readonly shardDied?: ((error: unknown) => void) | undefined
}

const nowUs = () => Math.round(performance.now() * 1000)

export class RelayCore {
  readonly plane: DataPlane
  readonly channels: ChannelMap
  readonly registry: CircuitRegistry
  readonly circuitCounters: CircuitCounters = newCircuitCounters()
  readonly streamCounters: StreamCounters = newStreamCounters()
  /** What peers sent on streams and nobody here has read yet. */
  readonly unread = new UnreadStreams()
  readonly own = new OwnCircuits()
  readonly #isDormant: () => boolean
  readonly #streamsOf = new WeakMap<OriginCircuit, StreamsOfOrigin>()

  constructor(options: RelayCoreOptions, deps: RelayCoreDeps) {
    this.#isDormant = deps.isDormant ?? (() => false)
    const circuitCount = (channel: ChannelHandle) => this.registry.ends.count(channel)
    this.channels = new ChannelMap({
      listed: deps.network.listed,
      circuitCount,
      now: Date.now,
      connectsFrom: deps.connectsFrom
    })
    this.registry = new CircuitRegistry(this.channels)
    const {endpoint, gate, socketOctets, shardDied} = deps
    const planeDeps = {events: this.registry, endpoint, gate, socketOctets, shardDied}
    this.plane = openDataPlane(choosePlane(options.shards ?? 0), options.plane, planeDeps)
    this.channels.plane = this.plane
    const shared = {
      plane: this.plane,
      registry: this.registry,
      channels: this.channels,
      counters: this.circuitCounters
    }
    const extender = new Extender({...shared, rules: () => extendRules(options, deps.network)})
    const {openDirectory, limitStreams} = deps
    const streamDeps = {openDirectory, limitStreams, counters: this.streamCounters, unread: this.unread}
    this.registry.creates = new Creates({
      ...shared,
      extender,
      streams: circuit => new RelayStreams(circuit, streamDeps),
      roles: deps.roles,
      onionSkins: deps.onionSkins,
      congestionControl: deps.congestionControl,
      admits: deps.admits,
      outboundQueueFull: deps.outboundQueueFull,
      acceptsSendmeV0: deps.network.acceptsSendmeV0,
      isHibernating: deps.isHibernating,
      nowUs
    })
  }

  /** Builds a circuit of our own along a path. */
  async build(
    path: readonly PathHop[],
    timeoutMs: number,
    purpose: OwnCircuitPurpose = 'GENERAL'
  ): Promise<Result<OwnCircuit, BuildFault>> {
    if (this.#isDormant()) return err(localFault('first-hop-unreachable'))
    const streams = (circuit: OriginCircuit) => {
      const made = new StreamsOfOrigin(circuit)
      this.#streamsOf.set(circuit, made)
      return made
    }
    const deps = {plane: this.plane, registry: this.registry, streams, nowUs}
    const built = await this.own.watch(path, purpose, watch =>
      openCircuit(path, timeoutMs, this.channels, deps, watch)
    )
    if (!built.ok) return built
    const circuit = built.value
    return {ok: true, value: {circuit, streams: this.#streamsOf.get(circuit) ?? new StreamsOfOrigin(circuit)}}
  }
}

function extendRules(options: RelayCoreOptions, network: NetworkView) {
  const {ownRsaIdentity, ownEd25519Identity, allowPrivateAddresses, canUseIpv6} = options
  return {
    ownRsaIdentity,
    ownEd25519Identity,
    allowPrivateAddresses,
    canUseIpv6,
    listedEd25519: (rsaIdentity: Uint8Array) => network.listed(rsaIdentity)?.ed25519Identity,
    allowNonearlyExtend: network.allowNonearlyExtend()
  }
}

const DIR_CIRCUIT_TIMEOUT_MS = 30_000

/** A BEGIN_DIR stream to a relay one hop away. */
export async function openDirStream(
  core: RelayCore,
  hop: PathHop
): Promise<{stream: Duplex; release: () => void} | undefined> {
  const built = await core.build([hop], DIR_CIRCUIT_TIMEOUT_MS)
  if (!built.ok) return undefined
  const {circuit, streams} = built.value
  const opened = await streams.open(0, RelayCommand.BEGIN_DIR, new Uint8Array(0))
  if (!opened.ok) {
    circuit.close()
    return undefined
  }
  return {stream: opened.value, release: () => circuit.close()}
}

/** A relay of the consensus as a hop. */
export function pathHop({status, ed25519, keys}: Relay): PathHop {
  const {ipv4, ipv6} = status
  const addresses = [ipv4, ...(ipv6 === undefined ? [] : [ipv6])]
  return {
    rsaIdentity: status.identity,
    ed25519Identity: ed25519,
    addresses: addresses.map(({address, port}) => ({octets: address, port})),
    ntorOnionKey: keys?.ntorOnionKey
  }
}
