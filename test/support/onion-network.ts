// A network of relay cores in this process, with all that onion services need of relays, under a consensus and a clock that
// the test sets: real links, circuits and cells, and time as fast as one likes.

import {OriginCore} from '../../src/app/origin-core.ts'
import {paddingParams} from '../../src/channel/padding.ts'
import type {PathHop} from '../../src/circuit/open-circuit.ts'
import {LinkEndpoint} from '../../src/dataplane/link-endpoint.ts'
import {secureFraction} from '../../src/netdir/choose.ts'
import {EntryGuards} from '../../src/netdir/guards/entry-guards.ts'
import type {NetDir} from '../../src/netdir/net-dir.ts'
import {PathSelection} from '../../src/netdir/path-selection.ts'
import {Vanguards} from '../../src/netdir/vanguards.ts'
import {
  DEFAULT_ONION_CLIENT_OPTIONS,
  OnionClient,
  type OnionClientOptions
} from '../../src/roles/client/onion-client.ts'
import {HsCircuits, type HsCircuitsOptions} from '../../src/roles/hs-circuits.ts'
import {type HsDir, openHsDir} from '../../src/roles/hsdir/hsdir.ts'
import {type IntroPoint, openIntroPoint} from '../../src/roles/intro-point/intro-point.ts'
import {DirectoryServer} from '../../src/roles/relay/directory/directory-server.ts'
import {MemoryDirectoryStore} from '../../src/roles/relay/directory/memory-directory-store.ts'
import {openRendPoint} from '../../src/roles/rend-point/rend-point.ts'
import {OnionService, type OnionServiceOptions} from '../../src/roles/service/onion-service.ts'
import {startCore, type TestCore} from './core.ts'
import {makeNetDir} from './made-net-dir.ts'

export interface OnionRelay {
  readonly core: TestCore
  readonly introPoint: IntroPoint
  readonly hsDir: HsDir
}

/** A node of its own: a service's host, or a client's. */
interface Origin {
  readonly core: OriginCore
  readonly circuits: HsCircuits
  readonly paths: PathSelection
}

const NETWORK_TIME = {isTesting: false}
const DESCRIPTOR_MAX = 50_000

export class OnionNetwork {
  readonly relays: OnionRelay[] = []
  /** The clock runs from what it was set to. */
  #setTo: Date
  #setAtMs = performance.now()
  #netDir: NetDir | undefined
  readonly #origins: Origin[] = []
  readonly #closing: (() => void)[] = []

  private constructor(now: Date) {
    this.#setTo = now
  }

  static async start(relayCount: number, now: Date): Promise<OnionNetwork> {
    const network = new OnionNetwork(now)
    for (let i = 0; i < relayCount; i++) network.relays.push(await network.#startRelay())
    network.publish({previousRandom: 1, currentRandom: 2})
    return network
  }

  get now(): Date {
    return new Date(this.#setTo.getTime() + performance.now() - this.#setAtMs)
  }

  get netDir(): NetDir {
    if (this.#netDir === undefined) throw new Error('no consensus yet')
    return this.#netDir
  }

  fingerprintOf({core}: OnionRelay): string {
    return Buffer.from(core.hop.rsaIdentity).toString('hex').toUpperCase()
  }

  /** Sets the clock, without a new consensus. */
  advance(now: Date): void {
    this.#setTo = now
    this.#setAtMs = performance.now()
  }

  /** A new consensus of the present time, with these shared random values (one octet each, 32 times). */
  publish(random: {
    readonly previousRandom: number
    readonly currentRandom: number
    readonly without?: readonly OnionRelay[]
  }): void {
    // A consensus has its relays in the order of their identities.
    const listed = this.relays
      .filter(relay => !random.without?.includes(relay))
      .sort((a, b) => Buffer.compare(a.core.hop.rsaIdentity, b.core.hop.rsaIdentity))
    this.#netDir = makeNetDir({
      relays: listed.map(({core: {hop}}) => ({
        identity: hop.rsaIdentity,
        ...(hop.ed25519Identity === undefined ? {} : {ed25519: hop.ed25519Identity}),
        ...(hop.ntorOnionKey === undefined ? {} : {ntorOnionKey: hop.ntorOnionKey}),
        ipv4: '127.0.0.1',
        orPort: hop.addresses[0]?.port ?? 0
      })),
      // Consensuses are of whole seconds.
      validAfter: new Date(Math.floor(Number(this.now) / 1000) * 1000),
      previousRandom: random.previousRandom,
      currentRandom: random.currentRandom
    })
  }

  service(options: OnionServiceOptions): OnionService {
    const {circuits, paths} = this.#origin({buildTimeoutMs: 5000, attempts: 3})
    const service = new OnionService(options, {
      netDir: () => this.#netDir,
      circuits,
      paths,
      time: NETWORK_TIME,
      allowPrivateAddresses: () => true,
      now: () => this.now,
      log: () => {}
    })
    this.#closing.push(() => service.close())
    return service
  }

  client(
    clientKey: (identity: Uint8Array) => Uint8Array | undefined = () => undefined,
    options: Partial<OnionClientOptions> = {}
  ): OnionClient {
    const {circuits, paths} = this.#origin({buildTimeoutMs: 5000, attempts: 3})
    const client = new OnionClient(
      {
        netDir: () => this.#netDir,
        circuits,
        paths,
        time: NETWORK_TIME,
        clientKey,
        allowPrivateAddresses: () => true,
        random: secureFraction,
        now: () => this.now
      },
      {...DEFAULT_ONION_CLIENT_OPTIONS, ...options}
    )
    this.#closing.push(() => client.close())
    return client
  }

  /** Circuits of a node of its own, to play a part by hand. */
  circuits(): HsCircuits {
    return this.#origin({buildTimeoutMs: 5000, attempts: 3}).circuits
  }

  /** Ends a relay; the consensus goes on listing it until the next one. */
  async stop(relay: OnionRelay): Promise<void> {
    await relay.hsDir.close()
    await relay.core.close()
  }

  async close(): Promise<void> {
    for (const close of this.#closing) close()
    await Promise.all(this.#origins.map(({core}) => core.close()))
    await Promise.all(this.relays.map(relay => this.stop(relay)))
  }

  #origin(options: HsCircuitsOptions): Origin {
    const random = secureFraction
    const now = () => this.now
    const nowMs = () => Number(this.now)
    const lines: string[] = []
    const store = {
      load: () => lines,
      save: (saved: readonly string[]) => void lines.splice(0, lines.length, ...saved)
    }
    const guards = new EntryGuards({store, random, now, version: 'test'})
    const paths = new PathSelection({guards, vanguards: new Vanguards(random, nowMs), random, now: nowMs})
    const endpoint = LinkEndpoint.openClient({
      paddingParams: () => paddingParams(() => undefined),
      nowSeconds: () => Math.floor(Date.now() / 1000)
    })
    const core = new OriginCore(
      {circuitCellsMax: 2500, rate: 0, burst: 0, unverifiedMax: 256},
      {endpoint, listed: () => undefined}
    )
    const build = (path: readonly PathHop[], timeoutMs: number) => core.build(path, timeoutMs)
    const circuits = new HsCircuits({netDir: () => this.#netDir, paths, build, now}, options)
    const origin = {core, circuits, paths}
    this.#origins.push(origin)
    return origin
  }

  async #startRelay(): Promise<OnionRelay> {
    const log = () => {}
    const nowMs = () => Number(this.now)
    const introPoint = openIntroPoint({defaultLimit: () => undefined, nowMs: () => performance.now(), log})
    const rendPoint = openRendPoint({refusesSingleHop: () => false, log})
    const hsDir = openHsDir({
      octetsMax: () => 1 << 24,
      maxDescriptorLength: () => DESCRIPTOR_MAX,
      nowMs,
      saved: {take: () => undefined, put: () => {}}
    })
    const store = new MemoryDirectoryStore({makeDiff: () => Promise.resolve(undefined)})
    const server = new DirectoryServer({}, {store, routes: hsDir.routes, now: () => this.now})
    const core = await startCore({
      deps: {
        roles: new Map([...introPoint.roles, ...rendPoint.roles]),
        openDirectory: (stream, peer) => server.open(stream, peer)
      }
    })
    return {core, introPoint, hsDir}
  }
}
