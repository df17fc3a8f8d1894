// A relay in the hands of the control port.

import {endpointToText, ipToText} from '../../bytes/ip-address.ts'
import {toLatin1} from '../../bytes/octets.ts'
import type {RelayConfig} from '../../config/relay-config.ts'
import type {CountriesOfAddresses} from '../../control/node.ts'
import type {SocketAddress} from '../../dataplane/contract.ts'
import type {OwnDocuments} from '../../roles/relay/own-documents.ts'
import type {NetworkKnowledge} from '../network-knowledge.ts'
import type {OwnRoles} from '../own-roles.ts'
import type {RelayCore} from '../relay-core.ts'
import type {Controllable} from './controllable.ts'

export interface ControllableRelayDeps {
  readonly core: RelayCore
  readonly network: NetworkKnowledge
  readonly ownRoles: OwnRoles
  readonly fingerprint: string
  readonly startedAtMs: number
  readonly config: () => RelayConfig
  readonly listeners: () => readonly SocketAddress[]
  readonly isNetworkDisabled: () => boolean
  readonly address: () => {readonly ipv4: Uint8Array | undefined; readonly ipv6?: Uint8Array | undefined}
  readonly isReachable: () => boolean
  readonly documents: () => OwnDocuments | undefined
  readonly onionSkins: Readonly<
    Record<'ntor' | 'ntor-v3', {readonly processed: number; readonly dropped: number}>
  >
  readonly countries: CountriesOfAddresses
  readonly accounting: (what: string) => string | undefined
  readonly heartbeat: () => void
}

export function controllableRelay(deps: ControllableRelayDeps): Controllable {
  const {core, network, ownRoles, config, documents} = deps
  return {
    core,
    documents: network.documents,
    side: ownRoles.side,
    startedAtMs: deps.startedAtMs,
    relay: {
      fingerprint: deps.fingerprint,
      isReachable: deps.isReachable,
      descriptor: () => textOf(documents()?.descriptor.text),
      extraInfo: () => textOf(documents()?.extraInfo.text),
      exitPolicy: () => config().exitPolicy,
      countries: deps.countries,
      onionSkins: kind => (kind === 'tap' ? {requested: 0, assigned: 0} : onionSkinTotals(deps.onionSkins))
    },
    netDir: () => network.netDir,
    isNetworkDisabled: deps.isNetworkDisabled,
    address: family => {
      const octets = deps.address()[family]
      return octets && ipToText(octets)
    },
    listeners: kind => {
      if (kind === 'or') return deps.listeners().map(({octets, port}) => endpointToText(octets, port))
      if (kind === 'socks') return ownRoles.socks.ports.map(port => `127.0.0.1:${port}`)
      if (kind !== 'dir' || deps.isNetworkDisabled()) return []
      return config()
        .dirPorts.filter(({noListen}) => !noListen)
        .map(({host, port}) => `${host}:${port}`)
    },
    accounting: deps.accounting,
    heartbeat: deps.heartbeat
  }
}

function onionSkinTotals({ntor, 'ntor-v3': ntorV3}: ControllableRelayDeps['onionSkins']) {
  const assigned = ntor.processed + ntorV3.processed
  return {requested: assigned + ntor.dropped + ntorV3.dropped, assigned}
}

function textOf(text: string | Uint8Array | undefined): string | undefined {
  return text === undefined || typeof text === 'string' ? text : toLatin1(text)
}
