// OutboundBindAddress with OutboundBindAddressOR: the addresses that links to others come from, one of each family; and with
// OutboundBindAddressExit, those that connections to the targets of onion services come from.

import {ok, type Result} from '../fault/result.ts'
import {type AddressFamily, parseAddress} from './address.ts'
import {type ConfigFault, configFault} from './fault.ts'
import type {ConfigLine} from './torrc-text.ts'

export type OutboundAddresses = {readonly [F in AddressFamily]?: string}

/** Of a family that stands in several lines the last counts; within one option, each family stands once. */
export function parseOutboundAddresses(lines: readonly ConfigLine[]): Result<OutboundAddresses, ConfigFault> {
  const found: {[F in AddressFamily]?: string} = {}
  const seen = new Set<string>()
  for (const line of lines) {
    const address = parseAddress(line.value)
    if (address === undefined) {
      return configFault(
        'bad-value',
        `${line.name} wants an IP address, not '${line.value}'.`,
        line.place,
        line.name
      )
    }
    const key = `${line.name.toLowerCase()} ${address.family}`
    if (seen.has(key)) {
      const message = `${line.name} has more than one address of a family.`
      return configFault('refused', message, line.place, line.name)
    }
    seen.add(key)
    found[address.family] = address.host
  }
  return ok(found)
}
