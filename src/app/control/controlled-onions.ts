// Onion services that controllers begin and end, and their keys for services of others.

import type {
  AddedOnion,
  ClientAuthEntry,
  ControlFault,
  ControlledClientAuth,
  ControlledOnions,
  NewOnion
} from '../../control/node.ts'
import {ed25519FromExpanded, generateEd25519} from '../../crypto/ed25519.ts'
import {parseOnionAddress, printOnionAddress} from '../../crypto/hs/onion-address.ts'
import {localFault} from '../../fault/fault.ts'
import {err, ok, type Result} from '../../fault/result.ts'
import type {OwnSide} from '../own-side.ts'

const INTRODUCTION_POINTS = 3
const ONION = '.onion'

export class OnionsOfNode implements ControlledOnions {
  readonly clientAuth: ControlledClientAuth
  readonly #side: OwnSide

  constructor(side: OwnSide) {
    this.#side = side
    this.clientAuth = clientAuthOf(side)
  }

  add(onion: NewOnion): Result<AddedOnion, ControlFault<'collision' | 'bad-key' | 'too-many'>> {
    const {expandedKey, ports, maxStreams, whenMaxStreams, clients} = onion
    const identity = expandedKey === undefined ? generateEd25519() : ed25519FromExpanded(expandedKey)
    const address = printOnionAddress(identity.public)
    const {services} = this.#side
    if (services.all.has(address)) return err(localFault('collision', {message: 'Onion address collision'}))
    const added = services.add({
      identity,
      ports,
      maxStreams,
      whenMaxStreams,
      authorizedClients: clients,
      introductionPoints: INTRODUCTION_POINTS,
      introductionLimit: undefined
    })
    if (!added) return err(localFault('too-many', {message: 'Failed to add Onion Service'}))
    return ok({id: address.replace(ONION, ''), expandedKey: identity.expanded})
  }

  remove(id: string): boolean {
    return this.#side.services.remove(`${id}${ONION}`)
  }
}

function clientAuthOf({clientAuth}: OwnSide): ControlledClientAuth {
  return {
    list: () =>
      clientAuth.list().map(({identity, ...rest}) => ({
        ...rest,
        address: printOnionAddress(identity).replace(ONION, '')
      })),
    add: ({address, ...rest}: ClientAuthEntry) => {
      const identity = parseOnionAddress(address)
      if (identity === undefined) return err(localFault('unwritable', {message: 'Invalid address'}))
      const added = clientAuth.add({...rest, identity})
      return added.ok ? added : err(localFault(added.fault.code, {message: added.fault.code}))
    },
    remove: address => {
      const identity = parseOnionAddress(address)
      return identity !== undefined && clientAuth.remove(identity)
    }
  }
}
