// A circuit that we built. The control plane does its cryptography: cells leave wrapped in every hop's layer and come back
// to be unwrapped here.
//
//   open ─▶ CREATE ─ CREATED ─▶ EXTEND2 ─ EXTENDED2 ─▶ … ─▶ built
//   built ─(rendezvous)─▶ addHsHop: the other end of the rendezvous is the last hop
//   message from a hop ─▶ SENDME: flow control   stream messages: streams   TRUNCATED: closed   others: onMessage
//
// Owns its end on the first channel, its hops' keys and its streams.

import {decode, encode} from '../codec/codec.ts'
import type {OpenChannel} from '../dataplane/channel-map.ts'
import type {CircuitHandle, CircuitViolation, DataPlane} from '../dataplane/contract.ts'
import {type Fault, localFault, peerFault} from '../fault/fault.ts'
import {err, ok, type Result} from '../fault/result.ts'
import {ChannelCommand} from '../wire/channel-cell.ts'
import {create2, created2, createdFast} from '../wire/create.ts'
import {DestroyReason, destroy} from '../wire/destroy.ts'
import {extend2} from '../wire/extend2.ts'
import {extended2} from '../wire/extended2.ts'
import type {LinkSpecifier} from '../wire/link-specifier.ts'
import {type RelayCellV0, RelayCommand} from '../wire/relay-cell.ts'
import {sendme} from '../wire/sendme.ts'
import {hasToWait, queueOf} from './channel-queue.ts'
import {CircuitFlow} from './circuit-flow.ts'
import type {CircuitEndOwner, CircuitRegistry, LocalCircuit} from './circuit-registry.ts'
import type {CongestionControl} from './congestion-control/congestion-control.ts'
import {FixedWindow} from './congestion-control/fixed-window.ts'
import type {LocalQueue} from './congestion-control/vegas-window.ts'
import type {OriginHandshake} from './origin-handshake.ts'
import {
  closeHop,
  decryptFromHops,
  encryptForHop,
  type HsEnd,
  type OriginHop,
  openHsHop,
  openRelayHop
} from './origin-hop.ts'
import {readRelayMessage, relayMessageBody} from './relay-message.ts'
import {VIOLATION_REASON} from './violation.ts'

export type OriginCircuitFault = Fault<
  | 'no-circ-id'
  | 'circuit-destroyed'
  | 'circuit-truncated'
  | 'channel-closed'
  | 'handshake-failed'
  | 'protocol-violation'
  | 'out-of-room'
  | 'circuit-closed',
  {readonly reason: number} | never
>

/** What the streams of the circuit are told; made by the stream layer. */
export interface OriginStreams {
  message(hop: number, message: RelayCellV0): void
  ready(): void
  closed(): void
}

/** Totals since the circuit was opened. */
export interface CircuitTraffic {
  cellsSent: number
  cellsReceived: number
  octetsSent: number
  octetsReceived: number
}

export interface OriginCircuitDeps {
  readonly plane: DataPlane
  readonly registry: CircuitRegistry
  readonly streams: (circuit: OriginCircuit) => OriginStreams
  readonly nowUs: () => number
}

/** tor-spec 5.6: EXTEND2 travels in RELAY_EARLY. */
const EARLY = {early: true} as const

const STREAM_COMMANDS: ReadonlySet<number> = new Set([
  RelayCommand.BEGIN,
  RelayCommand.BEGIN_DIR,
  RelayCommand.CONNECTED,
  RelayCommand.DATA,
  RelayCommand.END,
  RelayCommand.RESOLVED,
  RelayCommand.XOFF,
  RelayCommand.XON
])

const PADDING_COMMANDS: ReadonlySet<number> = new Set([RelayCommand.DROP, RelayCommand.PADDING_NEGOTIATED])

interface Awaited {
  readonly handshake: OriginHandshake
  readonly control: CongestionControl
  readonly done: (result: Result<void, OriginCircuitFault>) => void
}

export class OriginCircuit implements LocalCircuit, CircuitEndOwner {
  readonly handle: CircuitHandle
  readonly channel: OpenChannel
  readonly #circId: number
  readonly #deps: OriginCircuitDeps
  readonly #streams: OriginStreams
  readonly #hops: OriginHop[] = []
  /** Cells, and octets of messages in them, that went and came on this circuit. */
  readonly traffic: CircuitTraffic = {cellsSent: 0, cellsReceived: 0, octetsSent: 0, octetsReceived: 0}
  readonly #onClose: ((fault: OriginCircuitFault) => void)[] = []
  #onMessage: ((hop: number, message: RelayCellV0) => void) | undefined
  #onPadding: ((hop: number, message: RelayCellV0) => void) | undefined
  #awaited: Awaited | undefined
  #closed = false

  private constructor(channel: OpenChannel, circId: number, deps: OriginCircuitDeps) {
    this.channel = channel
    this.#circId = circId
    this.#deps = deps
    this.#streams = deps.streams(this)
    this.handle = deps.registry.add(this)
    deps.registry.ends.set(channel.info.channel, circId, this)
    deps.plane.openOriginCircuit(this.handle, channel.info.channel, circId)
  }

  /** Begins a circuit on a channel; it has no hop until `create` is done. */
  static open(channel: OpenChannel, deps: OriginCircuitDeps): Result<OriginCircuit, OriginCircuitFault> {
    const circId = deps.registry.allocateCircId(channel.info.channel)
    return circId === undefined ? err(localFault('no-circ-id')) : ok(new OriginCircuit(channel, circId, deps))
  }

  get isClosed(): boolean {
    return this.#closed
  }

  get length(): number {
    return this.#hops.length
  }

  /** The handshake with the channel's peer. */
  create(handshake: OriginHandshake): Promise<Result<void, OriginCircuitFault>> {
    return this.#await(handshake, () => {
      const {handshakeType, onionSkin} = handshake
      const channel = this.channel.info.channel
      if (handshakeType === undefined) {
        this.#deps.plane.sendCell(channel, this.#circId, ChannelCommand.CREATE_FAST, onionSkin)
      } else {
        const body = encode(create2, {handshakeType, onionSkin})
        this.#deps.plane.sendCell(channel, this.#circId, ChannelCommand.CREATE2, body)
      }
    })
  }

  /** Adds a hop behind the last one. */
  extend(
    linkSpecifiers: readonly LinkSpecifier[],
    handshake: OriginHandshake
  ): Promise<Result<void, OriginCircuitFault>> {
    return this.#await(handshake, () => {
      const {handshakeType = 0, onionSkin} = handshake
      const message = encode(extend2, {linkSpecifiers: [...linkSpecifiers], handshakeType, onionSkin})
      this.#send(this.#hops.length - 1, RelayCommand.EXTEND2, 0, message, EARLY)
    })
  }

  /**
   * Adds the other end of a rendezvous as the last hop (rend-spec-v3 4.2.1), to be called before the next cell is handled:
   * that cell may already come from there.
   * @param material 128 octets of hs-ntor; wiped
   * @return the hop's number, or undefined when the circuit is gone
   */
  addHsHop(
    material: Uint8Array,
    end: HsEnd,
    control: CongestionControl = new FixedWindow()
  ): number | undefined {
    if (this.#closed) return undefined
    const flow = new CircuitFlow(control, 'accepted', this.#deps.nowUs)
    return this.#hops.push(openHsHop(material, end, flow)) - 1
  }

  /** What waits for the circuit's channel, for congestion control to see. */
  get localQueue(): LocalQueue {
    return this.#closed ? {isBlocked: false, cells: 0} : queueOf(this.#deps.plane, this.handle)
  }

  /** KH of a hop, 20 octets that only it and we know (tor-spec 5.2.2). */
  keyHash(hop: number): Uint8Array | undefined {
    return this.#hops[hop]?.keyHash
  }

  /** Sends a relay message to a hop, counted from 0. */
  send(hop: number, command: number, streamId: number, data: Uint8Array): void {
    this.#send(hop, command, streamId, data)
  }

  /** DATA messages that may go to a hop now. */
  sendable(hop: number): number {
    if (this.#closed || hasToWait(this.#deps.plane, this.handle)) return 0
    return this.#hops[hop]?.flow.sendable ?? 0
  }

  usesXonXoff(hop: number): boolean {
    return this.#hops[hop]?.flow.usesXonXoff ?? false
  }

  /** Hears the messages that are neither a stream's nor the circuit's own. */
  onMessage(listener: (hop: number, message: RelayCellV0) => void): void {
    this.#onMessage = listener
  }

  /** Hears what hops send to pad the circuit, and how they answer to being asked for that. */
  onPadding(listener: (hop: number, message: RelayCellV0) => void): void {
    this.#onPadding = listener
  }

  onClose(listener: (fault: OriginCircuitFault) => void): void {
    this.#onClose.push(listener)
  }

  /** Closes the circuit and tells the first hop. */
  close(reason: DestroyReason = DestroyReason.NONE): void {
    this.#close(localFault('circuit-closed'), reason)
  }

  // ── from the data plane ───────────────────────────────────────────────────────────────────────────────────────────

  created(command: number, body: Uint8Array): void {
    const reply = readCreated(command, body)
    if (reply === undefined || this.#hops.length > 0) this.#violate()
    else this.#complete(reply)
  }

  destroyed(reason: number): void {
    this.#close(peerFault('circuit-destroyed', {reason}), undefined)
  }

  channelClosed(): void {
    this.#close(peerFault('channel-closed'), undefined)
  }

  originCell(body: Uint8Array): void {
    this.traffic.cellsReceived++
    const hop = decryptFromHops(this.#hops, body)
    const read = hop === undefined ? undefined : readRelayMessage(body)
    if (hop === undefined || read?.ok !== true) {
      this.#violate()
      return
    }
    const message = read.value
    this.traffic.octetsReceived += message.data.length
    const {flow, inbound} = this.#hops[hop] as OriginHop
    if (message.command === RelayCommand.DATA && flow.receivedData()) {
      this.#send(hop, RelayCommand.SENDME, 0, encode(sendme, {kind: 'v1', tag: inbound.tag()}))
    }
    if (message.command === RelayCommand.EXTENDED2) this.#extended(hop, message)
    else if (message.command === RelayCommand.TRUNCATED) {
      this.#close(peerFault('circuit-truncated', {reason: message.data[0] ?? 0}), DestroyReason.REQUESTED)
    } else if (message.command === RelayCommand.SENDME && message.streamId === 0) {
      if (flow.receivedSendme(message.data).ok) this.#streams.ready()
      else this.#violate()
    } else if (STREAM_COMMANDS.has(message.command) || message.command === RelayCommand.SENDME) {
      this.#streams.message(hop, message)
    } else if (PADDING_COMMANDS.has(message.command)) this.#onPadding?.(hop, message)
    else this.#onMessage?.(hop, message)
  }

  drained(): void {
    this.#streams.ready()
  }

  violation(violation: CircuitViolation): void {
    const reason = VIOLATION_REASON[violation]
    const code = reason === DestroyReason.RESOURCELIMIT ? 'out-of-room' : 'protocol-violation'
    this.#close(peerFault(code), reason)
  }

  // Only circuits of other origins have these events.
  recognized(): void {}
  originatedTag(): void {}

  #extended(hop: number, message: RelayCellV0): void {
    const decoded = decode(extended2, message.data)
    if (!decoded.ok || hop !== this.#hops.length - 1) this.#violate()
    else this.#complete(decoded.value.reply)
  }

  #await(handshake: OriginHandshake, start: () => void): Promise<Result<void, OriginCircuitFault>> {
    if (this.#closed || this.#awaited !== undefined) return Promise.resolve(err(localFault('circuit-closed')))
    return new Promise(done => {
      this.#awaited = {handshake, control: new FixedWindow(), done}
      start()
    })
  }

  #complete(reply: Uint8Array): void {
    const awaited = this.#awaited
    if (awaited === undefined) {
      this.#violate()
      return
    }
    const keys = awaited.handshake.complete(reply)
    if (!keys.ok) {
      this.#close(peerFault('handshake-failed'), DestroyReason.TORPROTOCOL)
      return
    }
    this.#awaited = undefined
    this.#hops.push(openRelayHop(keys.value, new CircuitFlow(awaited.control, 'accepted', this.#deps.nowUs)))
    awaited.done(ok(undefined))
  }

  #send(
    hop: number,
    command: number,
    streamId: number,
    data: Uint8Array,
    options?: {readonly early?: boolean}
  ): void {
    const target = this.#hops[hop]
    if (this.#closed || target === undefined) return
    this.traffic.cellsSent++
    this.traffic.octetsSent += data.length
    const body = relayMessageBody(command, streamId, data)
    encryptForHop(this.#hops, hop, body)
    if (command === RelayCommand.DATA && target.flow.sentData()) target.flow.tagged(target.outbound.tag())
    this.#deps.plane.sendOriginCell(this.handle, body, options)
  }

  #violate(): void {
    this.#close(peerFault('protocol-violation'), DestroyReason.TORPROTOCOL)
  }

  #close(fault: OriginCircuitFault, reason: DestroyReason | undefined): void {
    if (this.#closed) return
    this.#closed = true
    const {plane, registry} = this.#deps
    const {channel} = this.channel.info
    plane.closeCircuit(this.handle)
    registry.delete(this.handle)
    registry.ends.delete(channel, this.#circId)
    if (reason !== undefined) {
      plane.sendCell(channel, this.#circId, ChannelCommand.DESTROY, encode(destroy, {reason}))
    }
    for (const hop of this.#hops) closeHop(hop)
    this.#awaited?.done(err(fault))
    this.#awaited = undefined
    this.#streams.closed()
    for (const listener of this.#onClose) listener(fault)
  }
}

function readCreated(command: number, body: Uint8Array): Uint8Array | undefined {
  if (command === ChannelCommand.CREATED_FAST) {
    const decoded = decode(createdFast, body)
    // Y and KH in one piece, as the handshake takes them.
    return decoded.ok ? body.slice(0, decoded.value.y.length + decoded.value.keyHash.length) : undefined
  }
  const decoded = command === ChannelCommand.CREATED2 ? decode(created2, body) : undefined
  return decoded?.ok === true ? decoded.value.reply : undefined
}
