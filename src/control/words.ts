// The words of a command (control-spec 2.2): `bare`, `"quoted"`, `KEY=bare` and `KEY="quoted"`, apart by blanks. Text here
// has one character for each octet, because a password may be any octets; `decodeUtf8` is for what people read.
//
// Quoted strings know the escapes of C: \n \t \r, up to three octal digits, and a backslash before anything else is that.

export interface Word {
  /** As it was written, quotes included. */
  readonly text: string
  /** Of KEY=value; undefined where there is no key. */
  readonly key: string | undefined
  readonly value: string
  readonly isQuoted: boolean
}

const BLANK = /[ \t]/
const KEY = /^[A-Za-z_][\w./-]*$/
const ESCAPES: Readonly<Record<string, string>> = {n: '\n', t: '\t', r: '\r'}

/** Undefined when a quote is not closed, or something sticks to the end of one. */
export function parseWords(text: string): readonly Word[] | undefined {
  const words: Word[] = []
  let at = 0
  for (;;) {
    while (at < text.length && BLANK.test(text.charAt(at))) at++
    if (at >= text.length) return words
    const word = takeWord(text, at)
    if (word === undefined) return undefined
    words.push(word)
    at += word.text.length
  }
}

function takeWord(text: string, start: number): Word | undefined {
  const key = /^([^\s"=]+)=/.exec(text.slice(start))?.[1]
  const hasKey = key !== undefined && KEY.test(key)
  const valueAt = hasKey ? start + key.length + 1 : start
  const named = hasKey ? key : undefined
  if (text.charAt(valueAt) === '"') {
    const quoted = takeQuoted(text, valueAt)
    if (quoted === undefined) return undefined
    const next = text.charAt(quoted.end)
    if (next !== '' && !BLANK.test(next)) return undefined
    return {text: text.slice(start, quoted.end), key: named, value: quoted.value, isQuoted: true}
  }
  let end = valueAt
  while (end < text.length && !BLANK.test(text.charAt(end))) end++
  return {text: text.slice(start, end), key: named, value: text.slice(valueAt, end), isQuoted: false}
}

/** @param start of the opening quote */
function takeQuoted(text: string, start: number): {readonly value: string; readonly end: number} | undefined {
  let value = ''
  for (let at = start + 1; at < text.length; ) {
    const character = text.charAt(at)
    if (character === '"') return {value, end: at + 1}
    if (character !== '\\') {
      value += character
      at++
      continue
    }
    const octal = /^[0-7]{1,3}/.exec(text.slice(at + 1, at + 4))?.[0]
    if (octal !== undefined) {
      const code = Number.parseInt(octal, 8)
      if (code > 255) return undefined
      value += String.fromCharCode(code)
      at += 1 + octal.length
      continue
    }
    const next = text.charAt(at + 1)
    if (next === '') return undefined
    value += ESCAPES[next] ?? next
    at += 2
  }
  return undefined
}

/** For a reply: in quotes, with what quotes need escaped. */
export function quote(text: string): string {
  const escaped = text
    .replace(/["\\]/g, '\\$&')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t')
  return `"${escaped}"`
}

/** The text that the octets of a word stand for. */
export function decodeUtf8(octets: string): string {
  return Buffer.from(octets, 'latin1').toString('utf8')
}
