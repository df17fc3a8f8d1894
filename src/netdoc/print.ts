// Values to the text of items. Lines end in a newline, objects have lines of 64 characters of base64 (dir-spec 1.2).

import {toBase64} from '../bytes/base64.ts'
import {BugError} from '../fault/fault.ts'

const OBJECT_LINE = /.{1,64}/g
const BREAKS_LINE = /[\0\n\r]/

/** A keyword line. Text with a line break would let whoever wrote it add items of their own: that is refused. */
export function printItem(keyword: string, ...args: readonly (string | number)[]): string {
  const line = [keyword, ...args].join(' ')
  if (BREAKS_LINE.test(line)) throw new BugError('line-break-in-item', keyword)
  return `${line}\n`
}

export function printObject(label: string, octets: Uint8Array): string {
  const lines = toBase64(octets).match(OBJECT_LINE) ?? []
  return `-----BEGIN ${label}-----\n${lines.map(line => `${line}\n`).join('')}-----END ${label}-----\n`
}
