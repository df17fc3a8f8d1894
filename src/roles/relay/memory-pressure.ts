// What waits in this process must not take more memory than MaxMemInQueues. At the limit the caches give first, each down
// to what it may keep; then the circuits whose oldest cell has waited longest go, until a tenth of the limit is free.
//
//   check (several times a second) ─▶ over the limit? ─▶ overload noted ─▶ caches trimmed ─▶ oldest circuits closed
//
// A cache keeps something even then: what serves many must not be pushed out by the cells of a few.

import type {DataPlane} from '../../dataplane/contract.ts'

/** Labels of tor_relay_load_oom_bytes_total. */
export type MemorySubsystem = 'cell' | 'dns' | 'geoip' | 'hsdir'

/** What can give memory back: a cache, or octets that nobody has come to read. */
export interface TrimmableMemory {
  readonly subsystem: MemorySubsystem
  bytes(): number
  /** What it may keep whatever the pressure. */
  keptBytes(): number
  /** Gives back at least so many octets where it has them; tells how many. */
  trim(bytes: number): number
}

export interface MemoryPressureDeps {
  readonly plane: Pick<DataPlane, 'queuedOctets' | 'shedOldest' | 'counters'>
  /** In the order in which they give. */
  readonly trimmable: readonly TrimmableMemory[]
  /** Other octets that count and cannot be taken from here. */
  readonly otherBytes: () => number
  /** MaxMemInQueues. */
  readonly limitBytes: () => number
  /** The limit was reached: `freed` octets could be had back by subsystem. */
  readonly overloaded: (freed: Readonly<Record<MemorySubsystem, number>>) => void
}

/** After an overload, this share of the limit is in use at most. */
const SHARE_LEFT = 0.9

export class MemoryPressure {
  readonly #deps: MemoryPressureDeps
  readonly #trimmed: Record<MemorySubsystem, number> = {cell: 0, dns: 0, geoip: 0, hsdir: 0}
  #isShedding = false

  constructor(deps: MemoryPressureDeps) {
    this.#deps = deps
  }

  /** Octets that count against the limit. */
  get bytes(): number {
    const {plane, trimmable, otherBytes} = this.#deps
    return trimmable.reduce((sum, memory) => sum + memory.bytes(), plane.queuedOctets + otherBytes())
  }

  /** Octets freed since the start. */
  get freed(): Record<MemorySubsystem, number> {
    return {...this.#trimmed, cell: this.#trimmed.cell + this.#deps.plane.counters.octetsShed}
  }

  check(): void {
    const limit = this.#deps.limitBytes()
    if (this.#isShedding || this.bytes < limit) return
    const before = this.freed
    const excess = () => Math.ceil(this.bytes - limit * SHARE_LEFT)
    for (const memory of this.#deps.trimmable) {
      const wanted = Math.min(excess(), memory.bytes() - memory.keptBytes())
      if (wanted > 0) this.#trimmed[memory.subsystem] += memory.trim(wanted)
    }
    this.#isShedding = true
    if (excess() > 0) this.#deps.plane.shedOldest(excess(), () => this.#shed(before))
    else this.#shed(before)
  }

  #shed(before: Record<MemorySubsystem, number>): void {
    this.#isShedding = false
    const {freed} = this
    this.#deps.overloaded({
      cell: freed.cell - before.cell,
      dns: freed.dns - before.dns,
      geoip: freed.geoip - before.geoip,
      hsdir: freed.hsdir - before.hsdir
    })
  }
}
