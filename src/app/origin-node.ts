// A node without an ORPort: onion services and SOCKS ports on circuits of its own. It relays for nobody, has no identity
// that a relay could tell it by, and listens for local applications alone.
//
//   start: directory locked ─▶ guards and service keys read ─▶ SOCKS ports ─▶ documents fetched ─▶ services established

import {basename} from 'node:path'
import type {RelayConfig} from '../config/relay-config.ts'
import {ed25519Ready} from '../crypto/ed25519.ts'
import {printDataDirFault} from '../datadir/fault.ts'
import {openDirectory} from '../datadir/file.ts'
import {type DirectoryLock, lockDirectory} from '../datadir/lock.ts'
import {loadState} from '../datadir/state-file.ts'
import {ok, type Result} from '../fault/result.ts'
import type {Logger} from '../log/logger.ts'
import {AddressMap} from '../roles/client/address-map.ts'
import type {ReachProgress} from '../roles/client/reach-progress.ts'
import {originRates} from './bandwidth.ts'
import {ClientAuth} from './client-auth.ts'
import {ClientNode} from './client-node.ts'
import {ClientStreams} from './client-streams.ts'
import type {Controllable} from './control/controllable.ts'
import {controllableOrigin} from './control/controllable-origin.ts'
import {fallbackNotice} from './data-plane.ts'
import {DescriptorEvents} from './descriptor-events.ts'
import {allSources} from './dir-sources.ts'
import {tellOfNetwork} from './disabled-network.ts'
import {guardStore} from './guard-store.ts'
import {ClientSteps} from './monitor/client-steps.ts'
import {OriginMonitor} from './monitor/origin-monitor.ts'
import {ownCaps} from './monitor/own-caps.ts'
import {OnionServices} from './onion-services.ts'
import {socksNotices} from './own-roles.ts'
import type {OwnSide} from './own-side.ts'
import type {RelayNodeOptions, StartFault} from './relay-node.ts'
import {SocketSettings} from './socket-settings.ts'
import {SocksPorts} from './socks-ports.ts'
import {printStartFault} from './start-fault.ts'
import {versionText} from './version.ts'

export interface OriginNodeOptions extends Pick<RelayNodeOptions, 'config' | 'logger'> {
  /** Hears of each step of the way to a service. */
  readonly reachProgress?: ReachProgress | undefined
  /** Hears when the descriptors of our own services have something new to tell. */
  readonly serviceChanged?: (() => void) | undefined
}

export class OriginNode {
  readonly client: ClientNode
  readonly services: OnionServices
  readonly monitor: OriginMonitor
  /** Where each SOCKS port listens. */
  readonly socksPorts: readonly number[]
  /** For the control port. */
  readonly side: OwnSide
  readonly #socks: SocksPorts
  readonly #lock: DirectoryLock
  readonly #logger: Logger
  #disablesNetwork: boolean

  private constructor(
    {client, services, side}: Roles,
    monitor: OriginMonitor,
    socks: SocksPorts,
    lock: DirectoryLock,
    {config, logger}: OriginNodeOptions
  ) {
    this.client = client
    this.monitor = monitor
    this.services = services
    this.side = side
    this.socksPorts = socks.ports
    this.#socks = socks
    this.#lock = lock
    this.#logger = logger
    this.#disablesNetwork = config.disableNetwork
  }

  /** Never throws on account of settings, files or the network: a fault says what stood in the way. */
  static async start(options: OriginNodeOptions): Promise<Result<OriginNode, StartFault>> {
    const {config, logger} = options
    await ed25519Ready
    const directory = openDirectory(config.dataDirectory)
    if (!directory.ok) return directory
    for (const notice of directory.value.notices) logger.notice(notice)
    const lock = lockDirectory(config.dataDirectory)
    if (!lock.ok) return lock
    const steps = new ClientSteps()
    const reachProgress: ReachProgress = (part, state) => {
      steps.progress(part, state)
      options.reachProgress?.(part, state)
    }
    const opened = openRoles({...options, reachProgress})
    if (!opened.ok) {
      lock.value.release()
      return opened
    }
    const {client, services, side} = opened.value
    const socks = await SocksPorts.open(config, side.streams.connect, opened.value.sockets, side.addresses)
    if (!socks.ok) {
      await client.close()
      lock.value.release()
      return socks
    }
    const caps = () => ownCaps(side, socks.value)
    const monitor = await OriginMonitor.start({config, logger, client, services, steps, caps})
    if (!monitor.ok) {
      await socks.value.close()
      await client.close()
      lock.value.release()
      return monitor
    }
    client.core.plane.setRates(originRates(config))
    if (config.disableNetwork) client.sleep()
    client.start()
    services.start()
    logger.notice(`${versionText()} on Node ${process.versions.node}, without an ORPort. Experimental.`)
    const notice = fallbackNotice()
    if (notice !== undefined) logger.notice(notice)
    for (const {directory: path} of config.onionServices) {
      logger.notice(`The onion service of ${basename(path)} starts; its address is in ${path}/hostname.`)
    }
    for (const notice of socksNotices(socks.value)) logger.notice(notice)
    if (config.disableNetwork) tellOfNetwork(config, logger)
    return ok(new OriginNode(opened.value, monitor.value, socks.value, lock.value, options))
  }

  /** Bandwidth, onion services, padding and DisableNetwork follow the settings; what else changed waits for the next start. */
  async reload(config: RelayConfig): Promise<void> {
    await this.#followNetwork(config)
    this.client.core.plane.setRates(originRates(config))
    this.side.addresses.configure(config.addressMappings)
    this.client.connectionPadding = config.connectionPadding
    this.client.circuitPadding = config.circuitPadding
    const configured = this.services.configure(config.onionServices)
    if (!configured.ok)
      this.#logger.warn(`The onion services stay as they are: ${printDataDirFault(configured.fault)}`)
  }

  async #followNetwork(config: RelayConfig): Promise<void> {
    if (config.disableNetwork === this.#disablesNetwork) return
    this.#disablesNetwork = config.disableNetwork
    tellOfNetwork(config, this.#logger)
    if (config.disableNetwork) {
      this.client.sleep()
      await this.#socks.close()
      return
    }
    this.client.wake()
    const opened = await this.#socks.listen()
    if (!opened.ok) this.#logger.warn(printStartFault(opened.fault))
    else for (const notice of socksNotices(this.#socks)) this.#logger.notice(notice)
  }

  /** For the control port. */
  get controllable(): Controllable {
    return controllableOrigin(this)
  }

  /** There is nothing that others connect to: new introductions end with the services. */
  stopListening(): void {
    this.services.close()
  }

  async close(): Promise<void> {
    await this.#socks.close()
    this.services.close()
    await this.monitor.close()
    await this.client.close()
    this.#lock.release()
  }
}

interface Roles {
  readonly client: ClientNode
  readonly sockets: SocketSettings
  readonly services: OnionServices
  readonly side: OwnSide
}

function openRoles({
  config,
  logger,
  reachProgress,
  serviceChanged
}: OriginNodeOptions): Result<Roles, StartFault> {
  const state = loadState(config.dataDirectory)
  if (!state.ok) return state
  const clientAuth = ClientAuth.open(config)
  if (!clientAuth.ok) return clientAuth
  for (const notice of clientAuth.value.notices) logger.notice(notice)
  const descriptorEvents = new DescriptorEvents()
  const sockets = new SocketSettings(() => config)
  if (sockets.notice !== undefined) logger.warn(sockets.notice)
  const identities = config.dirAuthorities.map(authority => authority.v3ident)
  const client = new ClientNode(
    {
      authorities: identities.filter(identity => identity !== undefined),
      sources: allSources(config),
      isTesting: config.testingTorNetwork,
      keepaliveMs: config.keepalivePeriodMs,
      pathsNeeded: config.pathsNeededToBuildCircuits,
      connectionPadding: config.connectionPadding,
      circuitPadding: config.circuitPadding
    },
    {
      guards: guardStore(config, state.value, logger),
      clientKey: identity => clientAuth.value.keyFor(identity),
      descriptorWatch: descriptorEvents.client,
      trouble: what => logger.about('dir').info(what),
      version: versionText(),
      progress: reachProgress,
      socketOctets: sockets.octets
    }
  )
  const services = OnionServices.open(config.onionServices, {
    build: (...circuit) => client.core.build(...circuit),
    netDir: () => client.knownNetDir,
    paths: client.paths,
    isTesting: config.testingTorNetwork,
    allowPrivateAddresses: config.extendAllowPrivateAddresses,
    changed: serviceChanged,
    descriptorWatch: address => descriptorEvents.service(address),
    connectTarget: sockets.connectTarget,
    logger
  })
  if (!services.ok) return services
  const {paths, guards} = client
  const addresses = new AddressMap()
  addresses.configure(config.addressMappings)
  const streams = new ClientStreams((...stream) => client.client.connect(...stream))
  const shared = {client: client.client, services: services.value, paths, guards}
  return ok({
    client,
    sockets,
    services: services.value,
    side: {...shared, streams, addresses, clientAuth: clientAuth.value, descriptorEvents}
  })
}
