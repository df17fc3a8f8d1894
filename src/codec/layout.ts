// Where the fields at the head of a format lie, for code in another language that reads them by offset.

import {assertFits} from './field.ts'
import type {AnyFormat} from './format.ts'

export interface Place {
  readonly name: string
  readonly offset: number
  /** Octets that the field always has; undefined when they vary, and then it is the last one that has a place. */
  readonly size: number | undefined
  /** Octets of the length in front of a field that has one. */
  readonly prefix: number
}

export function layout({name, shape}: AnyFormat): Place[] {
  assertFits(shape.kind === 'struct', `${name} has no fields in a row`)
  const places: Place[] = []
  let offset = 0
  for (const part of shape.kind === 'struct' ? shape.parts : []) {
    const {shape: inner, min, max} = part.field
    if (inner.kind === 'span') continue
    const prefix = inner.kind === 'prefixed' ? inner.prefix : 0
    places.push({name: part.name, offset, size: min === max ? min : undefined, prefix})
    if (min !== max) break
    offset += min
  }
  return places
}
