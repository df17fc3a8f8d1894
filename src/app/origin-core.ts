// What a client needs of a relay's core: links that it opens and circuits that it builds on them. It listens nowhere, has no
// identity, and is no hop of anybody's circuit: a CREATE that a relay sends it is not answered.

import {CircuitRegistry} from '../circuit/circuit-registry.ts'
import {type BuildFault, openCircuit, type PathHop} from '../circuit/open-circuit.ts'
import type {OriginCircuit} from '../circuit/origin-circuit.ts'
import {type OwnCircuitPurpose, OwnCircuits} from '../circuit/own-circuits.ts'
import {ChannelMap, type ChannelMapDeps} from '../dataplane/channel-map.ts'
import type {ChannelHandle, DataPlane} from '../dataplane/contract.ts'
import type {LinkEndpoint} from '../dataplane/link-endpoint.ts'
import {PlainPlane, type PlainPlaneOptions} from '../dataplane/plain/plain-plane.ts'
import type {SocketOctets} from '../dataplane/socket-buffers.ts'
import {localFault} from '../fault/fault.ts'
import {err, ok, type Result} from '../fault/result.ts'
import {type OwnCircuit, StreamsOfOrigin} from '../stream/origin-streams.ts'

export interface OriginCoreDeps {
  readonly endpoint: LinkEndpoint
  readonly listed: ChannelMapDeps['listed']
  /** While true, no circuit is built and no link stays; never when left out. */
  readonly isDormant?: (() => boolean) | undefined
  readonly socketOctets?: SocketOctets | undefined
}

const nowUs = () => Math.round(performance.now() * 1000)

export class OriginCore {
  readonly plane: DataPlane
  readonly channels: ChannelMap
  readonly registry: CircuitRegistry
  readonly own = new OwnCircuits()
  readonly #isDormant: () => boolean

  constructor(
    options: PlainPlaneOptions,
    {endpoint, listed, isDormant = () => false, socketOctets}: OriginCoreDeps
  ) {
    this.#isDormant = isDormant
    const circuitCount = (channel: ChannelHandle) => this.registry.ends.count(channel)
    this.channels = new ChannelMap({listed, circuitCount, now: Date.now})
    this.registry = new CircuitRegistry(this.channels)
    this.plane = new PlainPlane(options, {events: this.registry, endpoint, socketOctets})
    this.channels.plane = this.plane
    this.channels.onOpened(({info}) => {
      // Of one whose handshake was under way when all others were closed.
      if (isDormant()) this.plane.closeChannel(info.channel)
    })
  }

  /** Builds a circuit along a path. */
  async build(
    path: readonly PathHop[],
    timeoutMs: number,
    purpose: OwnCircuitPurpose = 'GENERAL'
  ): Promise<Result<OwnCircuit, BuildFault>> {
    if (this.#isDormant()) return err(localFault('first-hop-unreachable'))
    let streams: StreamsOfOrigin | undefined
    const deps = {
      plane: this.plane,
      registry: this.registry,
      streams: (circuit: OriginCircuit) => {
        streams = new StreamsOfOrigin(circuit)
        return streams
      },
      nowUs
    }
    const built = await this.own.watch(path, purpose, watch =>
      openCircuit(path, timeoutMs, this.channels, deps, watch)
    )
    if (!built.ok) return built
    return streams === undefined ? err(localFault('circuit-closed')) : ok({circuit: built.value, streams})
  }

  close(): Promise<void> {
    return this.plane.close()
  }
}
