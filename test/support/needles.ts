// What must not be found, and a search for it: each secret in every form that a log line, a page or a file might give it,
// and not as a whole alone, since half a key is a leak as well. A window of its beginning and one of its end stand for it.
//
//   add(kind, octets or text) ─▶ patterns ─▶ findIn(octets): a table of what patterns begin with, then each pattern whole
//
// One pass over the octets whatever the number of needles, so that all keys of ten minutes can be looked for in all logs.

export interface Found {
  readonly kind: string
  readonly form: string
  readonly offset: number
  /** What stands around it, printable. */
  readonly excerpt: string
}

interface Pattern {
  readonly kind: string
  readonly form: string
  readonly octets: Buffer
  /** Short ones count only where no such character comes before or after them. */
  readonly within: RegExp | undefined
}

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'
/** Octets that a window has: enough that no other octets are like it by chance. */
const WINDOW = 12
/** Characters of a window in each alphabet, some fewer than the octets have so that every alignment has them. */
const TEXT_WINDOW = 12
const KEY_OCTETS = 4
const TABLE_BITS = 22
const EXCERPT = 60
/** Beyond so many of a kind one in twenty is looked for: whatever leaks them leaks more than one. */
const MANY = 5000
const ONE_IN = 20

export class Needles {
  readonly #table = new Uint8Array(1 << TABLE_BITS)
  readonly #byStart = new Map<number, Pattern[]>()
  readonly #known = new Set<string>()
  readonly #counts = new Map<string, number>()
  readonly #offered = new Map<string, number>()

  /** How many are looked for of each kind. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts
  }

  /** A key, a cookie: 16 octets or more. */
  addOctets(kind: string, octets: Uint8Array): void {
    if (octets.length < WINDOW) throw new Error('too short to be told from chance')
    const count = (this.#offered.get(kind) ?? 0) + 1
    this.#offered.set(kind, count)
    if (count > MANY && count % ONE_IN !== 0) return
    if (!this.#isNew(kind, Buffer.from(octets).toString('latin1'))) return
    for (const [part, window] of [
      ['', octets.subarray(0, WINDOW)],
      [' (end)', octets.subarray(octets.length - WINDOW)]
    ] as const) {
      for (const [form, text] of forms(window)) this.#add(kind, form + part, text)
    }
  }

  /** A name, as it is and in capital letters. */
  addText(kind: string, text: string): void {
    if (!this.#isNew(kind, text)) return
    this.#add(kind, 'text', Buffer.from(text, 'latin1'))
    this.#add(kind, 'capitals', Buffer.from(text.toUpperCase(), 'latin1'))
  }

  /** A dotted IPv4 address. */
  addAddress(kind: string, address: string): void {
    if (!this.#isNew(kind, address)) return
    const octets = Buffer.from(address.split('.').map(Number))
    const hex = octets.toString('hex')
    this.#add(kind, 'text', Buffer.from(address), /[\d.]/)
    for (const text of [hex, hex.toUpperCase()]) this.#add(kind, 'hexadecimal', Buffer.from(text), /[\da-f]/i)
    this.#add(kind, 'IPv6', Buffer.from(`${hex.slice(0, 4)}:${hex.slice(4).replace(/^0+/, '')}`), /[\da-f]/i)
    this.#add(kind, 'base64', Buffer.from(octets.toString('base64').slice(0, 6)), /[\w+/-]/)
    this.#add(kind, 'decimal list', Buffer.from(octets.join(',')), /\d/)
    this.#add(kind, 'number', Buffer.from(`${octets.readUInt32BE()}`), /[\d.]/)
  }

  findIn(octets: Buffer): Found[] {
    const found: Found[] = []
    for (let at = 0; at + KEY_OCTETS <= octets.length; at++) {
      const start = octets.readUInt32LE(at)
      if (this.#table[start >>> (32 - TABLE_BITS)] === 0) continue
      for (const pattern of this.#byStart.get(start) ?? []) {
        if (!matches(octets, at, pattern)) continue
        const {kind, form} = pattern
        found.push({kind, form, offset: at, excerpt: excerptAt(octets, at)})
      }
    }
    return found
  }

  /** One sample of every form of a needle of this kind, to see that they are found. */
  samples(kind: string): ReadonlyMap<string, Buffer> {
    const samples = new Map<string, Buffer>()
    for (const patterns of this.#byStart.values()) {
      for (const pattern of patterns) if (pattern.kind === kind) samples.set(pattern.form, pattern.octets)
    }
    return samples
  }

  #isNew(kind: string, key: string): boolean {
    const whole = `${kind} ${key}`
    if (this.#known.has(whole)) return false
    this.#known.add(whole)
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1)
    return true
  }

  #add(kind: string, form: string, octets: Buffer, within?: RegExp): void {
    const start = octets.readUInt32LE(0)
    this.#table[start >>> (32 - TABLE_BITS)] = 1
    const patterns = this.#byStart.get(start) ?? []
    if (patterns.some(pattern => pattern.kind === kind && pattern.octets.equals(octets))) return
    patterns.push({kind, form, octets, within})
    this.#byStart.set(start, patterns)
  }
}

function forms(octets: Uint8Array): [string, Buffer][] {
  const hex = Buffer.from(octets).toString('hex')
  const all: [string, Buffer][] = [
    ['octets', Buffer.from(octets.subarray(0, 8))],
    ['hexadecimal', Buffer.from(hex.slice(0, TEXT_WINDOW))],
    ['hexadecimal capitals', Buffer.from(hex.slice(0, TEXT_WINDOW).toUpperCase())],
    ['decimal list', Buffer.from([...octets.subarray(0, 6)].join(','))],
    ['decimal list with spaces', Buffer.from([...octets.subarray(0, 6)].join(', '))]
  ]
  for (const shift of [0, 1, 2]) {
    const text = aligned(octets, shift, 6, padded => Buffer.from(padded).toString('base64'))
    all.push([`base64 +${shift}`, Buffer.from(text)])
    all.push([`base64url +${shift}`, Buffer.from(text.replaceAll('+', '-').replaceAll('/', '_'))])
  }
  for (const shift of [0, 1, 2, 3, 4]) {
    const text = aligned(octets, shift, 5, base32)
    all.push([`base32 +${shift}`, Buffer.from(text)])
    all.push([`base32 capitals +${shift}`, Buffer.from(text.toUpperCase())])
  }
  return all
}

/** The characters that follow from the octets alone when `shift` other octets are encoded before them. */
function aligned(
  octets: Uint8Array,
  shift: number,
  bits: number,
  encode: (padded: Uint8Array) => string
): string {
  const padded = new Uint8Array(shift + octets.length)
  padded.set(octets, shift)
  const first = Math.ceil((shift * 8) / bits)
  return encode(padded).slice(first, first + TEXT_WINDOW)
}

function base32(octets: Uint8Array): string {
  let [text, buffer, bits] = ['', 0, 0]
  for (const octet of octets) {
    buffer = (buffer << 8) | octet
    for (bits += 8; bits >= 5; ) {
      bits -= 5
      text += BASE32[(buffer >> bits) & 31]
    }
    buffer &= (1 << bits) - 1
  }
  return text
}

function matches(octets: Buffer, at: number, {octets: pattern, within}: Pattern): boolean {
  const end = at + pattern.length
  if (end > octets.length || octets.compare(pattern, 0, pattern.length, at, end) !== 0) return false
  if (within === undefined) return true
  const isPart = (index: number) =>
    index >= 0 && index < octets.length && within.test(String.fromCharCode(octets[index] ?? 0))
  return !isPart(at - 1) && !isPart(end)
}

function excerptAt(octets: Buffer, at: number): string {
  return octets
    .subarray(Math.max(0, at - EXCERPT), at + EXCERPT)
    .toString('latin1')
    .replace(/[^ -~]/g, '·')
}
