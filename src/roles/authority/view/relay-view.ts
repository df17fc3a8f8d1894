// The relays that an authority knows: their newest descriptors, and what it has seen of each. Uploads come in here, results
// of reachability tests come in here, and the part of a vote that lists relays comes out.

import {toBase16} from '../../../bytes/base16.ts'
import {equal} from '../../../bytes/octets.ts'
import {CONSENSUS_METHODS} from '../../../netdoc/consensus-method.ts'
import {type PrintedMicrodescriptor, printMicrodescriptor} from '../../../netdoc/microdescriptor-print.ts'
import {summarizePolicy} from '../../../netdoc/policy-summary.ts'
import {printProtocols} from '../../../netdoc/protocols.ts'
import type {RouterDescriptor} from '../../../netdoc/router-descriptor/router-descriptor.ts'
import {versionOfPlatform} from '../../../netdoc/tor-version.ts'
import type {VotedMicrodescriptor, VotedRelay} from '../../../netdoc/vote/vote.ts'
import {type AcceptanceRules, judge, type UploadOutcome} from './acceptance.ts'
import {type FlagSettings, type FlagThresholds, flagThresholds} from './flag-thresholds.ts'
import {flagsOf, isExitRelay, type RelaySituation, type TestingFlags} from './flags.ts'
import type {KeyPins} from './key-pins.ts'
import {RelayStability} from './stability.ts'
import {findSybils} from './sybils.ts'

export interface RelayViewOptions {
  readonly acceptance: AcceptanceRules
  readonly flags: FlagSettings
  readonly testing: TestingFlags | undefined
  /** Relays that one address may have; 0: any number. */
  readonly maxPerAddress: number
  /** False: every relay counts as reachable. */
  readonly testsReachability: boolean
  /** Whether private networks are worth anything as destinations of exits. */
  readonly privateNetworks: 'count' | 'ignored'
}

export interface RelayViewDeps {
  readonly pins: KeyPins
  /** Appends to the journal of pins. */
  readonly pinned: (line: string) => void
  /** Our own RSA identity, 20 octets. */
  readonly ownIdentity: Uint8Array
  readonly isAuthority: (identity: Uint8Array) => boolean
  /** Kilobytes a second that somebody measured for us. */
  readonly measured: (identity: Uint8Array) => number | undefined
  /** A descriptor was taken; its relay is to be tested now if it is new or has moved. */
  readonly accepted: (descriptor: RouterDescriptor, test: 'test-now' | 'test-in-turn') => void
}

interface Known {
  readonly descriptor: RouterDescriptor
  readonly reachedAt: Date | undefined
}

/** The part of a vote that lists relays, and what its microdescriptors are. */
export interface RelayOpinion {
  readonly relays: readonly VotedRelay[]
  readonly microdescriptors: readonly PrintedMicrodescriptor[]
  readonly thresholds: FlagThresholds
}

const REACHABLE_MS = 45 * 60_000
const HIBERNATION_SKEW_MS = 3600_000
const AGE_MAX_MS = 24 * 3600_000
/** More is not believed of what relays say about themselves. */
const MAX_BELIEVED = 10_000_000

export class RelayView {
  readonly #options: RelayViewOptions
  readonly #deps: RelayViewDeps
  readonly #relays = new Map<string, Known>()
  readonly #stability: RelayStability

  constructor(options: RelayViewOptions, deps: RelayViewDeps, now: Date) {
    this.#options = options
    this.#deps = deps
    this.#stability = new RelayStability(seconds(now))
  }

  get size(): number {
    return this.#relays.size
  }

  get descriptors(): readonly RouterDescriptor[] {
    return [...this.#relays.values()].map(({descriptor}) => descriptor)
  }

  descriptor(identity: Uint8Array): RouterDescriptor | undefined {
    return this.#relays.get(toBase16(identity))?.descriptor
  }

  offer(descriptor: RouterDescriptor, now: Date): UploadOutcome {
    const {pins, pinned, ownIdentity, accepted} = this.#deps
    const {identity, ed25519} = descriptor
    const key = toBase16(identity)
    const before = this.#relays.get(key)
    const pin = pins.check(identity, ed25519)
    const outcome = judge(descriptor, this.#options.acceptance, {
      known: before?.descriptor,
      pin,
      isOurs: equal(identity, ownIdentity),
      relayCount: this.#relays.size,
      now
    })
    if (outcome !== 'accepted') return outcome
    if (pin !== 'matches') pinned(pins.pin(identity, ed25519))
    const isSamePlace = before !== undefined && hasSameAddress(before.descriptor, descriptor)
    const woke = before?.descriptor.isHibernating === true && !descriptor.isHibernating
    this.#relays.set(key, {descriptor, reachedAt: isSamePlace ? before.reachedAt : undefined})
    accepted(descriptor, isSamePlace && !woke ? 'test-in-turn' : 'test-now')
    return outcome
  }

  /** A channel that we opened to the relay's address, on which it proved both identities. True: that was news. */
  noteReachable(
    identity: Uint8Array,
    ed25519: Uint8Array,
    address: Uint8Array,
    port: number,
    now: Date
  ): boolean {
    const key = toBase16(identity)
    const known = this.#relays.get(key)
    if (known === undefined || !equal(known.descriptor.ed25519, ed25519)) return false
    const {ipv4} = known.descriptor
    if (!equal(ipv4.address, address) || ipv4.port !== port) return false
    const wasRunning = this.#isRunning(known, now)
    this.#relays.set(key, {...known, reachedAt: now})
    this.#stability.note(identity, true, seconds(now))
    return !wasRunning
  }

  /** The relay cannot be reached any more: not Running until it is reached again. */
  noteGone(identity: Uint8Array, now: Date): void {
    const key = toBase16(identity)
    const known = this.#relays.get(key)
    if (known === undefined) return
    this.#relays.set(key, {...known, reachedAt: undefined})
    this.#stability.note(identity, false, seconds(now))
  }

  isRunning(identity: Uint8Array, now: Date): boolean {
    const known = this.#relays.get(toBase16(identity))
    return known !== undefined && this.#isRunning(known, now)
  }

  /** What we think of every relay whose descriptor is young enough to vote on. */
  opinion(now: Date): RelayOpinion {
    this.#forgetOld(now)
    this.#stability.fade(seconds(now))
    const voted = uniqueEd25519(this.descriptors).sort((a, b) => Buffer.compare(a.identity, b.identity))
    for (const {identity} of voted)
      this.#stability.note(identity, this.isRunning(identity, now), seconds(now))
    const sybils = findSybils(voted, this.#options.maxPerAddress, descriptor => ({
      isAuthority: this.#deps.isAuthority(descriptor.identity),
      isRunning: this.isRunning(descriptor.identity, now),
      bandwidth: this.#bandwidth(descriptor)
    }))
    const situations = voted.map(each => this.#situation(each, sybils.has(each), now))
    const {flags: settings, testing} = this.#options
    const ranked = situations.filter(({isSybil}) => !isSybil)
    const thresholds = flagThresholds(ranked, settings, this.#stability.hasSeenEnough(seconds(now)))
    const rules = {settings, thresholds, testing, now}
    const relays: VotedRelay[] = []
    const microdescriptors: PrintedMicrodescriptor[] = []
    for (const situation of situations) {
      const printed = printForMethods(situation.descriptor)
      microdescriptors.push(...printed.map(({microdescriptor}) => microdescriptor))
      relays.push(this.#vote(situation, flagsOf(situation, rules), printed))
    }
    return {relays, microdescriptors, thresholds}
  }

  #vote(
    {descriptor}: RelaySituation,
    flags: ReadonlySet<string>,
    printed: readonly ForMethods[]
  ): VotedRelay {
    const {nickname, identity, digest, published, ipv4, dirPort, ed25519} = descriptor
    const advertised = Math.floor(advertisedOctets(descriptor) / 1000)
    const isAuthority = flags.has('Authority')
    return {
      nickname,
      identity,
      descriptorDigest: digest,
      published,
      ipv4,
      dirPort,
      // We have not tried whether the relay can be reached by IPv6.
      ipv6: undefined,
      flags,
      version: versionOfPlatform(descriptor.platform),
      protocols: printProtocols(descriptor.protocols),
      bandwidth: advertised,
      // Authorities have better things to do than to carry circuits.
      measured: isAuthority ? undefined : this.#deps.measured(identity),
      policy: summarizePolicy(descriptor.exitRules),
      ed25519,
      microdescriptors: printed.map(({methods, microdescriptor}): VotedMicrodescriptor => {
        return {methods, digest: microdescriptor.digest}
      })
    }
  }

  #situation(descriptor: RouterDescriptor, isSybil: boolean, now: Date): RelaySituation {
    const {identity, published} = descriptor
    const isRunning = this.isRunning(identity, now)
    const sincePublished = Math.max(0, seconds(now) - seconds(published))
    return {
      descriptor,
      isSybil,
      isRunning,
      isAuthority: this.#deps.isAuthority(identity),
      isActive: isRunning && !descriptor.isHibernating,
      isExit: isExitRelay(descriptor, this.#options.privateNetworks),
      bandwidth: this.#bandwidth(descriptor),
      isMeasured: this.#deps.measured(identity) !== undefined,
      uptime: (descriptor.uptime ?? 0) + sincePublished,
      stability: this.#stability.of(identity, seconds(now))
    }
  }

  #bandwidth(descriptor: RouterDescriptor): number {
    return this.#deps.measured(descriptor.identity) ?? Math.floor(advertisedOctets(descriptor) / 1000)
  }

  #isRunning({descriptor, reachedAt}: Known, now: Date): boolean {
    if (equal(descriptor.identity, this.#deps.ownIdentity)) return true
    const reached = reachedAt === undefined ? Number.NEGATIVE_INFINITY : Number(reachedAt)
    if (descriptor.isHibernating && Number(descriptor.published) + HIBERNATION_SKEW_MS > reached) return false
    return !this.#options.testsReachability || Number(now) < reached + REACHABLE_MS
  }

  #forgetOld(now: Date): void {
    for (const [key, {descriptor}] of this.#relays) {
      if (Number(descriptor.published) < Number(now) - AGE_MAX_MS) this.#relays.delete(key)
    }
    this.#stability.retain(key => this.#relays.has(key))
  }
}

interface ForMethods {
  readonly methods: readonly number[]
  readonly microdescriptor: PrintedMicrodescriptor
}

/** Methods that describe the relay alike share a line. */
function printForMethods(descriptor: RouterDescriptor): readonly ForMethods[] {
  const out: {methods: number[]; microdescriptor: PrintedMicrodescriptor}[] = []
  for (const method of CONSENSUS_METHODS) {
    const microdescriptor = printMicrodescriptor(descriptor, method)
    if (microdescriptor === undefined) continue
    const same = out.find(each => equal(each.microdescriptor.digest, microdescriptor.digest))
    if (same === undefined) out.push({methods: [method], microdescriptor})
    else same.methods.push(method)
  }
  return out
}

/** Of relays with the same Ed25519 identity the one that published last. */
function uniqueEd25519(descriptors: readonly RouterDescriptor[]): RouterDescriptor[] {
  const byKey = new Map<string, RouterDescriptor>()
  for (const descriptor of descriptors) {
    const key = toBase16(descriptor.ed25519)
    const other = byKey.get(key)
    const isBetter =
      other === undefined ||
      descriptor.published > other.published ||
      (Number(descriptor.published) === Number(other.published) &&
        Buffer.compare(descriptor.digest, other.digest) < 0)
    if (isBetter) byKey.set(key, descriptor)
  }
  return [...byKey.values()]
}

function hasSameAddress(a: RouterDescriptor, b: RouterDescriptor): boolean {
  return equal(a.ipv4.address, b.ipv4.address) && a.ipv4.port === b.ipv4.port
}

function advertisedOctets({bandwidth}: RouterDescriptor): number {
  return Math.min(bandwidth.observed, bandwidth.rate, MAX_BELIEVED)
}

function seconds(date: Date): number {
  return Math.floor(Number(date) / 1000)
}
