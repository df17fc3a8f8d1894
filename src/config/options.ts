// The options whose values ramson reads, as data: type, default, default in a testing network, and what becomes of them:
//   done: the value has an effect, which a test shows (test/unit/config/option-effects.test.ts)
//   known: the value is read and checked, nothing follows from it yet, and who sets another than the default is warned
//   refused: no other value than the default is taken, because ramson does not have that role or could not keep the promise
// All other names that C tor has are in known-options.ts. What a running relay takes over is in option-changes.ts.
// Defaults are C tor's but for DataDirectory, SocksPort and ExitRelay, which differ because ramson is a relay alone.

import {authorityOptions} from './authority-options.ts'
import type {OptionType, OptionValues, SingleType} from './option-value.ts'
import type {ConfigLine} from './torrc-text.ts'

/** What an option belongs to; a notice about an option without effect names it. */
export type Feature =
  | 'relay'
  | 'directory'
  | 'logging'
  | 'control port'
  | 'metrics port'
  | 'denial-of-service defences'
  | 'padding'
  | 'statistics'
  | 'accounting'
  | 'key management'
  | 'process'
  | 'exit role'
  | 'bridge role'
  | 'client role'
  | 'onion services'
  | 'directory authority'
  | 'pluggable transports'

export interface OptionSpec<
  T extends OptionType = OptionType,
  D extends string | undefined = string | undefined
> {
  readonly type: T
  readonly status: 'done' | 'known' | 'refused'
  readonly feature: Feature
  readonly initial: D
  readonly testing: string | undefined
}

export type OptionValue<S> =
  S extends OptionSpec<infer T, infer D>
    ? T extends SingleType
      ? D extends string
        ? OptionValues[T]
        : OptionValues[T] | undefined
      : readonly ConfigLine[]
    : never

function done<T extends OptionType, D extends string | undefined = undefined>(
  feature: Feature,
  type: T,
  initial?: D,
  testing?: string
): OptionSpec<T, D> {
  return {type, status: 'done', feature, initial: initial as D, testing}
}

function known<T extends OptionType, D extends string | undefined = undefined>(
  feature: Feature,
  type: T,
  initial?: D,
  testing?: string
): OptionSpec<T, D> {
  return {type, status: 'known', feature, initial: initial as D, testing}
}

function refused<T extends OptionType, D extends string | undefined = undefined>(
  feature: Feature,
  type: T,
  initial?: D
): OptionSpec<T, D> {
  return {type, status: 'refused', feature, initial: initial as D, testing: undefined}
}

const DOS = 'denial-of-service defences'

export const relayOptions = {
  Nickname: done('relay', 'string', 'Unnamed'),
  ContactInfo: done('relay', 'string'),
  Address: done('relay', 'lines'),
  AddressDisableIPv6: done('relay', 'boolean', '0'),
  ORPort: done('relay', 'ports'),
  AssumeReachable: done('relay', 'boolean', '0'),
  AssumeReachableIPv6: done('relay', 'autobool', 'auto'),
  ExtendAllowPrivateAddresses: done('relay', 'boolean', '0', '1'),
  OutboundBindAddress: done('relay', 'lines'),
  OutboundBindAddressOR: done('relay', 'lines'),
  OutboundBindAddressExit: done('onion services', 'lines'),
  MyFamily: done('relay', 'lines'),
  FamilyId: done('key management', 'lines'),
  FamilyKeyDirectory: done('key management', 'filename'),
  ExitRelay: refused('exit role', 'autobool', '0'),
  ExitPolicy: refused('exit role', 'lines'),
  ReducedExitPolicy: refused('exit role', 'boolean', '0'),
  IPv6Exit: refused('exit role', 'boolean', '0'),
  BridgeRelay: refused('bridge role', 'boolean', '0'),

  BandwidthRate: done('relay', 'bytes', '1 GB'),
  BandwidthBurst: done('relay', 'bytes', '1 GB'),
  RelayBandwidthRate: done('relay', 'bytes', '0'),
  RelayBandwidthBurst: done('relay', 'bytes', '0'),
  MaxAdvertisedBandwidth: done('relay', 'bytes', '1 GB'),
  PerConnBWRate: done('relay', 'bytes', '0'),
  PerConnBWBurst: done('relay', 'bytes', '0'),
  Schedulers: done('relay', 'csv', 'KIST,KISTLite,Vanilla'),
  KISTSchedRunInterval: done('relay', 'msec-interval', '0 msec'),
  KISTSockBufSizeFactor: done('relay', 'double', '1.0'),
  TokenBucketRefillInterval: done('relay', 'msec-interval', '100 msec'),
  CountPrivateBandwidth: done('relay', 'boolean', '0', '1'),

  AccountingMax: done('accounting', 'bytes', '0'),
  AccountingRule: done('accounting', 'string', 'max'),
  AccountingStart: done('accounting', 'string'),

  NumCPUs: done('relay', 'count', '0'),
  MaxMemInQueues: done('relay', 'bytes', '0'),
  MaxHSDirCacheBytes: done('relay', 'bytes', '0'),
  MaxOnionQueueDelay: done('relay', 'msec-interval', '0'),
  CircuitPriorityHalflife: done('relay', 'double', '-1'),
  ConnLimit: done('relay', 'count', '1000'),
  DisableOOSCheck: done('relay', 'boolean', '1'),
  ConstrainedSockets: done('process', 'boolean', '0'),
  ConstrainedSockSize: done('process', 'bytes', '8 KB'),
  KeepalivePeriod: done('relay', 'interval', '5 minutes'),
  ShutdownWaitLength: done('process', 'interval', '30 seconds'),
  HeartbeatPeriod: done('relay', 'interval', '6 hours'),

  DataDirectory: done('process', 'filename'),
  KeyDirectory: done('process', 'filename'),
  CacheDirectory: done('process', 'filename'),
  PidFile: done('process', 'filename'),
  User: done('process', 'string'),
  KeepBindCapabilities: done('process', 'autobool', 'auto'),
  NoExec: done('process', 'boolean', '0'),
  Sandbox: done('process', 'boolean', '0'),
  DisableDebuggerAttachment: done('process', 'boolean', '1'),
  RunAsDaemon: done('process', 'boolean', '0'),
  DisableNetwork: done('process', 'boolean', '0'),
  AvoidDiskWrites: done('process', 'boolean', '0'),

  SigningKeyLifetime: done('key management', 'interval', '30 days'),
  SSLKeyLifetime: done('key management', 'interval', '0'),
  OfflineMasterKey: done('key management', 'boolean', '0'),

  DirAuthority: done('directory', 'lines'),
  FallbackDir: done('directory', 'lines'),
  DirCache: done('directory', 'boolean', '1'),
  DirPort: done('directory', 'ports'),
  PublishServerDescriptor: done('directory', 'csv', '1'),
  PublishToPublicNetwork: done('directory', 'boolean', '0'),
  PathsNeededToBuildCircuits: done('directory', 'double', '-1'),
  MaxConsensusAgeForDiffs: done('directory', 'interval', '0'),
  ExtraInfoStatistics: done('statistics', 'boolean', '1'),
  HiddenServiceStatistics: done('statistics', 'boolean', '1'),
  PaddingStatistics: done('statistics', 'boolean', '1'),
  OverloadStatistics: done('statistics', 'boolean', '1'),
  DirReqStatistics: done('statistics', 'boolean', '1'),
  EntryStatistics: done('statistics', 'boolean', '0'),
  CellStatistics: done('statistics', 'boolean', '0'),
  ConnDirectionStatistics: done('statistics', 'boolean', '0'),
  MainloopStats: done('statistics', 'boolean', '0'),
  GeoIPFile: done('statistics', 'filename', '/usr/share/tor/geoip'),
  GeoIPv6File: done('statistics', 'filename', '/usr/share/tor/geoip6'),

  Log: done('logging', 'lines'),
  LogTimeGranularity: done('logging', 'msec-interval', '1 second'),
  LogMessageDomains: done('logging', 'boolean', '0'),
  TruncateLogFile: done('logging', 'boolean', '0'),
  LogFormat: done('logging', 'string', 'text'),
  SafeLogging: done('logging', 'string', '1'),
  ProtocolWarnings: done('logging', 'boolean', '0'),
  SyslogIdentityTag: done('logging', 'string'),

  SocksPort: done('client role', 'ports'),
  MapAddress: done('client role', 'lines'),
  ClientOnionAuthDir: done('client role', 'filename'),
  ControlPort: done('control port', 'ports'),
  ControlSocket: done('control port', 'lines'),
  CookieAuthentication: done('control port', 'boolean', '0'),
  CookieAuthFile: done('control port', 'filename'),
  CookieAuthFileGroupReadable: done('control port', 'boolean', '0'),
  HashedControlPassword: done('control port', 'lines'),
  ControlPortWriteToFile: done('control port', 'filename'),
  MetricsPort: done('metrics port', 'ports'),
  MetricsPortPolicy: done('metrics port', 'lines'),
  StatusPort: done('metrics port', 'count', '0'),

  ConnectionPadding: done('padding', 'autobool', 'auto'),
  ReducedConnectionPadding: done('padding', 'boolean', '0'),
  CircuitPadding: done('padding', 'boolean', '1'),
  ReducedCircuitPadding: done('padding', 'boolean', '0'),

  DoSCircuitCreationEnabled: done(DOS, 'autobool', 'auto'),
  DoSCircuitCreationMinConnections: done(DOS, 'count', '0'),
  DoSCircuitCreationRate: done(DOS, 'count', '0'),
  DoSCircuitCreationBurst: done(DOS, 'count', '0'),
  DoSCircuitCreationDefenseType: done(DOS, 'int', '0'),
  DoSCircuitCreationDefenseTimePeriod: done(DOS, 'interval', '0'),
  DoSConnectionEnabled: done(DOS, 'autobool', 'auto'),
  DoSConnectionMaxConcurrentCount: done(DOS, 'count', '0'),
  DoSConnectionDefenseType: done(DOS, 'int', '0'),
  DoSConnectionConnectRate: done(DOS, 'count', '0'),
  DoSConnectionConnectBurst: done(DOS, 'count', '0'),
  DoSConnectionConnectDefenseTimePeriod: done(DOS, 'interval', '0'),
  DoSRefuseSingleHopClientRendezvous: done(DOS, 'autobool', 'auto'),
  DoSStreamCreationEnabled: done(DOS, 'autobool', 'auto'),
  DoSStreamCreationRate: done(DOS, 'count', '0'),
  DoSStreamCreationBurst: done(DOS, 'count', '0'),
  DoSStreamCreationDefenseType: done(DOS, 'int', '0'),

  // Each HiddenServiceDir begins a group of lines, which onion-services.ts reads in their order.
  HiddenServiceDir: done('onion services', 'lines'),
  HiddenServicePort: done('onion services', 'lines'),
  HiddenServiceVersion: done('onion services', 'lines'),
  HiddenServiceNumIntroductionPoints: done('onion services', 'lines'),
  HiddenServiceMaxStreams: done('onion services', 'lines'),
  HiddenServiceMaxStreamsCloseCircuit: done('onion services', 'lines'),
  HiddenServiceEnableIntroDoSDefense: done('onion services', 'lines'),
  HiddenServiceEnableIntroDoSRatePerSec: done('onion services', 'lines'),
  HiddenServiceEnableIntroDoSBurstPerSec: done('onion services', 'lines'),
  HiddenServiceOnionBalanceInstance: done('onion services', 'lines'),

  TestingTorNetwork: done('directory', 'boolean', '0'),
  TestingServerDownloadInitialDelay: known('directory', 'csv-interval', '0', '0'),
  TestingServerConsensusDownloadInitialDelay: known('directory', 'csv-interval', '0', '0'),
  TestingDirConnectionMaxStall: known('directory', 'interval', '5 minutes', '30 seconds'),
  TestingMinTimeToReportBandwidth: known('relay', 'interval', '1 day', '0'),
  TestingLinkCertLifetime: known('key management', 'interval', '2 days'),
  TestingLinkKeySlop: known('key management', 'interval', '3 hours'),
  TestingAuthKeyLifetime: known('key management', 'interval', '2 days'),
  TestingAuthKeySlop: known('key management', 'interval', '3 hours'),
  TestingSigningKeySlop: done('key management', 'interval', '1 day'),

  ...authorityOptions
} as const

export type RelayOptionName = keyof typeof relayOptions

/** The values of all options that ramson reads, by their torrc names. */
export type OptionValuesByName = {readonly [K in RelayOptionName]: OptionValue<(typeof relayOptions)[K]>}

/** Options that C tor does not have. */
export const OWN_OPTIONS: readonly RelayOptionName[] = ['PublishToPublicNetwork', 'LogFormat', 'StatusPort']
