// The onion services of a node, put together: keys and clients from each HiddenServiceDir, circuits of our own, and what
// the torrc says of ports and limits. Addresses are written to `hostname` and nowhere else.

import {basename} from 'node:path'
import type {OnionServiceConfig} from '../config/onion-services.ts'
import type {DataDirFault} from '../datadir/fault.ts'
import {loadOnionService, type OnionServiceKeys} from '../datadir/onion-service-files.ts'
import {ok, type Result} from '../fault/result.ts'
import type {Logger} from '../log/logger.ts'
import type {NetDir} from '../netdir/net-dir.ts'
import type {PathSelection} from '../netdir/path-selection.ts'
import {type BuildOwnCircuit, HsCircuits} from '../roles/hs-circuits.ts'
import {OnionService} from '../roles/service/onion-service.ts'

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
  readonly logger: Logger
}

/** A service that runs. */
export interface RunningService {
  /** With `.onion`. */
  readonly address: string
  /** Of its HiddenServiceDir: what a person calls it, and what metrics may. */
  readonly name: string
  readonly service: OnionService
}

export class OnionServices {
  readonly running: readonly RunningService[]

  private constructor(running: readonly RunningService[]) {
    this.running = running
  }

  /** Loads all keys, or none when one cannot be had. `ed25519Ready` must have resolved. */
  static open(
    configs: readonly OnionServiceConfig[],
    deps: OnionServicesDeps
  ): Result<OnionServices, DataDirFault> {
    const loaded: {config: OnionServiceConfig; keys: OnionServiceKeys}[] = []
    for (const config of configs) {
      const keys = loadOnionService(config.directory)
      if (!keys.ok) return keys
      for (const notice of keys.value.notices) deps.logger.notice(notice)
      loaded.push({config, keys: keys.value})
    }
    const {netDir, paths, build} = deps
    const now = () => new Date()
    const circuits = new HsCircuits({netDir, paths, build, now})
    const running = loaded.map(({config, keys: {identity, address, authorizedClients}}) => ({
      address,
      name: basename(config.directory),
      service: new OnionService(
        {...config, identity, authorizedClients},
        {
          netDir,
          circuits,
          paths,
          time: {isTesting: deps.isTesting},
          allowPrivateAddresses: () => deps.allowPrivateAddresses,
          now,
          log: text => deps.logger.about('rend').info(text),
          changed: deps.changed
        }
      )
    }))
    return ok(new OnionServices(running))
  }

  start(): void {
    for (const {service} of this.running) service.start()
  }

  close(): void {
    for (const {service} of this.running) service.close()
  }
}
