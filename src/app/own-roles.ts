// What a relay does for itself besides relaying: onion services and SOCKS ports, on circuits that go out over its links
// among all others. It is never a hop of its own circuits.

import {basename} from 'node:path'
import {equal} from '../bytes/octets.ts'
import type {RelayConfig} from '../config/relay-config.ts'
import {type ClientAuthKeys, loadClientAuthKeys} from '../datadir/client-auth-files.ts'
import {ok, type Result} from '../fault/result.ts'
import type {Logger} from '../log/logger.ts'
import type {Readings} from '../metrics/catalog.ts'
import {secureFraction} from '../netdir/choose.ts'
import {EntryGuards, type GuardStore} from '../netdir/guards/entry-guards.ts'
import type {NetDir} from '../netdir/net-dir.ts'
import {PathSelection} from '../netdir/path-selection.ts'
import type {Relay} from '../netdir/relay.ts'
import {Vanguards} from '../netdir/vanguards.ts'
import {OnionClient} from '../roles/client/onion-client.ts'
import {type BuildOwnCircuit, HsCircuits} from '../roles/hs-circuits.ts'
import {knownNetwork} from './known-network.ts'
import {ClientSteps} from './monitor/client-steps.ts'
import {serviceReadings, serviceSources} from './monitor/service-readings.ts'
import {OnionServices} from './onion-services.ts'
import type {RelayCore} from './relay-core.ts'
import type {StartFault} from './relay-node.ts'
import {SocksPorts} from './socks-ports.ts'
import {versionText} from './version.ts'

export interface OwnRolesDeps {
  readonly core: RelayCore
  readonly netDir: () => NetDir | undefined
  /** Ours, 20 octets. */
  readonly rsaIdentity: () => Uint8Array
  readonly guards: GuardStore
  readonly logger: Logger
}

export class OwnRoles {
  readonly services: OnionServices
  readonly socks: SocksPorts
  /** The values of their metrics at this moment. */
  readonly readings: () => Readings
  readonly #client: OnionClient

  private constructor(
    services: OnionServices,
    socks: SocksPorts,
    client: OnionClient,
    readings: () => Readings
  ) {
    this.services = services
    this.socks = socks
    this.readings = readings
    this.#client = client
  }

  /** Reads the keys and opens the ports; nothing is built before `start`. `ed25519Ready` must have resolved. */
  static async open(config: RelayConfig, deps: OwnRolesDeps): Promise<Result<OwnRoles, StartFault>> {
    const {core, logger} = deps
    const netDir = () => knownNetwork(deps.netDir())
    const paths = ownPaths(deps)
    const build: BuildOwnCircuit = (...circuit) => core.build(...circuit)
    const authKeys = clientKeys(config)
    if (!authKeys.ok) return authKeys
    for (const notice of authKeys.value?.notices ?? []) logger.notice(notice)
    const {testingTorNetwork: isTesting, extendAllowPrivateAddresses: allowPrivateAddresses} = config
    const opened = OnionServices.open(config.onionServices, {
      build,
      netDir,
      paths,
      isTesting,
      allowPrivateAddresses,
      logger
    })
    if (!opened.ok) return opened
    const now = () => new Date()
    const steps = new ClientSteps()
    const client = new OnionClient({
      progress: steps.progress,
      netDir,
      circuits: new HsCircuits({netDir, paths, build, now}),
      paths,
      time: {isTesting},
      clientKey: identity => authKeys.value?.keyFor(identity),
      allowPrivateAddresses: () => allowPrivateAddresses,
      random: secureFraction,
      now
    })
    const socks = await SocksPorts.open(config, target => client.connect(target))
    if (!socks.ok) {
      client.close()
      return socks
    }
    const services = opened.value
    const sources = serviceSources(config, services)
    const readings = () => ({...serviceReadings(sources), ...steps.readings()})
    return ok(new OwnRoles(services, socks.value, client, readings))
  }

  start({onionServices}: RelayConfig, logger: Logger): void {
    this.services.start()
    for (const {directory} of onionServices) {
      logger.notice(
        `The onion service of ${basename(directory)} starts; its address is in ${directory}/hostname.`
      )
    }
    for (const port of this.socks.ports) {
      logger.notice(`Opened Socks listener on port ${port}, for onion services alone.`)
    }
  }

  async close(): Promise<void> {
    await this.socks.close()
    this.services.close()
    this.#client.close()
  }
}

function ownPaths({guards: store, rsaIdentity}: OwnRolesDeps): PathSelection {
  const random = secureFraction
  const guards = new EntryGuards({store, random, now: () => new Date(), version: versionText()})
  return new PathSelection({
    guards,
    vanguards: new Vanguards(random, Date.now),
    random,
    now: Date.now,
    excludes: ({status}: Relay) => equal(status.identity, rsaIdentity())
  })
}

function clientKeys({clientOnionAuthDir}: RelayConfig): Result<ClientAuthKeys | undefined, StartFault> {
  return clientOnionAuthDir === undefined ? ok(undefined) : loadClientAuthKeys(clientOnionAuthDir)
}
