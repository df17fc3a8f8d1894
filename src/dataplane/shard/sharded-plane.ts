// The data plane on every core: this is its main-thread half, which deals links to shards, sends them commands and turns what
// they report into events. Per cell it does nothing.
//
//   'connection' ─▶ gate ─▶ descriptor to the shard with the fewest links ─▶ TLS, link handshake, cells there
//   command ─▶ the writer of its circuit's or channel's shard ─▶ one message per shard and loop turn
//   message of a shard ─▶ channels opened ─▶ events ─▶ attempts that failed, channels closed
//
// Connections are accepted here and not in the shards because the gate's counts by address must be exact, because whoever
// it refuses must cost nothing, and because dealing spreads links evenly on every version of Node; accepting is a hundredth
// of what TLS costs afterwards.
//
// A circuit's home is the shard of the channel it was opened on, and its commands all go there. A shard that dies takes only
// its own links with it: they are told as closed, and another shard begins in its place.

import type {Socket} from 'node:net'
import {equal} from '../../bytes/octets.ts'
import {loadAddon} from '../../crypto/binding.ts'
import {BugError} from '../../fault/fault.ts'
import {
  type ChannelHandle,
  type ChannelTarget,
  type CircuitHandle,
  type ConnectHandle,
  type Counted,
  type DataPlane,
  type DataPlaneCounters,
  type DataPlaneEvents,
  type DataPlaneLimits,
  type DataPlaneMeasures,
  type DataPlaneRates,
  type PlanePart,
  PRIORITY_HALF_LIFE_MS,
  type SocketAddress
} from '../contract.ts'
import {newCounters} from '../counters.ts'
import type {LinkEndpoint} from '../link-endpoint.ts'
import {type LinkGate, OPEN_GATE} from '../link-gate.ts'
import {LinkListeners} from '../link-listeners.ts'
import type {DataPlaneOptions} from '../plane-options.ts'
import type {RelayKeys} from '../relay-keys.ts'
import type {SocketOctets} from '../socket-buffers.ts'
import {dispatchEvents} from './dispatch-events.ts'
import {MainShard} from './main-shard.ts'
import {SHARDS_MAX, shardOf} from './native-shard.ts'
import {outboxWaitOf, partOf} from './plane-part.ts'
import {QueueCounters} from './queue-counters.ts'
import {CommandKind, NO_COUNTER, RecordFlag, RelayAlgorithmNumber} from './records.ts'
import {giveBackShardIndex, takeShardIndex} from './shard-indexes.ts'
import type {ShardThreads} from './shard-thread.ts'
import {SHARD_KEPT, type SharedCounter, SharedMemory} from './shared-memory.ts'
import type {FromWorker, LinkCommand} from './worker-messages.ts'

/** How often shards are told what changed of our end of links. */
const ENDPOINT_MS = 1000
/** A shard that lived for less long is not replaced at once. */
const SHORT_LIFE_MS = 10_000
const RESTART_DELAY_MS = 1000
/** How often shards that were asked to free memory are looked at. */
const SHED_POLL_MS = 5

export interface ShardedPlaneOptions extends DataPlaneOptions {
  readonly shards: number
}

export interface ShardedPlaneDeps {
  readonly events: DataPlaneEvents
  readonly endpoint: LinkEndpoint
  readonly threads: ShardThreads
  /** Open to all when left out. */
  readonly gate?: LinkGate | undefined
  readonly socketOctets?: SocketOctets | undefined
  /** A shard died: a bug of ours. Its links are closed; another shard takes its place. */
  readonly shardDied: (error: unknown) => void
}

type Endpoint = Extract<LinkCommand, {kind: 'endpoint'}>

export class ShardedPlane implements DataPlane {
  readonly counters: Readonly<DataPlaneCounters>
  readonly #own: DataPlaneCounters
  readonly #deps: ShardedPlaneDeps
  readonly #gate: LinkGate
  readonly #unverifiedMax: number
  readonly #shards: readonly MainShard[]
  readonly #byIndex: (MainShard | undefined)[] = []
  readonly #memory: SharedMemory
  readonly #queues: QueueCounters
  /** The circuit's queue counter times SHARDS_MAX, plus the index of its home: one number, because there are many circuits. */
  readonly #circuits = new Map<CircuitHandle, number>()
  /** Links that are not verified yet, oldest first. */
  readonly #unverified = new Set<ChannelHandle>()
  readonly #listeners: LinkListeners
  readonly #toPost = new Set<MainShard>()
  /** What shards counted that are no more. */
  readonly #past = new Map<SharedCounter, number>()
  readonly #runs = new Map<MainShard, Promise<void>>()
  readonly #timer: NodeJS.Timeout
  #limits: DataPlaneLimits
  #measures: DataPlaneMeasures | undefined
  #endpoint: Endpoint | undefined
  readonly #toldEndpoint = new Map<MainShard, Endpoint>()
  #lastConnect = 0
  #postIsDue = false
  #isClosing = false

  constructor(options: ShardedPlaneOptions, deps: ShardedPlaneDeps) {
    const {shards, rate, burst, circuitCellsMax, unverifiedMax} = options
    this.#deps = deps
    this.#gate = deps.gate ?? OPEN_GATE
    this.#unverifiedMax = unverifiedMax
    this.#limits = {
      circuitCellsMax,
      outboundCellsMax: circuitCellsMax,
      priorityHalfLifeMs: PRIORITY_HALF_LIFE_MS
    }
    this.#memory = SharedMemory.make({shards})
    this.#memory.setRates({rate, burst, linkRate: 0, linkBurst: 0})
    this.#queues = new QueueCounters(this.#memory.queueCounters)
    this.#shards = Array.from({length: shards}, (_, place) => this.#newShard(place))
    this.#own = newCounters()
    this.counters = this.#sumsOf(this.#own)
    this.#listeners = new LinkListeners({
      gate: this.#gate,
      counters: this.#own,
      nextHandle: () => this.#leastBusy().nextHandle(),
      socketOctets: deps.socketOctets,
      accepted: (channel, socket, address) => this.#deal(channel, socket, address),
      paused: true
    })
    for (const shard of this.#shards) this.#run(shard)
    this.#timer = setInterval(() => this.#refreshAll(), ENDPOINT_MS)
    this.#timer.unref()
  }

  // ── links ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  listen(address: {host: string; port: number}): Promise<SocketAddress> {
    return this.#listeners.listen(address)
  }

  unlisten(address: SocketAddress): void {
    this.#listeners.unlisten(address)
  }

  connect(target: ChannelTarget): ConnectHandle {
    const shard = this.#leastBusy()
    const channel = shard.nextHandle()
    const connect = ++this.#lastConnect as ConnectHandle
    this.#makeRoom()
    this.#unverified.add(channel)
    shard.links.add(channel)
    shard.connecting.set(connect, channel)
    this.#refresh(shard)
    const socketOctets = this.#deps.socketOctets?.()
    shard.tell({kind: 'connect', channel, connect, target: forMessage(target), socketOctets})
    return connect
  }

  closeChannel(channel: ChannelHandle): void {
    const shard = this.#byIndex[shardOf(channel)]
    if (shard === undefined) return
    if (this.#unverified.has(channel)) shard.tell({kind: 'close-unverified', channel})
    else this.#command(shard)?.add({kind: CommandKind.CLOSE_CHANNEL, subject: channel})
  }

  sendCell(channel: ChannelHandle, circId: number, command: number, body: Uint8Array): void {
    const writer = this.#command(this.#byIndex[shardOf(channel)])
    writer?.add({kind: CommandKind.SEND_CELL, subject: channel, circId, command}, body)
  }

  // ── circuits ──────────────────────────────────────────────────────────────────────────────────────────────────────

  openRelayCircuit(circuit: CircuitHandle, channel: ChannelHandle, circId: number, keys: RelayKeys): void {
    const number = this.#addCircuit(circuit, channel)
    const code = RelayAlgorithmNumber[keys.algorithm]
    this.#command(this.#homeOf(circuit))?.add(
      {kind: CommandKind.OPEN_RELAY_CIRCUIT, subject: circuit, object: channel, circId, code, number},
      keys.material
    )
  }

  openOriginCircuit(circuit: CircuitHandle, channel: ChannelHandle, circId: number): void {
    const number = this.#addCircuit(circuit, channel)
    const fields = {kind: CommandKind.OPEN_ORIGIN_CIRCUIT, subject: circuit, object: channel, circId, number}
    this.#command(this.#homeOf(circuit))?.add(fields)
  }

  linkNext(circuit: CircuitHandle, channel: ChannelHandle, circId: number): void {
    const fields = {kind: CommandKind.LINK_NEXT, subject: circuit, object: channel, circId}
    this.#command(this.#homeOf(circuit))?.add(fields)
  }

  unlinkNext(circuit: CircuitHandle): void {
    this.#command(this.#homeOf(circuit))?.add({kind: CommandKind.UNLINK_NEXT, subject: circuit})
  }

  splice(a: CircuitHandle, b: CircuitHandle): void {
    const [first, second] = [this.#homeOf(a), this.#homeOf(b)]
    if (first === undefined || second === undefined || a === b) return
    const kind = CommandKind.SPLICE
    this.#command(first)?.add({kind, subject: a, object: b, number: second.index})
    this.#command(second)?.add({kind, subject: b, object: a, number: first.index})
  }

  originate(circuit: CircuitHandle, body: Uint8Array, options?: {readonly wantTag?: boolean}): void {
    const flags = options?.wantTag === true ? RecordFlag.WANT_TAG : 0
    this.#send(circuit, {kind: CommandKind.ORIGINATE, subject: circuit, flags}, body)
  }

  sendOriginCell(circuit: CircuitHandle, body: Uint8Array, options?: {readonly early?: boolean}): void {
    const flags = options?.early === true ? RecordFlag.EARLY : 0
    this.#send(circuit, {kind: CommandKind.SEND_ORIGIN_CELL, subject: circuit, flags}, body)
  }

  closeCircuit(circuit: CircuitHandle): void {
    const packed = this.#circuits.get(circuit)
    if (packed === undefined) return
    this.#circuits.delete(circuit)
    const shard = this.#byIndex[packed % SHARDS_MAX]
    this.#command(shard)?.add({kind: CommandKind.CLOSE_CIRCUIT, subject: circuit})
    const counter = Math.floor(packed / SHARDS_MAX)
    if (counter !== NO_COUNTER) shard?.leave(counter)
  }

  queuedCells(circuit: CircuitHandle): number {
    const packed = this.#circuits.get(circuit)
    return packed === undefined ? 0 : this.#queues.queued(Math.floor(packed / SHARDS_MAX))
  }

  awaitDrained(circuit: CircuitHandle): boolean {
    const packed = this.#circuits.get(circuit)
    return packed !== undefined && this.#queues.awaitDrained(Math.floor(packed / SHARDS_MAX))
  }

  // ── bounds ────────────────────────────────────────────────────────────────────────────────────────────────────────

  get parts(): readonly PlanePart[] {
    return this.#shards.map(({counters}) => partOf(counters))
  }

  get outboxWaitsMs(): readonly Counted[] {
    return this.#shards.map(({counters}) => outboxWaitOf(counters))
  }

  get unverifiedLinks(): number {
    return this.#unverified.size
  }

  get queuedOctets(): number {
    let octets = 0
    for (const {counters} of this.#shards)
      octets += counters.get('queuedOctets') + counters.get('socketOctets')
    return octets
  }

  setLimits(limits: DataPlaneLimits): void {
    this.#limits = limits
    const payload = new Uint8Array(12)
    const view = new DataView(payload.buffer)
    view.setUint32(0, limits.circuitCellsMax, true)
    view.setUint32(4, limits.outboundCellsMax, true)
    view.setUint32(8, limits.priorityHalfLifeMs, true)
    for (const shard of this.#shards) this.#command(shard)?.add({kind: CommandKind.SET_LIMITS}, payload)
  }

  setRates(rates: DataPlaneRates): void {
    this.#memory.setRates(rates)
  }

  setMeasures(measures: DataPlaneMeasures): void {
    this.#measures = measures
    for (const shard of this.#shards) if (shard.isUp) shard.tell({kind: 'measure', measures})
  }

  /** Each shard gives its oldest, in proportion to what waits in it. */
  shedOldest(octets: number, done: () => void): void {
    const waiting = Math.max(1, this.queuedOctets)
    const asked = new Map<MainShard, number>()
    for (const shard of this.#shards) {
      const share = (shard.counters.get('queuedOctets') + shard.counters.get('socketOctets')) / waiting
      if (share === 0 || !shard.isUp) continue
      this.#command(shard)?.add({kind: CommandKind.SHED_OLDEST, object: Math.ceil(octets * share)})
      asked.set(shard, shard.nextSequence)
    }
    const checkDone = () => {
      const isDone = [...asked].every(
        ([shard, sequence]) => !shard.isUp || shard.counters.get('done') >= sequence
      )
      if (isDone) done()
      else setTimeout(checkDone, SHED_POLL_MS)
    }
    checkDone()
  }

  stopListening(): void {
    this.#listeners.stop()
  }

  async close(): Promise<void> {
    this.#isClosing = true
    clearInterval(this.#timer)
    this.#listeners.stop()
    for (const shard of this.#shards) {
      shard.tell({kind: 'close'})
      shard.post()
    }
    await Promise.all(this.#runs.values())
    await this.#deps.threads.close()
    for (const shard of this.#shards) {
      this.#lost(shard)
      giveBackShardIndex(shard.index)
    }
    await this.#listeners.close()
  }

  // ── shards ────────────────────────────────────────────────────────────────────────────────────────────────────────

  #newShard(place: number): MainShard {
    const index = takeShardIndex()
    const counters = this.#memory.countersOf(place)
    const memory = this.#memory.parts
    const shard = new MainShard(
      {index, indexes: SHARDS_MAX, place, memory, counters},
      {
        threads: this.#deps.threads,
        wantsPost: asking => this.#wantsPost(asking),
        received: (from, message) => this.#received(from, message)
      }
    )
    this.#byIndex[index] = shard
    return shard
  }

  #run(shard: MainShard): void {
    const startedAtMs = performance.now()
    this.#toldEndpoint.delete(shard)
    const run = shard.run(this.#limits)
    if (this.#measures !== undefined) shard.tell({kind: 'measure', measures: this.#measures})
    this.#refresh(shard)
    this.#runs.set(
      shard,
      run.catch(error => this.#died(shard, error, performance.now() - startedAtMs))
    )
  }

  #died(shard: MainShard, error: unknown, livedMs: number): void {
    this.#own.shardsLost++
    if (this.#isClosing) return
    this.#lost(shard)
    this.#deps.shardDied(error)
    if (livedMs >= SHORT_LIFE_MS) this.#run(shard)
    else setTimeout(() => this.#isClosing || this.#run(shard), RESTART_DELAY_MS)
  }

  /** Tells what went with a shard. */
  #lost(shard: MainShard): void {
    const {open, received, connecting, links} = shard
    const gone = {open: [...open], received: [...received], connecting: [...connecting.keys()]}
    for (const channel of links) this.#unverified.delete(channel)
    for (const counter of shard.died()) this.#queues.giveBack(counter)
    for (const [name, total] of shard.counters.takeTotals()) {
      this.#past.set(name, (this.#past.get(name) ?? 0) + total)
    }
    this.#own.channelsClosed += gone.open.length
    for (const channel of gone.received) this.#gate.closed(channel)
    for (const connect of gone.connecting) {
      this.#deps.events.connectFailed(connect, {code: 'connect-failed', blame: 'peer'})
    }
    for (const channel of gone.open) this.#deps.events.channelClosed(channel)
  }

  #leastBusy(): MainShard {
    let least = this.#shards[0]
    for (const shard of this.#shards) {
      if (shard.isUp && (least?.isUp !== true || shard.links.size < least.links.size)) least = shard
    }
    if (least === undefined) throw new BugError('plane-without-shards')
    return least
  }

  #deal(channel: ChannelHandle, socket: Socket, address: SocketAddress): void {
    const shard = this.#byIndex[shardOf(channel)]
    const descriptor = duplicate(socket)
    // Only this thread's descriptor is closed by this; the connection lives on in the duplicate.
    socket.destroy()
    if (shard === undefined || descriptor === undefined) {
      this.#gate.closed(channel)
      return
    }
    this.#makeRoom()
    this.#unverified.add(channel)
    shard.links.add(channel)
    shard.received.add(channel)
    this.#refresh(shard)
    shard.tell({kind: 'accept', channel, descriptor, address})
  }

  /** A flood of half-open links must not keep new ones out, so the oldest goes. */
  #makeRoom(): void {
    if (this.#unverified.size < this.#unverifiedMax) return
    const [oldest] = this.#unverified
    if (oldest === undefined) return
    this.#own.handshakesRefused++
    this.#unverified.delete(oldest)
    this.#byIndex[shardOf(oldest)]?.tell({kind: 'close-unverified', channel: oldest})
  }

  #refreshAll(): void {
    for (const shard of this.#shards) this.#refresh(shard)
  }

  /** Tells the shard what has changed of our end of links. */
  #refresh(shard: MainShard): void {
    const {material, ownAddresses, paddingParams} = this.#deps.endpoint
    const endpoint: Endpoint = {kind: 'endpoint', material, ownAddresses, paddingParams: paddingParams()}
    if (this.#endpoint === undefined || !isSame(this.#endpoint, endpoint)) this.#endpoint = endpoint
    if (this.#toldEndpoint.get(shard) === this.#endpoint || !shard.isUp) return
    this.#toldEndpoint.set(shard, this.#endpoint)
    shard.tell(this.#endpoint)
  }

  // ── messages ──────────────────────────────────────────────────────────────────────────────────────────────────────

  #received(shard: MainShard, {opened, events, failed, closed}: FromWorker): void {
    for (const info of opened) {
      this.#unverified.delete(info.channel)
      shard.open.add(info.channel)
      if (info.connect !== undefined) shard.connecting.delete(info.connect)
      this.#deps.events.channelOpened(info)
    }
    if (events !== undefined) dispatchEvents(events, this.#deps.events)
    for (const {connect, fault} of failed) {
      if (shard.connecting.delete(connect)) this.#deps.events.connectFailed(connect, fault)
    }
    for (const channel of closed) {
      shard.links.delete(channel)
      this.#unverified.delete(channel)
      if (shard.received.delete(channel)) this.#gate.closed(channel)
      if (shard.open.delete(channel)) this.#deps.events.channelClosed(channel)
    }
    for (const counter of shard.settled()) this.#queues.giveBack(counter)
  }

  /** The writer for a command to the shard, which is posted before the loop turn ends. */
  #command(shard: MainShard | undefined) {
    if (shard === undefined) return undefined
    this.#wantsPost(shard)
    return shard.commands
  }

  #wantsPost(shard: MainShard): void {
    this.#toPost.add(shard)
    if (this.#postIsDue) return
    this.#postIsDue = true
    setImmediate(() => this.#post())
  }

  #post(): void {
    this.#postIsDue = false
    for (const shard of this.#toPost) {
      shard.post()
      for (const counter of shard.settled()) this.#queues.giveBack(counter)
    }
    this.#toPost.clear()
  }

  #send(circuit: CircuitHandle, fields: Parameters<MainShard['commands']['add']>[0], body: Uint8Array): void {
    const packed = this.#circuits.get(circuit)
    if (packed === undefined) return
    this.#queues.gave(Math.floor(packed / SHARDS_MAX))
    this.#command(this.#byIndex[packed % SHARDS_MAX])?.add(fields, body)
  }

  /** Gives the circuit's queue counter. */
  #addCircuit(circuit: CircuitHandle, channel: ChannelHandle): number {
    const counter = this.#queues.take()
    this.#circuits.set(circuit, counter * SHARDS_MAX + shardOf(channel))
    return counter
  }

  #homeOf(circuit: CircuitHandle): MainShard | undefined {
    const packed = this.#circuits.get(circuit)
    return packed === undefined ? undefined : this.#byIndex[packed % SHARDS_MAX]
  }

  /** The contract's counters: main's own, and what all shards count. */
  #sumsOf(own: DataPlaneCounters): Readonly<DataPlaneCounters> {
    const sums = {...own}
    for (const name of Object.keys(own) as (keyof DataPlaneCounters)[]) {
      const isKept = SHARD_KEPT.some(kept => kept === name)
      const sum = (kept: SharedCounter) =>
        this.#shards.reduce(
          (total, {counters}) => total + counters.get(kept),
          (this.#past.get(kept) ?? 0) + own[name]
        )
      Object.defineProperty(sums, name, {
        enumerable: true,
        get: isKept ? () => sum(name as SharedCounter) : () => own[name]
      })
    }
    return sums
  }
}

/** The descriptor that node:net keeps to itself; undefined where the connection is gone already, or descriptors are. */
function duplicate(socket: Socket): number | undefined {
  const {_handle: handle} = socket as unknown as {readonly _handle?: {readonly fd?: number} | null}
  if (typeof handle?.fd !== 'number' || handle.fd < 0) return undefined
  const descriptor = loadAddon().addon?.duplicateDescriptor(handle.fd) ?? -1
  return descriptor < 0 ? undefined : descriptor
}

/** A view in a message takes all of the buffer under it along. */
function forMessage({address, rsaIdentity, ed25519Identity, from}: ChannelTarget): ChannelTarget {
  const copy = (octets: Uint8Array) => new Uint8Array(octets)
  return {
    address: {octets: copy(address.octets), port: address.port},
    rsaIdentity: rsaIdentity && copy(rsaIdentity),
    ed25519Identity: ed25519Identity && copy(ed25519Identity),
    from
  }
}

function isSame(a: Endpoint, b: Endpoint): boolean {
  const [params, others] = [Object.values(a.paddingParams), Object.values(b.paddingParams)]
  return (
    a.material === b.material &&
    a.ownAddresses.length === b.ownAddresses.length &&
    a.ownAddresses.every((address, i) => equal(address, b.ownAddresses[i] ?? new Uint8Array(0))) &&
    params.every((value, i) => value === others[i])
  )
}
