// The control port of a process, put together: what the settings say of its listeners and of who may come, and the node
// behind the interfaces that control declares. It belongs to the process, as signals do: nodes that are embedded have none.

import {chmodSync, lstatSync, rmSync} from 'node:fs'
import type {ConfigFault} from '../../config/fault.ts'
import type {LocalPort} from '../../config/port-lines.ts'
import type {RelayConfig} from '../../config/relay-config.ts'
import {Authentication, type AuthenticationOptions} from '../../control/authentication.ts'
import {
  type ControlAddress,
  ControlPorts,
  DEFAULT_CONTROL_PORTS_OPTIONS
} from '../../control/control-ports.ts'
import {ControlEvents} from '../../control/events.ts'
import type {ControlledNode, ControlSignal} from '../../control/node.ts'
import {removeControlCookie, writeControlCookie} from '../../datadir/control-cookie.ts'
import {printDataDirFault} from '../../datadir/fault.ts'
import {writeWhole} from '../../datadir/file.ts'
import {localFault} from '../../fault/fault.ts'
import {err, ok, type Result} from '../../fault/result.ts'
import type {Log} from '../../log/log.ts'
import type {CapUses} from '../../metrics/ramson-metrics.ts'
import {asRoot, giveToUser} from '../confinement/user.ts'
import {knownNetwork} from '../known-network.ts'
import type {StartFault} from '../relay-node.ts'
import {SocketSettings} from '../socket-settings.ts'
import {versionText} from '../version.ts'
import {BandwidthCache} from './bandwidth-cache.ts'
import type {Controllable} from './controllable.ts'
import {AddressesOfNode} from './controlled-addresses.ts'
import {CircuitsOfNode, CONTROLLER_CIRCUITS_MAX} from './controlled-circuits.ts'
import {CONTROLLER_UPLOADS_MAX, DescriptorsOfNode} from './controlled-descriptors.ts'
import {FactsOfNode} from './controlled-facts.ts'
import {OnionsOfNode} from './controlled-onions.ts'
import {StreamsOfNode} from './controlled-streams.ts'
import {LiveSettings} from './live-settings.ts'
import {NodeEvents} from './node-events.ts'
import {OwningProcess} from './owning-process.ts'

/** What C tor's controllers know of that we do: they decide by the number what they may ask. */
const TOR_VERSION = '0.4.9.11'
const HASHED_PASSWORD = /^16:[0-9A-Fa-f]{58}$/
const LOOPBACK = /^(?:127\.\d+\.\d+\.\d+|::1|localhost)$/

export interface ControlProcess {
  readonly log: Log
  readonly config: () => RelayConfig
  readonly readText: (text: string) => Result<RelayConfig, ConfigFault>
  readonly adopt: (config: RelayConfig) => Promise<Result<undefined, ConfigFault>>
  readonly torrcFile: string
  readonly defaultsFile: string
  /** As if the process had got the signal. */
  readonly signal: (signal: 'SIGHUP' | 'SIGINT' | 'SIGTERM' | 'SIGUSR1' | 'SIGUSR2') => void
}

type Parts = ReturnType<typeof controlled>

export class Control {
  readonly ports: ControlPorts
  readonly #parts: Parts
  readonly #closing: (() => void)[]

  private constructor(ports: ControlPorts, parts: Parts, closing: (() => void)[]) {
    this.ports = ports
    this.#parts = parts
    this.#closing = closing
  }

  /** Undefined where the settings have no control port. */
  static async open(
    node: Controllable,
    host: ControlProcess
  ): Promise<Result<Control | undefined, StartFault>> {
    const config = host.config()
    if (config.controlPorts.length === 0) return ok(undefined)
    const options = authenticationOptions(config)
    if (!options.ok) return options
    const {cookie} = options.value
    const authentication = new Authentication(options.value)
    const exposed = config.controlPorts.find(port => 'host' in port && !LOOPBACK.test(port.host))
    if (exposed !== undefined && authentication.isOpenToAll) {
      return cannotListen(
        'A ControlPort that others can reach needs CookieAuthentication 1 or a HashedControlPassword.'
      )
    }
    let subscriptionsChanged = () => {}
    const events = new ControlEvents(() => subscriptionsChanged())
    const bandwidth = new BandwidthCache(node.core.plane.counters)
    const where: string[] = []
    const parts = controlled(node, host, events, bandwidth, where)
    const logger = host.log.logger.about('control')
    const opened = await listen(config.controlPorts, {
      node: parts.node,
      authentication,
      events,
      constrain: new SocketSettings(host.config).constrain,
      failed: error => logger.warn(`A control command failed: ${String(error)}`),
      ownerGone: () => {
        logger.notice('Owning controller connection has closed -- exiting now.')
        host.signal('SIGTERM')
      }
    })
    if (!opened.ok) {
      if (cookie !== undefined) removeControlCookie(cookie.file)
      return cannotListen(opened.fault.data?.message ?? 'The control port could not be opened.')
    }
    where.push(...opened.value.bound.map(boundText))
    for (const each of where) logger.notice(`Opened Control listener on ${each}`)
    writePorts(config, where, logger.warn)
    const nodeEvents = new NodeEvents({...parts, node, events, bandwidth, log: host.log})
    subscriptionsChanged = () => nodeEvents.subscriptionsChanged()
    const owner = new OwningProcess(host)
    return ok(
      new Control(opened.value, parts, [
        () => owner.stop(),
        () => nodeEvents.close(),
        () => parts.descriptors.close(),
        () => {
          if (cookie !== undefined) removeControlCookie(cookie.file)
          for (const port of config.controlPorts) if ('path' in port) removeSocket(port.path)
        }
      ])
    )
  }

  /** How full is what controllers may have. */
  get caps(): CapUses {
    const {circuits, descriptors} = this.#parts
    return {
      control_connections: {
        used: this.ports.connections,
        limit: DEFAULT_CONTROL_PORTS_OPTIONS.connectionsMax
      },
      controller_circuits: {used: circuits.madeCount, limit: CONTROLLER_CIRCUITS_MAX},
      controller_uploads: {used: descriptors.uploads, limit: CONTROLLER_UPLOADS_MAX}
    }
  }

  async close(): Promise<void> {
    await this.ports.close()
    for (const close of this.#closing) close()
  }
}

function controlled(
  node: Controllable,
  host: ControlProcess,
  events: ControlEvents,
  bandwidth: BandwidthCache,
  where: readonly string[]
) {
  const isNetworkKnown = () =>
    knownNetwork(node.netDir(), host.config().pathsNeededToBuildCircuits) !== undefined
  const facts = new FactsOfNode({
    node,
    bandwidth,
    maxMemInQueues: () => host.config().maxMemInQueues,
    isNetworkKnown,
    controlListeners: () => where
  })
  const circuits = new CircuitsOfNode(node)
  const streams = new StreamsOfNode(node)
  node.side.streams.leavesUnattached = () => {
    return host.config().given.get('__LeaveStreamsUnattached')?.at(-1)?.value === '1'
  }
  const descriptors = new DescriptorsOfNode(node, host.config().testingTorNetwork)
  const settings = new LiveSettings({
    ...host,
    current: host.config,
    changed: lines => {
      events.tellLines('CONF_CHANGED', () => [
        'CONF_CHANGED',
        ...lines.map(([name, value]) => (value === undefined ? name : `${name}=${value}`)),
        'OK'
      ])
    }
  })
  const controlledNode: ControlledNode = {
    version: `${TOR_VERSION} (${versionText().replace(' ', '-')})`,
    facts,
    settings,
    network: {
      netDir: () => node.netDir(),
      isEnough: isNetworkKnown,
      consensus: flavour => {
        const octets = node.documents.consensus(flavour)?.octets
        return octets && Buffer.from(octets).toString('utf8')
      },
      microdescriptor: digest => node.documents.microdescriptor(digest)
    },
    circuits,
    streams,
    addresses: new AddressesOfNode(node.side.addresses),
    onions: new OnionsOfNode(node.side),
    descriptors,
    signal: name => signal(name, node, host),
    dropGuards: () => node.side.guards.drop()
  }
  return {node: controlledNode, facts, circuits, streams, descriptors}
}

const PROCESS_SIGNALS = {
  RELOAD: 'SIGHUP',
  SHUTDOWN: 'SIGINT',
  HALT: 'SIGTERM',
  DUMP: 'SIGUSR1',
  DEBUG: 'SIGUSR2'
} as const

function signal(name: ControlSignal, node: Controllable, host: ControlProcess): void {
  switch (name) {
    case 'NEWNYM':
      node.side.client.newIdentity()
      break
    case 'HEARTBEAT':
      node.heartbeat()
      break
    // There is no cache of names, and nothing is put to sleep.
    case 'CLEARDNSCACHE':
    case 'DORMANT':
    case 'ACTIVE':
      break
    default:
      host.signal(PROCESS_SIGNALS[name])
  }
}

function authenticationOptions(config: RelayConfig): Result<AuthenticationOptions, StartFault> {
  const {cookieAuthentication, cookieAuthFile, cookieAuthFileGroupReadable, hashedControlPasswords} = config
  if (!hashedControlPasswords.every(hashed => HASHED_PASSWORD.test(hashed))) {
    return cannotListen('A HashedControlPassword is none. Make one with ramson --hash-password PASSWORD.')
  }
  if (!cookieAuthentication) return ok({cookie: undefined, passwords: hashedControlPasswords})
  const cookie = writeControlCookie(cookieAuthFile, cookieAuthFileGroupReadable ? 'group' : 'owner')
  if (!cookie.ok) return cannotListen(printDataDirFault(cookie.fault))
  return ok({cookie: {octets: cookie.value, file: cookieAuthFile}, passwords: hashedControlPasswords})
}

function addressOf(port: LocalPort): ControlAddress {
  return 'path' in port ? {path: port.path} : {host: port.host, port: port.port}
}

function boundText(bound: ControlPorts['bound'][number]): string {
  if (typeof bound === 'string') return `unix:${bound}`
  return bound.host.includes(':') ? `[${bound.host}]:${bound.port}` : `${bound.host}:${bound.port}`
}

function listen(
  ports: readonly LocalPort[],
  deps: Parameters<typeof ControlPorts.listen>[1]
): ReturnType<typeof ControlPorts.listen> {
  return asRoot(async () => {
    for (const port of ports) if ('path' in port) removeSocket(port.path)
    const opened = await ControlPorts.listen(ports.map(addressOf), deps)
    for (const port of opened.ok ? ports : []) {
      if (!('path' in port)) continue
      chmodSync(port.path, socketMode(port))
      giveToUser(port.path)
    }
    return opened
  })
}

/** One that a process before us left behind. In a folder of root's, it stays there when we end without root's rights. */
function removeSocket(path: string): void {
  try {
    if (lstatSync(path, {throwIfNoEntry: false})?.isSocket() === true) rmSync(path, {force: true})
  } catch {
    // Whoever listens there next says what is in the way.
  }
}

function socketMode({flags}: LocalPort): number {
  const has = (wanted: string) => flags.some(flag => flag.toLowerCase() === wanted)
  if (has('worldwritable')) return 0o666
  return has('groupwritable') ? 0o660 : 0o600
}

/** ControlPortWriteToFile: for whoever let the system choose. */
function writePorts(
  {controlPortWriteToFile: path}: RelayConfig,
  where: readonly string[],
  warn: (message: string) => void
): void {
  if (path === undefined) return
  const lines = where.map(each =>
    each.startsWith('unix:') ? `UNIX_PORT=${each.slice('unix:'.length)}\n` : `PORT=${each}\n`
  )
  const written = writeWhole(path, lines.join(''))
  if (!written.ok) warn(printDataDirFault(written.fault))
}

function cannotListen(message: string): Result<never, StartFault> {
  return err(localFault('cannot-listen', {message}))
}
