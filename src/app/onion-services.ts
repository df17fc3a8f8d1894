// The onion services of a node, put together: keys and clients from each HiddenServiceDir, circuits of our own, and what
// the torrc says of ports and limits. Addresses are written to `hostname` and nowhere else.

import {basename} from 'node:path'
import type {OnionServiceConfig} from '../config/onion-services.ts'
import {printOnionAddress} from '../crypto/hs/onion-address.ts'
import type {DataDirFault} from '../datadir/fault.ts'
import {loadOnionBalanceMasters} from '../datadir/onion-balance-file.ts'
import {loadOnionService} from '../datadir/onion-service-files.ts'
import {ok, type Result} from '../fault/result.ts'
import type {Logger} from '../log/logger.ts'
import type {NetDir} from '../netdir/net-dir.ts'
import type {PathSelection} from '../netdir/path-selection.ts'
import {type BuildOwnCircuit, HsCircuits} from '../roles/hs-circuits.ts'
import {OnionService, type OnionServiceOptions} from '../roles/service/onion-service.ts'
import type {ServiceDescriptorWatch} from '../roles/service/period-descriptor.ts'
import type {ConnectTarget} from '../roles/service/port-streams.ts'

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
  /** How applications are reached; plainly when left out. */
  readonly connectTarget?: ConnectTarget | undefined
  readonly logger: Logger
}

/** Services that controllers may have at once. */
export const ADDED_SERVICES_MAX = 1000

type MakeService = (address: string, options: OnionServiceOptions) => OnionService

/** A service that runs. */
export interface RunningService {
  /** With `.onion`. */
  readonly address: string
  /** Of its HiddenServiceDir: what a person calls it, and what metrics may. */
  readonly name: string
  readonly config: OnionServiceConfig
  readonly service: OnionService
}

interface LoadedService {
  readonly config: OnionServiceConfig
  readonly address: string
  readonly options: OnionServiceOptions
}

export class OnionServices {
  /** Those of the settings, in their order. */
  #running: readonly RunningService[]
  /** By address, what a service was made of: one that would be made of the same is left alone at a reload. */
  readonly #madeOf = new Map<string, string>()
  /** Those that came later, by their address. */
  readonly #added = new Map<string, OnionService>()
  readonly #make: MakeService
  readonly #logger: Logger

  private constructor(loaded: readonly LoadedService[], make: MakeService, logger: Logger) {
    this.#make = make
    this.#logger = logger
    this.#running = loaded.map(each => this.#begin(each))
  }

  /** Loads all keys, or none when one cannot be had. `ed25519Ready` must have resolved. */
  static open(
    configs: readonly OnionServiceConfig[],
    deps: OnionServicesDeps
  ): Result<OnionServices, DataDirFault> {
    const loaded = loadServices(configs, deps.logger)
    if (!loaded.ok) return loaded
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
        connectTarget: deps.connectTarget,
        descriptorWatch: deps.descriptorWatch?.(address)
      })
    return ok(new OnionServices(loaded.value, make, deps.logger))
  }

  get running(): readonly RunningService[] {
    return this.#running
  }

  /** Begins what is new or has changed, in its settings or in the keys of its clients, and ends what is gone or was changed.
   * When keys cannot be had, all stays as it is. */
  configure(configs: readonly OnionServiceConfig[]): Result<void, DataDirFault> {
    const loaded = loadServices(configs, this.#logger)
    if (!loaded.ok) return loaded
    const before = new Map(this.#running.map(each => [each.address, each]))
    const kept = new Set<string>()
    const isSame = (each: LoadedService) => this.#madeOf.get(each.address) === madeOf(each)
    for (const each of loaded.value) if (before.has(each.address) && isSame(each)) kept.add(each.address)
    for (const [address, {service}] of before) if (!kept.has(address)) service.close()
    this.#running = loaded.value.map(each => {
      const running = before.get(each.address)
      if (running !== undefined && kept.has(each.address)) return running
      const begun = this.#begin(each)
      begun.service.start()
      const {directory} = each.config
      this.#logger.notice(
        `The onion service of ${basename(directory)} starts; its address is in ${directory}/hostname.`
      )
      return begun
    })
    return ok(undefined)
  }

  /** Every service that runs, by its address. */
  get all(): ReadonlyMap<string, OnionService> {
    return new Map([...this.running.map(({address, service}) => [address, service] as const), ...this.#added])
  }

  /** How many controllers have. */
  get addedCount(): number {
    return this.#added.size
  }

  /** Begins one more, without a directory; false: there is one of this identity, or there are too many. */
  add(options: OnionServiceOptions): boolean {
    const address = printOnionAddress(options.identity.public)
    if (this.all.has(address) || this.#added.size >= ADDED_SERVICES_MAX) return false
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

  #begin(loaded: LoadedService): RunningService {
    const {config, address, options} = loaded
    this.#madeOf.set(address, madeOf(loaded))
    return {address, name: basename(config.directory), config, service: this.#make(address, options)}
  }

  close(): void {
    for (const service of this.all.values()) service.close()
    this.#added.clear()
  }
}

function loadServices(
  configs: readonly OnionServiceConfig[],
  logger: Logger
): Result<LoadedService[], DataDirFault> {
  const loaded: LoadedService[] = []
  for (const config of configs) {
    const keys = loadOnionService(config.directory)
    if (!keys.ok) return keys
    for (const notice of keys.value.notices) logger.notice(notice)
    const masters = config.isOnionBalanceInstance ? loadOnionBalanceMasters(config.directory) : ok([])
    if (!masters.ok) return masters
    if (masters.value.length > 0) {
      logger.notice(`OnionBalance: ${masters.value.length} MasterOnionAddress registered.`)
    }
    const {identity, address, authorizedClients} = keys.value
    loaded.push({config, address, options: {...config, identity, authorizedClients, masters: masters.value}})
  }
  return ok(loaded)
}

function madeOf({config, options: {authorizedClients, masters}}: LoadedService): string {
  const text = (octets: Uint8Array) => Buffer.from(octets).toString('hex')
  return JSON.stringify([config, authorizedClients?.map(text), masters?.map(text)])
}
