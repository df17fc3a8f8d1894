// An onion client put together: links without an identity, the documents of the network, guards, and the onion client with
// its SOCKS port. It listens on the loopback for applications and nowhere else.
//
//   start: documents fetched ─▶ `ready` ─▶ connect, or SOCKS

import type {Duplex} from 'node:stream'
import {type ClientPadding, DEFAULT_CLIENT_PADDING, paddingParams} from '../channel/padding.ts'
import type {PathHop} from '../circuit/open-circuit.ts'
import type {OriginPadding} from '../circuit/padding/origin-padding.ts'
import {LinkEndpoint} from '../dataplane/link-endpoint.ts'
import type {SocketOctets} from '../dataplane/socket-buffers.ts'
import type {DirSource} from '../directory/dir-source.ts'
import {Keeper} from '../directory/keeper.ts'
import {NetworkDocuments} from '../directory/network-documents.ts'
import type {Result} from '../fault/result.ts'
import {secureFraction} from '../netdir/choose.ts'
import {EntryGuards, type GuardStore} from '../netdir/guards/entry-guards.ts'
import {NetDir} from '../netdir/net-dir.ts'
import {PathSelection} from '../netdir/path-selection.ts'
import {Vanguards} from '../netdir/vanguards.ts'
import type {DescriptorWatch} from '../roles/client/descriptor-source.ts'
import type {OnionClientFault} from '../roles/client/fault.ts'
import {OnionClient, type OnionTarget} from '../roles/client/onion-client.ts'
import type {ReachProgress} from '../roles/client/reach-progress.ts'
import {type BuildOwnCircuit, HsCircuits} from '../roles/hs-circuits.ts'
import {RelayCommand} from '../wire/relay-cell.ts'
import {knownNetwork} from './known-network.ts'
import {OriginCore} from './origin-core.ts'
import {type CircuitPaddingSettings, DEFAULT_CIRCUIT_PADDING, openOwnPadding} from './own-padding.ts'

export interface ClientNodeOptions {
  /** The v3 identities (20 octets) of the authorities that are trusted. */
  readonly authorities: readonly Uint8Array[]
  readonly sources: readonly DirSource[]
  /** TestingTorNetwork: short time periods, and addresses that only a private network has. */
  readonly isTesting: boolean
  /** KeepalivePeriod; C tor's default when left out. */
  readonly keepaliveMs?: number
  /** PathsNeededToBuildCircuits; what the consensus says when left out. */
  readonly pathsNeeded?: number | undefined
  /** ConnectionPadding and ReducedConnectionPadding; C tor's defaults when left out. */
  readonly connectionPadding?: ClientPadding
  /** CircuitPadding and ReducedCircuitPadding. */
  readonly circuitPadding?: CircuitPaddingSettings
}

export interface ClientNodeDeps {
  readonly guards: GuardStore
  /** Our X25519 secret for a service with restricted discovery. */
  readonly clientKey: (identity: Uint8Array) => Uint8Array | undefined
  /** For the log: what went wrong, in words without addresses. */
  readonly trouble: (what: string) => void
  readonly version: string
  readonly progress?: ReachProgress | undefined
  readonly descriptorWatch?: DescriptorWatch | undefined
  readonly socketOctets?: SocketOctets | undefined
}

const CIRCUIT_CELLS_MAX = 2500
const DIR_CIRCUIT_TIMEOUT_MS = 30_000
const READY_POLL_MS = 100
const TESTING_RETRY_MS = 1000

export class ClientNode {
  readonly core: OriginCore
  readonly client: OnionClient
  readonly paths: PathSelection
  readonly guards: EntryGuards
  readonly documents: NetworkDocuments
  /** Of this moment; its links follow it. */
  connectionPadding: ClientPadding = DEFAULT_CLIENT_PADDING
  circuitPadding: CircuitPaddingSettings = DEFAULT_CIRCUIT_PADDING
  readonly padding: OriginPadding
  readonly #keeper: Keeper
  readonly #pathsNeeded: number | undefined
  #isAsleep = false
  #netDir: NetDir | undefined

  constructor(
    {
      authorities,
      sources,
      isTesting,
      keepaliveMs,
      pathsNeeded,
      connectionPadding,
      circuitPadding
    }: ClientNodeOptions,
    deps: ClientNodeDeps
  ) {
    const now = () => new Date()
    this.#pathsNeeded = pathsNeeded
    if (connectionPadding !== undefined) this.connectionPadding = connectionPadding
    if (circuitPadding !== undefined) this.circuitPadding = circuitPadding
    const param = (name: string) => this.#netDir?.consensus.params.get(name)
    this.padding = openOwnPadding(
      param,
      () => this.circuitPadding,
      () => this.core.plane.counters
    )
    const netDir = () => (this.#isAsleep ? undefined : this.#netDir)
    const endpoint = LinkEndpoint.openClient({
      paddingParams: () => paddingParams(param, keepaliveMs, this.connectionPadding),
      nowSeconds: () => Math.floor(Date.now() / 1000)
    })
    this.core = new OriginCore(
      {circuitCellsMax: CIRCUIT_CELLS_MAX, rate: 0, burst: 0, unverifiedMax: 256},
      {
        endpoint,
        listed: identity => this.#listed(identity),
        isDormant: () => this.#isAsleep,
        socketOctets: deps.socketOctets
      }
    )
    this.documents = new NetworkDocuments(authorities)
    this.#keeper = new Keeper({
      documents: this.documents,
      sources: () => sources,
      openDirStream: hop => this.#openDirStream(hop),
      flavours: ['microdesc'],
      // Where consensuses come every few seconds nobody is spared by asking late or seldom.
      isCache: isTesting,
      retryMaxMs: isTesting ? TESTING_RETRY_MS : undefined,
      isIdle: () => this.#isAsleep,
      now,
      events: {
        consensus: (_flavour, consensus) => {
          this.#netDir = NetDir.fromMicrodescriptors(consensus, this.documents.microdescriptors())
        },
        microdescriptors: fresh => {
          this.#netDir = this.#netDir?.withMicrodescriptors(fresh)
        },
        certs: () => {},
        trouble: deps.trouble
      }
    })
    const random = secureFraction
    const guards = new EntryGuards({store: deps.guards, random, now, version: deps.version})
    const paths = new PathSelection({
      guards,
      vanguards: new Vanguards(random, Date.now),
      random,
      now: Date.now
    })
    this.guards = guards
    this.paths = paths
    const build: BuildOwnCircuit = (...circuit) => this.core.build(...circuit)
    const circuits = new HsCircuits({netDir, paths, build, padding: this.padding, now})
    this.client = new OnionClient({
      netDir,
      circuits,
      paths,
      time: {isTesting},
      clientKey: deps.clientKey,
      allowPrivateAddresses: () => isTesting,
      random,
      now,
      progress: deps.progress,
      descriptorWatch: deps.descriptorWatch
    })
  }

  get netDir(): NetDir | undefined {
    return this.#netDir
  }

  /** The same, once enough of its relays are known to build circuits. */
  get knownNetDir(): NetDir | undefined {
    return this.#isAsleep ? undefined : knownNetwork(this.#netDir, this.#pathsNeeded)
  }

  get isAsleep(): boolean {
    return this.#isAsleep
  }

  /** Closes all links, and makes none before `wake`. */
  sleep(): void {
    this.#isAsleep = true
    for (const {info} of [...this.core.channels.values()]) this.core.plane.closeChannel(info.channel)
  }

  wake(): void {
    this.#isAsleep = false
  }

  /** Begins to fetch documents. */
  start(): void {
    this.#keeper.start()
  }

  /** True once enough is known of the network to build circuits; false when that takes too long. */
  async ready(timeoutMs: number): Promise<boolean> {
    const deadline = Date.now() + timeoutMs
    while (this.knownNetDir === undefined) {
      if (Date.now() >= deadline) return false
      await new Promise(done => setTimeout(done, READY_POLL_MS))
    }
    return true
  }

  connect(target: OnionTarget): Promise<Result<Duplex, OnionClientFault>> {
    return this.client.connect(target)
  }

  async close(): Promise<void> {
    this.#keeper.stop()
    this.client.close()
    await this.core.close()
  }

  #listed(rsaIdentity: Uint8Array) {
    const relay = this.#netDir?.relayByIdentity(rsaIdentity)
    if (relay === undefined) return undefined
    const {ipv4, ipv6} = relay.status
    const addresses = ipv6 === undefined ? [ipv4.address] : [ipv4.address, ipv6.address]
    return {ed25519Identity: relay.ed25519, addresses}
  }

  async #openDirStream(hop: PathHop): Promise<{stream: Duplex; release: () => void} | undefined> {
    const built = await this.core.build([hop], DIR_CIRCUIT_TIMEOUT_MS)
    if (!built.ok) return undefined
    const {circuit, streams} = built.value
    const opened = await streams.open(0, RelayCommand.BEGIN_DIR, new Uint8Array(0), DIR_CIRCUIT_TIMEOUT_MS)
    if (opened.ok) return {stream: opened.value, release: () => circuit.close()}
    circuit.close()
    return undefined
  }
}
