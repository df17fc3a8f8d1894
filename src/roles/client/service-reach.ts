// From an onion address to a circuit with its service at the other end (rend-spec-v3 1.1, the client's half):
//
//   descriptor ─▶ introduction points, those that did not fail lately, in random order
//        └ meanwhile: a circuit to a rendezvous point
//   INTRODUCE1 at one point after the other until one takes it ─▶ the service comes to the rendezvous point ─▶ joined
//
// A point that refused has certainly not told the service, so the same rendezvous serves the next one. After silence it
// does not: an answer to the earlier message could still come. When all points of a descriptor fail, a newer descriptor is
// asked for, once; and where all of them failed lately, they are tried again rather than none.

import type {ClockCheck} from '../../circuit/congestion-control/clock-check.ts'
import {FixedWindow} from '../../circuit/congestion-control/fixed-window.ts'
import type {PathHop} from '../../circuit/open-circuit.ts'
import {namedHop, pathHop} from '../../circuit/path-hop.ts'
import {localFault, peerFault} from '../../fault/fault.ts'
import {err, ok, type Result} from '../../fault/result.ts'
import type {RandomFraction} from '../../netdir/choose.ts'
import type {NetDir} from '../../netdir/net-dir.ts'
import type {PathSelection} from '../../netdir/path-selection.ts'
import type {HsIntroductionPoint} from '../../netdoc/hs-descriptor/hs-descriptor.ts'
import type {HsCircuits} from '../hs-circuits.ts'
import {agreedSendmeIncrement, onionVegas} from '../onion-congestion.ts'
import type {DescriptorSource, ServiceDescriptor} from './descriptor-source.ts'
import type {FailedIntroductions} from './failed-introductions.ts'
import type {OnionClientFault} from './fault.ts'
import {makeIntroduction} from './introduce1.ts'
import {type IntroductionOutcome, introduce} from './introduction.ts'
import type {ReachPart, ReachProgress} from './reach-progress.ts'
import {type Joined, Rendezvous} from './rendezvous.ts'

export interface ServiceReachDeps {
  readonly netDir: () => NetDir | undefined
  readonly circuits: HsCircuits
  readonly paths: PathSelection
  readonly descriptors: DescriptorSource
  readonly failed: FailedIntroductions
  readonly clock: ClockCheck
  readonly random: RandomFraction
  readonly allowPrivateAddresses: () => boolean
  readonly progress?: ReachProgress | undefined
}

export interface ServiceReachOptions {
  readonly establishTimeoutMs: number
  readonly acknowledgeTimeoutMs: number
  /** How long the service may take from the acknowledged introduction on; it has a circuit to build. */
  readonly rendezvousTimeoutMs: number
}

export const DEFAULT_SERVICE_REACH_OPTIONS: ServiceReachOptions = {
  establishTimeoutMs: 15_000,
  acknowledgeTimeoutMs: 15_000,
  rendezvousTimeoutMs: 30_000
}

/** Rendezvous points tried before giving up on having one. */
const RENDEZVOUS_TRIES = 3

interface Candidate {
  readonly point: HsIntroductionPoint
  readonly hop: PathHop
}

export class ServiceReach {
  readonly #deps: ServiceReachDeps
  readonly #options: ServiceReachOptions

  constructor(deps: ServiceReachDeps, options: ServiceReachOptions = DEFAULT_SERVICE_REACH_OPTIONS) {
    this.#deps = deps
    this.#options = options
  }

  async reach(identity: Uint8Array): Promise<Result<Joined, OnionClientFault>> {
    const {descriptors} = this.#deps
    const places = new RendezvousSupply(() => this.#tell('rendezvous', this.#openRendezvous(), isThere))
    try {
      // While the descriptor is on its way the place to meet can be had as well.
      places.begin()
      const first = await this.#tell('descriptor', descriptors.get(identity, 'cached'), isOk)
      if (!first.ok) return first
      const candidates = this.#candidates(first.value, 'good')
      const reached = await this.#tryAll(first.value, candidates, places)
      if (reached.ok) return reached
      const second = await this.#tell('descriptor', descriptors.get(identity, 'newer'), isOk)
      const latest = second.ok ? second.value : first.value
      const others = this.#candidates(latest, 'good')
      if (others.length > 0) return await this.#tryAll(latest, others, places)
      return candidates.length > 0
        ? reached
        : await this.#tryAll(latest, this.#candidates(latest, 'failed'), places)
    } finally {
      places.close()
    }
  }

  async #tryAll(
    descriptor: ServiceDescriptor,
    candidates: readonly Candidate[],
    places: RendezvousSupply
  ): Promise<Result<Joined, OnionClientFault>> {
    const outcomes = new Set<IntroductionOutcome>()
    let cameLate = false
    for (const candidate of candidates) {
      const rendezvous = await places.take()
      if (rendezvous === undefined) return err(localFault('onion-rendezvous-failed'))
      const introducing = this.#introduce(descriptor, candidate, rendezvous)
      const outcome = await this.#tell('introduction', introducing, result => result === 'acknowledged')
      outcomes.add(outcome)
      if (outcome === 'acknowledged') {
        const meeting = rendezvous.joined(this.#options.rendezvousTimeoutMs)
        const joined = await this.#tell('meeting', meeting, isThere)
        if (joined !== undefined) return ok(joined)
        cameLate = true
      } else if (outcome !== 'timeout' && !rendezvous.isClosed) places.giveBack(rendezvous)
      else rendezvous.close()
      this.#deps.failed.note(candidate.point)
    }
    if (cameLate) return err(peerFault('onion-rendezvous-failed'))
    const isTimeout = outcomes.size === 1 && outcomes.has('timeout')
    return err(peerFault(isTimeout ? 'onion-introduction-timeout' : 'onion-introduction-failed'))
  }

  async #tell<T>(part: ReachPart, work: Promise<T>, succeeded: (result: T) => boolean): Promise<T> {
    this.#deps.progress?.(part, 'begun')
    const result = await work
    this.#deps.progress?.(part, succeeded(result) ? 'done' : 'failed')
    return result
  }

  /** The introduction points that failed lately, or the others, in random order. */
  #candidates({content}: ServiceDescriptor, which: 'good' | 'failed'): Candidate[] {
    const {failed, random} = this.#deps
    const rules = {allowPrivateAddresses: this.#deps.allowPrivateAddresses()}
    const left = content.introductionPoints.flatMap(point => {
      const hop = namedHop(point.linkSpecifiers, point.ntorOnionKey, rules)
      return hop === undefined || failed.has(point) !== (which === 'failed') ? [] : [{point, hop}]
    })
    const candidates: Candidate[] = []
    while (left.length > 0) candidates.push(...left.splice(Math.floor(random() * left.length), 1))
    return candidates
  }

  #introduce(
    {content, subcredential}: ServiceDescriptor,
    {point, hop}: Candidate,
    rendezvous: Rendezvous
  ): Promise<IntroductionOutcome> {
    const {circuits, clock, netDir} = this.#deps
    const message = () => {
      const directory = netDir()
      if (directory === undefined || rendezvous.isClosed) return undefined
      const increment = agreedSendmeIncrement(directory, content.flowControl)
      const made = makeIntroduction({
        point,
        subcredential,
        rendezvousCookie: rendezvous.cookie,
        rendezvousPoint: rendezvous.point,
        asksForCongestionControl: increment !== undefined
      })
      if (!made.ok) return undefined
      rendezvous.expect({
        state: made.value.state,
        control: circuit =>
          increment === undefined ? new FixedWindow() : onionVegas(directory, clock, circuit, increment)
      })
      return made.value.body
    }
    return introduce(circuits, hop, message, this.#options.acknowledgeTimeoutMs)
  }

  async #openRendezvous(): Promise<Rendezvous | undefined> {
    const {netDir, paths, circuits} = this.#deps
    for (let i = 0; i < RENDEZVOUS_TRIES; i++) {
      const directory = netDir()
      const relay = directory && paths.rendezvousPoint(directory)
      if (relay === undefined) return undefined
      const opened = await Rendezvous.open(circuits, pathHop(relay), this.#options.establishTimeoutMs)
      if (opened !== undefined) return opened
    }
    return undefined
  }
}

function isOk({ok: succeeded}: {readonly ok: boolean}): boolean {
  return succeeded
}

function isThere(value: unknown): boolean {
  return value !== undefined
}

/** One rendezvous at a time: begun ahead of need, given back when it can serve again. */
class RendezvousSupply {
  readonly #open: () => Promise<Rendezvous | undefined>
  #next: Promise<Rendezvous | undefined> | undefined

  constructor(open: () => Promise<Rendezvous | undefined>) {
    this.#open = open
  }

  begin(): void {
    this.#next ??= this.#open()
  }

  async take(): Promise<Rendezvous | undefined> {
    const ready = await this.#next
    this.#next = undefined
    return ready === undefined || ready.isClosed ? this.#open() : ready
  }

  giveBack(rendezvous: Rendezvous): void {
    this.#next = Promise.resolve(rendezvous)
  }

  /** What nobody took is closed, also when it is still on its way. */
  close(): void {
    void this.#next?.then(rendezvous => rendezvous?.close())
    this.#next = undefined
  }
}
