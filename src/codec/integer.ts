// Unsigned integers in network order, and the numbers that have names.

import {readU16, readU32} from '../bytes/octets.ts'
import {FAILED} from './cursor.ts'
import {assertFits, type Field, type Names} from './field.ts'

/** An integer field that may also serve as the length or count in front of another field. */
export interface Uint extends Field<number> {
  readonly octets: 1 | 2 | 4
  readonly limit: number
}

function uint(octets: 1 | 2 | 4, read: (from: Uint8Array, at: number) => number): Uint {
  const limit = 2 ** (8 * octets) - 1
  return {
    octets,
    limit,
    shape: {kind: 'uint', octets},
    min: octets,
    max: octets,
    decode(cursor) {
      const at = cursor.claim(octets)
      return at === FAILED ? FAILED : read(cursor.octets, at)
    },
    encode(writer, value) {
      assertFits(Number.isInteger(value) && value >= 0 && value <= limit, `u${8 * octets} out of range`)
      if (octets === 1) writer.u8(value)
      else if (octets === 2) writer.u16(value)
      else writer.u32(value)
    }
  }
}

export const u8 = uint(1, (from, at) => from[at] as number)
export const u16 = uint(2, readU16)
export const u32 = uint(4, readU32)

export const u64: Field<bigint> = {
  shape: {kind: 'uint', octets: 8},
  min: 8,
  max: 8,
  decode(cursor) {
    const at = cursor.claim(8)
    if (at === FAILED) return FAILED
    return (BigInt(readU32(cursor.octets, at)) << 32n) | BigInt(readU32(cursor.octets, at + 4))
  },
  encode(writer, value) {
    assertFits(value >= 0n && value < 1n << 64n, 'u64 out of range')
    writer.u64(value)
  }
}

/** A number of which some values have names; others are kept as they are, so that newer peers stay understandable. */
export function enumOf(base: Uint, names: Names): Field<number> {
  return {
    ...base,
    shape: {kind: 'enum', octets: base.octets, names, closed: false}
  }
}

/** A number that must be one of the named values. */
export function closedEnumOf<const N extends Names>(base: Uint, names: N): Field<N[keyof N]> {
  const values = Object.values(names)
  const isNamed = (value: number): value is N[keyof N] => values.includes(value)
  return {
    shape: {kind: 'enum', octets: base.octets, names, closed: true},
    min: base.min,
    max: base.max,
    decode(cursor) {
      const start = cursor.at
      const value = base.decode(cursor)
      if (value === FAILED) return FAILED
      return isNamed(value) ? value : cursor.fail('bad-enum', start)
    },
    encode(writer, value) {
      assertFits(isNamed(value), 'number outside its closed set')
      base.encode(writer, value)
    }
  }
}
