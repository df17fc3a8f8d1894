// The codec's face. A format is declared as data from the field kinds below; `decode` and `encode` then follow from it,
// as do the types, the bounds, the tables, the test generators and the annotated dump.

import {Writer} from '../bytes/writer.ts'
import {type Fault, peerFault} from '../fault/fault.ts'
import {err, ok, type Result} from '../fault/result.ts'
import {Cursor, type DecodeCode, FAILED} from './cursor.ts'
import {assertFits} from './field.ts'
import type {Format} from './format.ts'

export {constant, ignored, zeros} from './constant.ts'
export type {DecodeCode} from './cursor.ts'
export type {Decoded, Encodable, Field} from './field.ts'
export {type Format, format, type Message, message} from './format.ts'
export {closedEnumOf, enumOf, u8, u16, u32, u64} from './integer.ts'
export {framed, list, listToEnd, optional} from './list.ts'
export {bytes, rest, textToEnd, textToNul} from './octet-string.ts'
export {span, struct} from './struct.ts'
export {choice, tagged, type Unknown, variant} from './union.ts'

/** Names the format, the field and the offset where a peer's octets stopped making sense; never the octets themselves. */
export type DecodeFault = Fault<
  DecodeCode,
  {readonly format: string; readonly path: string; readonly at: number}
>

/** Reads `octets` as `format`. Octet fields of the value are views into `octets` and live only as long as those do. */
export function decode<Out, In>(format: Format<Out, In>, octets: Uint8Array): Result<Out, DecodeFault> {
  const cursor = new Cursor(octets)
  const value = decodeAll(format, cursor)
  if (value !== FAILED) return ok(value)
  assertFits(cursor.fault !== undefined, `${format.name} failed without a fault`)
  const {code, path, at} = cursor.fault
  return err(peerFault(code, {format: format.name, path, at}))
}

/** Decode's inside, for those who also want the cursor's traces. */
export function decodeAll<Out, In>(format: Format<Out, In>, cursor: Cursor): Out | typeof FAILED {
  const {limit = Infinity, trailing = 'fault'} = format.about
  if (cursor.remaining > limit) return cursor.fail('length-exceeds', limit)
  const value = format.decode(cursor)
  if (value !== FAILED && cursor.remaining > 0 && trailing === 'fault') return cursor.fail('trailing')
  return value
}

/** Octets: enough for any fixed cell, so that only certificates make the writer grow. */
const LARGEST_FIRST_BUFFER = 514

/** Writes `value` as `format`. Throws BugError when the value does not fit: that is our own mistake. */
export function encode<Out, In>(format: Format<Out, In>, value: In): Uint8Array {
  const writer = new Writer(Math.min(format.max, LARGEST_FIRST_BUFFER))
  format.encode(writer, value)
  assertFits(writer.length <= format.max, `${format.name} of ${writer.length} octets, ${format.max} allowed`)
  return writer.finish()
}
