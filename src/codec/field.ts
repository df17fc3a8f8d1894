// What every field kind is: how it reads, how it writes, how long it may be, and its declaration as data. Decode and
// encode work from the methods; generators, tables and layouts walk the shapes.

import type {Writer} from '../bytes/writer.ts'
import {BugError} from '../fault/fault.ts'
import type {Cursor, Failed} from './cursor.ts'

/** `Out` is what decode gives; `In` is what encode takes, which leaves out what can be derived. A field whose `Out` is
 * undefined carries no value and does not appear in the decoded structure. */
export interface Field<Out, In = Out> {
  readonly shape: Shape
  /** Fewest and most octets the declaration allows; `max` may be Infinity where only the cell bounds it. */
  readonly min: number
  readonly max: number
  decode(cursor: Cursor): Out | Failed
  /** Throws BugError when the value does not fit the declaration. */
  encode(writer: Writer, value: In): void
}

export type AnyField = Field<unknown>

/** The value that decoding a field or format gives. */
export type Decoded<F> = F extends Field<infer Out, infer _In> ? Out : never
/** The value that encoding a field or format takes; a decoded value always fits. */
export type Encodable<F> = F extends Field<infer _Out, infer In> ? In : never

/** Numbers by the names that the specification gives them. */
export type Names = Readonly<Record<string, number>>

/** A field's declaration as plain data. */
export type Shape =
  | {readonly kind: 'uint'; readonly octets: 1 | 2 | 4 | 8}
  | {
      readonly kind: 'enum'
      readonly octets: 1 | 2 | 4
      readonly names: Names
      readonly closed: boolean
    }
  | {readonly kind: 'constant'; readonly octets: 1 | 2 | 4; readonly value: number}
  | {readonly kind: 'zeros'; readonly length: number}
  | {readonly kind: 'ignored'}
  | {readonly kind: 'bytes'; readonly length: number}
  | {readonly kind: 'prefixed'; readonly prefix: number; readonly min: number; readonly max: number}
  | {readonly kind: 'rest'; readonly min: number; readonly keep: number}
  | {readonly kind: 'text'; readonly terminated: boolean}
  | {readonly kind: 'optional'; readonly field: AnyField}
  | {readonly kind: 'framed'; readonly prefix: number; readonly uncounted: number; readonly field: AnyField}
  | {readonly kind: 'list'; readonly prefix: number; readonly item: AnyField}
  | {readonly kind: 'span'; readonly from: string; readonly to: string}
  | {readonly kind: 'struct'; readonly parts: readonly Part[]}
  | {
      readonly kind: 'tagged'
      readonly tagOctets: number
      readonly lengthOctets: number
      readonly variants: readonly Variant[]
      readonly misfit: 'fault' | 'raw'
    }
  | {readonly kind: 'choice'; readonly variants: readonly Part[]}

export interface Part {
  readonly name: string
  readonly field: AnyField
}

export interface Variant extends Part {
  readonly tag: number
}

/** Flattens an intersection, so that editors show the properties of a decoded value. */
export type Simplify<T> = {[K in keyof T]: T[K]}

/** What our own code declares or encodes must fit together; anything else is a bug. */
export function assertFits(fits: boolean, what: string): asserts fits {
  if (!fits) throw new BugError('encode', what)
}
