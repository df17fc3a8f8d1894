// What a change of an option does while a node runs: taken over at once ('live'), at the next start ('restart'), or refused,
// as C tor refuses it, because files are open under the old name ('refused'). And the options of a configuration as a list,
// with what is in force, for whoever shows or sets them.

import {isList, meansDefault} from './assign.ts'
import {findOption} from './option-names.ts'
import {canonicalText, type OptionType} from './option-value.ts'
import {type Feature, type OptionSpec, type RelayOptionName, relayOptions} from './options.ts'
import type {RelayConfig} from './relay-config.ts'

export type OptionChange = 'live' | 'restart' | 'refused'

const REFUSED: ReadonlySet<RelayOptionName> = new Set([
  'CacheDirectory',
  'DataDirectory',
  'DisableDebuggerAttachment',
  'KeepBindCapabilities',
  'KeyDirectory',
  'NoExec',
  'PidFile',
  'RunAsDaemon',
  'Sandbox',
  'SyslogIdentityTag',
  'TestingTorNetwork',
  'User'
])

const LIVE: ReadonlySet<RelayOptionName> = new Set([
  'Nickname',
  'ContactInfo',
  'Address',
  'AddressDisableIPv6',
  'AssumeReachable',
  'AssumeReachableIPv6',
  'ORPort',
  'OutboundBindAddress',
  'OutboundBindAddressOR',
  'OutboundBindAddressExit',
  'ConstrainedSockets',
  'ConstrainedSockSize',
  'DirPort',
  'MyFamily',
  'FamilyId',
  'FamilyKeyDirectory',
  'BandwidthRate',
  'BandwidthBurst',
  'RelayBandwidthRate',
  'RelayBandwidthBurst',
  'PerConnBWRate',
  'PerConnBWBurst',
  'CountPrivateBandwidth',
  'TokenBucketRefillInterval',
  'Schedulers',
  'KISTSchedRunInterval',
  'KISTSockBufSizeFactor',
  'AccountingMax',
  'AccountingRule',
  'AccountingStart',
  'AvoidDiskWrites',
  'DisableNetwork',
  'MaxHSDirCacheBytes',
  'HiddenServiceDir',
  'HiddenServicePort',
  'HiddenServiceVersion',
  'HiddenServiceNumIntroductionPoints',
  'HiddenServiceMaxStreams',
  'HiddenServiceMaxStreamsCloseCircuit',
  'HiddenServiceEnableIntroDoSDefense',
  'HiddenServiceEnableIntroDoSRatePerSec',
  'HiddenServiceEnableIntroDoSBurstPerSec',
  'HiddenServiceOnionBalanceInstance',
  'DoSRefuseSingleHopClientRendezvous',
  'FamilyId',
  'MaxAdvertisedBandwidth',
  'MaxMemInQueues',
  'MaxOnionQueueDelay',
  'CircuitPriorityHalflife',
  'DisableOOSCheck',
  'KeepalivePeriod',
  'PathsNeededToBuildCircuits',
  'MaxConsensusAgeForDiffs',
  'ShutdownWaitLength',
  'HeartbeatPeriod',
  'PublishServerDescriptor',
  'PublishToPublicNetwork',
  'ExtraInfoStatistics',
  'HiddenServiceStatistics',
  'PaddingStatistics',
  'OverloadStatistics',
  'DirReqStatistics',
  'EntryStatistics',
  'CellStatistics',
  'ConnDirectionStatistics',
  'MainloopStats',
  'MapAddress',
  'GeoIPFile',
  'GeoIPv6File',
  'SigningKeyLifetime',
  'OfflineMasterKey',
  'TestingSigningKeySlop',
  'Log',
  'LogFormat',
  'LogMessageDomains',
  'LogTimeGranularity',
  'TruncateLogFile',
  'SafeLogging',
  'ProtocolWarnings',
  'DoSStreamCreationEnabled',
  'DoSStreamCreationRate',
  'DoSStreamCreationBurst',
  'DoSStreamCreationDefenseType',
  'DoSCircuitCreationEnabled',
  'DoSCircuitCreationMinConnections',
  'DoSCircuitCreationRate',
  'DoSCircuitCreationBurst',
  'DoSCircuitCreationDefenseType',
  'DoSCircuitCreationDefenseTimePeriod',
  'DoSConnectionEnabled',
  'DoSConnectionMaxConcurrentCount',
  'DoSConnectionDefenseType',
  'DoSConnectionConnectRate',
  'DoSConnectionConnectBurst',
  'DoSConnectionConnectDefenseTimePeriod',
  'ConnectionPadding',
  'ReducedConnectionPadding',
  'CircuitPadding',
  'ReducedCircuitPadding'
])

/** Of a node without an ORPort, most of what is live at a relay waits for the next start. */
const LIVE_WITHOUT_ORPORT =
  /Log|^DisableNetwork$|^ProtocolWarnings$|^ShutdownWaitLength$|^HiddenService(?!Statistics)|^MapAddress$|^Bandwidth|Padding$/

export function optionChange(name: RelayOptionName, isRelay: boolean): OptionChange {
  if (REFUSED.has(name)) return 'refused'
  return LIVE.has(name) && (isRelay || LIVE_WITHOUT_ORPORT.test(name)) ? 'live' : 'restart'
}

/** An option and what is in force. */
export interface OptionInForce {
  readonly name: RelayOptionName
  readonly type: OptionType
  readonly feature: Feature
  /** Whether it has an effect; see options.ts. */
  readonly status: OptionSpec['status']
  readonly change: OptionChange
  /** The default in this network; undefined where there is none, as for all lists. */
  readonly initial: string | undefined
  /** One for each line, amounts and times as plain numbers; the default where nothing was written. */
  readonly values: readonly string[]
  readonly isDefault: boolean
}

/** Every option that ramson reads, in the order of options.ts. */
export function optionsInForce(config: RelayConfig): OptionInForce[] {
  return (Object.keys(relayOptions) as RelayOptionName[]).map(name => {
    const {type, feature, status, initial, testing} = relayOptions[name]
    const fallback = (config.testingTorNetwork ? testing : undefined) ?? initial
    const given = givenValues(config, name)
    const written = given.length === 0 && fallback !== undefined ? [fallback] : given
    const values = isList(type) ? written : written.map(text => canonicalText(type, text))
    const change = optionChange(name, config.orPorts.length > 0)
    const isDefault = given.length === 0 || (!isList(type) && meansDefault(name, given.at(-1) ?? ''))
    return {name, type, feature, status, change, initial: fallback, values, isDefault}
  })
}

/** The options whose lines differ. Where only the order of lines of onion services does, that is HiddenServiceDir. */
export function changedOptions(before: RelayConfig, after: RelayConfig): RelayOptionName[] {
  const names = Object.keys(relayOptions) as RelayOptionName[]
  const services = ({onionServiceLines}: RelayConfig) =>
    JSON.stringify(onionServiceLines.map(({name, value}) => [name.toLowerCase(), value]))
  return names.filter(name => {
    if (name === 'HiddenServiceDir' && services(before) !== services(after)) return true
    const [old, now] = [givenValues(before, name), givenValues(after, name)]
    return JSON.stringify(old) !== JSON.stringify(now) && !bothMeanDefault(name, old, now)
  })
}

/** The lines of onion services mean what they mean in their order, which `given` does not keep. */
function givenValues(config: RelayConfig, name: RelayOptionName): string[] {
  const services = config.onionServiceLines.filter(line => {
    const found = findOption(line.name)
    return found?.kind === 'relay' && found.name === name
  })
  const lines = services.length > 0 ? services : (config.given.get(name) ?? [])
  return lines.map(line => line.value)
}

function bothMeanDefault(name: RelayOptionName, old: readonly string[], now: readonly string[]): boolean {
  return [old, now].every(values => values.length === 0 || meansDefault(name, values.at(-1) ?? ''))
}
