// The IPv4 address that a relay publishes: what the operator wrote, or a name that he wrote looked up, or the one that its
// ORPort is bound to, or what the peers of its channels say they see.

import {lookup} from 'node:dns/promises'
import {ipFromText, isPrivateIp} from '../bytes/ip-address.ts'
import type {RelayConfig} from '../config/relay-config.ts'

export class RelayAddress {
  readonly #allowPrivate: boolean
  #fixed: Uint8Array | undefined
  #guessed: Uint8Array | undefined

  constructor(allowPrivate: boolean) {
    this.#allowPrivate = allowPrivate
  }

  get ipv4(): Uint8Array | undefined {
    return this.#fixed ?? this.#guessed
  }

  /** Reads what the settings say; a name that cannot be looked up leaves the guess. */
  async configure(config: RelayConfig): Promise<void> {
    this.#fixed = undefined
    const {address} = config
    const written =
      address === undefined ? boundAddress(config) : (ipFromText(address) ?? (await lookUp(address)))
    if (written !== undefined && this.#isUsable(written)) this.#fixed = written
  }

  /** A relay that we trust to know says that it sees us under this address. True: that changed what we would publish. */
  suggest(seen: Uint8Array): boolean {
    if (this.#fixed !== undefined || !this.#isUsable(seen)) return false
    const before = this.#guessed
    this.#guessed = seen.slice()
    return before === undefined || Buffer.compare(before, seen) !== 0
  }

  #isUsable(address: Uint8Array): boolean {
    return address.length === 4 && (this.#allowPrivate || !isPrivateIp(address))
  }
}

function boundAddress({orPorts}: RelayConfig): Uint8Array | undefined {
  for (const {host, noAdvertise} of orPorts) {
    const octets = ipFromText(host)
    if (!noAdvertise && octets?.length === 4 && octets.some(octet => octet !== 0)) return octets
  }
  return undefined
}

async function lookUp(name: string): Promise<Uint8Array | undefined> {
  try {
    return ipFromText((await lookup(name, {family: 4})).address)
  } catch {
    return undefined
  }
}
