// The descriptors that services left at this HSDir, by blinded key (rend-spec-v3 2.2.3). A descriptor gives way to one with
// a strictly higher revision counter, and goes when its lifetime is over or when its room is needed: then those that were
// fetched least go first, the older before the newer.
//
// Owns the octets of its descriptors. They are never changed, so that many streams may be sending them at once.

import {KeyedIndex} from '../../crypto/keyed-index.ts'
import type {OuterHsDescriptor} from '../../netdoc/hs-descriptor/outer.ts'

/** What an entry costs besides its octets. */
const ENTRY_OVERHEAD = 512
/** What is freed at once when the cache is full, so that not every descriptor that comes pays for a search. */
const SPARE_OCTETS = 50_000_000
const MINUTE_MS = 60_000

export interface CachedDescriptor {
  readonly octets: Uint8Array
  readonly revisionCounter: bigint
  readonly receivedAtMs: number
  readonly expiresAtMs: number
  downloads: number
}

export type StoreOutcome = 'stored' | 'outdated'

export interface DescriptorCacheCounters {
  /** Descriptors that came for a blinded key that had none. */
  added: number
  replaced: number
  expired: number
  /** Descriptors that went because the cache was full or memory ran low. */
  evicted: number
}

export class DescriptorCache {
  readonly counters: DescriptorCacheCounters = {added: 0, replaced: 0, expired: 0, evicted: 0}
  readonly #index = new KeyedIndex()
  readonly #entries = new Map<string, CachedDescriptor>()
  readonly #octetsMax: () => number
  #octets = 0

  /** @param octetsMax what the cache may hold, overheads included (MaxHSDirCacheBytes) */
  constructor(octetsMax: () => number) {
    this.#octetsMax = octetsMax
  }

  get size(): number {
    return this.#entries.size
  }

  /** Octets held, overheads included. */
  get octets(): number {
    return this.#octets
  }

  /**
   * Keeps a descriptor, unless a live one of the same service period is as new.
   * @param saved what a cache of before knew of it
   */
  store(
    descriptor: OuterHsDescriptor,
    nowMs: number,
    saved: {readonly receivedAtMs: number; readonly downloads: number} = {receivedAtMs: nowMs, downloads: 0}
  ): StoreOutcome {
    const key = this.#index.key(descriptor.blindedKey)
    const old = this.#live(key, nowMs)
    if (old !== undefined && old.revisionCounter >= descriptor.revisionCounter) return 'outdated'
    if (old !== undefined) this.#remove(key, old)
    const {receivedAtMs} = saved
    const entry = {
      octets: descriptor.octets.slice(),
      revisionCounter: descriptor.revisionCounter,
      receivedAtMs,
      expiresAtMs: receivedAtMs + descriptor.lifetimeMinutes * MINUTE_MS,
      // A service that is asked for much must not look unused for having uploaded anew.
      downloads: old?.downloads ?? saved.downloads
    }
    // Room is made before: a descriptor that has just been stored is there for whoever comes next.
    this.#makeRoom(cost(entry))
    this.#entries.set(key, entry)
    this.#octets += cost(entry)
    if (old === undefined) this.counters.added++
    else this.counters.replaced++
    return 'stored'
  }

  /** The descriptor's octets, counted as a download; undefined when there is none that is alive. */
  download(blindedKey: Uint8Array, nowMs: number): Uint8Array | undefined {
    const entry = this.#live(this.#index.key(blindedKey), nowMs)
    if (entry === undefined) return undefined
    entry.downloads++
    return entry.octets
  }

  /** Drops what is past its lifetime. */
  expire(nowMs: number): void {
    for (const [key, entry] of this.#entries) {
      if (entry.expiresAtMs > nowMs) continue
      this.#remove(key, entry)
      this.counters.expired++
    }
  }

  /** Evicts until so many octets are free again, or nothing is left. Gives how many that were. */
  trim(octets: number): number {
    const before = this.#octets
    for (const [key, entry] of [...this.#entries].sort(([, a], [, b]) => byWorth(a, b))) {
      if (before - this.#octets >= octets) break
      this.#remove(key, entry)
      this.counters.evicted++
    }
    return before - this.#octets
  }

  /** What is worth most first. */
  byWorth(): readonly CachedDescriptor[] {
    return [...this.#entries.values()].sort((a, b) => byWorth(b, a))
  }

  #makeRoom(octets: number): void {
    const most = this.#octetsMax()
    if (this.#octets + octets <= most) return
    const spare = Math.min(SPARE_OCTETS, Math.floor(most / 2))
    this.trim(this.#octets - Math.max(0, most - Math.max(octets, spare)))
  }

  /** An entry that is past its lifetime is none, whether or not it was dropped yet. */
  #live(key: string, nowMs: number): CachedDescriptor | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined || entry.expiresAtMs > nowMs) return entry
    this.#remove(key, entry)
    this.counters.expired++
    return undefined
  }

  #remove(key: string, entry: CachedDescriptor): void {
    this.#entries.delete(key)
    this.#octets -= cost(entry)
  }
}

function cost({octets}: CachedDescriptor): number {
  return octets.length + ENTRY_OVERHEAD
}

/** What is fetched least, then what is oldest, is worth least. */
function byWorth(a: CachedDescriptor, b: CachedDescriptor): number {
  return a.downloads - b.downloads || a.receivedAtMs - b.receivedAtMs
}
