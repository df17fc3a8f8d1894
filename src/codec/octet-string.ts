// Fields that are octets or text. Octets decode to views into what was decoded: they live as long as that does, so copy
// (`slice`) what must outlive the handler.

import {fromText, toLatin1} from '../bytes/octets.ts'
import {FAILED} from './cursor.ts'
import {assertFits, type Field} from './field.ts'
import type {Uint} from './integer.ts'

interface Bounds {
  readonly min?: number
  readonly max?: number
}

/** A fixed number of octets, or as many as the integer in front says (within the bounds given). */
export function bytes(size: number | Uint, bounds: Bounds = {}): Field<Uint8Array> {
  return typeof size === 'number' ? fixedBytes(size) : prefixedBytes(size, bounds)
}

function fixedBytes(length: number): Field<Uint8Array> {
  return {
    shape: {kind: 'bytes', length},
    min: length,
    max: length,
    decode: cursor => cursor.take(length),
    encode(writer, value) {
      assertFits(value.length === length, `${value.length} octets where ${length} belong`)
      writer.bytes(value)
    }
  }
}

function prefixedBytes(prefix: Uint, bounds: Bounds): Field<Uint8Array> {
  const least = bounds.min ?? 0
  const most = bounds.max ?? prefix.limit
  return {
    shape: {kind: 'prefixed', prefix: prefix.octets, min: least, max: most},
    min: prefix.octets + least,
    max: prefix.octets + most,
    decode(cursor) {
      const start = cursor.at
      const length = prefix.decode(cursor)
      if (length === FAILED) return FAILED
      if (length > most || length > cursor.remaining) return cursor.fail('length-exceeds', start)
      return length < least ? cursor.fail('truncated', start) : cursor.take(length)
    },
    encode(writer, value) {
      assertFits(value.length >= least && value.length <= most, `${value.length} octets out of bounds`)
      prefix.encode(writer, value.length)
      writer.bytes(value)
    }
  }
}

/** All octets up to the end, or up to the last `keep` ones where a field of that size follows. */
export function rest({
  min = 0,
  keep = 0
}: {
  readonly min?: number
  readonly keep?: number
} = {}): Field<Uint8Array> {
  return {
    shape: {kind: 'rest', min, keep},
    min,
    max: Infinity,
    decode(cursor) {
      const length = cursor.remaining - keep
      return length < min ? cursor.fail('truncated') : cursor.take(length)
    },
    encode(writer, value) {
      assertFits(value.length >= min, `${value.length} octets where at least ${min} belong`)
      writer.bytes(value)
    }
  }
}

const PRINTABLE = /^[\x20-\x7e]*$/

/** Printable ASCII up to the end, or up to a NUL where `terminated`. */
function text(terminated: boolean): Field<string> {
  return {
    shape: {kind: 'text', terminated},
    min: terminated ? 1 : 0,
    max: Infinity,
    decode(cursor) {
      const start = cursor.at
      const nul = cursor.octets.indexOf(0, start)
      const length = (terminated ? nul : cursor.end) - start
      if (length < 0 || length >= cursor.remaining + (terminated ? 0 : 1)) return cursor.fail('truncated')
      const octets = cursor.take(length)
      if (octets === FAILED) return FAILED
      const value = toLatin1(octets)
      if (!PRINTABLE.test(value)) return cursor.fail('bad-text', start)
      return terminated && cursor.claim(1) === FAILED ? FAILED : value
    },
    encode(writer, value) {
      assertFits(PRINTABLE.test(value), 'text that is not printable ASCII')
      writer.bytes(fromText(value))
      if (terminated) writer.zeros(1)
    }
  }
}

export const textToEnd = text(false)
export const textToNul = text(true)
