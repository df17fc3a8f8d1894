// Where a decode stands in the octets a peer sent. A field claims octets from the cursor; what is not there becomes a
// fault noted here, and FAILED travels up through the fields, each adding its name to the fault's path. So nothing is
// thrown, nothing is allocated until something is wrong, and a field never reads beyond the window it was given.

import type {Shape} from './field.ts'

/** Returned in place of a value once the cursor holds a fault. */
export const FAILED: unique symbol = Symbol('failed')
export type Failed = typeof FAILED

/** The rules a peer's octets can break:
 * truncated: a field has fewer octets than it needs. length-exceeds: a length field claims more than there is or is allowed.
 * count-exceeds: a list claims more items than its octets could hold. trailing: octets are left over.
 * bad-enum: a number outside a closed set. bad-constant: a field with one allowed value has another.
 * reserved-nonzero: a field that must be zero is not. bad-text: text with a character that is not printable ASCII. */
export const DECODE_CODES = [
  'truncated',
  'length-exceeds',
  'count-exceeds',
  'trailing',
  'bad-enum',
  'bad-constant',
  'reserved-nonzero',
  'bad-text'
] as const
export type DecodeCode = (typeof DECODE_CODES)[number]

/** The range of octets that a named field without parts was decoded from; kept only for those who look at octets. */
export interface Trace {
  path: string
  readonly start: number
  readonly end: number
  readonly shape: Shape | undefined
}

/** What the cursor asks of a field; field.ts says the rest. */
export interface Decoder<T> {
  readonly shape?: Shape
  decode(cursor: Cursor): T | Failed
}

interface Mark {
  readonly at: number
  readonly end: number
  readonly traces: number
}

export class Cursor {
  readonly octets: Uint8Array
  readonly traces: Trace[] | undefined
  at = 0
  fault: {readonly code: DecodeCode; readonly at: number; path: string} | undefined
  #end: number

  constructor(octets: Uint8Array, traces?: Trace[]) {
    this.octets = octets
    this.traces = traces
    this.#end = octets.length
  }

  /** Where the octets of the window end. */
  get end(): number {
    return this.#end
  }

  get remaining(): number {
    return this.#end - this.at
  }

  fail(code: DecodeCode, at = this.at): Failed {
    this.fault = {code, at, path: ''}
    return FAILED
  }

  /** Moves past the next `length` octets and answers where they begin. */
  claim(length: number): number | Failed {
    if (length > this.remaining) return this.fail('truncated')
    this.at += length
    return this.at - length
  }

  /** A view of the next `length` octets: no copy, valid as long as the octets underneath are. */
  take(length: number): Uint8Array | Failed {
    const start = this.claim(length)
    return start === FAILED ? FAILED : this.octets.subarray(start, this.at)
  }

  /** Decodes a field that is part of a larger one, so that faults and traces inside it carry its name. */
  part<T>(name: string, field: Decoder<T>): T | Failed {
    const start = this.at
    const inner = this.traces?.length ?? 0
    const value = field.decode(this)
    if (this.traces !== undefined) this.#traced(name, start, inner, field.shape)
    if (value === FAILED && this.fault !== undefined) this.fault.path = join(name, this.fault.path)
    return value
  }

  /** Decodes a field from exactly the next `length` octets. */
  window<T>(length: number, field: Decoder<T>): T | Failed {
    if (length > this.remaining) return this.fail('length-exceeds')
    const outer = this.#end
    this.#end = this.at + length
    const value = field.decode(this)
    if (value !== FAILED && this.at < this.#end) return this.fail('trailing')
    this.#end = outer
    return value
  }

  /** Where to `retry` from, should one reading of what follows fail and another be tried. */
  mark(): Mark {
    return {at: this.at, end: this.#end, traces: this.traces?.length ?? 0}
  }

  retry(mark: Mark): void {
    this.at = mark.at
    this.#end = mark.end
    this.traces?.splice(mark.traces)
    this.fault = undefined
  }

  #traced(name: string, start: number, inner: number, shape: Shape | undefined): void {
    const traces = this.traces ?? []
    for (let i = inner; i < traces.length; i++) {
      const trace = traces[i]
      if (trace !== undefined) trace.path = join(name, trace.path)
    }
    if (traces.length === inner && this.at > start) traces.push({path: name, start, end: this.at, shape})
  }
}

function join(outer: string, inner: string): string {
  return inner === '' || inner.startsWith('[') ? outer + inner : `${outer}.${inner}`
}
