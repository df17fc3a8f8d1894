// What one client address may ask of this relay: so many connections at once, so many new ones and so many new circuits a
// second. Who asks for more is marked and refused for a while.
//
//   TCP connection ─▶ admits ─▶ TLS, link handshake ─▶ channelOpened: client? ─▶ CREATE ─▶ admitsCircuit
//                        └──────────────── closed ◀───────────────────────────────┘
//
// Every connection to us counts from the start, so that half-open ones count too, until it turns out to be one of a relay
// that the consensus lists. Circuits count on channels of clients alone: who has authenticated carries the circuits of
// many. A channel knows its record, so that a CREATE costs one look-up by handle.

import type {ChannelHandle, ChannelInfo} from '../../../dataplane/contract.ts'
import type {LinkGate} from '../../../dataplane/link-gate.ts'
import {type ClientRecord, ClientRecords} from './client-records.ts'
import {type AddressOutcome, newAddressCounters} from './dos-outcomes.ts'
import type {DosParams} from './dos-params.ts'

/** Addresses that are remembered at once. */
export const RECORDS_MAX = 65_536

export interface AddressDefenceOptions {
  readonly params: DosParams
  readonly recordsMax?: number
}

export interface AddressDefenceDeps {
  /** Milliseconds of a clock that never goes back. */
  readonly nowMs: () => number
  /** A whole number from the first to the second, both included. */
  readonly randomWithin: (least: number, most: number) => number
  /** Whether the consensus has a relay of this RSA identity. */
  readonly isListed: (rsaIdentity: Uint8Array) => boolean
}

export class AddressDefence implements LinkGate {
  readonly counters: Record<AddressOutcome, number> = newAddressCounters()
  readonly #deps: AddressDefenceDeps
  readonly #records: ClientRecords
  /** By the channel of each connection that counts. */
  readonly #connections = new Map<ChannelHandle, ClientRecord>()
  /** Those of them that are verified channels of clients. */
  readonly #clients = new Map<ChannelHandle, ClientRecord>()
  #params: DosParams

  constructor(options: AddressDefenceOptions, deps: AddressDefenceDeps) {
    this.#params = options.params
    this.#deps = deps
    this.#records = new ClientRecords(options.recordsMax ?? RECORDS_MAX)
  }

  /** Addresses that are remembered now. */
  get knownAddresses(): number {
    return this.#records.size
  }

  /** From now on. Marks stay, and connections that counted go on counting, so that turning it on again finds them. */
  configure(params: DosParams): void {
    this.#params = params
    if (!this.#isOn) this.#records.forget(() => true)
  }

  admits(channel: ChannelHandle, address: Uint8Array): boolean {
    if (!this.#isOn) return true
    const nowMs = this.#deps.nowMs()
    const record = this.#records.of(address)
    if (record === undefined) return true
    if (this.#params.connection.isEnabled && !this.#admitsConnection(record, nowMs)) {
      this.#records.touched(record, nowMs)
      return false
    }
    this.#records.connected(record)
    this.#connections.set(channel, record)
    return true
  }

  closed(channel: ChannelHandle): void {
    this.#clients.delete(channel)
    const record = this.#connections.get(channel)
    if (record === undefined) return
    this.#connections.delete(channel)
    this.#records.disconnected(record, this.#deps.nowMs())
  }

  /** The link handshake is over, and it is known who the peer is. */
  channelOpened({channel, peer}: ChannelInfo): void {
    const record = this.#connections.get(channel)
    if (record === undefined) return
    if (peer.kind !== 'relay') this.#clients.set(channel, record)
    // Anyone can make an identity and prove it; the consensus is what makes it a relay's.
    else if (this.#deps.isListed(peer.rsaIdentity)) this.closed(channel)
  }

  /** Whether a CREATE cell on this channel is answered; false: DESTROY RESOURCELIMIT. */
  admitsCircuit(channel: ChannelHandle): boolean {
    const {circuitCreation} = this.#params
    const record = circuitCreation.isEnabled ? this.#clients.get(channel) : undefined
    if (record === undefined) return true
    const nowMs = this.#deps.nowMs()
    const isExhausted = !record.circuits.take(circuitCreation.limit, nowMs)
    // Who goes on while marked stays marked for longer.
    if (isExhausted && record.connections >= circuitCreation.minConnections) {
      if (record.circuitMarkedUntilMs < nowMs) this.counters.marked_address++
      record.circuitMarkedUntilMs = this.#markUntil(circuitCreation.periodMs, nowMs)
    }
    if (record.circuitMarkedUntilMs < nowMs) return true
    this.counters.circuit_rejected++
    return circuitCreation.defence === 'none'
  }

  /** A circuit of this channel was closed because its next hop does not take what it sends. */
  outboundQueueFull(channel: ChannelHandle): void {
    const {isEnabled, outboundQueueFullMax, periodMs} = this.#params.circuitCreation
    const record = isEnabled && outboundQueueFullMax > 0 ? this.#clients.get(channel) : undefined
    const nowMs = this.#deps.nowMs()
    if (record === undefined || record.circuitMarkedUntilMs >= nowMs) return
    record.outboundQueuesFull++
    if (record.outboundQueuesFull < outboundQueueFullMax) return
    record.outboundQueuesFull = 0
    record.circuitMarkedUntilMs = this.#markUntil(periodMs, nowMs)
    this.counters.marked_address_maxq++
  }

  /** Forgets addresses of which nothing is left to remember; due once a minute or so. */
  forget(): void {
    const nowMs = this.#deps.nowMs()
    const {circuitCreation, connection} = this.#params
    this.#records.forget(
      record =>
        !record.isMarked(nowMs) &&
        record.connects.isFull(connection.limit, nowMs) &&
        record.circuits.isFull(circuitCreation.limit, nowMs) &&
        (record.outboundQueuesFull === 0 || nowMs - record.usedAtMs >= circuitCreation.periodMs)
    )
  }

  get #isOn(): boolean {
    return this.#params.connection.isEnabled || this.#params.circuitCreation.isEnabled
  }

  #admitsConnection(record: ClientRecord, nowMs: number): boolean {
    const {concurrentMax, limit, periodMs, defence} = this.#params.connection
    if (record.connectionMarkedUntilMs >= nowMs) this.counters.conn_rejected++
    else if (record.connections >= concurrentMax) this.counters.concurrent_conn_rejected++
    else if (record.connects.take(limit, nowMs)) return true
    else {
      // Marked once and not again while marked: a client that keeps trying gets in when its time is over.
      record.connectionMarkedUntilMs = this.#markUntil(periodMs, nowMs)
      this.counters.conn_rejected++
    }
    return defence === 'none'
  }

  /** Half the period more at random, so that nobody can tell when it is over. */
  #markUntil(periodMs: number, nowMs: number): number {
    return nowMs + periodMs + this.#deps.randomWithin(0, Math.floor(periodMs / 2))
  }
}
