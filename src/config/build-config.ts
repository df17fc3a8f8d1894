// Values and parsed lines become the fields of a RelayConfig: renamed, in our units, with what depends on the host filled
// in. Whatever is changed on the way (a limit raised) is told in `notices`.

import {join} from 'node:path'
import type {AccountingRule} from './accounting.ts'
import {parseAddressMappings} from './address-mappings.ts'
import type {Assigned} from './assign.ts'
import {authorityConfig} from './authority-config.ts'
import {dosConfig} from './dos-config.ts'
import {absolutePath, type HostFacts} from './host.ts'
import {MOST_BANDWIDTH} from './limits.ts'
import type {OptionValuesByName} from './options.ts'
import type {ParsedLines, RelayConfig} from './relay-config.ts'
import {schedulersOf} from './schedulers.ts'

export function buildConfig(
  assigned: Assigned,
  lines: ParsedLines,
  host: HostFacts,
  includedFiles: readonly string[]
): RelayConfig {
  const {values, given} = assigned
  const notices = [...assigned.notices]
  if (lines.orPorts.length > 0 && (lines.onionServices.length > 0 || lines.socksPorts.length > 0)) {
    notices.push(
      'This is a relay and a service or client at once: who watches the relay also sees when the other is there. ' +
        'Better run them as two nodes.'
    )
  }
  const stream = lines.logRoutes?.find(({target: {kind}}) => kind === 'stdout' || kind === 'stderr')
  if (values.RunAsDaemon && stream !== undefined) {
    notices.push(`Can't log to ${stream.target.kind} with RunAsDaemon set: what would go there goes nowhere.`)
  }
  if (values.ConstrainedSockets && lines.dirPorts.length > 0) {
    notices.push(
      "ConstrainedSockets 1 and a DirPort: serving documents is what needs the system's buffers most."
    )
  }
  const dataDirectory = absolutePath(values.DataDirectory ?? '~/.ramson', host)
  const below = (path: string | undefined, name: string) =>
    path === undefined ? join(dataDirectory, name) : absolutePath(path, host)
  const keyDirectory = below(values.KeyDirectory, 'keys')
  const optional = (path: string | undefined) => path && absolutePath(path, host)
  return {
    nickname: values.Nickname,
    contactInfo: values.ContactInfo,
    address: values.Address.find(line => !line.value.includes(':'))?.value,
    addressIpv6: values.AddressDisableIPv6
      ? undefined
      : values.Address.find(line => line.value.includes(':'))?.value.replace(/[[\]]/g, ''),
    orPorts: lines.orPorts,
    outboundAddresses: lines.outboundAddresses,
    targetAddresses: lines.targetAddresses,
    assumeReachable: values.AssumeReachable,
    assumeReachableIpv6: values.AssumeReachableIPv6,
    extendAllowPrivateAddresses: values.ExtendAllowPrivateAddresses,
    myFamily: lines.myFamily,
    familyIds: lines.familyIds,
    exitRelay: false,
    exitPolicy: ['reject *:*'],

    ...bandwidths(values),
    countPrivateBandwidth: values.CountPrivateBandwidth,
    tokenBucketRefillMs: values.TokenBucketRefillInterval,
    schedulers: schedulersOf(values.Schedulers),
    schedulerIntervalMs: values.KISTSchedRunInterval,
    socketBufferFactor: values.KISTSockBufSizeFactor,

    accounting:
      values.AccountingMax === 0
        ? undefined
        : {
            start: lines.accountingStart,
            max: values.AccountingMax,
            rule: values.AccountingRule as AccountingRule
          },

    numCpus: values.NumCPUs === 0 ? host.cpuCount : values.NumCPUs,
    maxMemInQueues: maxMemInQueues(values.MaxMemInQueues, host, notices),
    maxHsDirCacheBytes: values.MaxHSDirCacheBytes,
    maxOnionQueueDelayMs: values.MaxOnionQueueDelay,
    priorityHalfLifeMs: priorityHalfLifeMs(values.CircuitPriorityHalflife, notices),
    connLimit: values.ConnLimit,
    disableSocketCheck: values.DisableOOSCheck,
    constrainedSocketOctets: values.ConstrainedSockets ? values.ConstrainedSockSize : undefined,
    keepalivePeriodMs: values.KeepalivePeriod,
    heartbeatPeriodMs: heartbeatPeriodMs(values, notices),
    shutdownWaitLengthMs: values.ShutdownWaitLength,

    dataDirectory,
    keyDirectory,
    familyKeyDirectory: optional(values.FamilyKeyDirectory) ?? keyDirectory,
    cacheDirectory: values.CacheDirectory === undefined ? dataDirectory : below(values.CacheDirectory, ''),
    pidFile: optional(values.PidFile),
    runAsDaemon: values.RunAsDaemon,
    user: values.User,
    keepBindCapabilities: values.KeepBindCapabilities,
    noExec: values.NoExec,
    sandbox: values.Sandbox,
    disableDebuggerAttachment: values.DisableDebuggerAttachment,
    disableNetwork: values.DisableNetwork,
    avoidDiskWrites: values.AvoidDiskWrites,

    offlineMasterKey: values.OfflineMasterKey,
    signingKeyLifetimeMs: values.SigningKeyLifetime,
    signingKeySlopMs: values.TestingSigningKeySlop,
    sslKeyLifetimeMs: values.SSLKeyLifetime,
    linkCertLifetimeMs: values.TestingLinkCertLifetime,
    linkKeySlopMs: values.TestingLinkKeySlop,
    authKeyLifetimeMs: values.TestingAuthKeyLifetime,
    authKeySlopMs: values.TestingAuthKeySlop,

    testingTorNetwork: values.TestingTorNetwork,
    dirAuthorities: lines.dirAuthorities,
    fallbackDirs: lines.fallbackDirs,
    dirCache: values.DirCache,
    dirPorts: lines.dirPorts,
    authority: authorityConfig(values, path => absolutePath(path, host)),
    publishServerDescriptor: publishes(values),
    publishToPublicNetwork: values.PublishToPublicNetwork,
    pathsNeededToBuildCircuits: pathsNeeded(values.PathsNeededToBuildCircuits, notices),
    maxConsensusAgeForDiffsMs: values.MaxConsensusAgeForDiffs,
    serverDownloadInitialDelayMs: values.TestingServerDownloadInitialDelay[0] ?? 0,
    consensusDownloadInitialDelayMs: values.TestingServerConsensusDownloadInitialDelay[0] ?? 0,
    dirConnectionMaxStallMs: values.TestingDirConnectionMaxStall,
    minTimeToReportBandwidthMs: values.TestingMinTimeToReportBandwidth,

    logRoutes: lines.logRoutes,
    logFormat: values.LogFormat === 'json' ? 'json' : 'text',
    logTimeGranularityMs: logTimeGranularityMs(values.LogTimeGranularity),
    logMessageDomains: values.LogMessageDomains,
    truncateLogFile: values.TruncateLogFile,
    safeLogging: values.SafeLogging === '0' ? 'off' : values.SafeLogging === 'relay' ? 'relay' : 'all',
    protocolWarnings: values.ProtocolWarnings,
    syslogIdentityTag: values.SyslogIdentityTag,

    extraInfoStatistics: values.ExtraInfoStatistics,
    hiddenServiceStatistics: values.HiddenServiceStatistics,
    paddingStatistics: values.PaddingStatistics,
    overloadStatistics: values.OverloadStatistics,
    directoryRequestStatistics: values.DirReqStatistics,
    entryStatistics: values.EntryStatistics,
    cellStatistics: values.CellStatistics,
    connectionDirectionStatistics: values.ConnDirectionStatistics,
    mainLoopStatistics: values.MainloopStats,
    geoIpFiles: {ipv4: absolutePath(values.GeoIPFile, host), ipv6: absolutePath(values.GeoIPv6File, host)},

    socksPorts: lines.socksPorts,
    addressMappings: parseAddressMappings(values.MapAddress, notices),
    controlPorts: lines.controlPorts,
    cookieAuthentication: values.CookieAuthentication,
    clientOnionAuthDir: optional(values.ClientOnionAuthDir),
    cookieAuthFile: below(values.CookieAuthFile, 'control_auth_cookie'),
    cookieAuthFileGroupReadable: values.CookieAuthFileGroupReadable,
    hashedControlPasswords: values.HashedControlPassword.map(line => line.value),
    controlPortWriteToFile: optional(values.ControlPortWriteToFile),
    metricsPorts: lines.metricsPorts,
    metricsPortPolicy: lines.metricsPortPolicy,
    statusPort: values.StatusPort,

    onionServices: lines.onionServices,
    onionServiceLines: lines.onionServiceLines,

    connectionPadding: {
      connection: connectionPadding(values.ConnectionPadding),
      isReduced: values.ReducedConnectionPadding
    },
    circuitPadding: {isOn: values.CircuitPadding, isReduced: values.ReducedCircuitPadding},
    dos: dosConfig(values),

    notices,
    given,
    includedFiles
  }
}

function connectionPadding(value: boolean | 'auto'): RelayConfig['connectionPadding']['connection'] {
  if (value === 'auto') return 'auto'
  return value ? 'always' : 'never'
}

/** A rate for relayed traffic alone may raise the general one; of rate and burst, one given means both. */
function bandwidths(values: OptionValuesByName) {
  const cap = (value: number) => Math.min(value, MOST_BANDWIDTH)
  const relayRate = cap(values.RelayBandwidthRate || values.RelayBandwidthBurst)
  const relayBurst = cap(values.RelayBandwidthBurst || values.RelayBandwidthRate)
  const bandwidthRate = Math.max(cap(values.BandwidthRate), relayRate)
  const bandwidthBurst = Math.max(cap(values.BandwidthBurst), relayBurst)
  return {
    bandwidthRate,
    bandwidthBurst,
    relayBandwidthRate: relayRate || bandwidthRate,
    relayBandwidthBurst: relayBurst || bandwidthBurst,
    maxAdvertisedBandwidth: cap(values.MaxAdvertisedBandwidth),
    perConnBwRate: cap(values.PerConnBWRate || values.PerConnBWBurst),
    perConnBwBurst: cap(values.PerConnBWBurst || values.PerConnBWRate)
  }
}

const MB = 2 ** 20
const GB = 2 ** 30
const SHORTEST_HALF_LIFE = 0.00001

/** Three quarters of a small memory, two fifths of one of 8 GB and more, within 256 MB and 8 GB. */
function maxMemInQueues(given: number, host: HostFacts, notices: string[]): number {
  if (given === 0) {
    const share = host.totalMemory >= 8 * GB ? 0.4 : 0.75
    return Math.floor(Math.min(8 * GB, Math.max(GB / 4, host.totalMemory * share)))
  }
  if (given >= 64 * MB) return given
  notices.push('MaxMemInQueues was raised to 64 MB, the least a relay can work with.')
  return 64 * MB
}

/** From seconds; what is too short to mean anything is taken as the default, as C tor takes it. */
function priorityHalfLifeMs(seconds: number, notices: string[]): number | undefined {
  if (seconds < -SHORTEST_HALF_LIFE) return undefined
  if (seconds >= SHORTEST_HALF_LIFE) return Math.max(1, Math.round(1000 * seconds))
  notices.push(
    'CircuitPriorityHalflife is too short: it was set to 30 seconds. -1 means what the consensus says.'
  )
  return 30_000
}

/** Within what C tor takes; undefined: as the consensus says. */
function pathsNeeded(part: number, notices: string[]): number | undefined {
  if (part < 0) return undefined
  const taken = Math.min(0.95, Math.max(0.25, part))
  if (taken !== part) notices.push(`PathsNeededToBuildCircuits ${part} was taken as ${taken}.`)
  return taken
}

function heartbeatPeriodMs(values: OptionValuesByName, notices: string[]): number {
  const least = 30 * 60_000
  const period = values.HeartbeatPeriod
  if (period === 0 || period >= least || values.TestingTorNetwork) return period
  notices.push('HeartbeatPeriod was raised to 30 minutes: shorter ones tell too much about the traffic.')
  return least
}

/** The next larger number of milliseconds that divides a second or is a multiple of one. */
export function logTimeGranularityMs(wanted: number): number {
  if (wanted >= 1000) return Math.ceil(wanted / 1000) * 1000
  let granularity = wanted
  while (1000 % granularity !== 0) granularity++
  return granularity
}

function publishes(values: OptionValuesByName): boolean {
  return values.PublishServerDescriptor.some(word => word === '1' || word.toLowerCase() === 'v3')
}
