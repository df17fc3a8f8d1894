// GETINFO: circuits and streams of our own, and descriptors of onion services.

import {onionIdentity} from '../commands/onion-id.ts'
import {circuitLine, streamLine} from '../own-lines.ts'
import {exact, type InfoKey, prefix} from './info.ts'

export const circuitInfo: readonly InfoKey[] = [
  exact('circuit-status', 'List of current circuits originating here.', (_rest, {node}) => {
    return node.circuits.list().map(circuitLine).join('\n')
  }),
  exact('stream-status', 'List of current streams.', (_rest, {node}) => {
    return node.streams.list().map(streamLine).join('\n')
  }),
  ...(['all', 'config', 'control'] as const).map(which =>
    exact(`address-mappings/${which}`, 'Current address mappings.', (_rest, {node}) => {
      const mappings = node.addresses.list(which === 'all' ? undefined : which)
      return mappings.map(({from, to}) => `${from} ${to} NEVER`).join('\r\n')
    })
  ),
  exact('address-mappings/cache', 'Current cached DNS replies; there are none.', () => ''),
  prefix('hs/client/desc/id/', "Onion service descriptor in client's cache by onion.", (rest, {node}) => {
    const identity = onionIdentity(rest)
    if (identity === undefined) return {why: 'Invalid address'}
    return node.descriptors.cached(identity) ?? {why: 'Not found in cache'}
  }),
  prefix('hs/service/desc/id/', "Onion service descriptor in services's cache by onion.", (rest, {node}) => {
    const identity = onionIdentity(rest)
    if (identity === undefined) return {why: 'Invalid address'}
    return node.descriptors.own(identity) ?? {why: 'Not found in cache'}
  })
]
