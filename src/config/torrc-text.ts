// The text of a torrc becomes lines of (mode, name, value), exactly as C tor reads the format, oddities included:
//   - blanks, then a comment from '#' to the end of the line, are skipped before a name;
//   - a name runs to the next blank, '#', or backslash at a line's end; a leading '+' appends, a leading '/' clears;
//   - a value in double quotes is a C string, alone on its line;
//   - any other value runs to '#' or the line's end; a backslash as the very last octet joins the next line, and from
//     then on a comment takes its line's end with it, so that the value goes on after it.
// Names are not looked up here and values have no type yet: that is assign.ts. `%include` is include.ts.

import {ok, type Result} from '../fault/result.ts'
import {type ConfigFault, type ConfigPlace, configFault} from './fault.ts'

/** set: the plain form. append: '+Name' keeps what lower layers said. clear: '/Name' empties the option. */
export type LineMode = 'set' | 'append' | 'clear'

export interface ConfigLine {
  readonly mode: LineMode
  readonly name: string
  readonly value: string
  readonly place: ConfigPlace
}

const SPACE = ' \t\n\r\v\f'

const ESCAPED: Readonly<Record<string, string>> = {n: '\n', r: '\r', t: '\t', '\\': '\\', "'": "'", '"': '"'}

/** `source` names the text in faults, usually its path. */
export function parseTorrcText(text: string, source: string): Result<ConfigLine[], ConfigFault> {
  return new TorrcReader(text, source).lines()
}

class TorrcReader {
  readonly #text: string
  readonly #source: string
  #at = 0
  #line = 1

  constructor(text: string, source: string) {
    this.#text = text
    this.#source = source
  }

  lines(): Result<ConfigLine[], ConfigFault> {
    const out: ConfigLine[] = []
    for (;;) {
      this.#skipToName()
      if (this.#at >= this.#text.length) return ok(out)
      const place = {source: this.#source, line: this.#line}
      const written = this.#takeName()
      const value = this.#takeValue(place)
      if (!value.ok) return value
      out.push(configLine(written, value.value, place))
    }
  }

  #skipToName(): void {
    for (;;) {
      while (SPACE.includes(this.#peek(0) || 'x')) this.#advance(1)
      if (this.#peek(0) !== '#') return
      this.#skipLine()
    }
  }

  #takeName(): string {
    const start = this.#at
    while (this.#at < this.#text.length) {
      const character = this.#peek(0)
      if (SPACE.includes(character) || character === '#' || this.#joinsNextLine()) break
      this.#advance(1)
    }
    const name = this.#text.slice(start, this.#at)
    this.#skipBlanks()
    return name
  }

  #takeValue(place: ConfigPlace): Result<string, ConfigFault> {
    if (this.#peek(0) === '"') return this.#takeQuoted(place)
    const start = this.#at
    let continued = false
    for (;;) {
      const character = this.#peek(0)
      if (character === '' || character === '\n' || (character === '#' && !continued)) break
      if (this.#joinsNextLine()) {
        continued = true
        this.#advance(2)
      } else if (character === '#') {
        this.#skipLine()
        this.#advance(1)
      } else {
        this.#advance(1)
      }
    }
    // The end is trimmed before lines are joined: a backslash with nothing but blank lines behind it stays.
    const written = trimEnd(this.#text.slice(start, this.#at))
    return ok(continued ? written.replace(/#[^\n]*\n?|\\\n/g, '') : written)
  }

  #takeQuoted(place: ConfigPlace): Result<string, ConfigFault> {
    this.#advance(1)
    const octets: number[] = []
    for (let character = this.#peek(0); character !== '"'; character = this.#peek(0)) {
      if (character === '' || character === '\n') {
        return configFault('syntax', 'A quoted value has no closing quote.', place)
      }
      const decoded = character === '\\' ? this.#takeEscape() : Buffer.from(this.#takeCharacter())
      if (decoded === undefined) return configFault('syntax', 'A quoted value has an unknown escape.', place)
      octets.push(...decoded)
    }
    this.#advance(1)
    this.#skipBlanks()
    if (this.#peek(0) === '\r') this.#advance(1)
    const next = this.#peek(0)
    if (next !== '' && next !== '#' && next !== '\n') {
      return configFault('syntax', 'Something follows a quoted value on its line.', place)
    }
    return ok(Buffer.from(octets).toString('utf8'))
  }

  /** The octets that a backslash sequence stands for: \n and friends, \xHH, or one to three octal digits. */
  #takeEscape(): Uint8Array | undefined {
    const rest = this.#text.slice(this.#at + 1, this.#at + 4)
    const hex = /^[xX]([0-9A-Fa-f]{2})/.exec(rest)?.[1]
    if (hex !== undefined) {
      this.#advance(4)
      return Uint8Array.of(Number.parseInt(hex, 16))
    }
    const octal = /^[0-7]{1,3}/.exec(rest)?.[0]
    if (octal !== undefined) {
      const value = Number.parseInt(octal, 8)
      this.#advance(1 + octal.length)
      return value > 255 ? undefined : Uint8Array.of(value)
    }
    const plain = ESCAPED[rest.charAt(0)]
    if (plain === undefined) return undefined
    this.#advance(2)
    return Buffer.from(plain)
  }

  #takeCharacter(): string {
    const character = String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0)
    this.#advance(character.length)
    return character
  }

  #peek(offset: number): string {
    return this.#text.charAt(this.#at + offset)
  }

  #joinsNextLine(): boolean {
    return this.#peek(0) === '\\' && this.#peek(1) === '\n'
  }

  #skipBlanks(): void {
    while (this.#peek(0) === ' ' || this.#peek(0) === '\t') this.#advance(1)
  }

  /** To the line feed that ends this line, not past it. */
  #skipLine(): void {
    while (this.#at < this.#text.length && this.#peek(0) !== '\n') this.#advance(1)
  }

  #advance(count: number): void {
    for (let i = 0; i < count && this.#at < this.#text.length; i++) {
      if (this.#text.charAt(this.#at) === '\n') this.#line++
      this.#at++
    }
  }
}

/** Takes the '+' or '/' off the name. A cleared option has no value, whatever stands behind it. */
export function configLine(written: string, value: string, place: ConfigPlace): ConfigLine {
  if (written.startsWith('+')) return {mode: 'append', name: written.slice(1), value, place}
  if (written.startsWith('/')) return {mode: 'clear', name: written.slice(1), value: '', place}
  return {mode: 'set', name: written, value, place}
}

function trimEnd(value: string): string {
  let end = value.length
  while (end > 0 && SPACE.includes(value.charAt(end - 1))) end--
  return value.slice(0, end)
}
