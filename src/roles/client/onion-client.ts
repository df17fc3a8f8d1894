// The onion client: connects to `address:port` of an onion service. All connections to one service that may be seen to
// belong together (equal isolation) share one circuit with it; others get one of their own.
//
//   connect ─▶ address good? ─▶ session of (service, isolation) ─▶ joined circuit, reached if need be ─▶ BEGIN ─▶ stream
//
// Owns its sessions. A circuit without streams is closed after ten minutes, or sooner when a new one needs its place.

import type {Duplex} from 'node:stream'
import {toBase16} from '../../bytes/base16.ts'
import {ClockCheck} from '../../circuit/congestion-control/clock-check.ts'
import type {OriginCircuit} from '../../circuit/origin-circuit.ts'
import {encode} from '../../codec/codec.ts'
import {parseOnionAddress} from '../../crypto/hs/onion-address.ts'
import {localFault, peerFault} from '../../fault/fault.ts'
import {err, ok, type Result} from '../../fault/result.ts'
import type {RandomFraction} from '../../netdir/choose.ts'
import type {NetworkTime} from '../../netdir/hsdir-ring.ts'
import type {NetDir} from '../../netdir/net-dir.ts'
import type {PathSelection} from '../../netdir/path-selection.ts'
import {begin} from '../../wire/begin.ts'
import {RelayCommand} from '../../wire/relay-cell.ts'
import type {HsCircuits} from '../hs-circuits.ts'
import {DescriptorSource, type DescriptorWatch} from './descriptor-source.ts'
import {FailedIntroductions} from './failed-introductions.ts'
import type {OnionClientFault} from './fault.ts'
import type {ReachProgress} from './reach-progress.ts'
import type {Joined} from './rendezvous.ts'
import {DEFAULT_SERVICE_REACH_OPTIONS, ServiceReach, type ServiceReachOptions} from './service-reach.ts'

export interface OnionTarget {
  /** With or without `.onion`, names in front of it allowed. */
  readonly address: string
  readonly port: number
  /** Connections with different isolation never share a circuit. */
  readonly isolation: string
}

export interface OnionClientDeps {
  readonly netDir: () => NetDir | undefined
  readonly circuits: HsCircuits
  readonly paths: PathSelection
  readonly time: NetworkTime
  /** Our X25519 secret for a service that lets only some clients in. */
  readonly clientKey: (identity: Uint8Array) => Uint8Array | undefined
  readonly allowPrivateAddresses: () => boolean
  readonly random: RandomFraction
  readonly now: () => Date
  /** Hears of each step of the way to a service. */
  readonly progress?: ReachProgress | undefined
  readonly descriptorWatch?: DescriptorWatch | undefined
}

export interface OnionClientOptions extends ServiceReachOptions {
  readonly streamTimeoutMs: number
  /** A circuit with a service that has had no stream for this long is closed. */
  readonly idleMs: number
  /** Circuits with services at once, those being made included. */
  readonly sessionsMax: number
}

export const DEFAULT_ONION_CLIENT_OPTIONS: OnionClientOptions = {
  ...DEFAULT_SERVICE_REACH_OPTIONS,
  streamTimeoutMs: 60_000,
  idleMs: 10 * 60_000,
  sessionsMax: 512
}

const SWEEP_MS = 15_000
/** A circuit may go away just when a stream is to be opened on it: then it is reached anew, once. */
const STREAM_TRIES = 2

interface Session {
  reaching: Promise<Result<Joined, OnionClientFault>>
  joined: Joined | undefined
  usedAtMs: number
}

export class OnionClient {
  readonly #deps: OnionClientDeps
  readonly #options: OnionClientOptions
  readonly #descriptors: DescriptorSource
  readonly #failed: FailedIntroductions
  readonly #reach: ServiceReach
  readonly #sessions = new Map<string, Session>()
  readonly #sweeper: NodeJS.Timeout
  #isClosed = false

  constructor(deps: OnionClientDeps, options: OnionClientOptions = DEFAULT_ONION_CLIENT_OPTIONS) {
    this.#deps = deps
    this.#options = options
    this.#descriptors = new DescriptorSource({...deps, watch: deps.descriptorWatch})
    this.#failed = new FailedIntroductions(() => Number(deps.now()))
    const clock = new ClockCheck()
    this.#reach = new ServiceReach(
      {...deps, descriptors: this.#descriptors, failed: this.#failed, clock},
      options
    )
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS)
    this.#sweeper.unref()
  }

  /** Circuits with services, those being made included. */
  get size(): number {
    return this.#sessions.size
  }

  /** How many these may be. */
  get sizeMax(): number {
    return this.#options.sessionsMax
  }

  /** What is known of services, and where more is asked for. */
  get descriptors(): DescriptorSource {
    return this.#descriptors
  }

  /** @param joined hears on which circuit the stream is to be opened, before it is */
  async connect(
    {address, port, isolation}: OnionTarget,
    joined?: (circuit: OriginCircuit) => void
  ): Promise<Result<Duplex, OnionClientFault>> {
    const identity = parseOnionAddress(address)
    if (identity === undefined) return err(localFault('onion-address-bad'))
    const key = `${toBase16(identity)} ${isolation}`
    for (let attempt = 1; ; attempt++) {
      const session = this.#session(key, identity)
      if (!session.ok) return session
      const reached = await session.value.reaching
      if (!reached.ok) return reached
      joined?.(reached.value.circuit)
      const opened = await this.#open(session.value, reached.value, port)
      if (opened.ok || opened.fault.code !== 'onion-stream-lost' || attempt >= STREAM_TRIES) return opened
    }
  }

  /** The circuit that a connection to the target would be made on; undefined: there is none yet. */
  circuitTo({address, isolation}: OnionTarget): OriginCircuit | undefined {
    const identity = parseOnionAddress(address)
    return identity && this.#sessions.get(`${toBase16(identity)} ${isolation}`)?.joined?.circuit
  }

  /** Forgets descriptors and failures and takes no present circuit for later connections: SIGNAL NEWNYM. */
  newIdentity(): void {
    this.#descriptors.clear()
    this.#failed.clear()
    for (const [key, {joined}] of this.#sessions) {
      this.#sessions.delete(key)
      if (joined !== undefined && joined.streams.size === 0) joined.circuit.close()
    }
  }

  close(): void {
    this.#isClosed = true
    clearInterval(this.#sweeper)
    for (const {joined} of this.#sessions.values()) joined?.circuit.close()
    this.#sessions.clear()
  }

  #session(key: string, identity: Uint8Array): Result<Session, OnionClientFault> {
    if (this.#isClosed) return err(localFault('onion-client-closed'))
    const known = this.#sessions.get(key)
    if (known !== undefined) return ok(known)
    if (this.#sessions.size >= this.#options.sessionsMax && !this.#makeRoom()) {
      return err(localFault('onion-too-many-services'))
    }
    const session: Session = {
      reaching: Promise.resolve(err(localFault('onion-client-closed'))),
      joined: undefined,
      usedAtMs: Number(this.#deps.now())
    }
    this.#sessions.set(key, session)
    session.reaching = this.#reach.reach(identity).then(reached => this.#reached(key, session, reached))
    return ok(session)
  }

  #reached(
    key: string,
    session: Session,
    reached: Result<Joined, OnionClientFault>
  ): Result<Joined, OnionClientFault> {
    const forget = () => {
      if (this.#sessions.get(key) === session) this.#sessions.delete(key)
    }
    if (!reached.ok) {
      forget()
      return reached
    }
    const {circuit} = reached.value
    if (this.#isClosed) circuit.close()
    session.joined = reached.value
    session.usedAtMs = Number(this.#deps.now())
    if (circuit.isClosed) forget()
    else circuit.onClose(forget)
    return reached
  }

  async #open(session: Session, joined: Joined, port: number): Promise<Result<Duplex, OnionClientFault>> {
    session.usedAtMs = Number(this.#deps.now())
    const body = encode(begin, {addressPort: `:${port}`, flags: undefined})
    const {streams, hop} = joined
    const opened = await streams.open(hop, RelayCommand.BEGIN, body, this.#options.streamTimeoutMs)
    if (opened.ok) return opened
    switch (opened.fault.code) {
      case 'circuit-gone':
        return err(peerFault('onion-stream-lost'))
      case 'stream-timeout':
        // A service that says nothing may be gone; the next connection makes sure.
        joined.circuit.close()
        return err(peerFault('onion-stream-timeout'))
      default:
        return err(peerFault('onion-stream-refused', {reason: opened.fault.data?.reason ?? 0}))
    }
  }

  /** Closes the circuit without streams that was used longest ago; false when all have some, or are being made. */
  #makeRoom(): boolean {
    let oldest: {readonly key: string; readonly session: Session} | undefined
    for (const [key, session] of this.#sessions) {
      const {joined, usedAtMs} = session
      if (joined === undefined || joined.streams.size > 0) continue
      if (oldest === undefined || usedAtMs < oldest.session.usedAtMs) oldest = {key, session}
    }
    if (oldest === undefined) return false
    this.#sessions.delete(oldest.key)
    oldest.session.joined?.circuit.close()
    return true
  }

  #sweep(): void {
    const nowMs = Number(this.#deps.now())
    for (const session of this.#sessions.values()) {
      const {joined} = session
      if (joined === undefined) continue
      if (joined.streams.size > 0) session.usedAtMs = nowMs
      else if (nowMs - session.usedAtMs >= this.#options.idleMs) joined.circuit.close()
    }
  }
}
