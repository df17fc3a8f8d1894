// One shard in its worker thread: links from TCP to cells and back, around one native shard that knows everything per cell.
//
//   main's message ─▶ commands ─▶ native shard; links accepted, opened, closed
//   chunk of a link ─▶ ShardChannel ─▶ native shard
//   end of the loop turn: native turn ─▶ held octets again ─▶ dirty channels flushed ─▶ events and news of links to main
//
// When the thread is busy and its turns carry but a few cells for each link, flushing waits for the next tick, so that
// many small writes become few; the native turn itself never waits, because other shards rely on it.
//
// Owns links, channels and the native shard; everything in it runs to its end in this thread.

import {Socket} from 'node:net'
import type {MessagePort} from 'node:worker_threads'
import type {CellFramer} from '../../channel/cell-framer.ts'
import type {VerifiedChannel} from '../../channel/channel.ts'
import {type ChannelFault, channelFault} from '../../channel/fault.ts'
import {BugError} from '../../fault/fault.ts'
import {ChannelCommand} from '../../wire/channel-cell.ts'
import {channelInfo} from '../channel-info.ts'
import {ChannelKeepalive} from '../channel-keepalive.ts'
import {ChannelPadding} from '../channel-padding.ts'
import type {ChannelHandle, ChannelInfo, DataPlaneLimits, DataPlaneMeasures} from '../contract.ts'
import type {Link, LinkOwner, LinkReader} from '../link.ts'
import {LinkDirections} from '../link-directions.ts'
import {LinkEndpoint} from '../link-endpoint.ts'
import {Links} from '../links.ts'
import {linksAreNative} from './link-choice.ts'
import {type NativeShard, openShard} from './native-shard.ts'
import {OutputSlabs} from './output-slabs.ts'
import {RecordReader} from './record-reader.ts'
import {RecordWriter} from './record-writer.ts'
import {ChannelFaultNumber, CommandKind, LinkEndNumber, LinkEventKind} from './records.ts'
import {ShardChannel, type ShardChannelOwner} from './shard-channel.ts'
import {type ShardCounters, SharedMemory, type SharedMemoryParts} from './shared-memory.ts'
import type {FromWorker, LinkCommand, ToWorker} from './worker-messages.ts'

/** How often the rate limit, timeouts and channel padding are looked after. */
const TICK_MS = 50
const EVENTS_ROOM = 64 * 1024
/** The native shard wants at least so much room for events. */
const EVENTS_ROOM_LEAST = 1024
const LINK_EVENTS_ROOM = 16 * 1024
const DIRTY_MAX = 1024
/** Below so many octets for each flushed channel, writes are worth waiting for. */
const SMALL_FLUSH_OCTETS = 4 * 514
/** A cell: a kernel that takes less is full. */
const LEAST_ROOM = 514
/** Share of its time that a thread works from which on it is busy. */
const BUSY = 0.7

/** What the task of a shard is started with. */
export interface ShardStart extends DataPlaneLimits {
  readonly port: MessagePort
  /** Number of the native shard in the process, and how many there may be. */
  readonly index: number
  readonly indexes: number
  /** Place of the shard in its plane. */
  readonly place: number
  readonly memory: SharedMemoryParts
}

export class ShardWorker implements LinkOwner, ShardChannelOwner {
  readonly queueAccount = {octets: 0}
  readonly native: NativeShard
  readonly slabs = new OutputSlabs()
  /** Resolves when main has asked for the end. */
  readonly ended: Promise<void>
  readonly #port: MessagePort
  readonly #memory: SharedMemory
  readonly #counters: ShardCounters
  readonly #hasNativeLinks: boolean
  readonly #links: Links
  readonly #padding: ChannelPadding<ShardChannel>
  readonly #keepalive: ChannelKeepalive<ShardChannel>
  readonly #directions: LinkDirections<ShardChannel>
  readonly #channels = new Map<ChannelHandle, ShardChannel>()
  readonly #bySlot: (ShardChannel | undefined)[] = []
  readonly #unverified = new Map<ChannelHandle, Link>()
  readonly #flushes = new Set<ShardChannel>()
  readonly #holding = new Set<ShardChannel>()
  readonly #rateLimited = new Set<ShardChannel>()
  readonly #dirty = new Uint32Array(DIRTY_MAX)
  readonly #padder = new RecordWriter(1024)
  readonly #linkEvents = new Uint8Array(LINK_EVENTS_ROOM)
  readonly #linkEventReader = new RecordReader(this.#linkEvents)
  readonly #tick: NodeJS.Timeout
  #refill: NodeJS.Timeout
  readonly #paced = new Set<ShardChannel>()
  #pacing: NodeJS.Timeout | undefined
  #events = new Uint8Array(EVENTS_ROOM)
  #eventsLength = 0
  #opened: ChannelInfo[] = []
  #failed: FromWorker['failed'][number][] = []
  #closed: ChannelHandle[] = []
  #endpoint: LinkEndpoint | undefined
  #paddingParams: Extract<LinkCommand, {kind: 'endpoint'}>['paddingParams'] | undefined
  #turnIsDue = false
  #flushTimer: NodeJS.Timeout | undefined
  #flushedAtMs = 0
  #flushesAreSmall = false
  #utilization = performance.eventLoopUtilization()
  #isBusy = false
  #linkRates = {linkRate: 0, linkBurst: 0}
  #isClosed = false
  #end: () => void = () => {}

  constructor(start: ShardStart) {
    const {index, indexes, circuitCellsMax, outboundCellsMax, priorityHalfLifeMs} = start
    this.#port = start.port
    this.#memory = new SharedMemory(start.memory)
    this.#counters = this.#memory.countersOf(start.place)
    const {queueCounters} = this.#memory
    const native = openShard({
      index,
      shards: indexes,
      circuitCellsMax,
      outboundCellsMax,
      priorityHalfLifeMs,
      queueCounters
    })
    if (native === undefined) throw new BugError('shard-without-addon')
    this.native = native
    this.#hasNativeLinks = linksAreNative() && this.#openNativeLinks(start.memory)
    this.#padding = new ChannelPadding(() => this.#params)
    this.#keepalive = new ChannelKeepalive(() => this.#params.keepaliveMs)
    this.#directions = new LinkDirections(counter => this.#counters.add(counter, 1))
    this.#links = new Links(
      // The bound on links in their handshake is main's, over all shards.
      {unverifiedMax: Number.POSITIVE_INFINITY, areTakenOver: this.#hasNativeLinks},
      {
        endpoint: () => this.#ends,
        owner: this,
        counters: failureCounters(this.#counters),
        connectFailed: (connect, fault) => this.#failed.push({connect, fault})
      }
    )
    this.ended = new Promise(resolve => {
      this.#end = resolve
    })
    if (!this.#hasNativeLinks) this.native.onWake(() => this.#turn())
    this.#port.on('message', (message: ToWorker) => this.#receive(message))
    this.#tick = setInterval(() => this.#onTick(Date.now()), TICK_MS)
    this.#refill = setTimeout(() => this.#onRefill(Date.now()), this.#memory.refillMs)
  }

  #openNativeLinks({buckets}: SharedMemoryParts): boolean {
    return this.native.openLinks({
      nowMs: turnTimeMs(),
      shardCounters: this.#counters.native,
      linkCounters: this.#counters.links,
      buckets: new Uint32Array(buckets),
      hasNews: () => this.#turn()
    })
  }

  // ── from main ─────────────────────────────────────────────────────────────────────────────────────────────────────

  #receive({sequence, commands, links}: ToWorker): void {
    if (this.#isClosed) return
    if (commands !== undefined) this.native.commands(commands)
    for (const command of links) this.#linkCommand(command)
    this.#counters.set('done', sequence)
    this.wantsTurn()
  }

  #linkCommand(command: LinkCommand): void {
    switch (command.kind) {
      case 'accept': {
        const socket = new Socket({fd: command.descriptor, readable: true, writable: true})
        socket.setNoDelay(true)
        this.#unverified.set(command.channel, this.#links.accept(command.channel, socket, command.address))
        break
      }
      case 'connect':
        this.#unverified.set(
          command.channel,
          this.#links.connect(command.channel, command.connect, command.target, command.socketOctets)
        )
        break
      case 'endpoint': {
        const {ownAddresses, paddingParams} = command
        this.#paddingParams = paddingParams
        this.#endpoint = LinkEndpoint.copy(command.material, {
          ownAddresses: () => ownAddresses,
          paddingParams: () => paddingParams,
          nowSeconds: () => Math.floor(Date.now() / 1000)
        })
        break
      }
      case 'measure':
        this.#measure(command.measures)
        break
      case 'close-unverified':
        this.#unverified.get(command.channel)?.close()
        break
      case 'close':
        this.#close()
        break
    }
  }

  #measure({linkDirections, cellWaits}: DataPlaneMeasures): void {
    this.#directions.switch(linkDirections ? 'on' : 'off', Date.now(), this.#channels.values())
    const command = new RecordWriter(64)
    command.add({kind: CommandKind.MEASURE_WAITS, code: cellWaits ? 1 : 0})
    this.native.commands(command.octets())
  }

  #close(): void {
    clearInterval(this.#tick)
    clearTimeout(this.#refill)
    clearTimeout(this.#pacing)
    clearTimeout(this.#flushTimer)
    this.#links.close()
    for (const channel of [...this.#channels.values()]) channel.link.close()
    this.#turn()
    this.#isClosed = true
    this.native.close()
    this.#end()
  }

  get #ends(): LinkEndpoint {
    if (this.#endpoint === undefined) throw new BugError('shard-without-endpoint')
    return this.#endpoint
  }

  get #params() {
    if (this.#paddingParams === undefined) throw new BugError('shard-without-endpoint')
    return this.#paddingParams
  }

  // ── what links report ─────────────────────────────────────────────────────────────────────────────────────────────

  verified(link: Link, verified: VerifiedChannel, framer: CellFramer): LinkReader {
    this.#links.verified(link)
    this.#unverified.delete(link.handle)
    const slot = this.native.channelOpen(link.handle, verified.linkVersion)
    const channel = new ShardChannel(link, verified, slot, this)
    channel.limits?.configure(this.#linkRates)
    this.#channels.set(link.handle, channel)
    this.#bySlot[slot] = channel
    this.#counters.add('channelsOpened', 1)
    this.#padding.opened(channel, Date.now())
    this.#opened.push(forMessage(channelInfo(link, verified)))
    if (this.#hasNativeLinks) channel.goNative()
    channel.receive(framer.release())
    return channel
  }

  failed(link: Link, fault: ChannelFault): void {
    this.#links.failed(link, fault)
  }

  closed(link: Link): void {
    this.#links.closed(link)
    this.#unverified.delete(link.handle)
    this.#closed.push(link.handle)
    this.wantsTurn()
    const channel = this.#channels.get(link.handle)
    if (channel === undefined) return
    // A cell that came before the end is told before it.
    this.takeEvents()
    this.#channels.delete(link.handle)
    this.#directions.closed(channel)
    this.#bySlot[channel.slot] = undefined
    this.#flushes.delete(channel)
    this.#holding.delete(channel)
    this.#rateLimited.delete(channel)
    this.#paced.delete(channel)
    this.#padding.closed(channel)
    this.native.channelClose(channel.slot)
    this.#counters.add('channelsClosed', 1)
  }

  accountRead(link: Link, octets: number): boolean {
    this.#counters.add('reads', 1)
    const channel = this.#channels.get(link.handle)
    const {readLimit} = this.#memory
    if (!this.#isFree(link)) {
      this.#counters.add('bytesRead', octets)
      channel?.read(octets)
      readLimit.spend(octets)
    }
    if (!readLimit.isLimited && !this.#limitsLinks) return true
    channel?.limits?.read.spend(octets)
    if (this.#mayRead(link, channel, Date.now())) return true
    // A handshake is bounded by itself, and short; so is the way to a native link.
    if (channel === undefined || channel.carriage !== 'link') return true
    channel.isRateLimited = true
    this.#counters.add('readsLimited', 1)
    this.#rateLimited.add(channel)
    return false
  }

  // ── what channels ask for ─────────────────────────────────────────────────────────────────────────────────────────

  wantsTurn(): void {
    if (this.#turnIsDue) return
    this.#turnIsDue = true
    setImmediate(() => this.#turn())
  }

  wantsFlush(channel: ShardChannel): void {
    this.#flushes.add(channel)
    this.wantsTurn()
  }

  holdsBack(channel: ShardChannel): void {
    this.#holding.add(channel)
  }

  takeEvents(): boolean {
    const before = this.#eventsLength
    for (;;) {
      if (this.#events.length - this.#eventsLength < EVENTS_ROOM_LEAST) this.#growEvents()
      const taken = this.native.takeEvents(this.#events.subarray(this.#eventsLength))
      if (taken === 0) break
      this.#eventsLength += taken
    }
    return this.#eventsLength > before
  }

  writeBudget({limits, link}: ShardChannel): number {
    const {writeLimit} = this.#memory
    if (!writeLimit.isLimited && !this.#limitsLinks) return Number.POSITIVE_INFINITY
    const nowMs = Date.now()
    const budget = Math.min(
      this.#isFree(link) ? Number.POSITIVE_INFINITY : writeLimit.available(nowMs),
      limits?.write.available(nowMs) ?? Number.POSITIVE_INFINITY
    )
    if (budget <= 0) this.#counters.add('writesLimited', 1)
    return budget
  }

  kernelRoom(channel: ShardChannel): number {
    const {scheduler, tickMs, bufferFactor} = this.#memory.pacing
    if (scheduler !== 'KIST') return Number.POSITIVE_INFINITY
    const room = channel.link.kernelRoom(bufferFactor)
    if (room >= LEAST_ROOM) return room
    this.#paced.add(channel)
    this.#pacing ??= setTimeout(() => this.#onPaced(), tickMs)
    return 0
  }

  accountWritten({limits, link}: ShardChannel, octets: number): void {
    this.#counters.add('writes', 1)
    if (!this.#isFree(link)) {
      this.#counters.add('bytesWritten', octets)
      this.#memory.writeLimit.spend(octets)
    }
    limits?.write.spend(octets)
  }

  // ── the turn ──────────────────────────────────────────────────────────────────────────────────────────────────────

  #turn(): void {
    this.#turnIsDue = false
    if (this.#isClosed) return
    const nowMs = turnTimeMs()
    this.#turnNative(nowMs)
    if (this.#holding.size > 0) {
      const holding = [...this.#holding]
      this.#holding.clear()
      for (const channel of holding) channel.retry()
      this.#turnNative(nowMs)
    }
    this.#linkNews()
    if (this.#flushes.size > 0 && this.#flushTimer === undefined) {
      const {scheduler, tickMs} = this.#memory.pacing
      const waits = this.#flushesAreSmall && scheduler !== 'Vanilla'
      const waitMs = waits ? this.#flushedAtMs + tickMs - nowMs : 0
      if (waitMs <= 0) this.#flush(nowMs)
      else this.#flushTimer = setTimeout(() => this.#flushLate(), waitMs)
    }
    this.takeEvents()
    this.native.counters(this.#counters.native)
    const waiting = this.#hasNativeLinks ? this.native.linksWaiting() : 0
    this.#counters.set('socketOctets', this.queueAccount.octets + waiting)
    this.#report()
  }

  #turnNative(nowMs: number): void {
    let count: number
    do {
      count = this.native.turn(nowMs, this.#dirty)
      for (let i = 0; i < count; i++) {
        const channel = this.#bySlot[this.#dirty[i] as number]
        if (channel !== undefined) this.#flushes.add(channel)
      }
    } while (count === this.#dirty.length)
  }

  #flushLate(): void {
    this.#flushTimer = undefined
    this.#flush(turnTimeMs())
    // What left the queues may be news to main.
    this.wantsTurn()
  }

  #flush(nowMs: number): void {
    let octets = 0
    for (const channel of this.#flushes) octets += channel.flush()
    this.#flushesAreSmall = this.#isBusy && octets < SMALL_FLUSH_OCTETS * this.#flushes.size
    this.#flushedAtMs = nowMs
    this.#flushes.clear()
  }

  #linkNews(): void {
    const reader = this.#linkEventReader
    for (;;) {
      const length = this.native.takeLinkEvents(this.#linkEvents)
      if (length === 0) break
      this.takeEvents()
      reader.start(length)
      while (reader.next()) {
        const channel = this.#channels.get(reader.subject as ChannelHandle)
        if (channel === undefined) continue
        if (reader.kind === LinkEventKind.PADDING_NEGOTIATE) {
          const isEnabled = this.#padding.negotiated(channel, reader.payload(), Date.now())
          const {subject} = reader
          this.#padder.add({kind: CommandKind.ENABLE_PADDING, subject, code: isEnabled ? 1 : 0})
          continue
        }
        if (reader.kind === LinkEventKind.LINK_ENDED) this.#counters.add(endCounter(reader), 1)
        const fault = reader.kind === LinkEventKind.CHANNEL_FAULT ? faultOf(reader) : undefined
        if (fault !== undefined) this.failed(channel.link, fault)
        channel.link.close()
      }
    }
    this.#commandPadding()
  }

  #report(): void {
    const hasNews = this.#eventsLength + this.#opened.length + this.#failed.length + this.#closed.length
    if (hasNews === 0) return
    const events = this.#eventsLength === 0 ? undefined : this.#events.slice(0, this.#eventsLength)
    const message: FromWorker = {
      opened: this.#opened,
      events,
      failed: this.#failed,
      closed: this.#closed
    }
    this.#port.postMessage(message, events === undefined ? [] : [events.buffer])
    this.#eventsLength = 0
    this.#opened = []
    this.#failed = []
    this.#closed = []
    if (this.#events.length > EVENTS_ROOM) this.#events = new Uint8Array(EVENTS_ROOM)
  }

  #growEvents(): void {
    const grown = new Uint8Array(2 * this.#events.length)
    grown.set(this.#events.subarray(0, this.#eventsLength))
    this.#events = grown
  }

  #isFree({isPrivate}: Link): boolean {
    return isPrivate && this.#memory.privateIsFree
  }

  #mayRead(link: Link, channel: ShardChannel | undefined, nowMs: number): boolean {
    if (!this.#isFree(link) && this.#memory.readLimit.available(nowMs) <= 0) return false
    return channel?.limits === undefined || channel.limits.read.available(nowMs) > 0
  }

  /** PerConnBWRate, where it has changed. */
  #takeLinkRates(): void {
    const [linkRate = 0, linkBurst = 0] = this.#memory.linkRates
    if (linkRate === this.#linkRates.linkRate && linkBurst === this.#linkRates.linkBurst) return
    this.#linkRates = {linkRate, linkBurst}
    for (const {limits} of this.#channels.values()) limits?.configure(this.#linkRates)
  }

  get #limitsLinks(): boolean {
    return this.#linkRates.linkRate > 0
  }

  #onTick(nowMs: number): void {
    const since = this.#utilization
    this.#utilization = performance.eventLoopUtilization()
    this.#isBusy = performance.eventLoopUtilization(this.#utilization, since).utilization >= BUSY
    this.#counters.set('busyMs', this.#utilization.active)
    if (this.#endpoint === undefined) return
    this.#takeLinkRates()
    this.#links.sweep(nowMs)
    const {silent, stuck} = this.#keepalive.sweep(this.#channels.values(), nowMs)
    for (const {channel, body} of this.#padding.requests()) {
      const subject = channel.link.handle
      this.#padder.add(
        {kind: CommandKind.SEND_CELL, subject, command: ChannelCommand.PADDING_NEGOTIATE},
        body
      )
    }
    for (const channel of [...this.#padding.due(nowMs), ...silent]) {
      this.#counters.add('paddingCellsSent', 1)
      if (this.#padding.isEnabled(channel)) this.#counters.add('enabledPaddingSent', 1)
      const subject = channel.link.handle
      this.#padder.add({kind: CommandKind.SEND_CELL, subject, command: ChannelCommand.PADDING})
    }
    this.#commandPadding()
    this.#directions.tick(nowMs, this.#channels.values())
    for (const channel of stuck) channel.link.close()
    for (const channel of this.#padding.idle(nowMs)) channel.link.close()
  }

  /** Kernels that had enough may have sent some of it; native links see to that themselves. */
  #onPaced(): void {
    this.#pacing = undefined
    for (const channel of this.#paced) this.wantsFlush(channel)
    this.#paced.clear()
  }

  /** Links that the rates held back go on as far as they let them; native links see to that themselves. */
  #onRefill(nowMs: number): void {
    this.#refill = setTimeout(() => this.#onRefill(Date.now()), this.#memory.refillMs)
    for (const channel of this.#rateLimited) {
      if (!this.#mayRead(channel.link, channel, nowMs)) continue
      this.#rateLimited.delete(channel)
      channel.isRateLimited = false
    }
    if (!this.#memory.writeLimit.isLimited && !this.#limitsLinks) return
    for (const channel of this.#channels.values()) {
      if (channel.carriage === 'link' && this.native.backlog(channel.slot) > 0) this.wantsFlush(channel)
    }
  }

  #commandPadding(): void {
    if (this.#padder.length === 0) return
    this.native.commands(this.#padder.octets())
    this.#padder.clear()
    this.wantsTurn()
  }
}

/** In milliseconds, of the one clock that all shards of the process take turns by. */
function turnTimeMs(): number {
  return performance.timeOrigin + performance.now()
}

/** A view in a message takes all of the buffer under it along. */
function forMessage(info: ChannelInfo): ChannelInfo {
  const {peer, address} = info
  const copy = (octets: Uint8Array) => new Uint8Array(octets)
  return {
    ...info,
    peer:
      peer.kind === 'client'
        ? peer
        : {...peer, rsaIdentity: copy(peer.rsaIdentity), ed25519Identity: copy(peer.ed25519Identity)},
    address: {...address, octets: copy(address.octets)},
    claimedAddresses: info.claimedAddresses.map(copy),
    ownAddressSeen: copy(info.ownAddressSeen)
  }
}

/** As src/dataplane/links.ts counts, in shared memory. */
function failureCounters(counters: ShardCounters) {
  return {
    get handshakesFailed() {
      return counters.get('handshakesFailed')
    },
    set handshakesFailed(count: number) {
      counters.set('handshakesFailed', count)
    },
    handshakesRefused: 0
  }
}

/** What the end of a native link is counted as. */
function endCounter({code}: RecordReader) {
  if (code === LinkEndNumber['socket-failed']) return 'linksBroken'
  if (code === LinkEndNumber['bad-record']) return 'linksMalformed'
  return code === LinkEndNumber['peer-alert'] ? 'linksAlerted' : 'linksClosedByPeer'
}

/** The fault that a closed link is counted with; undefined where it is our own doing. */
function faultOf({code, command}: RecordReader): ChannelFault | undefined {
  if (code === ChannelFaultNumber['unexpected-cell']) return channelFault('unexpected-cell', {command})
  if (code === ChannelFaultNumber['cell-too-long']) return channelFault('cell-too-long', {command})
  return undefined
}
