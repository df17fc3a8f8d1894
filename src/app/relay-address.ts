// The addresses that a relay publishes, one of each family: what the operator wrote, or a name that he wrote looked up, or the
// one that its ORPort is bound to, or, for IPv6, that of a network interface, or what the peers of its channels say they see.

import {lookup} from 'node:dns/promises'
import {networkInterfaces} from 'node:os'
import {ipFromText, isPrivateIp} from '../bytes/ip-address.ts'
import type {AddressFamily} from '../config/address.ts'
import type {RelayConfig} from '../config/relay-config.ts'

const OCTETS = {ipv4: 4, ipv6: 16} as const
const LOOKUP_FAMILY = {ipv4: 4, ipv6: 6} as const

export class RelayAddress {
  readonly #allowPrivate: boolean
  readonly #fixed: {[F in AddressFamily]?: Uint8Array} = {}
  readonly #guessed: {[F in AddressFamily]?: Uint8Array} = {}

  constructor(allowPrivate: boolean) {
    this.#allowPrivate = allowPrivate
  }

  get ipv4(): Uint8Array | undefined {
    return this.#fixed.ipv4 ?? this.#guessed.ipv4
  }

  get ipv6(): Uint8Array | undefined {
    return this.#fixed.ipv6 ?? this.#guessed.ipv6
  }

  get all(): Uint8Array[] {
    return [this.ipv4, this.ipv6].filter(address => address !== undefined)
  }

  /** Reads what the settings say; a name that cannot be looked up leaves the guess. */
  async configure(config: RelayConfig): Promise<void> {
    for (const family of ['ipv4', 'ipv6'] as const) {
      delete this.#fixed[family]
      if (!config.orPorts.some(port => port.family === family && !port.noAdvertise)) continue
      const written = await this.#written(config, family)
      if (written !== undefined && this.#isUsable(written, family)) this.#fixed[family] = written
    }
  }

  /** A relay that we trust to know says that it sees us under this address. True: that changed what we would publish. */
  suggest(seen: Uint8Array): boolean {
    const family = seen.length === OCTETS.ipv4 ? 'ipv4' : 'ipv6'
    if (this.#fixed[family] !== undefined || !this.#isUsable(seen, family)) return false
    const before = this.#guessed[family]
    this.#guessed[family] = seen.slice()
    return before === undefined || Buffer.compare(before, seen) !== 0
  }

  async #written(config: RelayConfig, family: AddressFamily): Promise<Uint8Array | undefined> {
    const {address, addressIpv6} = config
    const own = family === 'ipv4' ? address : (addressIpv6 ?? nameOf(address))
    if (own !== undefined) {
      return ipFromText(own) ?? (config.disableNetwork ? undefined : await lookUp(own, family))
    }
    return boundAddress(config, family) ?? (family === 'ipv6' ? this.#ofInterface() : undefined)
  }

  #ofInterface(): Uint8Array | undefined {
    for (const {address, internal} of Object.values(networkInterfaces()).flatMap(each => each ?? [])) {
      const octets = internal ? undefined : ipFromText(address.replace(/%.*$/, ''))
      if (octets !== undefined && octets.length === OCTETS.ipv6 && !isPrivateIp(octets)) return octets
    }
    return undefined
  }

  #isUsable(address: Uint8Array, family: AddressFamily): boolean {
    return address.length === OCTETS[family] && (this.#allowPrivate || !isPrivateIp(address))
  }
}

function boundAddress({orPorts}: RelayConfig, family: AddressFamily): Uint8Array | undefined {
  for (const {host, noAdvertise} of orPorts) {
    const octets = ipFromText(host)
    if (!noAdvertise && octets?.length === OCTETS[family] && octets.some(octet => octet !== 0)) return octets
  }
  return undefined
}

/** A number is of its own family alone, a name may have an address of each. */
function nameOf(address: string | undefined): string | undefined {
  return address === undefined || ipFromText(address) !== undefined ? undefined : address
}

async function lookUp(name: string, family: AddressFamily): Promise<Uint8Array | undefined> {
  try {
    return ipFromText((await lookup(name, {family: LOOKUP_FAMILY[family]})).address)
  } catch {
    return undefined
  }
}
