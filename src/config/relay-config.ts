// The whole configuration of a relay as one frozen object. In order: the sources' lines, includes expanded, become typed
// values (assign.ts); values are held against their limits (limits.ts); options that depend on each other are held against
// one another (consistency.ts); lines with a syntax of their own are parsed; defaults that depend on the host are filled in
// last. The first fault ends it: a relay never starts on half a configuration.

import {ok, type Result} from '../fault/result.ts'
import type {LogRoute} from '../log/severity.ts'
import {type AccountingConfig, type AccountingStart, parseAccountingStart} from './accounting.ts'
import type {AddressMapping} from './address-mappings.ts'
import {assignOptions} from './assign.ts'
import type {AuthorityConfig} from './authority-config.ts'
import {buildConfig} from './build-config.ts'
import {consistencyFault} from './consistency.ts'
import {type DirAuthority, type FallbackDir, parseDirAuthority, parseFallbackDir} from './dir-authority.ts'
import type {DosConfig} from './dos-config.ts'
import {parseFamily, parseFamilyIds} from './family.ts'
import {type ConfigFault, configFault} from './fault.ts'
import {absolutePath, type HostFacts, hostFacts} from './host.ts'
import {expandIncludes} from './include.ts'
import {limitViolation} from './limits.ts'
import {parseLogLine} from './log-lines.ts'
import {type AddressRule, parseMetricsPolicy} from './metrics-policy.ts'
import {type OnionServiceConfig, onionServiceLines, parseOnionServices} from './onion-services.ts'
import type {OptionValuesByName} from './options.ts'
import {type OutboundAddresses, parseOutboundAddresses} from './outbound-addresses.ts'
import {
  type LocalPort,
  type OrPort,
  parseControlSockets,
  parseLocalPorts,
  parseOrPorts
} from './port-lines.ts'
import type {Scheduler} from './schedulers.ts'
import type {ConfigLine} from './torrc-text.ts'

/** Lines by layer, the weakest first. Files come from `readTorrcFile`, the command line from the command line parser. */
export interface ConfigSources {
  readonly defaults?: readonly ConfigLine[]
  readonly torrc?: readonly ConfigLine[]
  readonly commandLine?: readonly ConfigLine[]
}

/** Rates are octets a second, amounts octets, times milliseconds (suffix Ms). */
export interface RelayConfig {
  readonly nickname: string
  readonly contactInfo: string | undefined
  /** an IPv4 number or a host name, for the descriptor */
  readonly address: string | undefined
  readonly addressIpv6: string | undefined
  readonly orPorts: readonly OrPort[]
  /** What links to others come from; the system chooses for a family that is left out. */
  readonly outboundAddresses: OutboundAddresses
  /** The same for connections to the targets of onion services. */
  readonly targetAddresses: OutboundAddresses
  readonly assumeReachable: boolean
  readonly assumeReachableIpv6: boolean | 'auto'
  readonly extendAllowPrivateAddresses: boolean
  /** `$FINGERPRINT` in upper case, or nicknames, sorted and unique */
  readonly myFamily: readonly string[]
  /** of 32 octets each, or all whose keys are there; undefined: no family by key */
  readonly familyIds: readonly Uint8Array[] | 'all' | undefined
  readonly exitRelay: false
  /** as descriptors carry it: a relay without an exit role rejects all */
  readonly exitPolicy: readonly ['reject *:*']

  readonly bandwidthRate: number
  readonly bandwidthBurst: number
  /** what relayed traffic may use: `bandwidthRate` where not given */
  readonly relayBandwidthRate: number
  readonly relayBandwidthBurst: number
  readonly maxAdvertisedBandwidth: number
  readonly perConnBwRate: number
  readonly perConnBwBurst: number
  readonly countPrivateBandwidth: boolean
  readonly tokenBucketRefillMs: number
  /** The best first. */
  readonly schedulers: readonly Scheduler[]
  /** 0: as the consensus says */
  readonly schedulerIntervalMs: number
  /** Of a congestion window, what may wait in the kernel. */
  readonly socketBufferFactor: number

  /** Undefined where no octets are counted. */
  readonly accounting: AccountingConfig | undefined

  readonly numCpus: number
  readonly maxMemInQueues: number
  readonly maxHsDirCacheBytes: number
  /** 0: as the consensus says */
  readonly maxOnionQueueDelayMs: number
  /** undefined: as the consensus says */
  readonly priorityHalfLifeMs: number | undefined
  /** Descriptors that the process must be able to have for the node to start. */
  readonly connLimit: number
  /** Nothing is closed when file descriptors run short. */
  readonly disableSocketCheck: boolean
  /** What the kernel may keep for a socket in each direction; undefined: as the system has it. */
  readonly constrainedSocketOctets: number | undefined
  readonly keepalivePeriodMs: number
  readonly heartbeatPeriodMs: number
  readonly shutdownWaitLengthMs: number

  readonly dataDirectory: string
  readonly keyDirectory: string
  readonly familyKeyDirectory: string
  readonly cacheDirectory: string
  readonly pidFile: string | undefined
  readonly runAsDaemon: boolean
  /** Whom the process is to become. */
  readonly user: string | undefined
  readonly keepBindCapabilities: boolean | 'auto'
  readonly noExec: boolean
  readonly sandbox: boolean
  readonly disableDebuggerAttachment: boolean
  readonly disableNetwork: boolean
  /** What octets were counted is written to the state file less often. */
  readonly avoidDiskWrites: boolean

  readonly offlineMasterKey: boolean
  readonly signingKeyLifetimeMs: number
  readonly signingKeySlopMs: number
  /** 0: the relay draws one at random for each link certificate */
  readonly sslKeyLifetimeMs: number
  readonly linkCertLifetimeMs: number
  readonly linkKeySlopMs: number
  readonly authKeyLifetimeMs: number
  readonly authKeySlopMs: number

  readonly testingTorNetwork: boolean
  readonly dirAuthorities: readonly DirAuthority[]
  readonly fallbackDirs: readonly FallbackDir[]
  readonly dirCache: boolean
  /** For requests over plain TCP. */
  readonly dirPorts: readonly OrPort[]
  /** Undefined for whoever is no directory authority. */
  readonly authority: AuthorityConfig | undefined
  readonly publishServerDescriptor: boolean
  readonly publishToPublicNetwork: boolean
  /** undefined: as the consensus says */
  readonly pathsNeededToBuildCircuits: number | undefined
  /** 0: as the consensus says */
  readonly maxConsensusAgeForDiffsMs: number
  readonly serverDownloadInitialDelayMs: number
  readonly consensusDownloadInitialDelayMs: number
  readonly dirConnectionMaxStallMs: number
  readonly minTimeToReportBandwidthMs: number

  /** What the extra-info tells besides who we are; without the first, none of the others. */
  readonly extraInfoStatistics: boolean
  readonly hiddenServiceStatistics: boolean
  readonly paddingStatistics: boolean
  readonly overloadStatistics: boolean
  readonly directoryRequestStatistics: boolean
  readonly entryStatistics: boolean
  readonly cellStatistics: boolean
  readonly connectionDirectionStatistics: boolean
  /** The heartbeat tells of the event loop, too. */
  readonly mainLoopStatistics: boolean
  /** Of the countries of addresses; there need be none. */
  readonly geoIpFiles: {readonly ipv4: string; readonly ipv6: string}

  readonly logRoutes: readonly LogRoute[] | undefined
  readonly logFormat: 'text' | 'json'
  readonly logTimeGranularityMs: number
  readonly logMessageDomains: boolean
  readonly truncateLogFile: boolean
  readonly safeLogging: 'off' | 'all' | 'relay'
  readonly protocolWarnings: boolean
  readonly syslogIdentityTag: string | undefined

  readonly socksPorts: readonly LocalPort[]
  /** What applications ask for, and what is reached in its place. */
  readonly addressMappings: readonly AddressMapping[]
  readonly controlPorts: readonly LocalPort[]
  readonly cookieAuthentication: boolean
  /** Keys for onion services with restricted discovery; undefined: none */
  readonly clientOnionAuthDir: string | undefined
  readonly cookieAuthFile: string
  readonly cookieAuthFileGroupReadable: boolean
  readonly hashedControlPasswords: readonly string[]
  readonly controlPortWriteToFile: string | undefined
  readonly metricsPorts: readonly LocalPort[]
  /** In order; what fits none is rejected. */
  readonly metricsPortPolicy: readonly AddressRule[]
  /** Of the status page, on loopback alone; 0: there is none */
  readonly statusPort: number

  readonly onionServices: readonly OnionServiceConfig[]
  /** Their lines as given: they mean what they mean in their order alone. */
  readonly onionServiceLines: readonly ConfigLine[]

  /** How a node without an ORPort pads its links; a relay does as its peers ask. */
  readonly connectionPadding: {readonly connection: 'auto' | 'always' | 'never'; readonly isReduced: boolean}
  /** Of a node's own circuits to onion services. */
  readonly circuitPadding: {readonly isOn: boolean; readonly isReduced: boolean}
  readonly dos: DosConfig

  /** what the operator should be told: options without effect, deprecated spellings, raised limits */
  readonly notices: readonly string[]
  /** the lines in force by option name, for --dump-config and the control port */
  readonly given: ReadonlyMap<string, readonly ConfigLine[]>
  /** every file that was read by %include */
  readonly includedFiles: readonly string[]
}

export function loadConfig(
  sources: ConfigSources,
  host: HostFacts = hostFacts()
): Result<RelayConfig, ConfigFault> {
  const layers: ConfigLine[][] = []
  const includedFiles: string[] = []
  for (const lines of [sources.defaults, sources.torrc, sources.commandLine]) {
    const expanded = expandIncludes(lines ?? [], includedFiles)
    if (!expanded.ok) return expanded
    layers.push(expanded.value)
  }
  const assigned = assignOptions(layers)
  if (!assigned.ok) return assigned
  const {values, given} = assigned.value
  const violation = limitViolation(values)
  if (violation !== undefined) {
    const place = given.get(violation.option)?.at(-1)?.place
    return configFault('out-of-range', violation.message, place, violation.option)
  }
  const lines = parseLines(values, onionServiceLines(layers), given, host)
  if (!lines.ok) return lines
  const fault = consistencyFault(assigned.value, lines.value.dirAuthorities)
  if (fault !== undefined) return {ok: false, fault}
  return ok(freeze(buildConfig(assigned.value, lines.value, host, includedFiles)))
}

/** The lines that have a syntax of their own, read. */
export interface ParsedLines {
  readonly orPorts: readonly OrPort[]
  readonly dirPorts: readonly OrPort[]
  readonly socksPorts: readonly LocalPort[]
  readonly controlPorts: readonly LocalPort[]
  readonly metricsPorts: readonly LocalPort[]
  readonly metricsPortPolicy: readonly AddressRule[]
  readonly onionServices: readonly OnionServiceConfig[]
  readonly onionServiceLines: readonly ConfigLine[]
  readonly dirAuthorities: readonly DirAuthority[]
  readonly fallbackDirs: readonly FallbackDir[]
  readonly myFamily: readonly string[]
  readonly familyIds: readonly Uint8Array[] | 'all' | undefined
  readonly logRoutes: readonly LogRoute[] | undefined
  readonly outboundAddresses: OutboundAddresses
  readonly targetAddresses: OutboundAddresses
  readonly accountingStart: AccountingStart
}

function parseLines(
  values: OptionValuesByName,
  serviceLines: readonly ConfigLine[],
  given: ReadonlyMap<string, readonly ConfigLine[]>,
  host: HostFacts
): Result<ParsedLines, ConfigFault> {
  const orPorts = parseOrPorts(values.ORPort, values.AddressDisableIPv6 ? 'ipv4-only' : 'both')
  if (!orPorts.ok) return orPorts
  const dirPorts = parseOrPorts(values.DirPort, 'ipv4-only', 'DirPort')
  if (!dirPorts.ok) return dirPorts
  const socksPorts = parseLocalPorts('SocksPort', values.SocksPort)
  if (!socksPorts.ok) return socksPorts
  const controlPorts = parseLocalPorts('ControlPort', values.ControlPort)
  if (!controlPorts.ok) return controlPorts
  const controlSockets = parseControlSockets(values.ControlSocket)
  if (!controlSockets.ok) return controlSockets
  const metricsPorts = parseLocalPorts('MetricsPort', values.MetricsPort)
  if (!metricsPorts.ok) return metricsPorts
  const metricsPortPolicy = parseMetricsPolicy(values.MetricsPortPolicy)
  if (!metricsPortPolicy.ok) return metricsPortPolicy
  const onionServices = parseOnionServices(serviceLines, host)
  if (!onionServices.ok) return onionServices
  const dirAuthorities = eachLine(values.DirAuthority, parseDirAuthority)
  if (!dirAuthorities.ok) return dirAuthorities
  const fallbackDirs = eachLine(values.FallbackDir, parseFallbackDir)
  if (!fallbackDirs.ok) return fallbackDirs
  const myFamily = parseFamily(values.MyFamily)
  if (!myFamily.ok) return myFamily
  const familyIds = parseFamilyIds(values.FamilyId)
  if (!familyIds.ok) return familyIds
  const outboundAddresses = parseOutboundAddresses([
    ...values.OutboundBindAddress,
    ...values.OutboundBindAddressOR
  ])
  if (!outboundAddresses.ok) return outboundAddresses
  const targetAddresses = parseOutboundAddresses([
    ...values.OutboundBindAddress,
    ...values.OutboundBindAddressExit
  ])
  if (!targetAddresses.ok) return targetAddresses
  const accountingStart = parseAccountingStart(values.AccountingStart, given.get('AccountingStart')?.at(-1))
  if (!accountingStart.ok) return accountingStart
  const routes = eachLine(values.Log, line => parseLogLine(line, path => absolutePath(path, host)))
  if (!routes.ok) return routes
  return ok({
    orPorts: orPorts.value,
    dirPorts: dirPorts.value,
    socksPorts: socksPorts.value,
    controlPorts: [...controlPorts.value, ...controlSockets.value],
    metricsPorts: metricsPorts.value,
    metricsPortPolicy: metricsPortPolicy.value,
    onionServices: onionServices.value,
    onionServiceLines: serviceLines,
    dirAuthorities: dirAuthorities.value,
    fallbackDirs: fallbackDirs.value,
    myFamily: myFamily.value,
    familyIds: familyIds.value,
    outboundAddresses: outboundAddresses.value,
    targetAddresses: targetAddresses.value,
    accountingStart: accountingStart.value,
    logRoutes: values.Log.length === 0 ? undefined : routes.value
  })
}

function eachLine<T>(
  lines: readonly ConfigLine[],
  parse: (line: ConfigLine) => Result<T, ConfigFault>
): Result<T[], ConfigFault> {
  const out: T[] = []
  for (const line of lines) {
    const parsed = parse(line)
    if (!parsed.ok) return parsed
    out.push(parsed.value)
  }
  return ok(out)
}

function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
  for (const inner of Object.values(value)) freeze(inner)
  return Object.freeze(value)
}
