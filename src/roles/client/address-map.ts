// What applications ask for, and what is reached in its place: mappings of the settings, which a reload replaces, and of
// controllers, which stay until the end or until they are taken back. A mapping may lead to an address that is mapped, too.

import {randomOctets} from '../../crypto/random.ts'

export type MappingSource = 'config' | 'control'

export interface Mapping {
  readonly from: string
  readonly to: string
}

/** Of controllers and of the settings together. */
export const MAPPINGS_MAX = 4096
/** As with C tor: whoever maps in a circle gets somewhere in it. */
const STEPS_MAX = 16
const VIRTUAL_OCTETS = 10
const ATTEMPTS = 10

interface Entry {
  readonly source: MappingSource
  readonly from: string
  readonly to: string
}

export class AddressMap {
  /** By what is asked for in lower case, without `*.`; those of controllers go first. */
  readonly #control = new Map<string, Entry>()
  readonly #config = new Map<string, Entry>()

  get size(): number {
    return this.#control.size + this.#config.size
  }

  /** These of the settings in place of those before. */
  configure(mappings: readonly Mapping[]): void {
    this.#config.clear()
    for (const mapping of mappings) this.#set('config', mapping)
  }

  /** An address that is mapped to itself is not mapped any more. `full`: there are too many. */
  map(mapping: Mapping): 'mapped' | 'full' {
    return this.#set('control', mapping)
  }

  /** An address of this kind that nothing else has, mapped to `to`; the one that there is where there is one. Undefined: there
   * are too many mappings. */
  virtual(kind: 'name' | 'ipv4' | 'ipv6', to: string): string | undefined {
    for (const entry of this.#control.values()) {
      if (entry.to.toLowerCase() === to.toLowerCase() && isVirtual(kind, entry.from)) return entry.from
    }
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const from = newVirtual(kind)
      if (this.#control.has(from)) continue
      return this.map({from, to}) === 'mapped' ? from : undefined
    }
    return undefined
  }

  /** Where an address leads; itself where it is not mapped. */
  rewrite(address: string): string {
    let current = address.replace(/\.$/, '')
    for (let step = 0; step < STEPS_MAX; step++) {
      const next = this.#next(current)
      if (next === undefined || next.toLowerCase() === current.toLowerCase()) return current
      current = next
    }
    return current
  }

  list(source?: MappingSource): Mapping[] {
    return [...this.#config.values(), ...this.#control.values()].filter(
      entry => source === undefined || entry.source === source
    )
  }

  #set(source: MappingSource, {from, to}: Mapping): 'mapped' | 'full' {
    const mappings = source === 'config' ? this.#config : this.#control
    const key = from.replace(/^\*\./, '').replace(/\.$/, '').toLowerCase()
    if (from.toLowerCase() === to.toLowerCase()) {
      this.#config.delete(key)
      this.#control.delete(key)
      return 'mapped'
    }
    if (this.size >= MAPPINGS_MAX && !mappings.has(key)) return 'full'
    mappings.set(key, {source, from, to: to.replace(/\.$/, '')})
    return 'mapped'
  }

  #next(address: string): string | undefined {
    const lower = address.toLowerCase()
    for (let at = 0; at >= 0; at = next(lower, at)) {
      const key = lower.slice(at)
      const entry = this.#control.get(key) ?? this.#config.get(key)
      if (entry === undefined || (at > 0 && !entry.from.startsWith('*.'))) continue
      return entry.to.startsWith('*.') ? address.slice(0, at) + entry.to.slice(2) : entry.to
    }
    return undefined
  }
}

/** Where the next label begins; -1 behind the last. */
function next(address: string, at: number): number {
  const dot = address.indexOf('.', at)
  return dot < 0 ? -1 : dot + 1
}

function isVirtual(kind: 'name' | 'ipv4' | 'ipv6', address: string): boolean {
  if (kind === 'name') return address.endsWith('.virtual')
  return kind === 'ipv4' ? /^127\.(?:19[2-9]|2\d\d)\./.test(address) : address.startsWith('fe80:')
}

/** In C tor's default ranges: `.virtual`, 127.192.0.0/10, fe80::/10. */
function newVirtual(kind: 'name' | 'ipv4' | 'ipv6'): string {
  const octets = randomOctets(VIRTUAL_OCTETS)
  if (kind === 'name') return `${Buffer.from(octets).toString('hex')}.virtual`
  const [a = 0, b = 0, c = 0] = octets
  // Neither the first nor the last of the range, which name nobody.
  if (kind === 'ipv4') return `127.${192 + (a & 63)}.${b}.${1 + (c % 254)}`
  const groups = Array.from(
    {length: 4},
    (_, at) => 1 + ((((octets[2 * at] ?? 0) << 8) | (octets[2 * at + 1] ?? 0)) % 65_535)
  )
  return `fe80:1:1:1:${groups.map(group => group.toString(16)).join(':')}`
}
