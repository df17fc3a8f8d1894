// How often the same occasion may be told. The table is bounded; when it is full, the entry that was used longest ago goes.

const MAX_KEYS = 512

interface Entry {
  /** epoch milliseconds until which the occasion stays untold */
  silentUntil: number
  heldBack: number
}

export class RateLimits {
  readonly #entries = new Map<string, Entry>()

  /** Undefined: hold the message back. A number: tell it, and that so many like it were held back. */
  admit(key: string, intervalMs: number, nowMs: number): number | undefined {
    const entry = this.#entries.get(key) ?? {silentUntil: 0, heldBack: 0}
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    this.#dropOldest()
    if (nowMs < entry.silentUntil) {
      entry.heldBack++
      return undefined
    }
    const {heldBack} = entry
    entry.heldBack = 0
    entry.silentUntil = nowMs + intervalMs
    return heldBack
  }

  get size(): number {
    return this.#entries.size
  }

  #dropOldest(): void {
    for (const key of this.#entries.keys()) {
      if (this.#entries.size <= MAX_KEYS) return
      this.#entries.delete(key)
    }
  }
}
