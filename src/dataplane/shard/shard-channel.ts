// A channel as its shard's worker has it: a verified link on one side, a slot of the native shard on the other.
//
//   link ──▶ receive(chunk) ──▶ native shard          native shard ──▶ flush ──▶ link.write
//
// The worker owns it. Octets that the native shard cannot take yet, because a ring to another shard is full, wait here,
// and nothing more is read from the link meanwhile. Where links are native, the shard carries the connection itself from
// soon after the link handshake on; until then, nothing is written.

import {concat} from '../../bytes/octets.ts'
import type {VerifiedChannel} from '../../channel/channel.ts'
import type {ChannelUsage} from '../../channel/padding.ts'
import type {KeptChannel} from '../channel-keepalive.ts'
import type {PaddedChannel} from '../channel-padding.ts'
import type {Link, LinkCarrier, LinkReader} from '../link.ts'
import type {MeasuredLink} from '../link-directions.ts'
import {LinkLimits} from '../link-limits.ts'
import type {NativeShard} from './native-shard.ts'
import type {OutputSlabs} from './output-slabs.ts'

export interface ShardChannelOwner {
  readonly native: NativeShard
  readonly slabs: OutputSlabs
  /** Asks for a turn of the native shard before the thread waits. */
  wantsTurn(): void
  /** Asks for a flush of this channel at the end of the turn. */
  wantsFlush(channel: ShardChannel): void
  /** Moves events out of the native shard; false when there were none. */
  takeEvents(): boolean
  /** The channel holds octets back; the owner offers them again after the next turn. */
  holdsBack(channel: ShardChannel): void
  /** Octets that may be written now. */
  writeBudget(channel: ShardChannel): number
  /** Octets that the channel's socket may get now for the sake of its kernel. Where that is too little for a cell, the channel is
   * flushed again at the next tick. */
  kernelRoom(channel: ShardChannel): number
  accountWritten(channel: ShardChannel, octets: number): void
}

export class ShardChannel implements LinkReader, PaddedChannel, KeptChannel, MeasuredLink, LinkCarrier {
  readonly link: Link
  /** Who reads and writes: the link, or nobody yet (which reads, but does not write), or the native shard. */
  carriage: 'link' | 'moving' | 'native' = 'link'
  readonly verified: VerifiedChannel
  readonly slot: number
  /** Of its own, for a peer that did not authenticate. */
  readonly limits: LinkLimits | undefined
  readonly #owner: ShardChannelOwner
  #held: Uint8Array | undefined
  #isRateLimited = false
  /** While the native shard does not carry the connection. */
  #octets = {read: 0, written: 0}
  #isCarried = false

  constructor(link: Link, verified: VerifiedChannel, slot: number, owner: ShardChannelOwner) {
    this.link = link
    this.verified = verified
    this.slot = slot
    this.limits = verified.peer.kind === 'client' ? new LinkLimits(Date.now()) : undefined
    this.#owner = owner
  }

  get usedAtMs(): number {
    return this.carriage === 'native' ? this.#owner.native.linkUsedAtMs(this.slot) : this.link.usedAtMs
  }

  get wroteAtMs(): number {
    return this.carriage === 'native' ? this.#owner.native.linkWroteAtMs(this.slot) : this.link.wroteAtMs
  }

  get octetsRead(): number {
    return this.#octets.read + (this.#isCarried ? this.#owner.native.linkOctets(this.slot, 'read') : 0)
  }

  get octetsWritten(): number {
    return this.#octets.written + (this.#isCarried ? this.#owner.native.linkOctets(this.slot, 'written') : 0)
  }

  get addressLength(): number {
    return this.link.address.octets.length
  }

  /** Octets that the link read. */
  read(octets: number): void {
    this.#octets.read += octets
  }

  get circuitCount(): number {
    return this.#owner.native.circuits(this.slot)
  }

  get usage(): ChannelUsage {
    return this.#owner.native.isUsed(this.slot) ? 'streams' : 'none'
  }

  /** The rate limit lets nothing more be read, or does again. */
  set isRateLimited(limited: boolean) {
    this.#isRateLimited = limited
    if (!limited) this.#readOn()
  }

  receive(chunk: Uint8Array): void {
    this.#owner.wantsTurn()
    if (this.#held !== undefined) this.#held = concat(this.#held, chunk)
    else this.#give(chunk)
  }

  /** Closes the connection that the native shard carries. */
  close(): void {
    this.#octets = {read: this.octetsRead, written: this.octetsWritten}
    this.#isCarried = false
    this.#owner.native.forgetLink(this.slot)
  }

  /** Has the native shard carry the connection, if node:tls can do without it. */
  goNative(): void {
    this.carriage = 'moving'
    this.link.takeOver(connection => {
      this.carriage = connection === undefined ? 'link' : 'native'
      if (connection === undefined) {
        this.#readOn()
        this.#owner.wantsFlush(this)
        return
      }
      const held = this.#held ?? new Uint8Array(0)
      this.#held = undefined
      this.link.carriedBy(this)
      const isRelay = this.verified.peer.kind === 'relay'
      const {handle: channel, isPrivate} = this.link
      const adopted = {channel, connection, isRelay, isPrivate, held}
      if (this.#owner.native.adoptLink(this.slot, adopted)) this.#isCarried = true
      else this.link.close()
    })
  }

  /** Offers again what is held back. */
  retry(): void {
    const held = this.#held
    this.#held = undefined
    if (held === undefined || this.link.isClosed) return
    this.#give(held)
    this.#readOn()
  }

  writable(): void {
    this.#owner.wantsFlush(this)
  }

  /** Writes what waits, as far as the socket and the rate limit have room; gives the octets. */
  flush(): number {
    if (this.carriage !== 'link') return 0
    const {native, slabs} = this.#owner
    let written = 0
    while (!this.link.isClosed) {
      const budget = Math.min(this.link.room, this.#owner.writeBudget(this), slabs.room)
      const isWaitedFor = budget > 0 && native.backlog(this.slot) > 0
      const room = isWaitedFor ? Math.min(budget, this.#owner.kernelRoom(this)) : 0
      const length = room > 0 ? native.take(this.slot, slabs.octets, slabs.at, room) : 0
      if (length === 0) break
      const {octets, released} = slabs.cut(length)
      this.link.write(octets, released)
      this.#octets.written += length
      this.#owner.accountWritten(this, length)
      written += length
    }
    if (!this.link.isClosed && native.backlog(this.slot) > 0) this.link.waitForRoom()
    return written
  }

  #give(chunk: Uint8Array): void {
    const {native} = this.#owner
    for (let at = 0; at < chunk.length && !this.link.isClosed; ) {
      at += native.receive(this.slot, at === 0 ? chunk : chunk.subarray(at))
      if (at === chunk.length || this.#owner.takeEvents()) continue
      this.#held = chunk.subarray(at)
      if (this.carriage === 'link') this.link.pause()
      this.#owner.holdsBack(this)
      return
    }
  }

  #readOn(): void {
    if (this.carriage === 'link' && this.#held === undefined && !this.#isRateLimited) this.link.resume()
  }
}
