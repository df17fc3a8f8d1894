// Which country an address is in, from a file as C tor's GeoIPFile and GeoIPv6File are: lines of the lowest and the highest
// address of a range and two letters. Ranges lie in typed arrays, ordered, and a look-up halves them: a table of 385,000
// IPv4 ranges takes 4 MB and one of 276,000 IPv6 ranges 9 MB, with no object for any of them.
//
//   octets of the file, as they are read ─▶ CountryRangesBuilder.add(…) ─▶ finish() ─▶ CountryRanges.country(address)

import {readU32} from '../../bytes/octets.ts'
import {readIpv6} from './ipv6-text.ts'

/** The country of an address that no range holds, as C tor writes it. */
export const UNKNOWN_COUNTRY = '??'

export type AddressFamily = 'ipv4' | 'ipv6'

/** Octets of the longest line that is read; C tor reads so many at once. */
const LINE_MAX = 512
const FIRST_ROOM = 4096
const WORDS = {ipv4: 1, ipv6: 4} as const satisfies Record<AddressFamily, number>

const [NEWLINE, SPACE, TAB, RETURN, QUOTE, HASH] = [10, 32, 9, 13, 34, 35]
const [COMMA, ZERO, NINE] = [44, 48, 57]

export class CountryRanges {
  readonly family: AddressFamily
  /** Ranges. */
  readonly size: number
  readonly #words: number
  readonly #lows: Uint32Array
  readonly #highs: Uint32Array
  readonly #countries: Uint16Array
  readonly #names: readonly string[]

  constructor(family: AddressFamily, ranges: Ranges, names: readonly string[]) {
    this.family = family
    this.size = ranges.countries.length
    this.#words = WORDS[family]
    this.#lows = ranges.lows
    this.#highs = ranges.highs
    this.#countries = ranges.countries
    this.#names = names
  }

  /** Octets that the ranges take. */
  get octets(): number {
    return this.#lows.byteLength + this.#highs.byteLength + this.#countries.byteLength
  }

  /** Two letters in lower case, or UNKNOWN_COUNTRY. `address`: 4 or 16 octets, as the family of the table has. */
  country(address: Uint8Array): string {
    const words = this.#words
    if (address.length !== 4 * words) return UNKNOWN_COUNTRY
    const wanted = new Uint32Array(words)
    for (let at = 0; at < words; at++) wanted[at] = readU32(address, 4 * at)
    let [from, to] = [0, this.size]
    while (from < to) {
      const middle = (from + to) >>> 1
      if (compare(this.#lows, middle * words, wanted, words) <= 0) from = middle + 1
      else to = middle
    }
    const at = from - 1
    if (at < 0 || compare(this.#highs, at * words, wanted, words) < 0) return UNKNOWN_COUNTRY
    return this.#names[this.#countries[at] ?? 0] ?? UNKNOWN_COUNTRY
  }
}

interface Ranges {
  readonly lows: Uint32Array
  readonly highs: Uint32Array
  readonly countries: Uint16Array
}

export class CountryRangesBuilder {
  readonly #family: AddressFamily
  readonly #words: number
  readonly #low: Uint32Array
  readonly #high: Uint32Array
  readonly #groups = new Uint16Array(8)
  readonly #names: string[] = []
  readonly #numbers = new Map<number, number>()
  #lows: Uint32Array
  #highs: Uint32Array
  #countries = new Uint16Array(FIRST_ROOM)
  #size = 0
  #isOrdered = true
  #rest = new Uint8Array(0)
  #malformed = 0

  constructor(family: AddressFamily) {
    this.#family = family
    this.#words = WORDS[family]
    this.#low = new Uint32Array(this.#words)
    this.#high = new Uint32Array(this.#words)
    this.#lows = new Uint32Array(FIRST_ROOM * this.#words)
    this.#highs = new Uint32Array(FIRST_ROOM * this.#words)
  }

  /** Lines that were no range, no comment and not blank. */
  get malformed(): number {
    return this.#malformed
  }

  /** The next octets of the file, which need not end where a line ends. */
  add(octets: Uint8Array): void {
    const whole = this.#rest.length === 0 ? octets : Buffer.concat([this.#rest, octets])
    let start = 0
    for (let end = whole.indexOf(NEWLINE); end >= 0; end = whole.indexOf(NEWLINE, start)) {
      this.#line(whole, start, end)
      start = end + 1
    }
    const rest = whole.subarray(start)
    // What is longer than a line may be is none, whatever follows.
    this.#rest = rest.length > LINE_MAX ? rest.slice(0, LINE_MAX + 1) : rest.slice()
  }

  finish(): CountryRanges {
    if (this.#rest.length > 0) this.#line(this.#rest, 0, this.#rest.length)
    const ranges = {
      lows: this.#lows.slice(0, this.#size * this.#words),
      highs: this.#highs.slice(0, this.#size * this.#words),
      countries: this.#countries.slice(0, this.#size)
    }
    const ordered = this.#isOrdered ? ranges : inOrder(ranges, this.#words)
    return new CountryRanges(this.#family, ordered, this.#names)
  }

  #line(octets: Uint8Array, start: number, end: number): void {
    let at = start
    while (at < end && isBlank(octets[at])) at++
    if (at === end || octets[at] === HASH) return
    const country = end - at > LINE_MAX ? 0 : this.#read(octets, at, end)
    if (country === 0 || compare(this.#high, 0, this.#low, this.#words) < 0) this.#malformed++
    else this.#append(country)
  }

  /** Both letters of the country as one number, once the range stands in `#low` and `#high`; 0: this is none. */
  #read(octets: Uint8Array, start: number, end: number): number {
    const afterLow = octets.indexOf(COMMA, start)
    if (afterLow < 0 || afterLow >= end) return 0
    const afterHigh = octets.indexOf(COMMA, afterLow + 1)
    if (afterHigh < 0 || afterHigh >= end) return 0
    if (!this.#address(octets, start, afterLow, this.#low)) return 0
    if (!this.#address(octets, afterLow + 1, afterHigh, this.#high)) return 0
    const at = octets[afterHigh + 1] === QUOTE ? afterHigh + 2 : afterHigh + 1
    const letter = (index: number) => (index < end ? (octets[index] ?? NEWLINE) : NEWLINE)
    const [first, second, next] = [letter(at), letter(at + 1), letter(at + 2)]
    if (!isCountryLetter(first) || !isCountryLetter(second)) return 0
    // IPv4 files may go on with other columns; after the letters of an IPv6 range the line is over.
    const isOver = isBlank(next) || next === NEWLINE || (this.#family === 'ipv4' && !isCountryLetter(next))
    return isOver ? lower(first) * 256 + lower(second) : 0
  }

  #address(octets: Uint8Array, start: number, end: number, into: Uint32Array): boolean {
    if (this.#family === 'ipv6') return readIpv6(octets, start, end, this.#groups, into)
    const isQuoted = octets[start] === QUOTE && octets[end - 1] === QUOTE && end - start > 1
    const value = isQuoted ? decimal(octets, start + 1, end - 1) : decimal(octets, start, end)
    into[0] = value
    return value >= 0
  }

  #append(country: number): void {
    const words = this.#words
    if (this.#size === this.#countries.length) this.#grow()
    const at = this.#size * words
    if (this.#size > 0 && compare(this.#lows, at - words, this.#low, words) > 0) this.#isOrdered = false
    this.#lows.set(this.#low, at)
    this.#highs.set(this.#high, at)
    this.#countries[this.#size] = this.#number(country)
    this.#size++
  }

  #number(country: number): number {
    const known = this.#numbers.get(country)
    if (known !== undefined) return known
    const number = this.#names.length
    this.#names.push(String.fromCharCode(country >> 8, country & 255))
    this.#numbers.set(country, number)
    return number
  }

  #grow(): void {
    const lows = new Uint32Array(this.#lows.length * 2)
    const highs = new Uint32Array(this.#highs.length * 2)
    const countries = new Uint16Array(this.#countries.length * 2)
    lows.set(this.#lows)
    highs.set(this.#highs)
    countries.set(this.#countries)
    this.#lows = lows
    this.#highs = highs
    this.#countries = countries
  }
}

/** The files that there are come in order; one that does not is put into it once. */
function inOrder({lows, highs, countries}: Ranges, words: number): Ranges {
  const order = Uint32Array.from(countries.keys()).sort((a, b) =>
    compare(lows, a * words, lows.subarray(b * words, (b + 1) * words), words)
  )
  const pick = (from: Uint32Array) => {
    const out = new Uint32Array(from.length)
    order.forEach((was, at) => {
      out.set(from.subarray(was * words, (was + 1) * words), at * words)
    })
    return out
  }
  return {
    lows: pick(lows),
    highs: pick(highs),
    countries: Uint16Array.from(order, was => countries[was] ?? 0)
  }
}

/** Below, at or above zero: the address at `at` is lower than `wanted`, equal, or higher. */
function compare(addresses: Uint32Array, at: number, wanted: Uint32Array, words: number): number {
  for (let index = 0; index < words; index++) {
    const [a = 0, b = 0] = [addresses[at + index], wanted[index]]
    if (a !== b) return a - b
  }
  return 0
}

/** -1: no number of 32 bits. */
function decimal(octets: Uint8Array, start: number, end: number): number {
  if (start >= end || end - start > 10) return -1
  let value = 0
  for (let at = start; at < end; at++) {
    const digit = octets[at] ?? 0
    if (digit < ZERO || digit > NINE) return -1
    value = value * 10 + digit - ZERO
  }
  return value < 2 ** 32 ? value : -1
}

function isBlank(octet: number | undefined): boolean {
  return octet === SPACE || octet === TAB || octet === RETURN
}

/** What C tor takes for one: anything that can be seen and separates nothing. */
function isCountryLetter(octet: number): boolean {
  return octet > SPACE && octet < 127 && octet !== COMMA && octet !== QUOTE
}

function lower(octet: number): number {
  return octet >= 65 && octet <= 90 ? octet + 32 : octet
}
