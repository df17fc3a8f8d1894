// Fields made of another field that repeats, may be missing, or has its length in front.

import {Writer} from '../bytes/writer.ts'
import {FAILED} from './cursor.ts'
import {assertFits, type Field} from './field.ts'
import type {Uint} from './integer.ts'

/** As many items as the integer in front says. */
export function list<Out, In>(count: Uint, item: Field<Out, In>): Field<readonly Out[], readonly In[]> {
  assertFits(item.min > 0, 'a list needs items of some size')
  return {
    shape: {kind: 'list', prefix: count.octets, item},
    min: count.octets,
    max: count.octets + count.limit * item.max,
    decode(cursor) {
      const start = cursor.at
      const length = cursor.part('count', count)
      if (length === FAILED) return FAILED
      // Before the first item is read, so that a count alone cannot make us work.
      if (length * item.min > cursor.remaining) return cursor.fail('count-exceeds', start)
      const items: Out[] = []
      for (let i = 0; i < length; i++) {
        const value = cursor.part(`[${i}]`, item)
        if (value === FAILED) return FAILED
        items.push(value)
      }
      return items
    },
    encode(writer, items) {
      count.encode(writer, items.length)
      for (const value of items) item.encode(writer, value)
    }
  }
}

/** Items until the octets end. */
export function listToEnd<Out, In>(item: Field<Out, In>): Field<readonly Out[], readonly In[]> {
  assertFits(item.min > 0, 'a list needs items of some size')
  return {
    shape: {kind: 'list', prefix: 0, item},
    min: 0,
    max: Infinity,
    decode(cursor) {
      const items: Out[] = []
      while (cursor.remaining > 0) {
        const value = cursor.part(`[${items.length}]`, item)
        if (value === FAILED) return FAILED
        items.push(value)
      }
      return items
    },
    encode(writer, items) {
      for (const value of items) item.encode(writer, value)
    }
  }
}

/** A field that older peers leave off the end: undefined when no octets are left. */
export function optional<Out, In>(field: Field<Out, In>): Field<Out | undefined, In | undefined> {
  return {
    shape: {kind: 'optional', field},
    min: 0,
    max: field.max,
    decode: cursor => (cursor.remaining === 0 ? undefined : field.decode(cursor)),
    encode(writer, value) {
      if (value !== undefined) field.encode(writer, value)
    }
  }
}

/** A field in as many octets as the integer in front says, `uncounted` of which that integer leaves out. */
export function framed<Out, In>(length: Uint, field: Field<Out, In>, uncounted = 0): Field<Out, In> {
  return {
    shape: {kind: 'framed', prefix: length.octets, uncounted, field},
    min: length.octets + Math.max(field.min, uncounted),
    max: length.octets + Math.min(field.max, length.limit + uncounted),
    decode(cursor) {
      const size = cursor.part('length', length)
      return size === FAILED ? FAILED : cursor.window(size + uncounted, field)
    },
    encode(writer, value) {
      const inner = new Writer()
      field.encode(inner, value)
      length.encode(writer, inner.length - uncounted)
      writer.bytes(inner.finish())
    }
  }
}
