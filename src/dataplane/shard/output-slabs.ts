// Buffers that cells are taken into on their way to sockets. A slab is filled by one write after the other and used again
// when the sockets have let go of all of them, so that a busy shard allocates nothing and touches the same few pages.

const SLAB_OCTETS = 256 * 1024
/** A slab with less room than this is full. */
const ROOM_LEAST = 16 * 1024
/** Slabs kept for later; more are left to the garbage collector. */
const FREE_MAX = 16

interface Slab {
  readonly octets: Uint8Array
  held: number
}

export class OutputSlabs {
  readonly #free: Slab[] = []
  #current = newSlab()
  #at = 0

  /** The slab of the moment, and where its room begins. */
  get octets(): Uint8Array {
    return this.#current.octets
  }

  get at(): number {
    return this.#at
  }

  /** Octets of room; never less than 16 KiB. */
  get room(): number {
    return this.#current.octets.length - this.#at
  }

  /** Gives away `length` octets from `at` on, until `released` is called, once. */
  cut(length: number): {readonly octets: Uint8Array; readonly released: () => void} {
    const slab = this.#current
    const octets = slab.octets.subarray(this.#at, this.#at + length)
    slab.held++
    this.#at += length
    if (this.room < ROOM_LEAST) {
      this.#current = this.#free.pop() ?? newSlab()
      this.#at = 0
    }
    return {octets, released: () => this.#release(slab)}
  }

  #release(slab: Slab): void {
    slab.held--
    if (slab.held > 0) return
    if (slab === this.#current) this.#at = 0
    else if (this.#free.length < FREE_MAX) this.#free.push(slab)
  }
}

function newSlab(): Slab {
  return {octets: new Uint8Array(SLAB_OCTETS), held: 0}
}
