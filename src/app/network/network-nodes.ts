// The nodes of a private network while they run, and what the rest asks of them. Started in the order in which they need
// one another, stopped in the opposite one. Owns the nodes, the threads that they share, and the status page.

import {dataPlaneInfo} from '../../crypto/relay-crypto/relay-crypto.ts'
import {ok, type Result} from '../../fault/result.ts'
import type {NetDir} from '../../netdir/net-dir.ts'
import {hasFlag} from '../../netdir/relay.ts'
import {OnionSkinWorkers} from '../../pool/onion-skin-workers.ts'
import type {ReachProgress} from '../../roles/client/reach-progress.ts'
import type {PeriodDescriptor} from '../../roles/service/period-descriptor.ts'
import {choosePlane, planeText} from '../data-plane.ts'
import {OriginNode} from '../origin-node.ts'
import {RelayNode, type StartFault} from '../relay-node.ts'
import {printStartFault} from '../start-fault.ts'
import {StatusServer} from '../status/status-server.ts'
import {versionText} from '../version.ts'
import {failure, type NetworkAddresses, type NetworkFault} from './events.ts'
import {LiveStatus, type NodeGauge} from './live-status.ts'
import type {Preparation, PreparedNode} from './prepare.ts'
import type {StepNumber, Steps} from './steps.ts'

/** Cells a network of this size moves need no more to answer its onion skins. */
const ONION_SKIN_THREADS = 1
/** Threads for cells would be more than there are cores for them. */
const NO_SHARDS = 0

export class NetworkNodes {
  readonly #preparation: Preparation
  readonly #status: LiveStatus
  readonly #workers = new OnionSkinWorkers(ONION_SKIN_THREADS)
  readonly #relays = new Map<string, RelayNode>()
  #statusServer: StatusServer | undefined
  #service: OriginNode | undefined
  #client: OriginNode | undefined
  #isStopping = false

  constructor(preparation: Preparation, steps: Steps) {
    this.#preparation = preparation
    this.#status = new LiveStatus({
      about: `${versionText()} · ${cellsMovedBy()}`,
      steps,
      notices: preparation.notices,
      order: preparation.nodes.map(({name}) => name),
      netDir: () => this.#netDir,
      facts: () => this.#facts()
    })
  }

  /** The authority first, because the relays publish to it at once. */
  async startRelays(): Promise<Result<undefined, NetworkFault>> {
    const {nodes, ports} = this.#preparation
    const server = await StatusServer.start(ports.status, () => this.#status.status())
    if (!server.ok) {
      const message = `port ${ports.status}, which is for the status page, is in use`
      return failure(0, undefined, message, 'Choose another one with --status-port.')
    }
    this.#statusServer = server.value
    for (const kind of ['authority', 'relay'] as const) {
      const started = await Promise.all(
        nodes.filter(node => node.kind === kind).map(node => this.#startRelay(node))
      )
      const failed = started.find(result => !result.ok)
      if (failed !== undefined) return failed
    }
    return ok(undefined)
  }

  async startService(changed: () => void): Promise<Result<OriginNode, NetworkFault>> {
    const node = this.#node('service')
    const started = await OriginNode.start({
      config: node.config,
      logger: node.log.logger,
      serviceChanged: () => {
        changed()
        // What became possible need not wait for the next second.
        setImmediate(() => this.maintainServices())
      }
    })
    if (!started.ok) return this.#failed(1, node, started.fault)
    this.#service = started.value
    this.#status.add(originGauge('service', started.value, () => this.#serviceRoles()))
    return started
  }

  async startClient(reachProgress: ReachProgress): Promise<Result<OriginNode, NetworkFault>> {
    const node = this.#node('client')
    const started = await OriginNode.start({config: node.config, logger: node.log.logger, reachProgress})
    if (!started.ok) return this.#failed(3, node, started.fault)
    this.#client = started.value
    this.#status.add(originGauge('client', started.value, () => ['SOCKS5']))
    return started
  }

  /** Ends one relay, without a word to anybody. */
  async stopRelay(name: string): Promise<void> {
    const node = this.#relays.get(name)
    this.#relays.delete(name)
    await node?.close()
  }

  /** The relays by their names, the authority's among them. */
  get relays(): ReadonlyMap<string, RelayNode> {
    return this.#relays
  }

  /** Relays and the authority. */
  get relayCount(): number {
    return this.#relays.size
  }

  /** Names of those that the newest consensus lists as running. */
  get listed(): readonly string[] {
    const running = new Set(
      (this.#netDir?.relays ?? [])
        .filter(relay => hasFlag(relay, 'Running'))
        .map(({fingerprint}) => fingerprint)
    )
    return [...this.#relays].filter(([, node]) => running.has(node.fingerprint)).map(([name]) => name)
  }

  get unlisted(): readonly string[] {
    const {listed} = this
    return [...this.#relays.keys()].filter(name => !listed.includes(name))
  }

  /** Of the onion service. */
  get descriptors(): readonly PeriodDescriptor[] {
    return this.#service?.services.running.flatMap(({service}) => service.descriptors) ?? []
  }

  get addresses(): NetworkAddresses {
    const {ports, directory, joinRelay, joinClient} = this.#preparation
    const onion = this.#service?.services.running[0]?.address ?? ''
    return {
      onion,
      socksPort: ports.socks,
      command: `curl --socks5-hostname 127.0.0.1:${ports.socks} http://${onion}/`,
      statusUrl: this.#statusServer?.url ?? '',
      directory,
      joinRelay,
      joinClient
    }
  }

  async close(): Promise<void> {
    this.#isStopping = true
    this.#status.stop()
    await this.#client?.close()
    await this.#service?.close()
    await Promise.all([...this.#relays.values()].map(node => node.close()))
    await this.#workers.close()
    await this.#statusServer?.close()
  }

  get #netDir(): NetDir | undefined {
    return this.#relays.get(this.#node('authority').name)?.network.netDir
  }

  async #startRelay(node: PreparedNode): Promise<Result<undefined, NetworkFault>> {
    const started = await RelayNode.start({
      config: node.config,
      logger: node.log.logger,
      onionSkinWorkers: this.#workers,
      shards: NO_SHARDS,
      expectedRelays: node.kind === 'authority' ? this.#preparation.relays : undefined
    })
    if (!started.ok) return this.#failed(0, node, started.fault)
    this.#relays.set(node.name, started.value)
    this.#status.add(relayGauge(node, started.value))
    return ok(undefined)
  }

  #node(name: string): PreparedNode {
    const found = this.#preparation.nodes.find(node => node.name === name)
    if (found === undefined) throw new Error(`no node ${name}`)
    return found
  }

  /** Has the services do now what they would do within a second. */
  maintainServices(): void {
    if (this.#isStopping) return
    for (const {service} of this.#service?.services.running ?? []) service.maintain()
  }

  #failed(step: StepNumber, node: PreparedNode, fault: StartFault): Result<never, NetworkFault> {
    return failure(step, node.name, printStartFault(fault), this.#preparation.wayOut(node.name))
  }

  #serviceRoles(): string[] {
    const points = this.descriptors.reduce((sum, descriptor) => sum + descriptor.points.described.length, 0)
    const joined =
      this.#service?.services.running.reduce(
        (sum, {service}) => sum + service.counters.rendezvousEstablished,
        0
      ) ?? 0
    return ['onion service', `introduction circuits ×${points}`, `clients ×${joined}`]
  }

  #facts(): (readonly [string, string])[] {
    const {onion, command, directory, joinRelay, joinClient} = this.addresses
    if (onion === '') return []
    return [
      ['Address', onion],
      ['Try it', command],
      ['Join as a relay', `tor -f ${joinRelay}`],
      ['Join as a client', `tor -f ${joinClient}`],
      ['Keys and logs', directory]
    ]
  }
}

/** Why there are no shards needs no saying here. */
function cellsMovedBy(): string {
  const choice = choosePlane(NO_SHARDS)
  const {implementation, kernel} = dataPlaneInfo()
  const cryptography = `cell cryptography: ${implementation} (${kernel})`
  return choice.kind === 'plain' ? `data plane: plain, over node:tls · ${cryptography}` : planeText(choice)
}

function relayGauge({name, kind}: PreparedNode, node: RelayNode): NodeGauge {
  const {counters} = node.core.plane
  return {
    name,
    kind,
    fingerprint: node.fingerprint,
    channels: () => node.core.channels.size,
    circuits: () => node.core.registry.size,
    cells: () => counters.cellsReceived + counters.cellsSent,
    roles: () => {
      const {introCircuits, rendCookies, hsDirDescriptors} = node.onionRoles.sizes()
      const rendezvous = rendCookies + node.onionRoles.counters.rendPoint.rendezvous1.success
      return [
        ...(kind === 'authority' ? ['directory authority'] : []),
        ...(introCircuits > 0 ? [`introduction point ×${introCircuits}`] : []),
        ...(rendezvous > 0 ? [`rendezvous ×${rendezvous}`] : []),
        ...(hsDirDescriptors > 0 ? [`HSDir of ${hsDirDescriptors}`] : [])
      ]
    }
  }
}

function originGauge(
  name: 'service' | 'client',
  {client: {core}}: OriginNode,
  roles: () => readonly string[]
): NodeGauge {
  const {counters} = core.plane
  return {
    name,
    kind: name,
    fingerprint: undefined,
    channels: () => core.channels.size,
    circuits: () => core.registry.size,
    cells: () => counters.cellsReceived + counters.cellsSent,
    roles
  }
}
