// Subprotocol versions: `Link=4-5 Relay=2,4` (tor-spec, subprotocol versioning). A version is a flag from 0 to 63, so a
// list is a 64-bit mask a name and no range, however written, can grow (TROVE-2017-010, TROVE-2018-005).

const MAX_VERSION = 63
const MAX_NAME_LENGTH = 100
const NAME = /^[A-Za-z0-9-]+$/
const RANGE = /^(\d{1,2})(?:-(\d{1,2}))?$/

/** Bits 0 to 31 and 32 to 63. */
type Mask = readonly [low: number, high: number]

export class Protocols {
  readonly #masks: ReadonlyMap<string, Mask>

  constructor(masks: ReadonlyMap<string, Mask>) {
    this.#masks = masks
  }

  supports(name: string, version: number): boolean {
    const mask = this.#masks.get(name)
    if (mask === undefined || version < 0 || version > MAX_VERSION) return false
    return (((version < 32 ? mask[0] : mask[1]) >>> (version & 31)) & 1) === 1
  }

  get names(): readonly string[] {
    return [...this.#masks.keys()]
  }

  /** The versions of one protocol, ascending. */
  versions(name: string): readonly number[] {
    const out: number[] = []
    for (let version = 0; version <= MAX_VERSION; version++)
      if (this.supports(name, version)) out.push(version)
    return out
  }

  /** What `required` lists and this list lacks, in the form `Name=version`. */
  missing(required: Protocols): readonly string[] {
    return required.names.flatMap(name =>
      required
        .versions(name)
        .filter(version => !this.supports(name, version))
        .map(version => `${name}=${version}`)
    )
  }
}

export const NO_PROTOCOLS = new Protocols(new Map())

/** Undefined when any entry is malformed, names a version above 63 or has a name of more than 100 characters. */
export function parseProtocols(text: string): Protocols | undefined {
  const masks = new Map<string, Mask>()
  for (const entry of text.split(' ')) {
    if (entry === '') continue
    const equals = entry.indexOf('=')
    const name = entry.slice(0, Math.max(equals, 0))
    if (name.length > MAX_NAME_LENGTH || !NAME.test(name)) return undefined
    const mask = parseVersions(entry.slice(equals + 1))
    if (mask === undefined) return undefined
    const before = masks.get(name) ?? [0, 0]
    masks.set(name, [before[0] | mask[0], before[1] | mask[1]])
  }
  return new Protocols(masks)
}

/** `Link=4-5 Relay=2,4`; a protocol without versions is left out. */
export function printProtocols(protocols: Protocols): string {
  const entries = protocols.names.map(name => [name, printVersions(protocols.versions(name))] as const)
  return entries.flatMap(([name, versions]) => (versions === '' ? [] : [`${name}=${versions}`])).join(' ')
}

function printVersions(versions: readonly number[]): string {
  const ranges: string[] = []
  for (let i = 0; i < versions.length; i++) {
    const first = versions[i] as number
    while (versions[i + 1] === (versions[i] as number) + 1) i++
    const last = versions[i] as number
    ranges.push(first === last ? `${first}` : `${first}-${last}`)
  }
  return ranges.join(',')
}

function parseVersions(text: string): Mask | undefined {
  let low = 0
  let high = 0
  // `Name=` is a protocol of which no version is supported.
  for (const range of text === '' ? [] : text.split(',')) {
    const match = RANGE.exec(range)
    if (match === null) return undefined
    const first = Number(match[1])
    const last = Number(match[2] ?? match[1])
    if (first > last || last > MAX_VERSION) return undefined
    for (let version = first; version <= last; version++) {
      if (version < 32) low |= 1 << version
      else high |= 1 << (version - 32)
    }
  }
  return [low, high]
}
