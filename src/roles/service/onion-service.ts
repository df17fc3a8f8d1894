// An onion service (rend-spec-v3): two descriptors, of the time periods that clients may be looking in, each with its own
// introduction points; and circuits with the clients that were introduced.
//
//   once a second: consensus ─▶ which two periods ─▶ each descriptor: introduction points kept, descriptor published
//   INTRODUCE2 ─▶ read, not played back ─▶ rendezvous
//
// Everything that the service owns ends with `close`.

import {ClockCheck} from '../../circuit/congestion-control/clock-check.ts'
import {FixedWindow} from '../../circuit/congestion-control/fixed-window.ts'
import {grantedSendmeIncrement} from '../../circuit/congestion-control/vegas-params.ts'
import type {Ed25519KeyPair} from '../../crypto/ed25519.ts'
import type {HsNtorServiceKeys} from '../../crypto/hs/hs-ntor.ts'
import {
  type HsdirRings,
  hsdirRings,
  type NetworkTime,
  sharedRandomRunMs,
  sharedRandomRunStart
} from '../../netdir/hsdir-ring.ts'
import type {NetDir} from '../../netdir/net-dir.ts'
import type {PathSelection} from '../../netdir/path-selection.ts'
import type {HsCircuits} from '../hs-circuits.ts'
import {consensusParams, onionVegas} from '../onion-congestion.ts'
import type {IntroductionLimit} from './establish-intro.ts'
import {readIntroduce2} from './introduce2.ts'
import type {IntroductionPoint} from './introduction-point.ts'
import {MasterSubcredentials} from './master-subcredentials.ts'
import {PeriodDescriptor, type Publication, type ServiceDescriptorWatch} from './period-descriptor.ts'
import type {ConnectTarget, PortStreamsOptions} from './port-streams.ts'
import {Rendezvous} from './rendezvous.ts'
import {ReplayCache} from './replay-cache.ts'
import {newServiceCounters, type ServiceCounters} from './service-counters.ts'

const TICK_MS = 1000
/** A client that hears nothing introduces itself again with the cookie that it has; it is being met already. */
const COOKIE_MEMORY_MS = 5 * 60_000
const COOKIES_MAX = 65_536

export interface OnionServiceOptions extends PortStreamsOptions {
  readonly identity: Ed25519KeyPair
  /** X25519 keys; none: everybody may find the service. */
  readonly authorizedClients: readonly Uint8Array[]
  readonly introductionPoints: number
  /** What introduction points are asked to let through. */
  readonly introductionLimit: IntroductionLimit | undefined
  /** Identities of services that a balancer makes us answer for; none: we answer for ourselves alone. */
  readonly masters?: readonly Uint8Array[]
}

export interface OnionServiceDeps {
  /** Undefined as long as too little is known of the network. */
  readonly netDir: () => NetDir | undefined
  readonly circuits: HsCircuits
  readonly paths: PathSelection
  readonly time: NetworkTime
  readonly allowPrivateAddresses: () => boolean
  readonly now: () => Date
  /** Hears of what the operator may want to read, in words without addresses. */
  readonly log: (text: string) => void
  /** Hears when `descriptors` have something new to tell: of their introduction points, or of their HSDirs. */
  readonly changed?: (() => void) | undefined
  readonly descriptorWatch?: ServiceDescriptorWatch | undefined
  /** How applications are reached; plainly when left out. */
  readonly connectTarget?: ConnectTarget | undefined
}

export class OnionService {
  readonly counters: ServiceCounters = newServiceCounters()
  readonly #options: OnionServiceOptions
  readonly #deps: OnionServiceDeps
  readonly #descriptors = new Map<number, PeriodDescriptor>()
  readonly #rendezvous: Rendezvous
  readonly #cookies: ReplayCache
  readonly #masters: MasterSubcredentials
  #timer: NodeJS.Timeout | undefined
  #rings: {readonly netDir: NetDir; readonly rings: HsdirRings} | undefined

  constructor(options: OnionServiceOptions, deps: OnionServiceDeps) {
    const clock = new ClockCheck()
    const nowMs = () => Number(deps.now())
    this.#options = options
    this.#deps = deps
    this.#masters = new MasterSubcredentials(options.masters ?? [])
    this.#cookies = new ReplayCache({entriesMax: COOKIES_MAX, forMs: COOKIE_MEMORY_MS, nowMs})
    this.#rendezvous = new Rendezvous(options, {
      circuits: deps.circuits,
      connectTarget: deps.connectTarget,
      counters: this.counters,
      failuresMax: () => deps.netDir()?.param('hs_service_max_rdv_failures', 2, 1, 10) ?? 2,
      control: (circuit, {wantsCongestionControl}) => {
        const netDir = deps.netDir()
        const increment = this.#sendmeIncrement()
        if (!wantsCongestionControl || netDir === undefined || increment === undefined)
          return new FixedWindow()
        return onionVegas(netDir, clock, circuit, increment)
      },
      nowMs
    })
  }

  /** Descriptors of the present, the older period first. */
  get descriptors(): readonly PeriodDescriptor[] {
    return [...this.#descriptors.values()].sort((a, b) => a.period.number - b.period.number)
  }

  /** Circuits to clients that are being built. */
  get pendingRendezvous(): number {
    return this.#rendezvous.pending
  }

  start(): void {
    this.#timer = setInterval(() => this.maintain(), TICK_MS)
    this.maintain()
  }

  /** Brings everything up to the present consensus. */
  maintain(): void {
    const netDir = this.#deps.netDir()
    if (netDir === undefined || !netDir.isReasonablyLive(this.#deps.now())) return
    const {storeFirst, storeSecond} = this.#ringsOf(netDir)
    const secondSince = sharedRandomRunStart(netDir)
    // The ring of the older descriptor has the shared random value of the run before.
    const firstSince = new Date(secondSince.getTime() - sharedRandomRunMs(netDir))
    const publications: Publication[] = [
      {netDir, ring: storeFirst, sharedRandomSince: firstSince},
      {netDir, ring: storeSecond, sharedRandomSince: secondSince}
    ]
    const wanted = new Set(publications.map(({ring}) => ring.period.number))
    for (const [number, descriptor] of this.#descriptors) {
      if (wanted.has(number)) continue
      descriptor.close()
      this.#descriptors.delete(number)
    }
    for (const publication of publications) this.#descriptorOf(publication).maintain(publication)
  }

  close(): void {
    clearInterval(this.#timer)
    for (const descriptor of this.#descriptors.values()) descriptor.close()
    this.#descriptors.clear()
    this.#rendezvous.close()
  }

  #ringsOf(netDir: NetDir): HsdirRings {
    if (this.#rings?.netDir !== netDir) this.#rings = {netDir, rings: hsdirRings(netDir, this.#deps.time)}
    return this.#rings.rings
  }

  #descriptorOf({ring: {period}}: Publication): PeriodDescriptor {
    const known = this.#descriptors.get(period.number)
    if (known !== undefined) return known
    const {circuits, paths, log, changed, now, descriptorWatch} = this.#deps
    const made: PeriodDescriptor = new PeriodDescriptor(
      {...this.#options, period},
      {
        circuits,
        paths,
        counters: this.counters,
        limit: this.#options.introductionLimit,
        nowMs: () => Number(now()),
        sendmeIncrement: () => this.#sendmeIncrement(),
        pointsChanged: changed,
        watch: descriptorWatch,
        uploaded: outcome => {
          log(`A descriptor was uploaded to an HSDir: ${outcome}.`)
          changed?.()
        },
        introduced: (point, body) => this.#introduced(made, point, body)
      }
    )
    this.#descriptors.set(period.number, made)
    return made
  }

  #introduced(descriptor: PeriodDescriptor, point: IntroductionPoint, body: Uint8Array): void {
    const others = this.descriptors.filter(other => other !== descriptor)
    const keys: HsNtorServiceKeys = {
      authKey: point.authKey.public,
      encryptionKey: point.encryptionKey,
      subcredentials: [
        ...this.#masterSubcredentials(),
        ...[descriptor, ...others].map(({subcredential}) => subcredential)
      ]
    }
    const startedMs = performance.now()
    const read = readIntroduce2(body, {
      keys,
      replays: point.replays,
      offersCongestionControl: this.#sendmeIncrement() !== undefined,
      allowPrivateAddresses: this.#deps.allowPrivateAddresses()
    })
    if (!read.ok) {
      this.counters.introductionsRejected[read.fault.code]++
      return
    }
    if (!this.#cookies.add(read.value.rendezvousCookie)) {
      this.counters.introductionsRejected.replay++
      return
    }
    this.counters.introductions++
    this.counters.stepTimes.introduction.add(performance.now() - startedMs)
    point.countIntroduction()
    void this.#rendezvous.meet(read.value, keys)
  }

  #masterSubcredentials(): readonly Uint8Array[] {
    const netDir = this.#deps.netDir()
    return netDir === undefined ? [] : this.#masters.around(this.#ringsOf(netDir).fetch.period)
  }

  #sendmeIncrement(): number | undefined {
    const netDir = this.#deps.netDir()
    return netDir && grantedSendmeIncrement(consensusParams(netDir))
  }
}
