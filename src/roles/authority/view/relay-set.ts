// Sets of relays as settings write them: nicknames, fingerprints with or without `$`, addresses, networks, or `*`.

import {equal} from '../../../bytes/octets.ts'
import {parseIpv4} from '../../../netdoc/address.ts'
import {parseFingerprint} from '../../../netdoc/argument.ts'

export interface NamedRelay {
  readonly nickname: string
  readonly identity: Uint8Array
  readonly ipv4: {readonly address: Uint8Array}
}

export class RelaySet {
  readonly #members: readonly ((relay: NamedRelay) => boolean)[]

  /** Words that name nothing (countries, IPv6 networks) are passed over. */
  constructor(text: string) {
    this.#members = text
      .split(/[\s,]+/)
      .filter(word => word !== '')
      .flatMap(word => member(word) ?? [])
  }

  get isEmpty(): boolean {
    return this.#members.length === 0
  }

  has(relay: NamedRelay): boolean {
    return this.#members.some(matches => matches(relay))
  }
}

function member(word: string): ((relay: NamedRelay) => boolean) | undefined {
  if (word === '*') return () => true
  const fingerprint = parseFingerprint(word.replace(/^\$/, '').replace(/[=~].*$/, ''))
  if (fingerprint !== undefined) return ({identity}) => equal(identity, fingerprint)
  if (/^[A-Za-z0-9]{1,19}$/.test(word)) {
    return ({nickname}) => nickname.toLowerCase() === word.toLowerCase()
  }
  const [host = '', bitsText = '32'] = word.split('/')
  const address = parseIpv4(host)
  const bits = Number(bitsText)
  if (address === undefined || !Number.isInteger(bits) || bits < 0 || bits > 32) return undefined
  return ({ipv4}) => prefix(ipv4.address, bits) === prefix(address, bits)
}

function prefix(address: Uint8Array, bits: number): string {
  return Array.from(address, octet => octet.toString(2).padStart(8, '0'))
    .join('')
    .slice(0, bits)
}
