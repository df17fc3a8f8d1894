// A relay put together from its settings: keys and caches from the DataDirectory, the core (links, circuits, streams), the
// documents of the network, and the publishing of its own. Many can live in one process; what belongs to the process
// (signals, exit status, PID file) is run-relay.ts's.
//
//   start: directory locked ─▶ keys ─▶ caches ─▶ core ─▶ listeners ─▶ documents fetched ─▶ reachable? ─▶ published
//
// It listens first and publishes second, and answers links and circuits from the first moment, consensus or none.

import {toBase16Upper} from '../bytes/base16.ts'
import {equal} from '../bytes/octets.ts'
import {paddingParams} from '../channel/padding.ts'
import {ClockCheck} from '../circuit/congestion-control/clock-check.ts'
import {CongestionStatistics} from '../circuit/congestion-control/congestion-statistics.ts'
import {Vegas} from '../circuit/congestion-control/vegas.ts'
import {grantedSendmeIncrement, vegasParams} from '../circuit/congestion-control/vegas-params.ts'
import type {AddressFamily} from '../config/address.ts'
import type {RelayConfig} from '../config/relay-config.ts'
import {rsaIdentity} from '../crypto/rsa.ts'
import {CachedDocuments} from '../datadir/cached-documents.ts'
import {type DataDirFault, printDataDirFault} from '../datadir/fault.ts'
import {openDirectory} from '../datadir/file.ts'
import {writeFingerprints} from '../datadir/fingerprint.ts'
import {type DirectoryLock, lockDirectory} from '../datadir/lock.ts'
import {loadOrCreateRelayKeys, type RelayKeys, tendRelayKeys} from '../datadir/relay-keys.ts'
import {loadState, type RelayState, saveState} from '../datadir/state-file.ts'
import type {SocketAddress} from '../dataplane/contract.ts'
import {tellsKernelQueues} from '../dataplane/kernel-queue.ts'
import {LinkEndpoint} from '../dataplane/link-endpoint.ts'
import {ok, type Result} from '../fault/result.ts'
import type {Logger} from '../log/logger.ts'
import type {MetricsPortFault} from '../metrics/metrics-port.ts'
import {onionSkinLimits} from '../pool/onion-skin-limits.ts'
import {OnionSkinPool} from '../pool/onion-skin-pool.ts'
import type {OnionSkinKeys} from '../pool/onion-skin-task.ts'
import type {OnionSkinWorkers} from '../pool/onion-skin-workers.ts'
import type {AccountingPhase} from '../roles/relay/accounting/accounting.ts'
import type {OwnDocuments} from '../roles/relay/own-documents.ts'
import {Authority, type AuthorityOptions} from './authority.ts'
import {dataPlaneRates} from './bandwidth.ts'
import {accountingInfo} from './control/accounting-info.ts'
import type {Controllable} from './control/controllable.ts'
import {controllableRelay} from './control/controllable-relay.ts'
import {CountryFiles} from './country-files.ts'
import {choosePlane, HANDSHAKES_MAX, planeText} from './data-plane.ts'
import {DirPorts} from './dir-port.ts'
import {tellOfNetwork} from './disabled-network.ts'
import {FamilyMembership} from './family-membership.ts'
import {guardStore} from './guard-store.ts'
import {Hibernation} from './hibernation.ts'
import {LinkCounts} from './monitor/link-counts.ts'
import {OnionSkinTimes} from './monitor/onion-skin-times.ts'
import {areDescriptorsExhausted} from './monitor/process-readings.ts'
import {RelayMonitor} from './monitor/relay-monitor.ts'
import {NetworkKnowledge} from './network-knowledge.ts'
import {type OnionRoles, openOnionRoles, roleLog} from './onion-roles.ts'
import {type OrPortFault, OrPorts} from './or-ports.ts'
import {pacingNotice} from './output-pacing.ts'
import {OwnPublication} from './own-publication.ts'
import {OwnRoles, socksNotices} from './own-roles.ts'
import {RelayAddress} from './relay-address.ts'
import {openDirStream, RelayCore} from './relay-core.ts'
import {RelayDefences} from './relay-defences.ts'
import {RelayDirectory} from './relay-directory.ts'
import {RelayStatistics} from './relay-statistics.ts'
import {savedDescriptorsFile} from './saved-descriptors-file.ts'
import {savedStatistics} from './saved-statistics.ts'
import {SelfTest} from './self-test.ts'
import {SocketSettings} from './socket-settings.ts'
import {printStartFault} from './start-fault.ts'
import {versionText} from './version.ts'

export type StartFault = DataDirFault | OrPortFault | MetricsPortFault

const CIRCUIT_CELLS_MAX = 2500
const SECOND_MS = 1000
/** Octets of a vote on all relays that a private network may have. */
const AUTHORITY_BODY_MAX = 4 << 20
const TEND_MS = 60_000
const HOUR_MS = 3_600_000
const SAVE_STATE_MS = 2 * HOUR_MS
/** Of MaxMemInQueues, where MaxHSDirCacheBytes is not set. */
const HSDIR_SHARE = 0.2

export interface RelayNodeOptions {
  readonly config: RelayConfig
  readonly logger: Logger
  /** Threads for onion skins that nodes of one process share; threads of its own when left out. */
  readonly onionSkinWorkers?: OnionSkinWorkers | undefined
  /** Threads for the data plane; NumCPUs when left out. 0, the plain one, is for nodes of which many live in one process. */
  readonly shards?: number | undefined
  /** Of an authority that is alone in a testing network: relays that its first consensus waits for. */
  readonly expectedRelays?: number | undefined
  /** The clock that accounting goes by; the system's when left out. */
  readonly now?: (() => Date) | undefined
  /** Hears, once, that the relay has no valid signing key any more and nothing it says is believed. */
  readonly cannotGoOn?: ((fault: DataDirFault) => void) | undefined
}

export class RelayNode {
  readonly core: RelayCore
  readonly network: NetworkKnowledge
  readonly pool: OnionSkinPool
  readonly monitor: RelayMonitor
  readonly #parts: Parts
  readonly #dirPorts: DirPorts
  readonly #publication: OwnPublication
  readonly #orPorts: OrPorts
  readonly #selfTest: SelfTest
  readonly #hibernation: Hibernation
  readonly #timers: NodeJS.Timeout[] = []
  #ownRoles: OwnRoles | undefined
  #documents: OwnDocuments | undefined
  #config: RelayConfig
  #stopping = false
  #reloading = Promise.resolve()
  /** As of the last look, once a minute. */
  #areDescriptorsExhausted = false

  private constructor(
    parts: Parts,
    core: RelayCore,
    orPorts: OrPorts,
    dirPorts: DirPorts,
    shards: number,
    now: () => Date
  ) {
    const {config, logger, address, network} = parts
    this.core = core
    this.network = network
    this.#orPorts = orPorts
    this.pool = parts.pool
    this.#parts = parts
    this.#dirPorts = dirPorts
    this.#config = config
    const orPort = (family: AddressFamily) => orPorts.advertised(this.#config, family)
    const keys = () => this.#keys
    this.#selfTest = new SelfTest({
      core,
      network,
      address,
      ourselves: () => ourselves(this.#keys),
      config: () => this.#config,
      orPort: family => (this.#config.disableNetwork ? undefined : orPort(family)),
      logger
    })
    this.#hibernation = new Hibernation(config, {
      state: parts.state,
      rsaIdentity: this.#rsaIdentity,
      logger,
      now,
      totals: () => ({read: core.plane.counters.bytesRead, written: core.plane.counters.bytesWritten}),
      closing: () => void this.#moveDoors(),
      dormant: () => void this.#moveDoors(),
      awake: () => void this.#moveDoors(),
      save: () => this.#saveState()
    })
    this.#publication = new OwnPublication({
      logger,
      address,
      network,
      core,
      keys,
      family: parts.family,
      config: () => this.#config,
      orPort,
      overloadedAt: now => parts.defences.overload.shownAt(now),
      statistics: parts.tallies.statistics,
      state: parts.state,
      printed: documents => {
        this.#documents = documents
        parts.directory?.setOwn(documents)
      },
      isReachable: family => this.#selfTest.isReachable(family),
      isHibernating: () => this.#hibernation.phase !== 'awake'
    })
    this.monitor = new RelayMonitor({
      ...parts.tallies,
      core,
      network,
      listeners: orPorts.addresses,
      logger,
      defences: parts.defences,
      onionRoles: parts.onionRoles,
      directory: parts.directory,
      onionSkins: parts.pool,
      config: () => this.#config,
      keys,
      plane: choosePlane(shards),
      isReachable: () => this.#selfTest.isReachable('ipv4'),
      observedBandwidth: () => this.#publication.observedBandwidth,
      hsDirOctetsMax: () => hsDirOctetsMax(this.#config),
      ownRoles: () => this.#ownRoles?.readings() ?? {},
      ownCaps: () => this.#ownRoles?.caps ?? {},
      dirPortConnections: () => dirPorts.connections
    })
  }

  /** Never throws on account of settings, files or the network: a fault says what stood in the way. */
  static async start(options: RelayNodeOptions): Promise<Result<RelayNode, StartFault>> {
    const opened = await openParts(options)
    if (!opened.ok) return opened
    const parts = opened.value
    const shards = options.shards ?? options.config.numCpus
    announce(parts, shards)
    const core = openCore(parts, shards)
    const orPorts = new OrPorts(core.plane, parts.logger)
    const dirPorts = new DirPorts(parts.directory, parts.sockets)
    const isOpen = !parts.config.disableNetwork
    const listening = isOpen ? await orPorts.open(parts.config) : ok(undefined)
    const serving = listening.ok && isOpen ? await dirPorts.open(parts.config) : listening
    if (!serving.ok) {
      await core.plane.close()
      await closeParts(parts)
      return serving
    }
    const now = options.now ?? (() => new Date())
    const node = new RelayNode(parts, core, orPorts, dirPorts, shards, now)
    const monitored = await node.monitor.start()
    if (!monitored.ok) {
      await dirPorts.close()
      await core.plane.close()
      await closeParts(parts)
      return monitored
    }
    const ownRoles = await openOwnRoles(parts, core)
    if (!ownRoles.ok) {
      await node.close()
      return ownRoles
    }
    node.#ownRoles = ownRoles.value
    node.#begin()
    return ok(node)
  }

  get #keys(): RelayKeys {
    return this.#parts.held.keys
  }

  get #rsaIdentity(): Uint8Array {
    return rsaIdentity(this.#keys.identity.rsa.public)
  }

  /** 40 hexadecimal digits in upper case. */
  get fingerprint(): string {
    return toBase16Upper(this.#rsaIdentity)
  }

  /** Where it takes links at the moment. */
  get listeners(): readonly SocketAddress[] {
    return this.#orPorts.addresses
  }

  /** What counts against AccountingMax, and what follows from it. */
  get hibernation(): Pick<Hibernation, 'phase' | 'accounting'> {
    return this.#hibernation
  }

  /** What it is for onion services at the moment, and was since the start. */
  get onionRoles(): Pick<OnionRoles, 'sizes' | 'counters'> {
    return this.#parts.onionRoles
  }

  /** For the control port; undefined where the settings have none. */
  get controllable(): Controllable | undefined {
    const {pool, monitor, network, fingerprint} = this
    const ownRoles = this.#ownRoles
    return (
      ownRoles &&
      controllableRelay({
        core: this.core,
        network,
        ownRoles,
        fingerprint,
        startedAtMs: monitor.startedAtMs,
        config: () => this.#config,
        listeners: () => this.listeners,
        isNetworkDisabled: () => this.#config.disableNetwork,
        address: () => this.#parts.address,
        isReachable: () => this.#selfTest.isReachable('ipv4'),
        documents: () => this.#documents,
        countries: this.#parts.countries,
        onionSkins: pool.counts,
        accounting: what => accountingInfo(this.#hibernation, what),
        heartbeat: () => monitor.beat()
      })
    )
  }

  /** Takes on what changed in the settings; the rest waits for a restart, which app/reload has told already. One reload comes
   * after the other, since ports take a moment to open and close. */
  reload(config: RelayConfig): Promise<void> {
    this.#reloading = this.#reloading.then(() => this.#reload(config))
    return this.#reloading
  }

  async #reload(config: RelayConfig): Promise<void> {
    if (this.#stopping) return
    const before = this.#config
    this.#config = config
    this.#parts.held.config = config
    this.#takeParameters()
    this.monitor.configure()
    this.#hibernation.configure(config)
    await this.#parts.address.configure(config)
    if (before.disableNetwork !== config.disableNetwork) {
      tellOfNetwork(config, this.#parts.logger)
      this.#publication.pause()
    }
    await this.#moveDoors()
    if (this.#doors === 'awake') {
      await this.#orPorts.configure(config)
      await this.#changeDirPorts(before, config)
    }
    this.#selfTest.configure(Date.now())
    this.#ownRoles?.side.addresses.configure(config.addressMappings)
    await this.#changeServices(config)
    const {family, logger, countries} = this.#parts
    await countries.configure(config)
    const loaded = family.load(config, logger)
    if (!loaded.ok) logger.warn(`The family keys stay as they are: ${printDataDirFault(loaded.fault)}`)
    await this.#tend(new Date(), 'reload')
    this.#publication.consider()
  }

  /** Stops accepting links and goes on with what there is. */
  stopListening(): void {
    this.#stopping = true
    this.#ownRoles?.services.close()
    this.core.plane.stopListening()
    this.#publication.stop()
  }

  async close(): Promise<void> {
    this.#stopping = true
    for (const timer of this.#timers) clearInterval(timer)
    this.#selfTest.stop()
    this.#publication.stop()
    this.network.stop()
    this.#parts.authority?.stop()
    await this.#ownRoles?.close()
    await this.monitor.close()
    await this.#dirPorts.close()
    await this.core.plane.close()
    this.#saveState()
    await closeParts(this.#parts)
  }

  /** What the consensus and the settings of the moment say is in force from now on. */
  #takeParameters(): void {
    const {defences, network} = this.#parts
    defences.configure(this.#config)
    this.pool.setKeys(onionSkinKeys(this.#keys, network))
    this.pool.setLimits(onionSkinLimits(network.param, this.#config.maxOnionQueueDelayMs))
    this.core.plane.setRates(dataPlaneRates(this.#config, network.param))
  }

  /** A relay that had nothing of its own when it started gets what it takes. */
  async #changeServices(config: RelayConfig): Promise<void> {
    const {logger} = this.#parts
    if (this.#ownRoles !== undefined) {
      const configured = this.#ownRoles.services.configure(config.onionServices)
      if (!configured.ok)
        logger.warn(`The onion services stay as they are: ${printDataDirFault(configured.fault)}`)
      return
    }
    if (config.onionServices.length === 0) return
    const opened = await openOwnRoles({...this.#parts, config: {...config, socksPorts: []}}, this.core)
    if (!opened.ok) {
      logger.warn(`The onion services cannot start: ${printStartFault(opened.fault)}`)
      return
    }
    this.#ownRoles = opened.value
    this.#ownRoles?.start(config, logger)
  }

  async #changeDirPorts(before: RelayConfig, config: RelayConfig): Promise<void> {
    if (JSON.stringify(before.dirPorts) === JSON.stringify(config.dirPorts)) return
    await this.#dirPorts.close()
    const opened = await this.#dirPorts.open(config)
    if (!opened.ok) this.#parts.logger.warn(opened.fault.data?.message ?? 'There is no DirPort any more.')
  }

  // ── AccountingMax and DisableNetwork ────────────────────────────────────────────────────────────────────────────────

  /** How far they are to be open: without the network, no further than asleep. */
  get #doors(): AccountingPhase {
    return this.#config.disableNetwork ? 'dormant' : this.#hibernation.phase
  }

  async #moveDoors(): Promise<void> {
    const {held} = this.#parts
    const [before, now] = [held.doors, this.#doors]
    if (before === now || this.#stopping) return
    held.doors = now
    if (now === 'dormant') await this.#sleep()
    else if (before === 'dormant') await this.#openSocksPorts()
    if (now === 'awake') await this.#openDoors()
    else if (before === 'awake') await this.#closeDoors()
    this.#publication.consider()
  }

  async #closeDoors(): Promise<void> {
    this.#orPorts.close()
    await this.#dirPorts.close()
  }

  /** No link stays, and none is made: no circuit of our own is built without a view of the network. */
  async #sleep(): Promise<void> {
    for (const {info} of [...this.core.channels.values()]) this.core.plane.closeChannel(info.channel)
    await this.#ownRoles?.socks.close()
  }

  async #openDoors(): Promise<void> {
    const {logger} = this.#parts
    await this.#orPorts.configure(this.#config)
    const opened = await this.#dirPorts.open(this.#config)
    if (!opened.ok) logger.warn(opened.fault.data?.message ?? 'There is no DirPort any more.')
    // It may have been said meanwhile that they close.
    if (this.#doors !== 'awake') await this.#closeDoors()
  }

  async #openSocksPorts(): Promise<void> {
    const {logger} = this.#parts
    const socks = this.#ownRoles?.socks
    if (socks === undefined) return
    const opened = await socks.listen()
    if (!opened.ok) logger.warn(printStartFault(opened.fault))
    else for (const notice of socksNotices(socks)) logger.notice(notice)
    if (this.#doors === 'dormant') await socks.close()
  }

  #begin(): void {
    const {logger, network, defences, directory, onionRoles, authority} = this.#parts
    const hsDirCache = {
      subsystem: 'hsdir',
      bytes: () => onionRoles.sizes().hsDirOctets,
      // Descriptors that services left are not pushed out by what a few clients let pile up.
      keptBytes: () => hsDirOctetsMax(this.#config) / 2,
      trim: (octets: number) => onionRoles.trim(octets)
    } as const
    onionRoles.countRelayCells(() => {
      const {relayCellsOutbound, relayCellsInbound, relayCellsOriginated} = this.core.plane.counters
      return relayCellsOutbound + relayCellsInbound + relayCellsOriginated
    })
    defences.attach(this.core, [hsDirCache], () => directory?.server.held ?? 0)
    this.core.channels.onOpened(channel => {
      // Of one whose handshake was under way when all others were closed.
      if (this.#doors === 'dormant') this.core.plane.closeChannel(channel.info.channel)
      else this.#selfTest.channelOpened(channel)
    })
    const {statistics} = this.#parts.tallies
    statistics.attach(this.core.plane)
    this.core.registry.waits = (circuit, waits) => statistics.cells.waited(circuit, waits)
    this.core.channels.onOpened(({info}) => {
      const isClient = info.direction === 'received' && info.peer.kind === 'client'
      if (isClient) statistics.entry.connected(info.address.octets)
    })
    this.#takeParameters()
    this.#hibernation.second()
    network.start(
      hop => openDirStream(this.core, hop),
      () => {
        directory?.update()
        this.#takeParameters()
        this.#publication.consider()
      },
      ({orPort}) => orPort !== undefined && equal(orPort.rsaIdentity, this.#rsaIdentity),
      () => this.#doors === 'dormant'
    )
    if (directory !== undefined) {
      authority?.start({
        core: this.core,
        directory,
        openDirStream: hop => openDirStream(this.core, hop),
        isDormant: () => this.#doors === 'dormant'
      })
    }
    this.#timers.push(setInterval(() => this.#second(), SECOND_MS))
    this.#timers.push(setInterval(() => void this.#tend(new Date()), TEND_MS))
    this.#timers.push(setInterval(() => this.#saveState(), SAVE_STATE_MS))
    this.#selfTest.configure(Date.now())
    void this.#parts.countries.configure(this.#config).then(() => this.#publication.consider())
    this.#ownRoles?.start(this.#config, logger)
  }

  #second(): void {
    this.#hibernation.second()
    this.#publication.second()
    const {counters} = this.core.plane
    const {ntor, 'ntor-v3': ntorV3} = this.pool.counts
    const totals = {
      readsLimited: counters.readsLimited,
      writesLimited: counters.writesLimited,
      portsExhausted: this.core.registry.portsExhausted,
      onionSkinsAnswered: ntor.processed + ntorV3.processed,
      onionSkinsDropped: ntor.dropped + ntorV3.dropped,
      areDescriptorsExhausted: this.#areDescriptorsExhausted,
      splicedCells: counters.relayCellsSpliced,
      writeDrop: this.#parts.onionRoles.counters.circuitPadding.drops(),
      writePad: counters.paddingCellsSent,
      writeTotal: counters.cellsSent,
      readDrop: this.core.circuitCounters.dropMessages,
      readPad: counters.paddingCellsReceived,
      readTotal: counters.cellsReceived,
      enabledReadPad: counters.enabledPaddingReceived,
      enabledReadTotal: counters.enabledCellsReceived,
      enabledWritePad: counters.enabledPaddingSent,
      enabledWriteTotal: counters.enabledCellsSent
    }
    this.#parts.tallies.statistics.second(Math.floor(Date.now() / 1000), totals, this.#config)
  }

  /** Keys that are due are renewed, and so is the TLS context. */
  async #tend(now: Date, occasion: 'minute' | 'reload' = 'minute'): Promise<void> {
    const {logger, endpoint, network} = this.#parts
    if (this.#stopping) return
    this.#areDescriptorsExhausted = areDescriptorsExhausted()
    const schedule = network.onionKeySchedule()
    const tended = tendRelayKeys(this.#keys, keyOptions(this.#config), schedule, now, occasion)
    if (!tended.ok) {
      if (this.#keys.identity.signing.expiresAt <= now) this.#cannotGoOn(tended.fault)
      else logger.warn(`A key that is due could not be renewed: ${printDataDirFault(tended.fault)}`)
      return
    }
    const before = this.#keys
    warnOfExpiry(tended.value, this.#config, logger, now)
    this.#parts.held.keys = tended.value
    await endpoint.rotate({force: before.identity.signing !== tended.value.identity.signing})
    if (before.onion !== tended.value.onion) {
      this.pool.setKeys(onionSkinKeys(tended.value, network))
      this.#saveState()
    }
    this.#publication.consider()
  }

  #cannotGoOn(fault: DataDirFault): void {
    const {cannotGoOn, logger} = this.#parts
    this.#stopping = true
    logger.err(`The signing key has expired. ${printDataDirFault(fault)}`)
    cannotGoOn?.(fault)
  }

  #saveState(): void {
    const {state, config} = this.#parts
    state.setTime('LastRotatedOnionKey', this.#keys.onion.setAt)
    this.#publication.remember()
    this.#hibernation.remember()
    const saved = saveState(config.dataDirectory, state, versionText(), new Date())
    if (!saved.ok) this.#parts.logger.warn('The state file could not be written.')
  }
}

// ── the parts ─────────────────────────────────────────────────────────────────────────────────────────────────────────

interface Parts {
  readonly config: RelayConfig
  readonly logger: Logger
  readonly lock: DirectoryLock
  readonly state: RelayState
  readonly held: Held
  readonly sockets: SocketSettings
  readonly endpoint: LinkEndpoint
  readonly pool: OnionSkinPool
  readonly address: RelayAddress
  readonly family: FamilyMembership
  readonly cannotGoOn: RelayNodeOptions['cannotGoOn']
  readonly network: NetworkKnowledge
  readonly countries: CountryFiles
  readonly defences: RelayDefences
  readonly onionRoles: OnionRoles
  readonly tallies: Tallies
  /** Undefined with DirCache 0. */
  readonly directory: RelayDirectory | undefined
  /** Undefined for whoever is none. */
  readonly authority: Authority | undefined
}

/** What changes while the relay runs, for whoever asks for it at the moment. */
interface Held {
  keys: RelayKeys
  config: RelayConfig
  doors: AccountingPhase
}

/** Numbers that parts of the relay hand out as they come. */
interface Tallies {
  readonly times: OnionSkinTimes
  readonly links: LinkCounts
  readonly congestion: CongestionStatistics
  readonly statistics: RelayStatistics
}

async function openParts({
  config,
  logger,
  onionSkinWorkers,
  expectedRelays,
  cannotGoOn
}: RelayNodeOptions): Promise<Result<Parts, StartFault>> {
  for (const path of [config.dataDirectory, config.cacheDirectory]) {
    const directory = openDirectory(path)
    if (!directory.ok) return directory
    for (const notice of directory.value.notices) logger.notice(notice)
  }
  const lock = lockDirectory(config.dataDirectory)
  if (!lock.ok) return lock
  const now = new Date()
  const state = loadState(config.dataDirectory)
  if (!state.ok) return state
  const lastRotatedOnionKey = state.value.time('LastRotatedOnionKey')
  const loaded = await loadOrCreateRelayKeys({...keyOptions(config), lastRotatedOnionKey}, now)
  if (!loaded.ok) return loaded
  for (const notice of loaded.value.notices) logger.notice(notice)
  const {keys} = loaded.value
  const written = writeFingerprints(config.dataDirectory, config.nickname, keys.identity)
  if (!written.ok) return written
  const family = new FamilyMembership()
  const families = family.load(config, logger)
  if (!families.ok) return families
  const address = new RelayAddress(config.testingTorNetwork || config.dirAuthorities.length > 0)
  await address.configure(config)
  const network = NetworkKnowledge.open(config, new CachedDocuments(config.cacheDirectory), logger)
  const held: Held = {keys, config, doors: config.disableNetwork ? 'dormant' : 'awake'}
  const endpoint = await LinkEndpoint.open({
    keys: () => linkKeys(held.keys),
    ownAddresses: () => address.all,
    paddingParams: () => paddingParams(network.param, held.config.keepalivePeriodMs),
    nowSeconds: () => Math.floor(Date.now() / 1000),
    certificateDays: config.sslKeyLifetimeMs === 0 ? undefined : config.sslKeyLifetimeMs / 86_400_000
  })
  const countries = new CountryFiles(logger)
  void countries.configure(config)
  const tallies = {
    times: new OnionSkinTimes(),
    links: new LinkCounts(),
    congestion: new CongestionStatistics(),
    statistics: new RelayStatistics(Math.floor(Date.now() / 1000), {
      param: network.param,
      countries,
      overloaded: () => defences.overload.note(new Date()),
      saved: name => savedStatistics(config.dataDirectory, name, logger)
    })
  }
  const pool = new OnionSkinPool(
    {workers: onionSkinWorkers ?? Math.max(1, config.numCpus - 1), keys: onionSkinKeys(keys, network)},
    {
      onWorkerFailure: () => {
        tallies.times.failures++
        logger.warn('A worker for onion skins failed; another one takes its place.')
      },
      measured: (waitedMs, servedMs) => tallies.times.measured(waitedMs, servedMs)
    }
  )
  const defences = new RelayDefences(config, {
    param: network.param,
    isListed: rsaIdentity => network.view.listed(rsaIdentity) !== undefined,
    logger
  })
  const onionRoles = openOnionRoles({
    param: network.param,
    refuseSingleHopRendezvous: () => held.config.dos.refuseSingleHopClientRendezvous,
    hsDirOctetsMax: () => hsDirOctetsMax(held.config),
    savedDescriptors: savedDescriptorsFile(config.cacheDirectory, fault => {
      logger.about('dir').notice(printDataDirFault(fault))
    }),
    descriptorStored: blindedKey => tallies.statistics.descriptorStored(blindedKey),
    log: roleLog(logger)
  })
  const identity = rsaIdentity(keys.identity.rsa.public)
  const authority = openAuthority({config, logger, network, identity, expectedRelays})
  if (!authority.ok) {
    defences.stop()
    await pool.close()
    lock.value.release()
    return authority
  }
  const routes = [...(authority.value?.routes ?? []), ...onionRoles.directoryRoutes]
  const bodyMax = authority.value === undefined ? undefined : AUTHORITY_BODY_MAX
  const servesDirectory = config.dirCache || authority.value !== undefined
  const {consensusRequests} = tallies.statistics
  const maxConsensusAgeMs = () => held.config.maxConsensusAgeForDiffsMs
  const serving = {network, routes, consensusRequests, logger, maxConsensusAgeMs, bodyMax}
  const directory = servesDirectory ? new RelayDirectory(serving) : undefined
  const sockets = new SocketSettings(() => held.config)
  const roles = {onionRoles, directory, authority: authority.value, sockets}
  const own = {address, family, countries, cannotGoOn}
  const shared = {config, logger, endpoint, pool, network, defences, tallies, ...own, ...roles}
  const parts = {...shared, lock: lock.value, state: state.value, held}
  return ok(parts)
}

function openAuthority(
  options: Omit<AuthorityOptions, 'authority'>
): Result<Authority | undefined, DataDirFault> {
  const {authority} = options.config
  return authority === undefined ? ok(undefined) : Authority.open({...options, authority})
}

async function closeParts({defences, directory, onionRoles, pool, lock}: Parts): Promise<void> {
  defences.stop()
  await onionRoles.close()
  await directory?.close()
  await pool.close()
  lock.release()
}

function announce({config, logger, sockets, held: {keys}}: Parts, shards: number): void {
  logger.notice(
    `${versionText()} on Node ${process.versions.node}. Experimental: for private networks unless told otherwise.`
  )
  logger.notice(`Data plane: ${planeText(choosePlane(shards))}.`)
  const fingerprint = toBase16Upper(rsaIdentity(keys.identity.rsa.public))
  for (const notice of [sockets.notice, pacingNotice(config, tellsKernelQueues())]) {
    if (notice !== undefined) logger.notice(notice)
  }
  logger.notice(`Your Tor server's identity key fingerprint is '${config.nickname} ${fingerprint}'`)
  if (config.disableNetwork) tellOfNetwork(config, logger)
}

function openCore(parts: Parts, shards: number): RelayCore {
  const {config, logger, endpoint, pool, network, defences, directory, onionRoles, tallies} = parts
  const {keys} = parts.held
  const clock = new ClockCheck()
  return new RelayCore(
    {
      ownRsaIdentity: rsaIdentity(keys.identity.rsa.public),
      ownEd25519Identity: keys.identity.ed25519,
      allowPrivateAddresses: config.extendAllowPrivateAddresses,
      canUseIpv6: config.orPorts.some(port => port.family === 'ipv6'),
      plane: {
        circuitCellsMax: CIRCUIT_CELLS_MAX,
        rate: config.relayBandwidthRate,
        burst: config.relayBandwidthBurst,
        unverifiedMax: HANDSHAKES_MAX
      },
      shards
    },
    {
      endpoint,
      onionSkins: pool,
      network: network.view,
      congestionControl: (sendmeIncrement, localQueue) =>
        new Vegas(
          {params: vegasParams(network.param, 'exit'), sendmeIncrement},
          {clock, localQueue, statistics: tallies.congestion}
        ),
      openDirectory: directory && ((stream, peer) => directory.open(stream, peer)),
      roles: onionRoles.roles,
      admits: channel => defences.addresses.admitsCircuit(channel),
      gate: tallies.links.counted(defences.addresses),
      outboundQueueFull: channel => defences.addresses.outboundQueueFull(channel),
      isHibernating: () => parts.held.doors !== 'awake',
      isDormant: () => parts.held.doors === 'dormant',
      connectsFrom: ({length}) => parts.held.config.outboundAddresses[length === 4 ? 'ipv4' : 'ipv6'],
      socketOctets: parts.sockets.octets,
      limitStreams: defences.streams.ofCircuit,
      shardDied: error => {
        const message = error instanceof Error ? error.message : String(error)
        logger.warn(
          `A shard of the data plane died and its links with it (${message}); another one takes its place.`
        )
      }
    }
  )
}

/** Onion services and SOCKS ports, where the settings have any. */
async function openOwnRoles(
  parts: Parts,
  core: RelayCore
): Promise<Result<OwnRoles | undefined, StartFault>> {
  const {config, logger, state, held, network} = parts
  const {onionServices, socksPorts, controlPorts} = config
  if (onionServices.length + socksPorts.length + controlPorts.length === 0) return ok(undefined)
  return OwnRoles.open(config, {
    core,
    netDir: () => (held.doors === 'dormant' ? undefined : network.netDir),
    rsaIdentity: () => rsaIdentity(held.keys.identity.rsa.public),
    guards: guardStore(config, state, logger),
    pathsNeeded: () => held.config.pathsNeededToBuildCircuits,
    sockets: parts.sockets,
    logger
  })
}

function keyOptions({keyDirectory, signingKeyLifetimeMs, signingKeySlopMs, offlineMasterKey}: RelayConfig) {
  return {keyDirectory, signingKeyLifetimeMs, signingKeySlopMs, offlineMasterKey}
}

/** An offline master key needs its operator in time: told every hour from the day before. */
function warnOfExpiry({identity}: RelayKeys, config: RelayConfig, logger: Logger, now: Date): void {
  const {expiresAt} = identity.signing
  if (expiresAt.getTime() - now.getTime() > config.signingKeySlopMs) return
  logger
    .limited('signing-key-expires', HOUR_MS)
    .warn(
      `The signing key expires at ${expiresAt.toISOString().slice(0, 16)}Z and the master key is not here to renew it. ` +
        'Run ramson --keygen where the master key is, copy ed25519_signing_secret_key and ed25519_signing_cert to ' +
        `${config.keyDirectory}; they are taken up within a minute.`
    )
}

function ourselves({identity, onion}: RelayKeys) {
  return {
    rsaIdentity: rsaIdentity(identity.rsa.public),
    ed25519Identity: identity.ed25519,
    ntorOnionKey: onion.ntor.public
  }
}

function linkKeys({identity}: RelayKeys) {
  return {
    rsaKey: identity.rsa,
    ed25519Identity: identity.ed25519,
    signingKey: identity.signing.key,
    signingCert: identity.signing.cert,
    signingCertExpiresSeconds: Math.floor(identity.signing.expiresAt.getTime() / 1000)
  }
}

function onionSkinKeys({identity, onion}: RelayKeys, network: NetworkKnowledge): OnionSkinKeys {
  const sendmeIncrement = grantedSendmeIncrement(network.param)
  return {
    onionKeys: [onion.ntor.secret, ...(onion.previousNtor === undefined ? [] : [onion.previousNtor.secret])],
    rsaIdentity: rsaIdentity(identity.rsa.public),
    ed25519Identity: identity.ed25519,
    policy: {
      cgo: 'refused',
      ...(sendmeIncrement === undefined ? {} : {congestionControl: {sendmeIncrement}})
    }
  }
}

function hsDirOctetsMax({maxHsDirCacheBytes, maxMemInQueues}: RelayConfig): number {
  return maxHsDirCacheBytes || Math.floor(maxMemInQueues * HSDIR_SHARE)
}
