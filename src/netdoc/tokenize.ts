// Text to items (dir-spec 1.2). One pass, each octet looked at a bounded number of times, nothing thrown: a line is found
// by its newline, an object by the first END line behind its BEGIN line, and both are bounded. What an item means, how
// often it may stand and where is the business of the item rules.

import {ok, type Result} from '../fault/result.ts'
import {type TokenizeFault, tokenizeFault} from './fault.ts'
import {decodeObjectBody, Item, type ItemObject} from './item.ts'

/** The longest keyword line, and the longest object, in octets: what C tor accepts. */
export const MAX_LINE_LENGTH = 128 * 1024
export const MAX_OBJECT_LENGTH = 128 * 1024
/** Ten times what a consensus of the live network has: an item of three octets takes a hundred in memory. */
export const MAX_ITEMS = 1_000_000

const BEGIN = '-----BEGIN '
const END = '-----END '
const DASHES = '-----'
const KEYWORD = /^@?[A-Za-z0-9][A-Za-z0-9-]*$/
const WHITE = /^[ \t]*$/
const LABEL = /^[A-Za-z0-9][A-Za-z0-9 -]*$/

/** Splits `text`, or the part of it from `from` up to `to`, into items. Lines of white space alone are skipped. */
export function tokenize(text: string, from = 0, to = text.length): Result<readonly Item[], TokenizeFault> {
  const items: Item[] = []
  let at = from
  while (at < to) {
    const lineEnd = endOfLine(text, at, to)
    if (lineEnd - at > MAX_LINE_LENGTH) return tokenizeFault('line-too-long')
    const line = text.slice(at, lineEnd)
    const next = Math.min(lineEnd + 1, to)
    if (WHITE.test(line)) {
      at = next
      continue
    }
    if (items.length === MAX_ITEMS) return tokenizeFault('too-many-items')
    const words = splitKeyword(line)
    if (words === undefined) return tokenizeFault('bad-keyword')
    const object = readObject(text, next, to)
    if (!object.ok) return object
    const end = object.value?.end ?? next
    items.push(new Item(words.keyword, words.rest, object.value?.object, {start: at, lineEnd: next, end}))
    at = end
  }
  return ok(items)
}

function endOfLine(text: string, at: number, to: number): number {
  const found = text.indexOf('\n', at)
  return found < 0 || found > to ? to : found
}

function splitKeyword(line: string): {readonly keyword: string; readonly rest: string} | undefined {
  // `opt` once marked items that old readers should skip; it means nothing and the keyword follows it.
  const plain = line.startsWith('opt ') ? line.slice(4).trimStart() : line
  const space = plain.search(/[ \t]/)
  const keyword = space < 0 ? plain : plain.slice(0, space)
  if (!KEYWORD.test(keyword)) return undefined
  return {keyword, rest: space < 0 ? '' : plain.slice(space + 1).replace(/^[ \t]+/, '')}
}

interface ReadObject {
  readonly object: ItemObject
  readonly end: number
}

function readObject(text: string, at: number, to: number): Result<ReadObject | undefined, TokenizeFault> {
  if (!text.startsWith(BEGIN, at)) return ok(undefined)
  const beginEnd = endOfLine(text, at, to)
  const begin = text.slice(at + BEGIN.length, beginEnd)
  if (!begin.endsWith(DASHES)) return tokenizeFault('bad-object')
  const label = begin.slice(0, -DASHES.length)
  if (!LABEL.test(label)) return tokenizeFault('bad-object')
  const bodyStart = beginEnd + 1
  // The search is cut to the bound, so that many BEGIN lines without an END cost no more than their own length.
  const window = text.slice(bodyStart, Math.min(to, bodyStart + MAX_OBJECT_LENGTH + END.length))
  const footer = window.startsWith(END) ? 0 : window.indexOf(`\n${END}`) + 1
  if (footer === 0 && !window.startsWith(END)) {
    return tokenizeFault(window.length > MAX_OBJECT_LENGTH ? 'object-too-large' : 'bad-object')
  }
  const footerStart = bodyStart + footer
  const footerEnd = endOfLine(text, footerStart, to)
  if (text.slice(footerStart, footerEnd) !== `${END}${label}${DASHES}`) return tokenizeFault('bad-object')
  const octets = decodeObjectBody(window.slice(0, footer))
  if (octets === undefined) return tokenizeFault('bad-object')
  return ok({object: {label, octets}, end: Math.min(footerEnd + 1, to)})
}
