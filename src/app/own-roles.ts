// What a relay does for itself besides relaying: onion services and SOCKS ports, on circuits that go out over its links
// among all others. It is never a hop of its own circuits.

import {basename} from 'node:path'
import {equal} from '../bytes/octets.ts'
import type {RelayConfig} from '../config/relay-config.ts'
import {ok, type Result} from '../fault/result.ts'
import type {Logger} from '../log/logger.ts'
import type {Readings} from '../metrics/catalog.ts'
import type {CapUses} from '../metrics/ramson-metrics.ts'
import {secureFraction} from '../netdir/choose.ts'
import {EntryGuards, type GuardStore} from '../netdir/guards/entry-guards.ts'
import type {NetDir} from '../netdir/net-dir.ts'
import {PathSelection} from '../netdir/path-selection.ts'
import type {Relay} from '../netdir/relay.ts'
import {Vanguards} from '../netdir/vanguards.ts'
import {AddressMap} from '../roles/client/address-map.ts'
import {OnionClient} from '../roles/client/onion-client.ts'
import {type BuildOwnCircuit, HsCircuits} from '../roles/hs-circuits.ts'
import {ClientAuth} from './client-auth.ts'
import {ClientStreams} from './client-streams.ts'
import {DescriptorEvents} from './descriptor-events.ts'
import {knownNetwork} from './known-network.ts'
import {ClientSteps} from './monitor/client-steps.ts'
import {ownCaps} from './monitor/own-caps.ts'
import {serviceReadings, serviceSources} from './monitor/service-readings.ts'
import {OnionServices} from './onion-services.ts'
import {openOwnPadding, ownPaddingReadings} from './own-padding.ts'
import type {OwnSide} from './own-side.ts'
import type {RelayCore} from './relay-core.ts'
import type {StartFault} from './relay-node.ts'
import type {SocketSettings} from './socket-settings.ts'
import {SocksPorts} from './socks-ports.ts'
import {versionText} from './version.ts'

export interface OwnRolesDeps {
  readonly core: RelayCore
  readonly netDir: () => NetDir | undefined
  /** Ours, 20 octets. */
  readonly rsaIdentity: () => Uint8Array
  readonly guards: GuardStore
  /** PathsNeededToBuildCircuits of the moment. */
  readonly pathsNeeded: () => number | undefined
  readonly sockets: SocketSettings
  readonly logger: Logger
}

export class OwnRoles {
  readonly services: OnionServices
  readonly socks: SocksPorts
  /** The values of their metrics at this moment. */
  readonly readings: () => Readings
  /** For the control port. */
  readonly side: OwnSide

  private constructor(side: OwnSide, socks: SocksPorts, readings: () => Readings) {
    this.side = side
    this.services = side.services
    this.socks = socks
    this.readings = readings
  }

  /** Reads the keys and opens the ports; nothing is built before `start`. `ed25519Ready` must have resolved. */
  static async open(config: RelayConfig, deps: OwnRolesDeps): Promise<Result<OwnRoles, StartFault>> {
    const {core, logger} = deps
    const netDir = () => knownNetwork(deps.netDir(), deps.pathsNeeded())
    const guards = ownGuards(deps)
    const paths = ownPaths(deps, guards)
    const descriptorEvents = new DescriptorEvents()
    const build: BuildOwnCircuit = (...circuit) => core.build(...circuit)
    const opening = ClientAuth.open(config)
    if (!opening.ok) return opening
    const clientAuth = opening.value
    for (const notice of clientAuth.notices) logger.notice(notice)
    const {testingTorNetwork: isTesting, extendAllowPrivateAddresses: allowPrivateAddresses} = config
    const opened = OnionServices.open(config.onionServices, {
      build,
      netDir,
      paths,
      isTesting,
      allowPrivateAddresses,
      descriptorWatch: address => descriptorEvents.service(address),
      connectTarget: deps.sockets.connectTarget,
      logger
    })
    if (!opened.ok) return opened
    const now = () => new Date()
    const steps = new ClientSteps()
    const param = (name: string) => deps.netDir()?.consensus.params.get(name)
    const padding = openOwnPadding(
      param,
      () => config.circuitPadding,
      () => core.plane.counters
    )
    const client = new OnionClient({
      progress: steps.progress,
      netDir,
      circuits: new HsCircuits({netDir, paths, build, padding, now}),
      paths,
      time: {isTesting},
      descriptorWatch: descriptorEvents.client,
      clientKey: identity => clientAuth.keyFor(identity),
      allowPrivateAddresses: () => allowPrivateAddresses,
      random: secureFraction,
      now
    })
    const streams = new ClientStreams((...stream) => client.connect(...stream))
    const addresses = new AddressMap()
    addresses.configure(config.addressMappings)
    const socks = await SocksPorts.open(config, streams.connect, deps.sockets, addresses)
    if (!socks.ok) {
      client.close()
      return socks
    }
    const services = opened.value
    const readings = () => ({
      ...serviceReadings(serviceSources(services)),
      ...steps.readings(),
      ...ownPaddingReadings(padding)
    })
    const side = {client, services, paths, guards, streams, addresses, clientAuth, descriptorEvents}
    return ok(new OwnRoles(side, socks.value, readings))
  }

  get caps(): CapUses {
    return ownCaps(this.side, this.socks)
  }

  start({onionServices}: RelayConfig, logger: Logger): void {
    this.services.start()
    for (const {directory} of onionServices) {
      logger.notice(
        `The onion service of ${basename(directory)} starts; its address is in ${directory}/hostname.`
      )
    }
    for (const notice of socksNotices(this.socks)) logger.notice(notice)
  }

  async close(): Promise<void> {
    await this.socks.close()
    this.services.close()
    this.side.client.close()
  }
}

/** Where the SocksPorts listen, for the log. */
export function socksNotices({ports}: SocksPorts): string[] {
  return ports.map(port => `Opened Socks listener on port ${port}, for onion services alone.`)
}

function ownGuards({guards: store}: OwnRolesDeps): EntryGuards {
  return new EntryGuards({store, random: secureFraction, now: () => new Date(), version: versionText()})
}

function ownPaths({rsaIdentity}: OwnRolesDeps, guards: EntryGuards): PathSelection {
  const random = secureFraction
  return new PathSelection({
    guards,
    vanguards: new Vanguards(random, Date.now),
    random,
    now: Date.now,
    excludes: ({status}: Relay) => equal(status.identity, rsaIdentity())
  })
}
