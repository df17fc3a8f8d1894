// What a relay shows of itself: the metrics and the three signals on the MetricsPort, the heartbeat, the statistics that
// SIGUSR1 asks for, and the status page. Everything is read from the relay's parts when somebody asks; nothing is counted
// here but what nobody else has a reason to count.

import type {RelayConfig} from '../../config/relay-config.ts'
import {rsaIdentity} from '../../crypto/rsa.ts'
import type {RelayKeys} from '../../datadir/relay-keys.ts'
import {CONNECTING_MAX} from '../../dataplane/channel-map.ts'
import {ok, type Result} from '../../fault/result.ts'
import type {Logger} from '../../log/logger.ts'
import type {Readings} from '../../metrics/catalog.ts'
import type {Sample} from '../../metrics/metric.ts'
import {
  CONNECTIONS_MAX as METRICS_CONNECTIONS_MAX,
  type MetricsPortFault
} from '../../metrics/metrics-port.ts'
import type {CapUses} from '../../metrics/ramson-metrics.ts'
import {DIRECTORY_LIMITS} from '../../roles/relay/directory/directory-server.ts'
import {RECORDS_MAX} from '../../roles/relay/dos/address-defence.ts'
import {CLIENTS_MAX} from '../../roles/relay/statistics/client-countries.ts'
import {HANDSHAKES_MAX, type PlaneChoice, planeText} from '../data-plane.ts'
import {CONNECTIONS_MAX as DIR_PORT_CONNECTIONS_MAX} from '../dir-port.ts'
import {NETWORK_DISABLED} from '../disabled-network.ts'
import type {NetworkKnowledge} from '../network-knowledge.ts'
import type {RelayStatistics} from '../relay-statistics.ts'
import type {Status, StatusNotice} from '../status/status.ts'
import {versionText} from '../version.ts'
import {type FlagState, flagStates} from './flags-missing.ts'
import {fullnessLine, Heartbeat} from './heartbeat.ts'
import {LoopStatistics} from './loop-statistics.ts'
import {ObservedProcess} from './observed-process.ts'
import {descriptors} from './process-readings.ts'
import {type RelayMoment, type RelaySources, relayReadings} from './relay-readings.ts'
import {RelayStatus} from './relay-status.ts'

export interface RelayMonitorDeps extends Omit<RelaySources, 'caps' | 'moment'> {
  readonly config: () => RelayConfig
  readonly logger: Logger
  readonly network: NetworkKnowledge
  readonly keys: () => RelayKeys
  readonly plane: PlaneChoice
  readonly statistics: Pick<RelayStatistics, 'clients'>
  readonly isReachable: () => boolean
  /** The best ten seconds, in octets a second. */
  readonly observedBandwidth: () => number
  /** Octets that the HSDir cache may hold. */
  readonly hsDirOctetsMax: () => number
  /** Of onion services of our own, and of the way to others'; nothing where there are none. */
  readonly ownRoles: () => Readings
  readonly ownCaps: () => CapUses
  /** Connections to the DirPort, now and since the start. */
  readonly dirPortConnections: () => {readonly open: number; readonly created: number}
}

export class RelayMonitor {
  readonly startedAtMs = Date.now()
  /** What the process has to add that is no part of the relay. */
  processReadings: () => Readings = () => ({})
  /** What it bounds that is no part of the relay. */
  processCaps: () => CapUses = () => ({})
  readonly #deps: RelayMonitorDeps
  readonly #sources: RelaySources
  readonly #heartbeat = new Heartbeat()
  readonly #loop = new LoopStatistics()
  readonly #page = new RelayStatus()
  #process: ObservedProcess | undefined
  #beating: NodeJS.Timeout | undefined

  constructor(deps: RelayMonitorDeps) {
    this.#deps = deps
    this.#sources = {...deps, caps: () => this.#caps(), moment: () => this.#moment()}
    deps.core.channels.onOpened(channel => deps.links.opened(channel))
  }

  /** Opens the MetricsPort and begins the heartbeat. */
  async start(): Promise<Result<void, MetricsPortFault>> {
    const {config, logger, plane} = this.#deps
    if (config().metricsPorts.length > 0) {
      const node = {
        readings: () => this.readings(),
        ready: () => ({missing: this.missing()}),
        inConsensus: () => this.isListed
      }
      const opened = await ObservedProcess.open(node, {config, logger, plane: plane.kind})
      if (!opened.ok) return opened
      this.#process = opened.value
    }
    this.configure()
    return ok(undefined)
  }

  /** Takes the HeartbeatPeriod of the settings of the moment. */
  configure(): void {
    clearInterval(this.#beating)
    const {heartbeatPeriodMs} = this.#deps.config()
    if (heartbeatPeriodMs === 0) return
    this.#beating = setInterval(() => this.beat(), heartbeatPeriodMs)
    this.#beating.unref()
  }

  async close(): Promise<void> {
    clearInterval(this.#beating)
    await this.#process?.close()
  }

  /** Where the metrics can be had. */
  get metricsPorts(): readonly (string | {readonly host: string; readonly port: number})[] {
    return this.#process?.ports.bound ?? []
  }

  readings(): Readings {
    return {...relayReadings(this.#sources), ...this.#deps.ownRoles(), ...this.processReadings()}
  }

  /** What is still missing before the relay can do what it is there for. */
  missing(): string[] {
    const {network, isReachable, config} = this.#deps
    const isAlone = config().dirAuthorities.length === 0
    if (config().disableNetwork) return [NETWORK_DISABLED]
    return [
      ...(isAlone || network.netDir?.isReasonablyLive(new Date()) ? [] : ['no live consensus']),
      ...(isAlone || isReachable() ? [] : ['the ORPort was not found reachable yet'])
    ]
  }

  /** Whether the newest consensus lists us as running. */
  get isListed(): boolean {
    return this.#flags()?.has('Running') === true
  }

  flagStates(): FlagState[] {
    const {isReachable, observedBandwidth, config} = this.#deps
    return flagStates({
      flags: this.#flags(),
      isReachable: isReachable(),
      uptimeMs: Date.now() - this.startedAtMs,
      observedBandwidth: observedBandwidth(),
      servesDirectory: config().dirCache
    })
  }

  /** What the status page shows. */
  status(notices: readonly StatusNotice[]): Status {
    const {core, onionRoles, config, plane} = this.#deps
    return this.#page.status({
      nickname: config().nickname,
      about: `${versionText()}, ${planeText(plane)}`,
      startedAtMs: this.startedAtMs,
      core,
      roles: onionRoles,
      caps: this.#caps(),
      flags: this.flagStates(),
      missing: this.missing(),
      dos: this.#dosTotals(),
      moment: this.#moment(),
      notices
    })
  }

  /** Writes the heartbeat into the log. */
  beat(): void {
    const {core, links, onionRoles, onionSkins, network, config} = this.#deps
    const {counters} = core.plane
    const {introPoint, rendPoint, hsDir} = onionRoles.counters
    const sizes = onionRoles.sizes()
    const family = (direction: 'received' | 'initiated') => ({
      ipv4: links.count(direction, 'ipv4'),
      ipv6: links.count(direction, 'ipv6')
    })
    const isPublic = config().publishServerDescriptor && network.netDir !== undefined
    const lines = this.#heartbeat.lines({
      uptimeMs: Date.now() - this.startedAtMs,
      circuits: core.registry.size,
      sentOctets: counters.bytesWritten,
      receivedOctets: counters.bytesRead,
      received: family('received'),
      initiated: family('initiated'),
      isListed: isPublic ? this.isListed : undefined,
      onionSkins: onionSkins.counts,
      linkVersions: links.versions,
      dos: this.#dosTotals(),
      padding: {sent: counters.paddingCellsSent, received: counters.paddingCellsReceived},
      unrecognizedCircuits: core.circuitCounters.violations['unrecognized-at-end'],
      roles: {
        introductionCircuits: sizes.introCircuits,
        rendezvousCookies: sizes.rendCookies,
        hsDirDescriptors: sizes.hsDirDescriptors,
        introductions: introPoint.introduce1.success,
        rendezvous: rendPoint.rendezvous1.success,
        descriptorFetches: hsDir.fetch.found
      }
    })
    const log = this.#deps.logger.about('heartbeat')
    for (const line of lines) log.notice(line)
    const loopLine = this.#loop.line()
    if (config().mainLoopStatistics) log.notice(loopLine)
    const {severity, text} = fullnessLine({
      dataMessages: core.streamCounters.dataMessages,
      dataOctets: core.streamCounters.dataOctets,
      writes: counters.writes,
      octetsWritten: counters.bytesWritten
    })
    log[severity](text)
  }

  /** Writes statistics into the log, for SIGUSR1. */
  dump(): void {
    const log = this.#deps.logger
    const {core} = this.#deps
    log.notice('Statistics, as asked for by signal USR1:')
    const {counters} = core.plane
    log.notice(
      `Cells: ${counters.cellsReceived} received, ${counters.cellsSent} sent, ${counters.relayCellsOutbound} relayed ` +
        `outbound, ${counters.relayCellsInbound} inbound, ${counters.relayCellsSpliced} between joined circuits.`
    )
    log.notice(
      `Channels: ${core.channels.size} open, ${counters.channelsOpened} opened, ${counters.channelsClosed} closed, ` +
        `${counters.handshakesFailed} failed in their handshake. Circuits: ${core.registry.size} open.`
    )
    for (const [cap, {used, limit}] of Object.entries(this.#caps())) {
      log.notice(`${cap.replaceAll('_', ' ')}: ${Math.round(used)} of ${Math.round(limit)}.`)
    }
    this.beat()
  }

  #flags(): ReadonlySet<string> | undefined {
    const {network, keys} = this.#deps
    return network.netDir?.relayByIdentity(rsaIdentity(keys().identity.rsa.public))?.status.flags
  }

  #moment(): RelayMoment {
    const {network, keys, isReachable, observedBandwidth, defences, config, core, listeners} = this.#deps
    const {most} = descriptors()
    const extra = this.#otherConnections()
    return {
      flags: this.#flags(),
      isReachable: isReachable(),
      consensusValidUntil: network.netDir?.validUntil,
      networkRelays: network.netDir?.relays.length ?? 0,
      signingCertExpiresAt: keys().identity.signing.expiresAt,
      isMasterKeyOffline: config().offlineMasterKey,
      overloadedAt: defences.overload.shownAt(new Date()),
      observedBandwidth: observedBandwidth(),
      openSockets: core.channels.size + listeners.length + sum(extra.open),
      mostSockets: most,
      extraConnections: extra.open,
      extraConnectionsTotal: extra.created
    }
  }

  /** Connections that are no links. */
  #otherConnections(): {readonly open: Sample[]; readonly created: Sample[]} {
    const dir = this.#deps.dirPortConnections()
    const metrics = this.#process?.ports.connections ?? {open: 0, created: 0, rejected: 0}
    const dirListeners = this.#deps.config().dirPorts.filter(port => !port.noListen).length
    const listening = this.metricsPorts.length
    const received = (type: string, state: string, value: number): Sample => ({
      labels: {type, direction: 'received', state, family: 'ipv4'},
      value
    })
    const initiated = (type: string, value: number): Sample => ({
      labels: {type, direction: 'initiated', state: 'opened', family: 'ipv4'},
      value
    })
    return {
      open: [
        initiated('Directory listener', dirListeners),
        initiated('Metrics listener', listening),
        received('Directory', 'opened', dir.open),
        received('Metrics', 'opened', metrics.open)
      ],
      created: [
        received('Directory', 'created', dir.created),
        received('Metrics', 'created', metrics.created),
        received('Metrics', 'rejected', metrics.rejected)
      ]
    }
  }

  #caps(): CapUses {
    const {config, core, defences, onionRoles, onionSkins, directory, hsDirOctetsMax} = this.#deps
    const {open, most} = descriptors()
    return {
      memory: {used: defences.memoryBytes, limit: config().maxMemInQueues},
      hsdir_cache: {used: onionRoles.sizes().hsDirOctets, limit: hsDirOctetsMax()},
      onion_skin_queue: {used: onionSkins.queued, limit: onionSkins.limits.maxQueued},
      onion_skin_delay: {
        used: onionSkins.estimatedDelayMs / 1000,
        limit: onionSkins.limits.maxDelayMs / 1000
      },
      directory_streams: {used: directory?.server.size ?? 0, limit: DIRECTORY_LIMITS.openMax},
      directory_answers: {used: directory?.server.held ?? 0, limit: DIRECTORY_LIMITS.heldMax},
      file_descriptors: {used: open, limit: most},
      links_in_handshake: {used: core.plane.unverifiedLinks, limit: HANDSHAKES_MAX},
      links_connecting: {used: core.channels.connecting, limit: CONNECTING_MAX},
      client_records: {used: defences.addresses.knownAddresses, limit: RECORDS_MAX},
      statistics_clients: {used: this.#deps.statistics.clients, limit: CLIENTS_MAX},
      dir_port_connections: {
        used: this.#deps.dirPortConnections().open,
        limit: config().dirPorts.length === 0 ? 0 : DIR_PORT_CONNECTIONS_MAX
      },
      metrics_connections: {
        used: this.#process?.ports.connections.open ?? 0,
        limit: this.#process === undefined ? 0 : METRICS_CONNECTIONS_MAX
      },
      ...this.#deps.ownCaps(),
      ...this.processCaps()
    }
  }

  #dosTotals(): Readonly<Record<string, number>> {
    const {defences, onionRoles} = this.#deps
    const {introPoint, rendPoint} = onionRoles.counters
    return defences.totals({
      singleHopRefused: rendPoint.establishRendezvous.single_hop,
      introduce2Rejected: introPoint.introduce1.rate_limited
    })
  }
}

function sum(samples: readonly Sample[]): number {
  return samples.reduce((total, {value}) => total + value, 0)
}
