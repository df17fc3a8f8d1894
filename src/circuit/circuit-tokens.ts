// The circuits of one role by the octets that others name them by: an introduction circuit by its authentication key, a
// waiting rendezvous circuit by its cookie. An entry lives as long as its circuit at most, so that circuits bound the table.

import {KeyedIndex} from '../crypto/keyed-index.ts'
import type {RelayCircuit} from './relay-circuit.ts'

/** What a table of tokens keeps: a circuit, and whatever else the role knows of it. */
export interface TokenEntry {
  readonly circuit: RelayCircuit
}

export class CircuitTokens<Entry extends TokenEntry> {
  readonly #index = new KeyedIndex()
  readonly #entries = new Map<string, Entry>()

  get size(): number {
    return this.#entries.size
  }

  get(token: Uint8Array): Entry | undefined {
    return this.#entries.get(this.#index.key(token))
  }

  /** Puts the entry in place of one with the same token, which is given back; closing its circuit is the caller's part. */
  set(token: Uint8Array, entry: Entry): Entry | undefined {
    const key = this.#index.key(token)
    const replaced = this.#entries.get(key)
    this.#entries.set(key, entry)
    entry.circuit.onClose(() => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key)
    })
    return replaced
  }

  delete(token: Uint8Array): void {
    this.#entries.delete(this.#index.key(token))
  }
}
