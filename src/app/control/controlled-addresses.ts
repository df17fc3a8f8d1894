// The addresses that the SocksPort maps, in the hands of the control port.

import {mappingFault} from '../../config/address-mappings.ts'
import type {ControlledAddresses, MappingFault} from '../../control/node.ts'
import {localFault} from '../../fault/fault.ts'
import {err, ok, type Result} from '../../fault/result.ts'
import type {AddressMap, Mapping, MappingSource} from '../../roles/client/address-map.ts'

export class AddressesOfNode implements ControlledAddresses {
  readonly #addresses: AddressMap

  constructor(addresses: AddressMap) {
    this.#addresses = addresses
  }

  map(from: string, to: string): Result<string, MappingFault> {
    const why = mappingFault(from, to)
    if (why !== undefined) return err(localFault('bad-mapping', {message: why}))
    return this.#addresses.map({from, to}) === 'mapped' ? ok(from) : tooMany()
  }

  virtual(kind: 'name' | 'ipv4' | 'ipv6', to: string): Result<string, MappingFault> {
    const why = mappingFault('virtual', to)
    if (why !== undefined) return err(localFault('bad-mapping', {message: why}))
    const address = this.#addresses.virtual(kind, to)
    return address === undefined ? tooMany() : ok(address)
  }

  list(source?: MappingSource): readonly Mapping[] {
    return this.#addresses.list(source)
  }
}

function tooMany(): Result<never, MappingFault> {
  return err(localFault('too-many', {message: 'there are too many mappings'}))
}
