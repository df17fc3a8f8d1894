// The data plane over node:tls in the main thread: the readable oracle for the native shards, and what runs where the
// addon cannot. One loop turn is: chunks arrive, cells are routed into outboxes, and at the turn's end every outbox that
// got something is flushed once.
//
//   outbound cell (from prev):  decrypt ─ recognized? ─▶ event        ─ spliced? ─▶ encrypt for the other circuit's origin
//                                       └ next? ─▶ its outbox         └ none of these ─▶ violation
//   inbound cell (from next):   encrypt ─▶ prev's outbox
//
// Owns channels and circuits; everything runs to its end in the main thread, so nothing is locked.

import {openCellFate} from '../../channel/cell-fate.ts'
import type {Cell, CellFramer} from '../../channel/cell-framer.ts'
import type {VerifiedChannel} from '../../channel/channel.ts'
import {type ChannelFault, channelFault} from '../../channel/fault.ts'
import {BugError} from '../../fault/fault.ts'
import {ChannelCommand} from '../../wire/channel-cell.ts'
import {channelInfo} from '../channel-info.ts'
import {ChannelKeepalive} from '../channel-keepalive.ts'
import {ChannelPadding} from '../channel-padding.ts'
import {
  type ChannelHandle,
  type ChannelTarget,
  type CircuitHandle,
  type CircuitViolation,
  type ConnectHandle,
  type Counted,
  type DataPlane,
  type DataPlaneCounters,
  type DataPlaneEvents,
  type DataPlaneLimits,
  type DataPlaneMeasures,
  type DataPlaneRates,
  DEFAULT_PACING,
  DRAINED_AT_CELLS,
  PRIORITY_HALF_LIFE_MS,
  type SocketAddress,
  TOKEN_REFILL_MS
} from '../contract.ts'
import {newCounters} from '../counters.ts'
import type {Link, LinkOwner, LinkReader, QueueAccount} from '../link.ts'
import {LinkDirections} from '../link-directions.ts'
import type {LinkEndpoint} from '../link-endpoint.ts'
import {type LinkGate, OPEN_GATE} from '../link-gate.ts'
import {LinkListeners} from '../link-listeners.ts'
import {Links} from '../links.ts'
import type {DataPlaneOptions} from '../plane-options.ts'
import {RateLimit} from '../rate-limit.ts'
import type {RelayKeys} from '../relay-keys.ts'
import type {SocketOctets} from '../socket-buffers.ts'
import {candidatesByAge} from './oldest-queued.ts'
import type {CircuitQueue} from './outbox.ts'
import {type ChannelOwner, PlainChannel} from './plain-channel.ts'
import {CircuitEnd, PlainCircuit} from './plain-circuit.ts'
import {openRelayLayer} from './relay-layer.ts'
import {WaitTimes} from './wait-times.ts'

/** tor-spec 5.6: RELAY_EARLY cells a circuit may carry outbound. */
const RELAY_EARLY_MAX = 8
/** A cell: a kernel that takes less is full. */
const LEAST_ROOM = 514
/** Of a limited rate, octets that a channel writes at a time. */
const SHARE_LEAST = 16 * 514
const SHARE_MOST = 64 * 514
/** How often the rate limit, timeouts and channel padding are looked after. */
const TICK_MS = 50

export type PlainPlaneOptions = DataPlaneOptions

export interface PlainPlaneDeps {
  readonly events: DataPlaneEvents
  readonly endpoint: LinkEndpoint
  /** Open to all when left out. */
  readonly gate?: LinkGate | undefined
  readonly socketOctets?: SocketOctets | undefined
}

export class PlainPlane implements DataPlane, ChannelOwner, LinkOwner {
  readonly parts = []
  readonly counters: DataPlaneCounters = newCounters()
  readonly queueAccount: QueueAccount = {octets: 0}
  readonly waitTimes = new WaitTimes()
  turnMs = performance.now()
  readonly #events: DataPlaneEvents
  readonly #gate: LinkGate
  readonly #socketOctets: SocketOctets | undefined
  readonly #listeners: LinkListeners
  readonly #links: Links
  readonly #padding: ChannelPadding<PlainChannel>
  readonly #keepalive: ChannelKeepalive<PlainChannel>
  readonly #directions: LinkDirections<PlainChannel>
  readonly #channels = new Map<ChannelHandle, PlainChannel>()
  readonly #circuits = new Map<CircuitHandle, PlainCircuit>()
  readonly #dirty = new Set<PlainChannel>()
  readonly #paused = new Set<Link>()
  readonly #readLimit: RateLimit
  readonly #writeLimit: RateLimit
  readonly #tick: NodeJS.Timeout
  #refill: NodeJS.Timeout
  readonly #paced = new Set<PlainChannel>()
  #pacing: NodeJS.Timeout | undefined
  #limits: DataPlaneLimits
  #rates: DataPlaneRates
  #flushScheduled = false
  #lastChannel = 0
  #lastConnect = 0

  constructor(options: PlainPlaneOptions, deps: PlainPlaneDeps) {
    const now = Date.now()
    const {circuitCellsMax, unverifiedMax} = options
    this.#events = deps.events
    this.#limits = {
      circuitCellsMax,
      outboundCellsMax: circuitCellsMax,
      priorityHalfLifeMs: PRIORITY_HALF_LIFE_MS
    }
    this.#rates = {rate: options.rate, burst: options.burst, linkRate: 0, linkBurst: 0}
    this.#readLimit = new RateLimit(options.rate, options.burst, now)
    this.#writeLimit = new RateLimit(options.rate, options.burst, now)
    this.#padding = new ChannelPadding(deps.endpoint.paddingParams)
    this.#keepalive = new ChannelKeepalive(() => deps.endpoint.paddingParams().keepaliveMs)
    this.#directions = new LinkDirections(counter => {
      this.counters[counter]++
    })
    this.#gate = deps.gate ?? OPEN_GATE
    this.#socketOctets = deps.socketOctets
    this.#links = new Links(
      {unverifiedMax},
      {
        endpoint: () => deps.endpoint,
        owner: this,
        counters: this.counters,
        connectFailed: (connect, fault) => this.#events.connectFailed(connect, fault)
      }
    )
    this.#listeners = new LinkListeners({
      gate: this.#gate,
      counters: this.counters,
      nextHandle: () => this.#nextHandle(),
      socketOctets: deps.socketOctets,
      accepted: (channel, socket, address) => void this.#links.accept(channel, socket, address)
    })
    this.#tick = setInterval(() => this.#onTick(Date.now()), TICK_MS)
    this.#tick.unref()
    this.#refill = this.#startRefill()
  }

  // ── commands ──────────────────────────────────────────────────────────────────────────────────────────────────────

  listen(address: {host: string; port: number}): Promise<SocketAddress> {
    return this.#listeners.listen(address)
  }

  unlisten(address: SocketAddress): void {
    this.#listeners.unlisten(address)
  }

  connect(target: ChannelTarget): ConnectHandle {
    const connect = ++this.#lastConnect as ConnectHandle
    this.#links.connect(this.#nextHandle(), connect, target, this.#socketOctets?.())
    return connect
  }

  closeChannel(channel: ChannelHandle): void {
    this.#channels.get(channel)?.close()
  }

  sendCell(channel: ChannelHandle, circId: number, command: number, body: Uint8Array): void {
    if (command === ChannelCommand.DESTROY) this.counters.destroyCellsSent++
    this.#channels.get(channel)?.putControl(circId, command, body)
  }

  openRelayCircuit(handle: CircuitHandle, channel: ChannelHandle, circId: number, keys: RelayKeys): void {
    const circuit = new PlainCircuit(handle, openRelayLayer(keys))
    this.#add(circuit, channel, circId, 'prev')
  }

  openOriginCircuit(handle: CircuitHandle, channel: ChannelHandle, circId: number): void {
    this.#add(new PlainCircuit(handle, undefined), channel, circId, 'first-hop')
  }

  linkNext(handle: CircuitHandle, channel: ChannelHandle, circId: number): void {
    const circuit = this.#circuits.get(handle)
    const next = this.#channels.get(channel)
    if (circuit === undefined || next === undefined) return
    this.unlinkNext(handle)
    circuit.next = new CircuitEnd(circuit, next, circId)
    next.circuits.set(circId, {circuit, from: 'next'})
  }

  unlinkNext(handle: CircuitHandle): void {
    const circuit = this.#circuits.get(handle)
    if (circuit?.next === undefined) return
    this.#letGo(circuit, circuit.next)
    circuit.next = undefined
  }

  splice(a: CircuitHandle, b: CircuitHandle): void {
    const first = this.#circuits.get(a)
    const second = this.#circuits.get(b)
    if (first === undefined || second === undefined || first === second) return
    first.splicedWith = second
    second.splicedWith = first
  }

  originate(handle: CircuitHandle, body: Uint8Array, options?: {readonly wantTag?: boolean}): void {
    const circuit = this.#circuits.get(handle)
    if (circuit?.layer === undefined) return
    const sealed = body.slice()
    circuit.layer.originate(sealed)
    this.counters.relayCellsOriginated++
    if (options?.wantTag === true) this.#events.originatedTag(handle, circuit.layer.originatedTag())
    this.#put(circuit, circuit.prev, ChannelCommand.RELAY, sealed)
  }

  sendOriginCell(handle: CircuitHandle, body: Uint8Array, options?: {readonly early?: boolean}): void {
    const circuit = this.#circuits.get(handle)
    if (circuit === undefined || circuit.layer !== undefined) return
    const command = options?.early === true ? ChannelCommand.RELAY_EARLY : ChannelCommand.RELAY
    this.#put(circuit, circuit.prev, command, body)
  }

  closeCircuit(handle: CircuitHandle): void {
    const circuit = this.#circuits.get(handle)
    if (circuit !== undefined) this.#forget(circuit)
  }

  get unverifiedLinks(): number {
    return this.#links.unverified
  }

  get outboxWaitsMs(): readonly Counted[] {
    return [this.waitTimes.counted]
  }

  get queuedOctets(): number {
    return this.queueAccount.octets
  }

  setLimits(limits: DataPlaneLimits): void {
    this.#limits = limits
  }

  setRates(rates: DataPlaneRates): void {
    if (rates.refillMs !== this.#rates.refillMs) this.#refill = this.#startRefill(rates.refillMs)
    this.#rates = rates
    this.#readLimit.configure(rates.rate, rates.burst)
    this.#writeLimit.configure(rates.rate, rates.burst)
    for (const channel of this.#channels.values()) channel.limits?.configure(rates)
  }

  setMeasures({linkDirections, cellWaits}: DataPlaneMeasures): void {
    this.waitTimes.ofCircuits = cellWaits
    this.#directions.switch(linkDirections ? 'on' : 'off', Date.now(), this.#channels.values())
  }

  shedOldest(octets: number, done: () => void): void {
    const before = this.queuedOctets
    for (const {circuit, channel} of candidatesByAge(this.#circuits.values(), this.#channels.values())) {
      if (before - this.queuedOctets >= octets) break
      // One that is gone already went with another: a splice, or a circuit of a channel that closed.
      if (channel !== undefined) channel.close()
      else if (circuit !== undefined && this.#circuits.has(circuit.handle))
        this.#violation(circuit, 'memory-pressure')
    }
    this.counters.octetsShed += before - this.queuedOctets
    done()
  }

  queuedCells(handle: CircuitHandle): number {
    return this.#circuits.get(handle)?.prev?.queue.length ?? 0
  }

  awaitDrained(handle: CircuitHandle): boolean {
    const queue = this.#circuits.get(handle)?.prev?.queue
    if (queue === undefined || queue.length <= DRAINED_AT_CELLS) return false
    queue.isAwaited = true
    return true
  }

  stopListening(): void {
    this.#listeners.stop()
  }

  async close(): Promise<void> {
    clearInterval(this.#tick)
    clearInterval(this.#refill)
    clearTimeout(this.#pacing)
    this.#listeners.stop()
    for (const channel of [...this.#channels.values()]) channel.close()
    this.#links.close()
    await this.#listeners.close()
  }

  // ── what channels report ──────────────────────────────────────────────────────────────────────────────────────────

  verified(link: Link, verified: VerifiedChannel, framer: CellFramer): LinkReader {
    const channel = new PlainChannel(link, verified, framer, this)
    channel.limits?.configure(this.#rates)
    this.#links.verified(link)
    this.#channels.set(link.handle, channel)
    this.counters.channelsOpened++
    channel.isPaddingEnabled = this.#padding.opened(channel, Date.now())
    this.#events.channelOpened(channelInfo(link, verified))
    channel.readCells()
    return channel
  }

  failed(link: Link, fault: ChannelFault): void {
    this.#links.failed(link, fault)
  }

  closed(link: Link): void {
    this.#links.closed(link)
    if (link.direction === 'received') this.#gate.closed(link.handle)
    this.#paused.delete(link)
    const channel = this.#channels.get(link.handle)
    if (channel === undefined) return
    this.#channels.delete(link.handle)
    this.#directions.closed(channel)
    channel.outbox.clear()
    this.#dirty.delete(channel)
    this.#paced.delete(channel)
    this.#padding.closed(channel)
    this.counters.channelsClosed++
    // The control plane decides what becomes of the circuits; until it does, they have no way out on this side.
    this.#events.channelClosed(link.handle)
    for (const {circuit, from} of [...channel.circuits.values()]) {
      if (from === 'next') this.unlinkNext(circuit.handle)
      else this.#forget(circuit)
    }
  }

  cell(channel: PlainChannel, cell: Cell): void {
    this.counters.cellsReceived++
    if (channel.isPaddingEnabled) this.counters.enabledCellsReceived++
    switch (openCellFate(cell.command)) {
      case 'relay':
        this.#relayCell(channel, cell)
        break
      case 'control':
        this.#events.controlCell(channel.handle, cell.circId, cell.command, cell.body)
        break
      case 'padding':
        this.counters.paddingCellsReceived++
        if (channel.isPaddingEnabled) this.counters.enabledPaddingReceived++
        break
      case 'padding-negotiate':
        channel.isPaddingEnabled = this.#padding.negotiated(channel, cell.body, Date.now())
        break
      case 'close':
        this.failed(channel.link, channelFault('unexpected-cell', {command: cell.command}))
        channel.close()
        break
      case 'ignored':
        break
    }
  }

  wantsFlush(channel: PlainChannel): void {
    this.#dirty.add(channel)
    if (this.#flushScheduled) return
    this.#flushScheduled = true
    this.turnMs = performance.now()
    setImmediate(() => this.#flush())
  }

  writeBudget({limits, link}: PlainChannel): number {
    const nowMs = Date.now()
    const ofAll = this.#isFree(link) ? Number.POSITIVE_INFINITY : this.#writeLimit.available(nowMs)
    const budget = Math.min(writeShare(ofAll), limits?.write.available(nowMs) ?? Number.POSITIVE_INFINITY)
    if (budget <= 0) this.counters.writesLimited++
    return budget
  }

  kernelRoom(channel: PlainChannel): number {
    const {scheduler, tickMs, bufferFactor} = this.#rates.pacing ?? DEFAULT_PACING
    if (scheduler !== 'KIST') return Number.POSITIVE_INFINITY
    const room = channel.link.kernelRoom(bufferFactor)
    if (room >= LEAST_ROOM) return room
    this.#paced.add(channel)
    this.#pacing ??= setTimeout(() => this.#onPaced(), tickMs).unref()
    return 0
  }

  accountRead(link: Link, octets: number): boolean {
    this.counters.reads++
    const channel = this.#channels.get(link.handle)
    const own = channel?.limits?.read
    if (!this.#isFree(link)) {
      this.counters.bytesRead += octets
      if (channel !== undefined) channel.octetsRead += octets
      this.#readLimit.spend(octets)
    }
    own?.spend(octets)
    if (this.#mayRead(link, own, Date.now())) return true
    this.#paused.add(link)
    this.counters.readsLimited++
    return false
  }

  accountWritten(channel: PlainChannel, octets: number, cells: number): void {
    const {limits, isPaddingEnabled} = channel
    if (!this.#isFree(channel.link)) {
      channel.octetsWritten += octets
      this.counters.bytesWritten += octets
      this.#writeLimit.spend(octets)
    }
    this.counters.writes++
    this.counters.cellsSent += cells
    if (isPaddingEnabled) this.counters.enabledCellsSent += cells
    limits?.write.spend(octets)
  }

  taken(queue: CircuitQueue): void {
    if (!queue.isAwaited || queue.length > DRAINED_AT_CELLS || queue.circuit === undefined) return
    queue.isAwaited = false
    this.#events.drained(queue.circuit)
  }

  // ── the relay path ────────────────────────────────────────────────────────────────────────────────────────────────

  #relayCell(channel: PlainChannel, cell: Cell): void {
    const entry = channel.circuits.get(cell.circId)
    if (entry === undefined) {
      this.counters.relayCellsDropped++
      return
    }
    const {circuit} = entry
    const early = cell.command === ChannelCommand.RELAY_EARLY
    if (entry.from === 'prev') this.#outbound(circuit, cell.body, early)
    else if (early) this.#violation(circuit, 'relay-early-inbound')
    else if (entry.from === 'next') this.#inbound(circuit, cell.body)
    else {
      if (channel.usage === 'full-circuits') channel.usage = 'streams'
      this.#events.originCell(circuit.handle, cell.body)
    }
  }

  #outbound(circuit: PlainCircuit, body: Uint8Array, early: boolean): void {
    const {layer} = circuit
    if (layer === undefined) throw new BugError('outbound-on-origin-circuit')
    this.counters.relayCellsOutbound++
    if (early && ++circuit.relayEarlyCells > RELAY_EARLY_MAX) {
      this.#violation(circuit, 'relay-early-exceeded')
    } else if (layer.outbound(body)) {
      this.counters.relayCellsRecognized++
      this.#events.recognized(circuit.handle, early, body, layer.recognizedTag())
    } else if (circuit.splicedWith !== undefined) {
      this.counters.relayCellsSpliced++
      this.#inbound(circuit.splicedWith, body)
    } else if (circuit.next !== undefined) {
      this.#put(circuit, circuit.next, early ? ChannelCommand.RELAY_EARLY : ChannelCommand.RELAY, body)
    } else {
      this.#violation(circuit, 'unrecognized-at-end')
    }
  }

  #inbound(circuit: PlainCircuit, body: Uint8Array): void {
    if (circuit.layer === undefined) throw new BugError('inbound-without-layer')
    this.counters.relayCellsInbound++
    circuit.layer.inbound(body)
    this.#put(circuit, circuit.prev, ChannelCommand.RELAY, body)
  }

  #put(circuit: PlainCircuit, end: CircuitEnd | undefined, command: number, body: Uint8Array): void {
    if (end === undefined) return
    // Cells of circuits that we built go away from their origin, as do those to a next hop.
    const isOutbound = end !== circuit.prev || circuit.layer === undefined
    const {circuitCellsMax, outboundCellsMax} = this.#limits
    const cellsMax = isOutbound ? outboundCellsMax : circuitCellsMax
    noteUse(end.channel, circuit, command)
    if (end.channel.put(end, command, body, cellsMax) === 'queue-full') {
      this.counters.outboxOverflows++
      this.#violation(circuit, isOutbound ? 'outbound-queue-full' : 'queue-full')
    }
  }

  #violation(circuit: PlainCircuit, violation: CircuitViolation): void {
    this.counters.violations++
    this.#events.violation(circuit.handle, violation)
  }

  // ── circuits and time ─────────────────────────────────────────────────────────────────────────────────────────────

  #add(circuit: PlainCircuit, handle: ChannelHandle, circId: number, from: 'prev' | 'first-hop'): void {
    const channel = this.#channels.get(handle)
    if (channel === undefined) {
      circuit.layer?.close()
      return
    }
    circuit.prev = new CircuitEnd(circuit, channel, circId)
    channel.circuits.set(circId, {circuit, from})
    this.#circuits.set(circuit.handle, circuit)
  }

  #forget(circuit: PlainCircuit): void {
    if (!this.#circuits.delete(circuit.handle)) return
    if (circuit.prev !== undefined) this.#letGo(circuit, circuit.prev)
    if (circuit.next !== undefined) this.#letGo(circuit, circuit.next)
    if (circuit.splicedWith !== undefined) circuit.splicedWith.splicedWith = undefined
    circuit.layer?.close()
  }

  #letGo({handle, layer}: PlainCircuit, end: CircuitEnd): void {
    release(end)
    const {left} = end.queue
    // What we send ourselves is no traffic of others.
    if (left === undefined || layer === undefined || !this.waitTimes.ofCircuits) return
    const lastedMs = Math.max(0, this.turnMs - left.sinceMs)
    this.#events.cellsWaited?.(handle, {cells: left.cells, waitedMs: left.waitedMs, lastedMs})
  }

  #nextHandle(): ChannelHandle {
    return ++this.#lastChannel as ChannelHandle
  }

  #flush(): void {
    this.#flushScheduled = false
    const channels = [...this.#dirty]
    this.#dirty.clear()
    for (const channel of channels) channel.flush()
  }

  #isFree({isPrivate}: Link): boolean {
    return isPrivate && this.#rates.privateIsFree === true
  }

  #mayRead(link: Link, own: RateLimit | undefined, nowMs: number): boolean {
    const mayAll = this.#isFree(link) || this.#readLimit.available(nowMs) > 0
    return mayAll && (own === undefined || own.available(nowMs) > 0)
  }

  /** Links that the rates held back go on as far as they let them. */
  #onRefill(nowMs: number): void {
    for (const link of this.#paused) {
      if (!this.#mayRead(link, this.#channels.get(link.handle)?.limits?.read, nowMs)) continue
      this.#paused.delete(link)
      link.resume()
    }
    if (!this.#writeLimit.isLimited && this.#rates.linkRate === 0) return
    for (const channel of this.#channels.values()) if (!channel.outbox.isEmpty) this.wantsFlush(channel)
  }

  /** Kernels that had enough may have sent some of it. */
  #onPaced(): void {
    this.#pacing = undefined
    for (const channel of this.#paced) this.wantsFlush(channel)
    this.#paced.clear()
  }

  #startRefill(refillMs = TOKEN_REFILL_MS): NodeJS.Timeout {
    clearInterval(this.#refill)
    return setInterval(() => this.#onRefill(Date.now()), refillMs).unref()
  }

  #onTick(nowMs: number): void {
    this.#links.sweep(nowMs)
    const {silent, stuck} = this.#keepalive.sweep(this.#channels.values(), nowMs)
    for (const {channel, body} of this.#padding.requests()) {
      channel.putControl(0, ChannelCommand.PADDING_NEGOTIATE, body)
    }
    for (const channel of [...this.#padding.due(nowMs), ...silent]) {
      this.counters.paddingCellsSent++
      if (channel.isPaddingEnabled) this.counters.enabledPaddingSent++
      channel.putControl(0, ChannelCommand.PADDING, new Uint8Array(0))
    }
    this.#directions.tick(nowMs, this.#channels.values())
    for (const channel of stuck) channel.close()
    for (const channel of this.#padding.idle(nowMs)) channel.close()
  }
}

/** What one channel may take of the octets that all have, so that no channel takes everything before the others' turn. */
function writeShare(octets: number): number {
  if (octets <= SHARE_LEAST || octets === Number.POSITIVE_INFINITY) return octets
  return Math.min(SHARE_MOST, Math.max(SHARE_LEAST, octets / 8))
}

/** Circuits of our own that go to one relay and no further carry directory traffic, which nobody needs to hide. */
function noteUse(channel: PlainChannel, {layer}: PlainCircuit, command: number): void {
  if (layer !== undefined) channel.usage = 'streams'
  else if (command === ChannelCommand.RELAY_EARLY && channel.usage === 'none') channel.usage = 'full-circuits'
}

function release(end: CircuitEnd): void {
  end.channel.outbox.drop(end.queue)
  end.channel.circuits.delete(end.circId)
}
