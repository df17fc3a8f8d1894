// An annotated dump: each field's offset, octets and path, and where and why the octets stop making sense. For people who
// look at a failed assertion or at two transcripts; nothing here is for a running relay, because octets are secrets.

import {toBase16} from '../bytes/base16.ts'
import {decodeAll} from './codec.ts'
import {Cursor, FAILED, type Trace} from './cursor.ts'
import type {AnyFormat} from './format.ts'

const OCTETS_PER_LINE = 16

export function describe(format: AnyFormat, octets: Uint8Array): string {
  const traces: Trace[] = []
  const cursor = new Cursor(octets, traces)
  const value = decodeAll(format, cursor)
  const lines = [`${format.name} (${format.about.spec}), ${octets.length} octets`]
  for (const {path, start, end} of traces) lines.push(...dump(octets, start, end, path))
  const read = traces.at(-1)?.end ?? 0
  if (value === FAILED && cursor.fault !== undefined) {
    const {code, at, path} = cursor.fault
    lines.push(`      ^ ${code} at octet ${at}${path === '' ? '' : `, ${path}`}`)
  }
  if (read < octets.length)
    lines.push(...dump(octets, read, octets.length, value === FAILED ? '?' : 'ignored'))
  return lines.join('\n')
}

function dump(octets: Uint8Array, start: number, end: number, label: string): string[] {
  const lines: string[] = []
  for (let at = start; at < end; at += OCTETS_PER_LINE) {
    const digits = toBase16(octets.subarray(at, Math.min(end, at + OCTETS_PER_LINE)))
    const spaced = digits.replace(/(..)(?!$)/g, '$1 ').padEnd(OCTETS_PER_LINE * 3 - 1)
    const offset = at.toString(16).padStart(4, '0')
    lines.push(`${offset}  ${spaced}  ${at === start ? label : ''}`.trimEnd())
  }
  return lines
}
