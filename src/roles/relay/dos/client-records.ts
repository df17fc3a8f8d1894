// What is remembered of client addresses, in memory alone, for as long as it can still matter: while there are connections,
// while the address is marked, and until its buckets are full again. No address is kept in clear, nothing here is logged.
//
// The table has a bound. When it is full the idle record that was used longest ago gives way, unmarked ones first; when
// none is idle the new address goes unrecorded: so many addresses with open connections are no matter of one address.

import {TokenBucket} from '../../../circuit/token-bucket.ts'
import {KeyedIndex} from '../../../crypto/keyed-index.ts'

const IPV6_PREFIX = 8

export class ClientRecord {
  readonly key: string
  /** Open connections. */
  connections = 0
  readonly connects = new TokenBucket()
  readonly circuits = new TokenBucket()
  /** Milliseconds; 0: not marked. */
  connectionMarkedUntilMs = 0
  circuitMarkedUntilMs = 0
  outboundQueuesFull = 0
  usedAtMs = 0

  constructor(key: string) {
    this.key = key
  }

  isMarked(nowMs: number): boolean {
    return this.connectionMarkedUntilMs >= nowMs || this.circuitMarkedUntilMs >= nowMs
  }
}

export class ClientRecords {
  readonly #index = new KeyedIndex()
  readonly #recordsMax: number
  readonly #records = new Map<string, ClientRecord>()
  /** Records without a connection, longest idle first; apart those that were marked when they last did anything. */
  readonly #idle = new Set<ClientRecord>()
  readonly #idleMarked = new Set<ClientRecord>()

  constructor(recordsMax: number) {
    this.#recordsMax = recordsMax
  }

  get size(): number {
    return this.#records.size
  }

  /** The record of an address (4 or 16 octets), a new one if need be; undefined when there is no room. */
  of(address: Uint8Array): ClientRecord | undefined {
    const key = this.#index.key(clientPrefix(address))
    const known = this.#records.get(key)
    if (known !== undefined) return known
    if (this.#records.size >= this.#recordsMax && !this.#evict()) return undefined
    const record = new ClientRecord(key)
    this.#records.set(key, record)
    this.#idle.add(record)
    return record
  }

  connected(record: ClientRecord): void {
    record.connections++
    this.#idle.delete(record)
    this.#idleMarked.delete(record)
  }

  disconnected(record: ClientRecord, nowMs: number): void {
    record.connections--
    record.usedAtMs = nowMs
    this.touched(record, nowMs)
  }

  /** A record without a connection did something: it is the last that gives way, marked ones after all others. */
  touched(record: ClientRecord, nowMs: number): void {
    if (record.connections > 0) return
    this.#idle.delete(record)
    this.#idleMarked.delete(record)
    const idle = record.isMarked(nowMs) ? this.#idleMarked : this.#idle
    idle.add(record)
  }

  /** Forgets the idle records that tell nothing any more. */
  forget(isSpent: (record: ClientRecord) => boolean): void {
    for (const idle of [this.#idle, this.#idleMarked]) {
      for (const record of idle) if (isSpent(record)) this.#delete(record)
    }
  }

  #evict(): boolean {
    const [victim] = this.#idle.size > 0 ? this.#idle : this.#idleMarked
    if (victim === undefined) return false
    this.#delete(victim)
    return true
  }

  #delete(record: ClientRecord): void {
    this.#idle.delete(record)
    this.#idleMarked.delete(record)
    this.#records.delete(record.key)
  }
}

/**
 * What one client is known by: its IPv4 address, or the /64 that its IPv6 address is out of. C tor takes the whole IPv6
 * address, of which whoever has a subnet has 2^64.
 */
export function clientPrefix(address: Uint8Array): Uint8Array {
  return address.length === 16 ? address.subarray(0, IPV6_PREFIX) : address
}
