// One native shard as its worker uses it: chunks of octets in, events and octets out, commands from the control plane in
// between. Numbers and typed arrays cross, and never an object per cell. A loop turn of the worker:
//
//   socket 'data' ─▶ receive(slot, chunk)       main's message ─▶ commands(buffer)       onWake ─▶ nothing but the turn
//   end of the turn (setImmediate): turn(now, dirty) ─▶ for each dirty slot: take(slot, …) ─▶ socket.write
//                                   takeEvents ─▶ post to main;  takeLinkEvents ─▶ close links, agree on padding
//
// Whoever calls receive, commands or channelClose must call turn before the thread waits for the next thing to happen: other
// shards rely on it and do not wake this one in between.
//
// Channels are named by `slot` between worker and shard (small numbers, used again after channelClose), and by their handle
// between main and shard. Shards of one process meet in memory of the process, in whatever threads they run.

import {type AddonStatus, loadAddon, type ShardAddon} from '../../crypto/binding.ts'
import {BugError} from '../../fault/fault.ts'
import type {TlsConnection} from '../tls-takeover.ts'
import {SHARD_COUNTERS} from './records.ts'

/** Shards that a process may have; a channel's handle says which is its own. */
export const SHARDS_MAX = 256

export interface ShardOptions {
  /** This shard's number, from 0; no other open shard of the process may have it. */
  readonly index: number
  /** How many shards the process has; bounds the memory of the rings between them. */
  readonly shards: number
  readonly circuitCellsMax: number
  readonly outboundCellsMax: number
  /** In milliseconds; 30,000 when left out. */
  readonly priorityHalfLifeMs?: number
  /** Place in the addon's kernels; the kernel of the process when left out. */
  readonly kernel?: number
  /** Over a SharedArrayBuffer: QUEUE_COUNTER_WORDS words per counter; see records.ts. */
  readonly queueCounters?: Uint32Array
}

export interface NativeLinksOptions {
  /** As `turn` wants it. */
  readonly nowMs: number
  /** What `counters` writes is written here at every turn. */
  readonly shardCounters: Float64Array
  /** LINK_COUNTERS are added to. */
  readonly linkCounters: Float64Array
  /** The words of the two shared token buckets, reading first, and LINK_RATE_WORDS; see shared-memory.ts. */
  readonly buckets: Uint32Array
  readonly hasNews: () => void
}

export interface AdoptedLink {
  readonly channel: number
  readonly connection: TlsConnection
  /** The peer authenticated: its link has no rate limit of its own. */
  readonly isRelay: boolean
  /** Its octets may count for nothing; see DataPlaneRates. */
  readonly isPrivate: boolean
  /** Octets of cells that came on the connection and that `receive` did not take. */
  readonly held: Uint8Array
}

/** The handle of the `number`-th channel of a shard. Numbers must not be used twice in one process, even when a shard is
 * opened again after its worker died. */
export function channelHandle(shard: number, number: number): number {
  return number * SHARDS_MAX + shard
}

/** The shard that owns a channel. */
export function shardOf(channel: number): number {
  return channel % SHARDS_MAX
}

/** Opens a shard; undefined where the addon is not in use. Throws where another open shard has the same index. */
export function openShard(options: ShardOptions): NativeShard | undefined {
  const {addon} = loadAddon()
  return addon === undefined ? undefined : new NativeShard(addon, options)
}

export class NativeShard {
  readonly index: number
  readonly #addon: ShardAddon
  readonly #slot: number
  readonly #generation: number
  #isClosed = false

  constructor(
    addon: ShardAddon & {readonly kernels: readonly string[]; readonly kernel: string},
    options: ShardOptions
  ) {
    this.index = options.index
    this.#addon = addon
    const handle = new Uint32Array(2)
    const settings = Uint32Array.of(
      options.index,
      options.shards,
      options.circuitCellsMax,
      options.outboundCellsMax,
      options.priorityHalfLifeMs ?? 30_000,
      options.kernel ?? addon.kernels.indexOf(addon.kernel)
    )
    check(addon.shardOpen(settings, options.queueCounters, handle))
    this.#slot = handle[0] as number
    this.#generation = handle[1] as number
  }

  /** Begins to carry cells of a verified link. Gives the slot that the other calls want. */
  channelOpen(channel: number, linkVersion: number): number {
    const slot = this.#addon.shardChannelOpen(this.#slot, this.#generation, channel, linkVersion)
    if (slot < 0) throw new BugError('shard-channel-open')
    return slot
  }

  /** Forgets the channel and what waits for it; circuits that came in on it are gone, others lose their next hop. Tells main
   * nothing: that the channel closed is the worker's to tell. */
  channelClose(slot: number): void {
    check(this.#addon.shardChannelClose(this.#slot, this.#generation, slot))
  }

  /** Takes octets of the channel, which it may change. Gives how many it took: fewer than there are where events have to be
   * taken first, or where a ring to another shard is full. Then: takeEvents and takeLinkEvents; if these gave any, give the
   * rest of the octets again; else stop reading the link, and give them again right before the next turn. That there is room
   * in the ring wakes a shard that waits. */
  receive(slot: number, chunk: Uint8Array): number {
    return number(this.#addon.shardReceive(this.#slot, this.#generation, slot, chunk))
  }

  /** Carries out `length` octets of command records; keys in them are wiped. */
  commands(records: Uint8Array, length = records.length): void {
    check(this.#addon.shardCommands(this.#slot, this.#generation, records, length))
  }

  /** Moves as many whole event records as fit to `out` (at least 1,024 octets); gives their octets, 0 when there are none. */
  takeEvents(out: Uint8Array): number {
    return number(this.#addon.shardTakeEvents(this.#slot, this.#generation, out))
  }

  /** The same for link events. Take the events first: a cell that came before a fault is told before it. */
  takeLinkEvents(out: Uint8Array): number {
    return number(this.#addon.shardTakeLinkEvents(this.#slot, this.#generation, out))
  }

  /** Works off what other shards sent, hands over what is for them, and writes the slots of channels that have got something
   * to send since they were named last into `dirty`; gives how many. If `dirty` is full there may be more: call again.
   * `nowMs`: of one clock for all shards of the process (performance.timeOrigin + performance.now()). */
  turn(nowMs: number, dirty: Uint32Array): number {
    return number(this.#addon.shardTurn(this.#slot, this.#generation, nowMs, dirty))
  }

  /** Writes whole cells that wait for the channel into `out` from `at` on, as many as fit into `max` octets; gives the octets. */
  take(slot: number, out: Uint8Array, at: number, max: number): number {
    return number(this.#addon.shardTake(this.#slot, this.#generation, slot, out, at, max))
  }

  /** Octets that wait for the channel, as they would go on the wire. */
  backlog(slot: number): number {
    return number(this.#addon.shardBacklog(this.#slot, this.#generation, slot))
  }

  /** Circuits that have an end on the channel. */
  circuits(slot: number): number {
    return number(this.#addon.shardCircuits(this.#slot, this.#generation, slot))
  }

  /** A relay cell has ever been put into the channel's outbox: it is used for more than directory traffic (padding-spec 2). */
  isUsed(slot: number): boolean {
    return number(this.#addon.shardIsUsed(this.#slot, this.#generation, slot)) !== 0
  }

  /** Cells that wait towards the origin of a circuit of this shard, or towards the first hop of one that we built. */
  queuedCells(circuit: number): number {
    return number(this.#addon.shardQueuedCells(this.#slot, this.#generation, circuit))
  }

  /** Writes the counters in the order of SHARD_COUNTERS. */
  counters(out: Float64Array): void {
    if (out.length < SHARD_COUNTERS.length) throw new BugError('shard-counters-length')
    check(this.#addon.shardCounters(this.#slot, this.#generation, out))
  }

  /** Calls back when another shard has sent something while this one waited. It does not keep the thread alive. */
  onWake(callback: () => void): void {
    check(this.#addon.shardOnWake(this.#slot, this.#generation, callback))
  }

  /**
   * From now on links can be given to the shard: `turn` then writes what waits for them, and the loop of this thread calls
   * `hasNews` when there are events, or channels without such a link that have got something to send. onWake is not needed
   * then. Gives false where this Node or this system has not what it takes.
   */
  openLinks({nowMs, shardCounters, linkCounters, buckets, hasNews}: NativeLinksOptions): boolean {
    const opened = this.#addon.shardLinksOpen(
      this.#slot,
      this.#generation,
      nowMs,
      shardCounters,
      linkCounters,
      buckets,
      hasNews
    )
    if (typeof opened !== 'boolean') check(opened)
    return opened === true
  }

  /** Carries a channel over this connection, whose secrets are wiped. False where the system refuses: then the connection
   * is closed. */
  adoptLink(slot: number, {channel, connection, isRelay, isPrivate, held}: AdoptedLink): boolean {
    const {descriptor, suite, isServer, secrets, sequences, behind} = connection
    const adopted = this.#addon.shardLinkAdopt(
      this.#slot,
      this.#generation,
      Uint32Array.of(slot, descriptor, suite, isServer ? 1 : 0, isRelay ? 1 : 0, isPrivate ? 1 : 0),
      channel,
      secrets,
      Float64Array.from(sequences),
      held,
      behind
    )
    secrets.fill(0)
    if (typeof adopted !== 'boolean') check(adopted)
    return adopted === true
  }

  /** Closes the connection of a channel. */
  forgetLink(slot: number): void {
    check(this.#addon.shardLinkForget(this.#slot, this.#generation, slot))
  }

  /** When octets last went either way on a channel's link, in milliseconds since 1970. */
  linkUsedAtMs(slot: number): number {
    return number(this.#addon.shardLinkUsedAt(this.#slot, this.#generation, slot))
  }

  /** When octets last left for the peer of a channel's link, in milliseconds since 1970. */
  linkWroteAtMs(slot: number): number {
    return number(this.#addon.shardLinkWroteAt(this.#slot, this.#generation, slot))
  }

  /** Octets of cells that a channel's link read, or wrote, since it was adopted. */
  linkOctets(slot: number, direction: 'read' | 'written'): number {
    return number(
      this.#addon.shardLinkOctets(this.#slot, this.#generation, slot, direction === 'read' ? 0 : 1)
    )
  }

  /** Octets that links hold, because their sockets or other shards cannot take them. */
  linksWaiting(): number {
    return number(this.#addon.shardLinksWaiting(this.#slot, this.#generation))
  }

  /** Wipes and frees everything; other shards hear of it and let go of what they share with this one. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    check(this.#addon.shardClose(this.#slot, this.#generation))
  }
}

function check(status: AddonStatus | undefined): void {
  if (status !== undefined) throw new BugError('shard-call', `status ${status}`)
}

/** Calls that give a number give minus the status when they fail. */
function number(value: number): number {
  if (value < 0) throw new BugError('shard-call', `status ${-value}`)
  return value
}
