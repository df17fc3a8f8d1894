// A circuit that we are a hop of. Relay messages for us come in here and go, through one closed switch, to what answers
// them: the extending of the circuit, its streams, or a role.
//
//   recognized cell ─▶ header ─▶ EXTEND2, TRUNCATE ─▶ extend.ts     SENDME on stream 0 ─▶ flow control
//                              ─▶ BEGIN*, DATA, END, … ─▶ streams   ESTABLISH_*, INTRODUCE1, … ─▶ roles
//
// Owns its end towards the origin and, once extended, its end towards the next hop; closing it lets go of both and tells
// each side once. There are many circuits, and most of them only pass cells on: what a circuit needs for more than that it
// gets when it needs it. A role may claim a circuit that ends here, once; from then on it belongs to that role alone. Two circuits
// that are spliced close together.

import {fromBase16, toBase16} from '../bytes/base16.ts'
import {encode} from '../codec/codec.ts'
import type {OpenChannel} from '../dataplane/channel-map.ts'
import type {ChannelHandle, CircuitHandle, CircuitViolation, DataPlane} from '../dataplane/contract.ts'
import {BugError} from '../fault/fault.ts'
import {ChannelCommand} from '../wire/channel-cell.ts'
import {DestroyReason, destroy} from '../wire/destroy.ts'
import {type RelayCellV0, RelayCommand} from '../wire/relay-cell.ts'
import {sendme} from '../wire/sendme.ts'
import {hasToWait, queueOf} from './channel-queue.ts'
import type {CircuitCounters} from './circuit-counters.ts'
import type {CircuitFlow} from './circuit-flow.ts'
import type {CircuitEndOwner, CircuitRegistry, LocalCircuit} from './circuit-registry.ts'
import type {LocalQueue} from './congestion-control/vegas-window.ts'
import {readRelayMessage, relayMessageBody} from './relay-message.ts'
import {VIOLATION_REASON} from './violation.ts'

/** One end of a circuit: a channel and the circ_id that it has there. */
export interface ChannelEnd {
  readonly channel: ChannelHandle
  readonly circId: number
}

/**
 * What a role has made of a circuit that ends here. 'introduced': an INTRODUCE1 came on it; alone among these it may still
 * be extended, because an origin that was refused goes on to another introduction point from here.
 */
export type CircuitPurpose = 'none' | 'intro-point' | 'introduced' | 'rend-waiting' | 'rend-joined'

/** What the streams of one circuit are told; made by the stream layer, one per circuit. */
export interface CircuitStreams {
  /** Streams that are open. */
  readonly size: number
  /** Any message with a stream id, and BEGIN, BEGIN_DIR, RESOLVE, DATA, END whatever their stream id. */
  message(message: RelayCellV0): void
  /** The circuit may send again. */
  ready(): void
  closed(): void
}

/** Extends circuits; see extend.ts. */
export interface CircuitExtender {
  extend(circuit: RelayCircuit, message: RelayCellV0, early: boolean): void
  truncate(circuit: RelayCircuit, message: RelayCellV0): void
  /** CREATED2 came back for an extension under way. */
  created(circuit: RelayCircuit, command: number, body: Uint8Array): void
}

/** Answers one relay command for a role. The role closes the circuit itself where its rules say so. */
export type RoleHandler = (circuit: RelayCircuit, message: RelayCellV0) => void

export interface RelayCircuitDeps {
  readonly plane: DataPlane
  readonly registry: CircuitRegistry
  readonly counters: CircuitCounters
  readonly extender: CircuitExtender
  readonly streams: (circuit: RelayCircuit) => CircuitStreams
  /** A circuit that came in on this channel has sent more than its next hop takes. */
  readonly outboundQueueFull?: ((channel: ChannelHandle) => void) | undefined
  /** By relay command. */
  readonly roles: ReadonlyMap<number, RoleHandler>
}

export interface RelayCircuitOptions {
  readonly prev: ChannelEnd
  /** KH of the circuit handshake (tor-spec 5.2.2): what ties ESTABLISH_INTRO to this circuit. */
  readonly keyHash: Uint8Array
  readonly flow: CircuitFlow
  readonly createdBy: 'create-fast' | 'ntor' | 'ntor-v3'
}

/** The next hop: being created, or there. */
export interface NextHop extends ChannelEnd {
  state: 'creating' | 'open'
}

/** As the end towards the origin the circuit is looked after by itself, and by a `NextEnd` as the other. */
export class RelayCircuit implements LocalCircuit, CircuitEndOwner {
  readonly handle: CircuitHandle
  readonly prev: ChannelEnd
  readonly flow: CircuitFlow
  readonly createdBy: RelayCircuitOptions['createdBy']
  /** Set while a channel to the next hop is being sought. */
  isExtending = false
  readonly #deps: RelayCircuitDeps
  /** In hexadecimal digits, which take a third of the memory of 20 octets by themselves. */
  readonly #keyHash: string
  #streams: CircuitStreams | undefined
  #onClose: (() => void)[] | undefined
  #next: NextHop | undefined
  #purpose: CircuitPurpose = 'none'
  #splicedWith: RelayCircuit | undefined
  #closed = false

  constructor(options: RelayCircuitOptions, deps: RelayCircuitDeps) {
    this.prev = options.prev
    this.#keyHash = toBase16(options.keyHash)
    this.flow = options.flow
    this.createdBy = options.createdBy
    this.#deps = deps
    this.handle = deps.registry.add(this)
    deps.registry.ends.set(this.prev.channel, this.prev.circId, this)
  }

  /** 20 octets. */
  get keyHash(): Uint8Array {
    return fromBase16(this.#keyHash) ?? new Uint8Array(0)
  }

  get isClosed(): boolean {
    return this.#closed
  }

  get next(): NextHop | undefined {
    return this.#next
  }

  get purpose(): CircuitPurpose {
    return this.#purpose
  }

  /** Nothing but its origin's handshake with us has made anything of the circuit: it ends here and carries no stream. */
  get isUnclaimed(): boolean {
    return this.#purpose === 'none' && !this.#isExtended && (this.#streams?.size ?? 0) === 0
  }

  get isExtendable(): boolean {
    return (this.#purpose === 'none' || this.#purpose === 'introduced') && !this.#isExtended
  }

  /** There is a next hop, or one is being sought. */
  get #isExtended(): boolean {
    return this.#next !== undefined || this.isExtending
  }

  /** The channel towards the origin, as long as it is open. */
  get prevChannel(): OpenChannel | undefined {
    return this.#deps.registry.channels.get(this.prev.channel)
  }

  /** The origin reached us over a single hop: the channel is an unauthenticated client's. */
  get isSingleHop(): boolean {
    return this.prevChannel?.peer.kind !== 'relay'
  }

  /** Our end of the circuit's channel, as congestion control looks at it. */
  get localQueue(): LocalQueue {
    return queueOf(this.#deps.plane, this.handle)
  }

  /** DATA messages that may be sent now: what the peer's window allows, as long as our own queue is not long already. */
  get sendable(): number {
    return this.#closed || hasToWait(this.#deps.plane, this.handle) ? 0 : this.flow.sendable
  }

  /** Gives an unclaimed circuit to a role, which it then belongs to until it closes. */
  claim(purpose: 'intro-point' | 'introduced' | 'rend-waiting'): void {
    if (!this.isUnclaimed) throw new BugError('circuit-claimed-twice', this.#purpose)
    this.#purpose = purpose
  }

  /**
   * Joins this unclaimed circuit with one that waits for it (rend-spec-v3 4.3): from now on what either origin sends and is
   * not for us goes to the other one, and when one circuit closes so does the other.
   */
  splice(waiting: RelayCircuit): void {
    if (!this.isUnclaimed || waiting.#purpose !== 'rend-waiting') throw new BugError('splice-purpose')
    this.#purpose = 'rend-joined'
    waiting.#purpose = 'rend-joined'
    this.#splicedWith = waiting
    waiting.#splicedWith = this
    this.#deps.plane.splice(this.handle, waiting.handle)
  }

  /** Runs when the circuit closes; for roles that keep it in a table. */
  onClose(listener: () => void): void {
    this.#onClose ??= []
    this.#onClose.push(listener)
  }

  /** Sends a relay message towards the origin. `data`: at most 498 octets. */
  send(command: number, streamId: number, data: Uint8Array): void {
    if (this.#closed) return
    const isData = command === RelayCommand.DATA
    const wantTag = isData && this.flow.sentData()
    this.#deps.plane.originate(this.handle, relayMessageBody(command, streamId, data), {wantTag})
  }

  /** Takes over the end towards the next hop. */
  setNext(next: NextHop): void {
    this.#next = next
    this.#deps.registry.ends.set(next.channel, next.circId, new NextEnd(this))
  }

  /** Lets go of the next hop and, with a reason, tells it so. */
  dropNext(reason: DestroyReason | undefined): void {
    const next = this.#next
    if (next === undefined) return
    this.#next = undefined
    this.#deps.plane.unlinkNext(this.handle)
    this.#deps.registry.ends.delete(next.channel, next.circId)
    if (reason !== undefined) this.#sendDestroy(next, reason)
  }

  /** Closes the circuit and tells both sides why. */
  close(reason: DestroyReason): void {
    this.#close({prev: reason, next: reason})
  }

  // ── from the data plane ───────────────────────────────────────────────────────────────────────────────────────────

  recognized(early: boolean, body: Uint8Array, tag: Uint8Array): void {
    const read = readRelayMessage(body)
    if (!read.ok) {
      this.close(DestroyReason.TORPROTOCOL)
      return
    }
    const message = read.value
    this.#deps.counters.relayMessages++
    switch (message.command) {
      case RelayCommand.EXTEND2:
        this.#deps.extender.extend(this, message, early)
        break
      case RelayCommand.EXTEND:
        // TAP is gone. A late one is ignored like any late EXTEND; an early one could never succeed.
        if (early) this.close(DestroyReason.TORPROTOCOL)
        break
      case RelayCommand.TRUNCATE:
        this.#deps.extender.truncate(this, message)
        break
      case RelayCommand.SENDME:
        if (message.streamId === 0) this.#circuitSendme(message.data)
        else this.#openStreams().message(message)
        break
      case RelayCommand.DATA:
        if (this.flow.receivedData()) {
          this.send(RelayCommand.SENDME, 0, encode(sendme, {kind: 'v1', tag: tag.slice()}))
        }
        this.#openStreams().message(message)
        break
      case RelayCommand.BEGIN:
      case RelayCommand.BEGIN_DIR:
      case RelayCommand.RESOLVE:
      case RelayCommand.END:
      case RelayCommand.CONNECTED:
      case RelayCommand.XOFF:
      case RelayCommand.XON:
        this.#openStreams().message(message)
        break
      case RelayCommand.DROP:
        this.#deps.counters.dropMessages++
        break
      default:
        // tor-spec 6.1: a relay command that we do not know is ignored.
        this.#deps.roles.get(message.command)?.(this, message)
    }
  }

  originatedTag(tag: Uint8Array): void {
    this.flow.tagged(tag)
  }

  originCell(): void {}

  drained(): void {
    this.#streams?.ready()
  }

  violation(violation: CircuitViolation): void {
    this.#deps.counters.violations[violation]++
    if (violation === 'outbound-queue-full') this.#deps.outboundQueueFull?.(this.prev.channel)
    this.close(VIOLATION_REASON[violation])
  }

  #openStreams(): CircuitStreams {
    this.#streams ??= this.#deps.streams(this)
    return this.#streams
  }

  #circuitSendme(body: Uint8Array): void {
    const accepted = this.flow.receivedSendme(body)
    if (accepted.ok) this.#streams?.ready()
    else {
      this.#deps.counters.badSendmes++
      this.close(DestroyReason.TORPROTOCOL)
    }
  }

  // ── ends ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Only the end that was extended from gets a CREATED. */
  created(): void {
    this.close(DestroyReason.TORPROTOCOL)
  }

  /** The received reason is never passed on: it would tell the other side what happened here. */
  destroyed(): void {
    this.#close({prev: undefined, next: DestroyReason.DESTROYED})
  }

  channelClosed(): void {
    this.#close({prev: undefined, next: DestroyReason.CHANNEL_CLOSED})
  }

  /** The next hop answered what it was asked to create. */
  nextCreated(command: number, body: Uint8Array): void {
    this.#deps.extender.created(this, command, body)
  }

  /** The next hop is gone, and the origin hears so. */
  nextClosed(reason: DestroyReason): void {
    this.#close({prev: reason, next: undefined})
  }

  /** Each side hears a reason, or nothing where undefined. */
  #close(reasons: {prev: DestroyReason | undefined; next: DestroyReason | undefined}): void {
    if (this.#closed) return
    this.#closed = true
    const {plane, registry} = this.#deps
    this.dropNext(reasons.next)
    plane.closeCircuit(this.handle)
    registry.delete(this.handle)
    registry.ends.delete(this.prev.channel, this.prev.circId)
    if (reasons.prev !== undefined) this.#sendDestroy(this.prev, reasons.prev)
    this.flow.closed()
    this.#streams?.closed()
    for (const listener of this.#onClose ?? []) listener()
    this.#closeSpliced(reasons.next ?? DestroyReason.NONE)
  }

  /** A splice is one path: what ends one half of it ends the other, which hears the reason that a next hop would hear. */
  #closeSpliced(reason: DestroyReason): void {
    const other = this.#splicedWith
    this.#splicedWith = undefined
    other?.close(reason)
  }

  #sendDestroy(end: ChannelEnd, reason: DestroyReason): void {
    this.#deps.plane.sendCell(end.channel, end.circId, ChannelCommand.DESTROY, encode(destroy, {reason}))
  }
}

/** A circuit's end at its next hop. */
class NextEnd implements CircuitEndOwner {
  readonly #circuit: RelayCircuit

  constructor(circuit: RelayCircuit) {
    this.#circuit = circuit
  }

  created(command: number, body: Uint8Array): void {
    this.#circuit.nextCreated(command, body)
  }

  destroyed(): void {
    this.#circuit.nextClosed(DestroyReason.DESTROYED)
  }

  channelClosed(): void {
    this.#circuit.nextClosed(DestroyReason.CHANNEL_CLOSED)
  }
}
