// The onion services of a node, put together: keys and clients from each HiddenServiceDir, circuits of our own, and what
// the torrc says of ports and limits. Addresses are written to `hostname` and nowhere else.

import {basename} from 'node:path'
import type {OnionServiceConfig} from '../config/onion-services.ts'
import {printOnionAddress} from '../crypto/hs/onion-address.ts'
import type {DataDirFault} from '../datadir/fault.ts'
import {loadOnionBalanceMasters} from '../datadir/onion-balance-file.ts'
import {loadOnionService, type OnionServiceKeys} from '../datadir/onion-service-files.ts'
import {ok, type Result} from '../fault/result.ts'
import type {Logger} from '../log/logger.ts'
import type {NetDir} from '../netdir/net-dir.ts'
import type {PathSelection} from '../netdir/path-selection.ts'
import {type BuildOwnCircuit, HsCircuits} from '../roles/hs-circuits.ts'
import {OnionService, type OnionServiceOptions} from '../roles/service/onion-service.ts'
import type {ServiceDescriptorWatch} from '../roles/service/period-descriptor.ts'

export interface OnionServicesDeps {
  readonly build: BuildOwnCircuit
  /** Undefined as long as too little is known of the network. */
  readonly netDir: () => NetDir | undefined
  readonly paths: PathSelection
  /** TestingTorNetwork: short time periods, and addresses that only a private network has. */
  readonly isTesting: boolean
  readonly allowPrivateAddresses: boolean
  /** Hears when the descriptors of a service have something new to tell. */
  readonly changed?: (() => void) | undefined
  /** Hears of the descriptors of the service of this address. */
  readonly descriptorWatch?: ((address: string) => ServiceDescriptorWatch) | undefined
  readonly logger: Logger
}

/** Services that controllers may have at once. */
const ADDED_MAX = 1000

type MakeService = (address: string, options: OnionServiceOptions) => OnionService

/** A service that runs. */
export interface RunningService {
  /** With `.onion`. */
  readonly address: string
  /** Of its HiddenServiceDir: what a person calls it, and what metrics may. */
  readonly name: string
  readonly service: OnionService
}

export class OnionServices {
  /** Those of the settings. */
  readonly running: readonly RunningService[]
  /** Those that came later, by their address. */
  readonly #added = new Map<string, OnionService>()
  readonly #make: MakeService

  private constructor(running: readonly RunningService[], make: MakeService) {
    this.running = running
    this.#make = make
  }

  /** Loads all keys, or none when one cannot be had. `ed25519Ready` must have resolved. */
  static open(
    configs: readonly OnionServiceConfig[],
    deps: OnionServicesDeps
  ): Result<OnionServices, DataDirFault> {
    const loaded: {config: OnionServiceConfig; keys: OnionServiceKeys; masters: Uint8Array[]}[] = []
    for (const config of configs) {
      const keys = loadOnionService(config.directory)
      if (!keys.ok) return keys
      for (const notice of keys.value.notices) deps.logger.notice(notice)
      const masters = config.isOnionBalanceInstance ? loadOnionBalanceMasters(config.directory) : ok([])
      if (!masters.ok) return masters
      if (masters.value.length > 0) {
        deps.logger.notice(`OnionBalance: ${masters.value.length} MasterOnionAddress registered.`)
      }
      loaded.push({config, keys: keys.value, masters: masters.value})
    }
    const {netDir, paths, build} = deps
    const now = () => new Date()
    const circuits = new HsCircuits({netDir, paths, build, now})
    const make: MakeService = (address, options) =>
      new OnionService(options, {
        netDir,
        circuits,
        paths,
        time: {isTesting: deps.isTesting},
        allowPrivateAddresses: () => deps.allowPrivateAddresses,
        now,
        log: text => deps.logger.about('rend').info(text),
        changed: deps.changed,
        descriptorWatch: deps.descriptorWatch?.(address)
      })
    const running = loaded.map(({config, keys: {identity, address, authorizedClients}, masters}) => ({
      address,
      name: basename(config.directory),
      service: make(address, {...config, identity, authorizedClients, masters})
    }))
    return ok(new OnionServices(running, make))
  }

  /** Every service that runs, by its address. */
  get all(): ReadonlyMap<string, OnionService> {
    return new Map([...this.running.map(({address, service}) => [address, service] as const), ...this.#added])
  }

  /** Begins one more, without a directory; false: there is one of this identity, or there are too many. */
  add(options: OnionServiceOptions): boolean {
    const address = printOnionAddress(options.identity.public)
    if (this.all.has(address) || this.#added.size >= ADDED_MAX) return false
    const service = this.#make(address, options)
    this.#added.set(address, service)
    service.start()
    return true
  }

  /** Ends one that was added; false: there is none. */
  remove(address: string): boolean {
    this.#added.get(address)?.close()
    return this.#added.delete(address)
  }

  start(): void {
    for (const {service} of this.running) service.start()
  }

  close(): void {
    for (const service of this.all.values()) service.close()
    this.#added.clear()
  }
}
