// A private network in this process: one authority, relays, an onion service and a client, each with its own settings,
// keys, links and circuits. They share the threads for onion skins and otherwise nothing but the network.
//
//   0 authority, relays ─▶ first consensus   1, 2 service: introduction points, descriptor
//   client: page asked for through SOCKS ─▶ 3 descriptor  4 rendezvous point  5 introduction  6 meeting, page
//
// Every step is told when it happens in the roles themselves; nothing here stands in for them.

import {setTimeout as delay} from 'node:timers/promises'
import type {Result} from '../../fault/result.ts'
import {ok} from '../../fault/result.ts'
import type {ReachPart, ReachProgress} from '../../roles/client/reach-progress.ts'
import {SocksReply} from '../../roles/client/socks/reply.ts'
import type {PeriodDescriptor} from '../../roles/service/period-descriptor.ts'
import {failure, type NetworkAddresses, type NetworkEvents, type NetworkFault} from './events.ts'
import {SERVICE_PORT} from './layout.ts'
import {NetworkNodes} from './network-nodes.ts'
import type {PrivateNetworkOptions} from './network-options.ts'
import {type Preparation, prepare} from './prepare.ts'
import {fetchOverSocks, type SocksFetchFault} from './socks-fetch.ts'
import {type StepNumber, Steps} from './steps.ts'

const CONSENSUS_TIMEOUT_MS = 60_000
const SERVICE_TIMEOUT_MS = 60_000
const CLIENT_TIMEOUT_MS = 30_000
const VISIT_TIMEOUT_MS = 60_000
const VISITS = 3
const BETWEEN_VISITS_MS = 3000
const POLL_MS = 25

const STEP_OF: Readonly<Record<ReachPart, StepNumber>> = {
  descriptor: 3,
  rendezvous: 4,
  introduction: 5,
  meeting: 6
}
const BEGUN: Readonly<Record<ReachPart, string>> = {
  descriptor: 'asking an HSDir',
  rendezvous: 'leaving a one-time secret at a relay',
  introduction: 'asking an introduction point to pass a message on',
  meeting: 'waiting for the service to come'
}
const DONE: Readonly<Record<ReachPart, string>> = {
  descriptor: 'found at an HSDir by the address alone, verified and decrypted',
  rendezvous: 'a relay holds a one-time secret for the service',
  introduction: 'an introduction point has passed the secret on',
  meeting: 'one circuit, encrypted from end to end'
}

export class PrivateNetwork {
  readonly addresses: NetworkAddresses
  readonly #preparation: Preparation
  readonly #nodes: NetworkNodes

  private constructor(preparation: Preparation, nodes: NetworkNodes, addresses: NetworkAddresses) {
    this.#preparation = preparation
    this.#nodes = nodes
    this.addresses = addresses
  }

  /**
   * Resolves when the page was fetched, or with the step that failed; then everything has been stopped again. `signal`
   * gives up at the next step.
   */
  static async start(
    options: PrivateNetworkOptions,
    events: NetworkEvents,
    signal?: AbortSignal
  ): Promise<Result<PrivateNetwork, NetworkFault>> {
    const begunAtMs = performance.now()
    const steps = new Steps(event => events.step(event))
    steps.begin(0, 'making keys')
    const prepared = await prepare(options, steps)
    if (!prepared.ok) {
      steps.failed(0, prepared.fault.data?.message ?? '')
      return prepared
    }
    const nodes = new NetworkNodes(prepared.value, steps)
    const walked = await new Walk(prepared.value, nodes, steps, signal).take()
    if (walked.ok) {
      events.ready(walked.value, performance.now() - begunAtMs)
      return ok(new PrivateNetwork(prepared.value, nodes, walked.value))
    }
    steps.failed(walked.fault.data?.step ?? steps.current, walked.fault.data?.message ?? '')
    await nodes.close()
    await prepared.value.close()
    return walked
  }

  async stop(): Promise<void> {
    await this.#nodes.close()
    await this.#preparation.close()
  }
}

/** The way from nothing to the page. */
class Walk {
  readonly #preparation: Preparation
  readonly #nodes: NetworkNodes
  readonly #steps: Steps
  readonly #signal: AbortSignal | undefined

  constructor(preparation: Preparation, nodes: NetworkNodes, steps: Steps, signal: AbortSignal | undefined) {
    this.#preparation = preparation
    this.#nodes = nodes
    this.#steps = steps
    this.#signal = signal
  }

  async take(): Promise<Result<NetworkAddresses, NetworkFault>> {
    const relays = await this.#networkUp()
    if (!relays.ok) return relays
    const service = await this.#nodes.startService(() => this.#serviceChanged())
    if (!service.ok) return service
    this.#steps.begin(1, 'building circuits to relays that are to introduce clients')
    const progress: ReachProgress = (part, state) => this.#clientProgress(part, state)
    const client = await this.#nodes.startClient(progress)
    if (!client.ok) return client
    // The service looks once a second; when it can begin, it need not wait for that.
    await this.#until(() => service.value.client.knownNetDir !== undefined, CLIENT_TIMEOUT_MS)
    this.#nodes.maintainServices()
    const published = await this.#published()
    if (!published.ok) return published
    const isReady = () => client.value.client.knownNetDir !== undefined
    if (!(await this.#until(isReady, CLIENT_TIMEOUT_MS))) {
      return this.#failed(3, 'client', 'the client did not get to know the relays of the network')
    }
    return this.#visit()
  }

  async #networkUp(): Promise<Result<undefined, NetworkFault>> {
    const {relays} = this.#preparation
    if (this.#signal?.aborted === true) return this.#failed(0, 'authority', '')
    this.#steps.detail(0, `starting the authority and ${relays} relays`)
    const started = await this.#nodes.startRelays()
    if (!started.ok) return started
    this.#steps.detail(0, 'waiting for the first consensus')
    const wanted = this.#nodes.relayCount
    if (!(await this.#until(() => this.#nodes.listed.length >= wanted, CONSENSUS_TIMEOUT_MS))) {
      const missing = this.#nodes.unlisted.join(', ')
      return this.#failed(0, missing, 'the consensus of the authority does not list it as running')
    }
    this.#steps.done(0, `1 authority, ${relays} relays; the first consensus lists them as running`)
    return ok(undefined)
  }

  /** Steps 1 and 2, which the service takes by itself. */
  async #published(): Promise<Result<undefined, NetworkFault>> {
    if (await this.#until(() => this.#steps.isDone(2), SERVICE_TIMEOUT_MS)) return ok(undefined)
    const {current} = this.#steps
    const reached = current === 1 ? this.#introductionPoints() : this.#hsdirs()
    return this.#failed(current, 'service', `it took more than ${SERVICE_TIMEOUT_MS / 1000} s: ${reached}`)
  }

  #serviceChanged(): void {
    const {descriptors} = this.#nodes
    const isEstablished = descriptors.length > 0 && descriptors.every(({points}) => points.isComplete)
    this.#steps.detail(1, this.#introductionPoints())
    if (isEstablished) {
      this.#steps.done(1, this.#introductionPoints())
      this.#steps.begin(2, 'uploading to the HSDirs of the ring')
    }
    this.#steps.detail(2, this.#hsdirs())
    const isPublished = descriptors.every(({published}) => isComplete(published))
    if (isEstablished && isPublished) this.#steps.done(2, this.#hsdirs())
  }

  #introductionPoints(): string {
    const counts = this.#nodes.descriptors.map(({points}) => points.described.length)
    return `${counts.join(' and ') || '0'} relays are introduction points, for two periods of time`
  }

  #hsdirs(): string {
    const counts = this.#nodes.descriptors.map(({published}) => published.accepted)
    return `${counts.join(' and ') || '0'} HSDirs have the descriptors of the two periods`
  }

  #clientProgress(part: ReachPart, state: Parameters<ReachProgress>[1]): void {
    const step = STEP_OF[part]
    if (state === 'begun') this.#steps.begin(step, BEGUN[part])
    // The client tries again by itself; whether it got there in the end shows when the page has come.
    else if (state === 'failed') this.#steps.detail(step, 'trying again')
    else if (part === 'meeting') this.#steps.detail(step, `${DONE.meeting}; fetching the page`)
    else this.#steps.done(step, DONE[part])
  }

  /** Steps 3 to 6, which the client takes by itself. */
  async #visit(): Promise<Result<NetworkAddresses, NetworkFault>> {
    const {addresses} = this.#nodes
    for (let visit = 1; ; visit++) {
      const begunAtMs = performance.now()
      const {onion: host, socksPort} = addresses
      const options = {socksPort, host, port: SERVICE_PORT, timeoutMs: VISIT_TIMEOUT_MS}
      const fetched = await fetchOverSocks({...options, signal: this.#signal})
      const ms = Math.round(performance.now() - begunAtMs)
      if (fetched.ok) {
        const {octets, status} = fetched.value
        const what = status === undefined ? 'connected to the target' : `HTTP ${status}, ${octets} octets`
        this.#steps.done(6, `${DONE.meeting}; ${what} through SOCKS in ${ms} ms`)
        return ok(addresses)
      }
      if (visit === VISITS || this.#signal?.aborted === true) {
        const {current} = this.#steps
        return this.#failed(current, current < 6 ? 'client' : 'service', printSocksFault(fetched.fault))
      }
      await delay(BETWEEN_VISITS_MS)
    }
  }

  async #until(holds: () => boolean, timeoutMs: number): Promise<boolean> {
    const deadline = performance.now() + timeoutMs
    while (!holds()) {
      if (performance.now() >= deadline || this.#signal?.aborted === true) return false
      await delay(POLL_MS)
    }
    return true
  }

  #failed(step: StepNumber, node: string, message: string): Result<never, NetworkFault> {
    if (this.#signal?.aborted === true) {
      return failure(step, undefined, 'it was interrupted', 'Start it again when you like.')
    }
    return failure(step, node, message, this.#preparation.wayOut(node))
  }
}

function isComplete({hsdirs, accepted}: PeriodDescriptor['published']): boolean {
  return hsdirs > 0 && accepted >= hsdirs
}

function printSocksFault({code, data}: SocksFetchFault): string {
  switch (code) {
    case 'socks-refused': {
      const name = Object.entries(SocksReply).find(([, value]) => value === data?.reply)?.[0] ?? data?.reply
      return `the SOCKS port answered ${name}`
    }
    case 'socks-closed':
      return 'the SOCKS port closed the connection before it was through'
    case 'socks-timeout':
      return `no page came within ${VISIT_TIMEOUT_MS / 1000} s`
    default:
      return 'the SOCKS port cannot be reached'
  }
}
