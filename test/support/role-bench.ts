// A relay's circuits and its roles for onion services above a data plane that only writes down what it is told. Circuits,
// streams, extending and roles are the real ones, so that a test can put a circuit into any state and a role through any
// number of messages; time, chance and padding timers are the test's.

import {newCircuitCounters} from '../../src/circuit/circuit-counters.ts'
import {CircuitFlow} from '../../src/circuit/circuit-flow.ts'
import {CircuitRegistry} from '../../src/circuit/circuit-registry.ts'
import {FixedWindow} from '../../src/circuit/congestion-control/fixed-window.ts'
import {Extender} from '../../src/circuit/extend.ts'
import {RelayCircuit, type RoleHandler} from '../../src/circuit/relay-circuit.ts'
import {readRelayMessage, relayMessageBody} from '../../src/circuit/relay-message.ts'
import type {TokenLimit} from '../../src/circuit/token-bucket.ts'
import {randomOctets} from '../../src/crypto/random.ts'
import {ChannelMap} from '../../src/dataplane/channel-map.ts'
import {
  type ChannelHandle,
  type ChannelInfo,
  type CircuitHandle,
  type ConnectHandle,
  type DataPlane,
  DRAINED_AT_CELLS,
  type SocketAddress
} from '../../src/dataplane/contract.ts'
import {newCounters} from '../../src/dataplane/counters.ts'
import {openCircuitPadding} from '../../src/roles/circuit-padding/circuit-padding.ts'
import {openIntroPoint} from '../../src/roles/intro-point/intro-point.ts'
import {openRendPoint} from '../../src/roles/rend-point/rend-point.ts'
import {RelayStreams} from '../../src/stream/relay-streams.ts'
import {newStreamCounters} from '../../src/stream/stream-counters.ts'
import {ChannelCommand} from '../../src/wire/channel-cell.ts'
import {DestroyReason} from '../../src/wire/destroy.ts'

export interface SentMessage {
  readonly command: number
  readonly streamId: number
  readonly data: Uint8Array
}

/** A padding timer that a test lets run out. */
interface BenchTimer {
  readonly delayUs: number
  readonly callback: () => void
}

const KH_LENGTH = 20
const TAG = new Uint8Array(20)

class WritingPlane implements DataPlane {
  readonly parts = []
  readonly outboxWaitsMs = []
  readonly counters = newCounters()
  readonly queuedOctets = 0
  readonly unverifiedLinks = 0
  readonly sent = new Map<CircuitHandle, SentMessage[]>()
  readonly splices: (readonly [CircuitHandle, CircuitHandle])[] = []
  /** Circuits whose queue towards the origin is full. */
  readonly full = new Set<CircuitHandle>()
  readonly queued = new Map<CircuitHandle, number>()
  readonly destroyed = new Map<string, number>()
  onFull: (circuit: CircuitHandle) => void = () => {}
  #connects = 0

  originate(circuit: CircuitHandle, body: Uint8Array): void {
    if (this.full.has(circuit)) {
      this.onFull(circuit)
      return
    }
    const message = readRelayMessage(body)
    if (!message.ok) throw new Error('a relay message that nobody could read was sent')
    const {command, streamId, data} = message.value
    const sent = this.sent.get(circuit)
    if (sent === undefined) this.sent.set(circuit, [{command, streamId, data}])
    else sent.push({command, streamId, data})
  }

  sendCell(channel: ChannelHandle, circId: number, command: number, body: Uint8Array): void {
    if (command === ChannelCommand.DESTROY) this.destroyed.set(`${channel} ${circId}`, body[0] ?? -1)
  }

  splice(a: CircuitHandle, b: CircuitHandle): void {
    this.splices.push([a, b])
  }

  queuedCells(circuit: CircuitHandle): number {
    return this.queued.get(circuit) ?? 0
  }

  awaitDrained(circuit: CircuitHandle): boolean {
    return this.queuedCells(circuit) > DRAINED_AT_CELLS
  }

  connect(): ConnectHandle {
    return ++this.#connects as ConnectHandle
  }

  listen(): Promise<SocketAddress> {
    return Promise.reject(new Error('nothing listens here'))
  }

  setLimits(): void {}
  setRates(): void {}
  setMeasures(): void {}
  unlisten(): void {}
  shedOldest(_octets: number, done: () => void): void {
    done()
  }
  closeChannel(): void {}
  openRelayCircuit(): void {}
  linkNext(): void {}
  unlinkNext(): void {}
  openOriginCircuit(): void {}
  sendOriginCell(): void {}
  closeCircuit(): void {}
  stopListening(): void {}
  async close(): Promise<void> {}
}

export class RoleBench {
  readonly plane = new WritingPlane()
  readonly registry: CircuitRegistry
  readonly circuitCounters = newCircuitCounters()
  readonly streamCounters = newStreamCounters()
  /** Lines that roles have logged. */
  readonly logged: string[] = []
  readonly timers: BenchTimer[] = []
  readonly introPoint
  readonly rendPoint
  readonly circuitPadding
  defaultLimit: TokenLimit | undefined
  refusesSingleHop = false
  paddingIsAllowed = true
  nowMs = 0
  readonly #roles: ReadonlyMap<number, RoleHandler>
  readonly #extender: Extender
  #lastChannel = 0
  #lastCircId = 0

  constructor() {
    const channels = new ChannelMap({
      listed: () => undefined,
      circuitCount: channel => this.registry.ends.count(channel),
      now: () => 0
    })
    channels.plane = this.plane
    this.registry = new CircuitRegistry(channels)
    this.plane.onFull = circuit => this.registry.violation(circuit, 'queue-full')
    const log = (severity: string, text: string) => this.logged.push(`${severity} ${text}`)
    this.introPoint = openIntroPoint({
      defaultLimit: () => this.defaultLimit,
      nowMs: () => this.nowMs,
      log
    })
    this.rendPoint = openRendPoint({refusesSingleHop: () => this.refusesSingleHop, log})
    this.circuitPadding = openCircuitPadding({
      after: (delayUs, callback) => {
        const timer = {delayUs, callback}
        this.timers.push(timer)
        return () => {
          const at = this.timers.indexOf(timer)
          if (at >= 0) this.timers.splice(at, 1)
        }
      },
      pick: (_least, most) => most,
      queuedCellsMax: () => 1000,
      isAllowed: () => this.paddingIsAllowed,
      log
    })
    this.#roles = new Map([...this.introPoint.roles, ...this.rendPoint.roles, ...this.circuitPadding.roles])
    this.#extender = new Extender({
      plane: this.plane,
      registry: this.registry,
      channels,
      counters: this.circuitCounters,
      rules: () => ({
        ownRsaIdentity: new Uint8Array(20).fill(1),
        ownEd25519Identity: new Uint8Array(32).fill(1),
        allowPrivateAddresses: true,
        canUseIpv6: false,
        listedEd25519: () => undefined,
        allowNonearlyExtend: false
      })
    })
  }

  /** A channel from a relay, or from a client that proved nothing. */
  openChannel(peer: 'relay' | 'client' = 'relay'): ChannelHandle {
    const channel = ++this.#lastChannel as ChannelHandle
    const info: ChannelInfo = {
      channel,
      direction: 'received',
      linkVersion: 5,
      peer:
        peer === 'client'
          ? {kind: 'client'}
          : {kind: 'relay', rsaIdentity: randomOctets(20), ed25519Identity: randomOctets(32)},
      address: {octets: Uint8Array.of(127, 0, 0, 1), port: 1},
      claimedAddresses: [],
      ownAddressSeen: Uint8Array.of(127, 0, 0, 1),
      isCanonicalToPeer: true,
      ownCircIdHalf: 'low',
      weAuthenticated: true,
      clockSkewSeconds: 0,
      openedAtMs: 0,
      connect: undefined
    }
    this.registry.channelOpened(info)
    return channel
  }

  /** A circuit that has just been created: it ends here. */
  openCircuit(channel = this.openChannel()): RelayCircuit {
    const prev = {channel, circId: ++this.#lastCircId}
    const flow = new CircuitFlow(new FixedWindow(), 'refused', () => 0)
    return new RelayCircuit(
      {prev, keyHash: randomOctets(KH_LENGTH), flow, createdBy: 'ntor'},
      {
        plane: this.plane,
        registry: this.registry,
        counters: this.circuitCounters,
        extender: this.#extender,
        streams: circuit =>
          new RelayStreams(circuit, {openDirectory: () => {}, counters: this.streamCounters}),
        roles: this.#roles
      }
    )
  }

  /** A relay message comes on the circuit and is recognized. */
  deliver(
    circuit: RelayCircuit,
    command: number,
    data: Uint8Array,
    options: {readonly streamId?: number; readonly early?: boolean} = {}
  ): void {
    const body = relayMessageBody(command, options.streamId ?? 0, data)
    this.registry.recognized(circuit.handle, options.early ?? false, body, TAG)
  }

  /** What went to the circuit's origin so far. */
  sent(circuit: RelayCircuit): readonly SentMessage[] {
    return this.plane.sent.get(circuit.handle) ?? []
  }

  /** Their commands. */
  commandsSent(circuit: RelayCircuit): readonly number[] {
    return this.sent(circuit).map(message => message.command)
  }

  /** The reason of the DESTROY that the circuit's origin got. */
  destroyReason(circuit: RelayCircuit): number | undefined {
    return this.plane.destroyed.get(`${circuit.prev.channel} ${circuit.prev.circId}`)
  }

  /** Closes the circuit and drops all that was written down of it and of the log, so that only the relay's memory grows. */
  forget(circuit: RelayCircuit): void {
    circuit.close(DestroyReason.FINISHED)
    this.plane.sent.delete(circuit.handle)
    this.plane.destroyed.delete(`${circuit.prev.channel} ${circuit.prev.circId}`)
    this.logged.length = 0
  }

  /** The padding timer set first runs out. */
  runTimer(): void {
    this.timers.shift()?.callback()
  }
}
