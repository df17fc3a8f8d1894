// Fields that carry no value: their octets are known beforehand, or do not matter.

import {isAllZero} from '../bytes/octets.ts'
import {FAILED} from './cursor.ts'
import type {Field} from './field.ts'
import type {Uint} from './integer.ts'

/** A number with one allowed value, such as the version of a format. */
export function constant(base: Uint, value: number): Field<undefined> {
  return {
    shape: {kind: 'constant', octets: base.octets, value},
    min: base.min,
    max: base.max,
    decode(cursor) {
      const start = cursor.at
      const found = base.decode(cursor)
      if (found === FAILED) return FAILED
      return found === value ? undefined : cursor.fail('bad-constant', start)
    },
    encode(writer) {
      base.encode(writer, value)
    }
  }
}

/** Reserved octets: anything but zero is a fault. */
export function zeros(length: number): Field<undefined> {
  return {
    shape: {kind: 'zeros', length},
    min: length,
    max: length,
    decode(cursor) {
      const start = cursor.at
      const octets = cursor.take(length)
      if (octets === FAILED) return FAILED
      return isAllZero(octets) ? undefined : cursor.fail('reserved-nonzero', start)
    },
    encode(writer) {
      writer.zeros(length)
    }
  }
}

/** Whatever is left, read by nobody and written as nothing: room that the specification keeps for later versions. */
export function ignored(): Field<undefined> {
  return {
    shape: {kind: 'ignored'},
    min: 0,
    max: Infinity,
    decode(cursor) {
      const rest = cursor.claim(cursor.remaining)
      return rest === FAILED ? FAILED : undefined
    },
    encode() {}
  }
}
