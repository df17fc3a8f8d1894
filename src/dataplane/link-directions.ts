// Which way octets went on links, for ConnDirectionStatistics: every ten seconds each link on which anything went is counted
// once, as having moved little, mostly read, mostly written, or both. A link that closes is counted then. What is held is two
// numbers for each link, and only while this is wanted.

import type {DataPlaneCounters} from './contract.ts'

export const INTERVAL_MS = 10_000
/** Octets in ten seconds below which a link moved little. */
const LITTLE_OCTETS = 20_480
/** So many times as much one way as the other is mostly that way. */
const FACTOR = 10

/** A link by the octets that it has moved since it began. */
export interface MeasuredLink {
  readonly octetsRead: number
  readonly octetsWritten: number
  /** Octets of the peer's address: 4 or 16. */
  readonly addressLength: number
}

const WAYS = ['Little', 'MostlyRead', 'MostlyWritten', 'Both'] as const

export type LinkDirectionCounter = `${'links' | 'ipv6Links'}${(typeof WAYS)[number]}`

export const LINK_DIRECTION_COUNTERS = (['links', 'ipv6Links'] as const).flatMap(family =>
  WAYS.map(way => `${family}${way}` as const)
)

interface Moved {
  readonly read: number
  readonly written: number
}

export class LinkDirections<L extends MeasuredLink> {
  readonly #count: (counter: LinkDirectionCounter) => void
  readonly #before = new Map<L, Moved>()
  #dueMs: number | undefined

  constructor(count: (counter: LinkDirectionCounter & keyof DataPlaneCounters) => void) {
    this.#count = count
  }

  /** @param links all that are open; those that opened since the last interval count from their beginning */
  switch(to: 'on' | 'off', nowMs: number, links: Iterable<L>): void {
    if ((to === 'on') === (this.#dueMs !== undefined)) return
    this.#dueMs = to === 'on' ? nowMs + INTERVAL_MS : undefined
    this.#before.clear()
    if (to === 'on') for (const link of links) this.#before.set(link, moved(link))
  }

  tick(nowMs: number, links: Iterable<L>): void {
    if (this.#dueMs === undefined || nowMs < this.#dueMs) return
    this.#dueMs = nowMs + INTERVAL_MS
    for (const link of links) this.#before.set(link, this.#judge(link))
  }

  closed(link: L): void {
    if (this.#dueMs === undefined) return
    this.#judge(link)
    this.#before.delete(link)
  }

  #judge(link: L): Moved {
    const now = moved(link)
    const before = this.#before.get(link)
    const [read, written] = [now.read - (before?.read ?? 0), now.written - (before?.written ?? 0)]
    if (read + written > 0) {
      const way = wayOf(read, written)
      this.#count(`links${way}`)
      if (link.addressLength === 16) this.#count(`ipv6Links${way}`)
    }
    return now
  }
}

function moved({octetsRead, octetsWritten}: MeasuredLink): Moved {
  return {read: octetsRead, written: octetsWritten}
}

function wayOf(read: number, written: number): (typeof WAYS)[number] {
  if (read + written < LITTLE_OCTETS) return 'Little'
  if (read >= written * FACTOR) return 'MostlyRead'
  return written >= read * FACTOR ? 'MostlyWritten' : 'Both'
}
