// Two ends of one stream in memory: what is written to one is read from the other, at the reader's pace.

import {Duplex} from 'node:stream'

class End extends Duplex {
  other: End | undefined
  #taken: (() => void) | undefined

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const other = this.other
    // Nothing to read is never read.
    if (other === undefined || chunk.length === 0) done()
    else if (other.push(chunk)) done()
    else other.#taken = done
  }

  override _final(done: () => void): void {
    this.other?.push(null)
    done()
  }

  override _read(): void {
    const taken = this.#taken
    this.#taken = undefined
    taken?.()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    // Not at once: the other end first reads what was written before.
    setImmediate(() => {
      if (this.other?.readableEnded === false && !this.other.destroyed) this.other.push(null)
    })
    done(error)
  }
}

export function duplexPair(): readonly [Duplex, Duplex] {
  const one = new End()
  const two = new End()
  one.other = two
  two.other = one
  return [one, two]
}
