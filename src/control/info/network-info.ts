// GETINFO: what is known of the network: relays, microdescriptors, consensus.

import {fromBase16, toBase16Upper} from '../../bytes/base16.ts'
import {toBase64} from '../../bytes/base64.ts'
import {ipFromText} from '../../bytes/ip-address.ts'
import type {NetDir} from '../../netdir/net-dir.ts'
import type {Relay} from '../../netdir/relay.ts'
import type {CommandContext} from '../commands/command.ts'
import {findRelay, findRelayByFingerprint} from '../relay-names.ts'
import {Status} from '../reply.ts'
import {printStatus} from '../status-entry.ts'
import {exact, flag, type InfoKey, type InfoValue, isoTime, prefix} from './info.ts'

const NO_DESCRIPTORS =
  "We fetch microdescriptors, not router descriptors. You'll need to use md/id/* instead of desc/id/*."
const NO_CONSENSUS = {
  why: 'Could not open cached consensus. Make sure FetchUselessDescriptors is set to 1.'
} as const

export const networkInfo: readonly InfoKey[] = [
  exact('ns/all', 'Brief summary of router status (v2 directory format)', (_rest, {node}) => {
    return printAll(node.network.netDir())
  }),
  prefix('ns/id/', 'Brief summary of router status by ID (v2 directory format).', (rest, {node}) => {
    if (fingerprint(rest) === undefined) return undefined
    return printOne(findRelayByFingerprint(node.network.netDir(), rest))
  }),
  prefix('ns/name/', 'Brief summary of router status by nickname (v2 directory format).', (rest, {node}) => {
    return printOne(findRelay(node.network.netDir(), rest))
  }),
  prefix(
    'ns/purpose/',
    'Brief summary of router status by purpose (v2 directory format).',
    (rest, {node}) => {
      // Bridges are the only others that there could be, and we know none.
      if (rest === 'bridge') return ''
      return rest === 'general' ? printAll(node.network.netDir()) : undefined
    }
  ),
  exact('md/all', 'All known microdescriptors.', (_rest, context) => {
    const relays = context.node.network.netDir()?.relays ?? []
    return relays.map(relay => microdescriptor(relay, context) ?? '').join('')
  }),
  prefix('md/id/', 'Microdescriptors by ID', (rest, context) => {
    return microdescriptor(findRelayByFingerprint(context.node.network.netDir(), rest), context)
  }),
  prefix('md/name/', 'Microdescriptors by name', (rest, context) => {
    return microdescriptor(findRelay(context.node.network.netDir(), rest), context)
  }),
  exact('md/download-enabled', 'Do we try to download microdescriptors?', () => '1'),
  prefix('desc/id/', 'Router descriptors by ID.', (rest, {node}) => {
    const {relay} = node.facts
    const isOurs = relay !== undefined && fingerprint(rest) === relay.fingerprint
    return (isOurs ? relay.descriptor() : undefined) ?? {why: NO_DESCRIPTORS, status: Status.UNKNOWN_THING}
  }),
  prefix('desc/name/', 'Router descriptors by nickname.', () => {
    return {why: NO_DESCRIPTORS, status: Status.UNKNOWN_THING}
  }),
  exact('desc/all-recent', 'All non-expired, non-superseded router descriptors.', (_rest, {node}) => {
    return node.facts.relay?.descriptor() ?? ''
  }),
  exact('desc/download-enabled', 'Do we try to download router descriptors?', () => '0'),
  exact('dir/status-vote/current/consensus', 'Latest consensus', (_rest, {node}) => {
    return node.network.consensus('ns') ?? NO_CONSENSUS
  }),
  exact(
    'dir/status-vote/current/consensus-microdesc',
    'Latest microdesc-flavored consensus',
    (_rest, {node}) => {
      return node.network.consensus('microdesc') ?? NO_CONSENSUS
    }
  ),
  prefix('consensus/', 'Information about and from the ns consensus.', (rest, {node}) => {
    const netDir = node.network.netDir()
    const times = {
      'valid-after': netDir?.validAfter,
      'fresh-until': netDir?.freshUntil,
      'valid-until': netDir?.validUntil
    }
    if (rest === 'packages') return ''
    if (!Object.hasOwn(times, rest)) return undefined
    const time = times[rest as keyof typeof times]
    return time === undefined ? '' : isoTime(time)
  }),
  ...(['current', 'previous'] as const).map(which =>
    exact(`sr/${which}`, `Get ${which} shared random value.`, (_rest, {node}) => {
      const value = node.network.netDir()?.sharedRandom[which]
      return value === undefined ? '' : toBase64(value.value)
    })
  ),
  prefix('ip-to-country/', 'Perform a GEOIP lookup', (rest, {node}) => {
    const countries = node.facts.relay?.countries
    if (rest === 'ipv4-available') return flag(countries?.has('ipv4') === true)
    if (rest === 'ipv6-available') return flag(countries?.has('ipv6') === true)
    const address = ipFromText(rest.replace(/^\[(.*)\]$/, '$1'))
    if (address === undefined) return {why: 'Invalid address family'}
    // Without a file nothing is known of any address; controllers take that better than a refusal.
    return countries?.country(address) ?? '??'
  })
]

function fingerprint(text: string): string | undefined {
  const octets = fromBase16(text.replace(/^\$/, ''))
  return octets?.length === 20 ? toBase16Upper(octets) : undefined
}

function printAll(netDir: NetDir | undefined): string {
  return (netDir?.relays ?? []).map(printStatus).join('')
}

function printOne(relay: Relay | undefined): InfoValue {
  return relay === undefined ? '' : printStatus(relay)
}

function microdescriptor(relay: Relay | undefined, {node}: CommandContext): string | undefined {
  const digest = relay?.status.descriptorDigest
  const found = digest && node.network.microdescriptor(digest)
  return found === undefined ? undefined : Buffer.from(found.octets).toString('utf8')
}
