// A node without an ORPort: onion services and SOCKS ports on circuits of its own. It relays for nobody, has no identity
// that a relay could tell it by, and listens for local applications alone.
//
//   start: directory locked ─▶ guards and service keys read ─▶ SOCKS ports ─▶ documents fetched ─▶ services established

import {basename} from 'node:path'
import type {RelayConfig} from '../config/relay-config.ts'
import {ed25519Ready} from '../crypto/ed25519.ts'
import {loadClientAuthKeys} from '../datadir/client-auth-files.ts'
import {printDataDirFault} from '../datadir/fault.ts'
import {openDirectory} from '../datadir/file.ts'
import {type DirectoryLock, lockDirectory} from '../datadir/lock.ts'
import {loadState, type RelayState, saveState} from '../datadir/state-file.ts'
import {localFault} from '../fault/fault.ts'
import {err, ok, type Result} from '../fault/result.ts'
import type {Logger} from '../log/logger.ts'
import type {GuardStore} from '../netdir/guards/entry-guards.ts'
import type {ReachProgress} from '../roles/client/reach-progress.ts'
import {DEFAULT_SOCKS_SERVER_OPTIONS, SocksServer} from '../roles/client/socks/socks-server.ts'
import {ClientNode} from './client-node.ts'
import {allSources} from './dir-sources.ts'
import {OnionServices} from './onion-services.ts'
import type {RelayNodeOptions, StartFault} from './relay-node.ts'
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
  /** Where each SOCKS port listens. */
  readonly socksPorts: readonly number[]
  readonly #socks: readonly SocksServer[]
  readonly #lock: DirectoryLock

  private constructor({client, services}: Roles, socks: OpenSocks, lock: DirectoryLock) {
    this.client = client
    this.services = services
    this.socksPorts = socks.ports
    this.#socks = socks.servers
    this.#lock = lock
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
    const opened = openRoles(options)
    if (!opened.ok) {
      lock.value.release()
      return opened
    }
    const {client, services} = opened.value
    const socks = await openSocks(config, client)
    if (!socks.ok) {
      await client.close()
      lock.value.release()
      return socks
    }
    client.start()
    services.start()
    logger.notice(`${versionText()} on Node ${process.versions.node}, without an ORPort. Experimental.`)
    for (const {directory: path} of config.onionServices) {
      logger.notice(`The onion service of ${basename(path)} starts; its address is in ${path}/hostname.`)
    }
    for (const port of socks.value.ports)
      logger.notice(`Opened Socks listener on port ${port}, for onion services alone.`)
    return ok(new OriginNode(opened.value, socks.value, lock.value))
  }

  /** Onion services and ports keep the settings that they began with. */
  async reload(_config: RelayConfig): Promise<void> {}

  /** There is nothing that others connect to: new introductions end with the services. */
  stopListening(): void {
    this.services.close()
  }

  async close(): Promise<void> {
    for (const server of this.#socks) await server.close()
    this.services.close()
    await this.client.close()
    this.#lock.release()
  }
}

interface Roles {
  readonly client: ClientNode
  readonly services: OnionServices
}

interface OpenSocks {
  readonly servers: readonly SocksServer[]
  readonly ports: readonly number[]
}

/** Opens every SocksPort, or none. */
async function openSocks(
  {socksPorts}: RelayConfig,
  client: ClientNode
): Promise<Result<OpenSocks, StartFault>> {
  const servers: SocksServer[] = []
  const ports: number[] = []
  for (const [number, port] of socksPorts.entries()) {
    const server = new SocksServer(
      {connect: target => client.connect(target)},
      {
        ...DEFAULT_SOCKS_SERVER_OPTIONS,
        errors: port.flags.includes('ExtendedErrors') ? 'extended' : 'plain',
        isolation: `port ${number}`
      }
    )
    try {
      if ('path' in port) throw new Error('unix sockets are not supported')
      ports.push(await server.listen(port.host, port.port))
      servers.push(server)
    } catch {
      for (const opened of servers) await opened.close()
      return err(
        localFault('cannot-listen', {
          message: 'A SocksPort could not be opened: it is taken, or no TCP port.'
        })
      )
    }
  }
  return ok({servers, ports})
}

function openRoles({
  config,
  logger,
  reachProgress,
  serviceChanged
}: OriginNodeOptions): Result<Roles, StartFault> {
  const state = loadState(config.dataDirectory)
  if (!state.ok) return state
  const authDirectory = config.clientOnionAuthDir
  const authKeys = authDirectory === undefined ? undefined : loadClientAuthKeys(authDirectory)
  if (authKeys?.ok === false) return authKeys
  for (const notice of authKeys?.value.notices ?? []) logger.notice(notice)
  const identities = config.dirAuthorities.map(authority => authority.v3ident)
  const client = new ClientNode(
    {
      authorities: identities.filter(identity => identity !== undefined),
      sources: allSources(config),
      isTesting: config.testingTorNetwork
    },
    {
      guards: guardStore(config, state.value, logger),
      clientKey: identity => authKeys?.value.keyFor(identity),
      trouble: what => logger.about('dir').info(what),
      version: versionText(),
      progress: reachProgress
    }
  )
  const services = OnionServices.open(config.onionServices, {
    build: (path, timeoutMs) => client.core.build(path, timeoutMs),
    netDir: () => client.knownNetDir,
    paths: client.paths,
    isTesting: config.testingTorNetwork,
    allowPrivateAddresses: config.extendAllowPrivateAddresses,
    changed: serviceChanged,
    logger
  })
  return services.ok ? ok({client, services: services.value}) : services
}

/** The guards of before the restart, in the state file. */
export function guardStore(config: RelayConfig, state: RelayState, logger: Logger): GuardStore {
  return {
    load: () => state.all('Guard'),
    save: lines => {
      state.set('Guard', ...lines)
      const saved = saveState(config.dataDirectory, state, versionText(), new Date())
      if (!saved.ok) logger.warn(printDataDirFault(saved.fault))
    }
  }
}
