// What is refused although each option is fine by itself. The texts say what to do instead.

import {type Assigned, meansDefault} from './assign.ts'
import {brokenAuthorityRule} from './authority-rules.ts'
import {type DirAuthority, mayBePublic} from './dir-authority.ts'
import {type ConfigFault, configFault} from './fault.ts'
import {type RelayOptionName, relayOptions} from './options.ts'
import {schedulersOf} from './schedulers.ts'
import type {ConfigLine} from './torrc-text.ts'

/** The first contradiction, if any. */
export function consistencyFault(
  assigned: Assigned,
  dirAuthorities: readonly DirAuthority[]
): ConfigFault | undefined {
  for (const check of CHECKS) {
    const found = check(assigned, dirAuthorities)
    if (found === undefined) continue
    const place = assigned.given.get(found.option)?.at(-1)?.place
    return configFault('refused', found.message, place, found.option).fault
  }
  return undefined
}

interface Contradiction {
  readonly option: string
  readonly message: string
}

type Check = (assigned: Assigned, dirAuthorities: readonly DirAuthority[]) => Contradiction | undefined

const CHECKS: readonly Check[] = [
  otherRoles,
  lostProtection,
  exitPolicy,
  publishing,
  burstBelowRate,
  keyLifetimes,
  testingOptions,
  listeners,
  socketBuffers,
  schedulers,
  relayPadding,
  ({values}, dirAuthorities) => brokenAuthorityRule(values, dirAuthorities)
]

/** A relay pads as its peers ask and the consensus says: what it did otherwise would tell its clients apart. */
function relayPadding({values}: Assigned): Contradiction | undefined {
  if (!opensAny(values.ORPort)) return undefined
  const {ConnectionPadding, ReducedConnectionPadding, CircuitPadding, ReducedCircuitPadding} = values
  const wanted: readonly [option: string, value: string, isSo: boolean][] = [
    ['ConnectionPadding', 'auto', ConnectionPadding === 'auto'],
    ['ReducedConnectionPadding', '0', !ReducedConnectionPadding],
    ['CircuitPadding', '1', CircuitPadding],
    ['ReducedCircuitPadding', '0', !ReducedCircuitPadding]
  ]
  for (const [option, value, isSo] of wanted) {
    if (!isSo) return {option, message: `${option} must be ${value} on a relay.`}
  }
  return undefined
}

function schedulers({values}: Assigned): Contradiction | undefined {
  const unknown = values.Schedulers.find(name => schedulersOf([name]).length === 0)
  if (unknown === undefined && values.Schedulers.length > 0) return undefined
  return {
    option: 'Schedulers',
    message: 'Schedulers must be some of KIST, KISTLite and Vanilla, the best first.'
  }
}

/** C tor's bounds: less is no use, more is no constraint. */
function socketBuffers({values}: Assigned): Contradiction | undefined {
  const {ConstrainedSockets: isAsked, ConstrainedSockSize: octets} = values
  if (!isAsked || (octets >= 2048 && octets <= 262_144 && octets % 1024 === 0)) return undefined
  return {
    option: 'ConstrainedSockSize',
    message: 'ConstrainedSockSize must be from 2048 to 262144 bytes, and a multiple of 1024.'
  }
}

function otherRoles({given}: Assigned): Contradiction | undefined {
  const roles: readonly [string, string][] = [
    ['ClientOnly', 'a client'],
    ['UseBridges', 'a client behind bridges']
  ]
  for (const [option, role] of roles) {
    if (given.get(option)?.at(-1)?.value === '1')
      return {option, message: `${option} 1: ramson is not ${role}.`}
  }
  return undefined
}

/** What an operator relies on, and would not notice the loss of, is refused and not passed over with a warning. */
const PROTECTIONS: Readonly<Record<string, 'everywhere' | 'own circuits'>> = {
  HTTPProxy: 'everywhere',
  HTTPSProxy: 'everywhere',
  Socks4Proxy: 'everywhere',
  Socks5Proxy: 'everywhere',
  TCPProxy: 'everywhere',
  ReachableAddresses: 'everywhere',
  ReachableDirAddresses: 'everywhere',
  ReachableORAddresses: 'everywhere',
  FascistFirewall: 'everywhere',
  SocksPolicy: 'own circuits',
  EntryNodes: 'own circuits',
  MiddleNodes: 'own circuits',
  ExcludeNodes: 'own circuits',
  HSLayer2Nodes: 'own circuits',
  HSLayer3Nodes: 'own circuits',
  NodeFamily: 'own circuits'
}

function lostProtection({values, given}: Assigned): Contradiction | undefined {
  const isOrigin = opensAny(values.SocksPort) || values.HiddenServiceDir.length > 0
  for (const [option, where] of Object.entries(PROTECTIONS)) {
    const value = given.get(option)?.at(-1)?.value
    if (value === undefined || value === '0' || (where === 'own circuits' && !isOrigin)) continue
    return {option, message: `${option}: ramson does not have it, and would not protect you as it says.`}
  }
  return undefined
}

function exitPolicy({values}: Assigned): Contradiction | undefined {
  for (const line of values.ExitPolicy) {
    for (const rule of line.value.split(',').map(each => each.trim())) {
      if (!/^reject6?\s/i.test(rule)) {
        const message = `ExitPolicy '${rule}': ramson has no exit role; only 'reject' rules are possible.`
        return {option: 'ExitPolicy', message}
      }
    }
  }
  return undefined
}

function publishing({values}: Assigned, dirAuthorities: readonly DirAuthority[]): Contradiction | undefined {
  const option = 'PublishServerDescriptor'
  const words = values.PublishServerDescriptor.map(word => word.toLowerCase())
  if (words.includes('bridge')) return {option, message: `${option}: ramson has no bridge role.`}
  const unknown = words.find(word => !['0', '1', 'v3'].includes(word))
  if (unknown !== undefined) return {option, message: `${option} wants 0, 1 or v3, not '${unknown}'.`}
  if (words.includes('0') && words.length > 1) return {option, message: `${option}: 0 stands beside others.`}
  if (values.PublishToPublicNetwork || words.length === 0 || words.includes('0')) return undefined
  if (!dirAuthorities.some(authority => mayBePublic(authority, values.TestingTorNetwork))) return undefined
  const message =
    'These directory authorities may be those of the public Tor network. ramson is experimental: it publishes there ' +
    'only with PublishToPublicNetwork 1. For a private network set TestingTorNetwork 1, or PublishServerDescriptor 0.'
  return {option: 'DirAuthority', message}
}

function burstBelowRate({values}: Assigned): Contradiction | undefined {
  const pairs = [
    ['BandwidthRate', 'BandwidthBurst'],
    ['RelayBandwidthRate', 'RelayBandwidthBurst']
  ] as const
  for (const [rate, burst] of pairs) {
    if (values[burst] !== 0 && values[rate] > values[burst]) {
      return {option: burst, message: `${burst} must be at least ${rate}.`}
    }
  }
  return undefined
}

/** A certificate has to outlive twice the time before its end at which it is renewed. */
function keyLifetimes({values}: Assigned): Contradiction | undefined {
  const pairs = [
    ['SigningKeyLifetime', 'TestingSigningKeySlop'],
    ['TestingLinkCertLifetime', 'TestingLinkKeySlop'],
    ['TestingAuthKeyLifetime', 'TestingAuthKeySlop']
  ] as const
  for (const [lifetime, slop] of pairs) {
    if (values[lifetime] < 2 * values[slop]) {
      return {option: lifetime, message: `${lifetime} must be at least twice ${slop}.`}
    }
  }
  return undefined
}

function testingOptions({values, given}: Assigned): Contradiction | undefined {
  if (values.TestingTorNetwork) return undefined
  for (const name of Object.keys(relayOptions) as RelayOptionName[]) {
    if (!/^Testing(?!TorNetwork$)/.test(name)) continue
    const value = given.get(name)?.at(-1)?.value
    if (value !== undefined && !meansDefault(name, value)) {
      return {option: name, message: `${name} can only be set with TestingTorNetwork 1.`}
    }
  }
  return undefined
}

function listeners({values}: Assigned): Contradiction | undefined {
  const isOrigin = opensAny(values.SocksPort) || values.HiddenServiceDir.length > 0
  if (opensAny(values.ORPort) || isOrigin) return undefined
  const message =
    'There is no ORPort. A relay needs one: ORPort 9001, for example. An onion service and a client need none.'
  return {option: 'ORPort', message}
}

function opensAny(lines: readonly ConfigLine[]): boolean {
  return lines.some(line => line.value !== '0')
}
