// A service's descriptor for one time period: the keys that follow from the period, the introduction points that it names,
// and when it goes to the HSDirs.
//
//   points established ─▶ printed, with a larger revision counter ─▶ uploaded to the HSDirs of its ring
//   again: when the points change, when the ring has new HSDirs, and after 60 to 120 minutes in any case
//
// Owns its introduction points and the upload under way.

import {type Ed25519KeyPair, generateEd25519} from '../../crypto/ed25519.ts'
import {blindingParameter, blindKeyPair, subcredential} from '../../crypto/hs/blinding.ts'
import {
  encryptRevisionCounter,
  MAX_REVISION_SECONDS,
  revisionCounterKey
} from '../../crypto/hs/revision-counter.ts'
import type {TimePeriod} from '../../crypto/hs/time-period.ts'
import {randomWithin} from '../../crypto/random.ts'
import {BugError} from '../../fault/fault.ts'
import type {HsdirRing} from '../../netdir/hsdir-ring.ts'
import type {NetDir} from '../../netdir/net-dir.ts'
import type {Relay} from '../../netdir/relay.ts'
import type {HsDescriptorContent} from '../../netdoc/hs-descriptor/hs-descriptor.ts'
import {printHsDescriptor} from '../../netdoc/hs-descriptor/print.ts'
import {parseProtocols} from '../../netdoc/protocols.ts'
import {DescriptorUpload, type DescriptorUploadDeps} from './descriptor-upload.ts'
import {IntroductionPoints, type IntroductionPointsDeps} from './introduction-points.ts'

const LIFETIME_MINUTES = 180
const CERTS_LIFETIME_MS = 54 * 3_600_000
const UPLOAD_AGAIN_MIN_MS = 60 * 60_000
const UPLOAD_AGAIN_MAX_MS = 120 * 60_000
/** How long a descriptor waits for the last introduction points; then those that there are have to do. */
const POINTS_PATIENCE_MS = 30_000
/** Between two uploads, so that points that come and go do not make one of each change. */
const UPLOAD_PAUSE_MS = 5000

export interface PeriodDescriptorOptions {
  readonly identity: Ed25519KeyPair
  readonly period: TimePeriod
  readonly authorizedClients: readonly Uint8Array[]
  readonly introductionPoints: number
}

export interface PeriodDescriptorDeps
  extends Omit<DescriptorUploadDeps, 'watch'>,
    Omit<IntroductionPointsDeps, 'changed'> {
  /** Undefined: without congestion control. */
  readonly sendmeIncrement: () => number | undefined
  /** Hears when introduction points come or go. */
  readonly pointsChanged?: (() => void) | undefined
  readonly watch?: ServiceDescriptorWatch | undefined
}

/** Hears of descriptors and their uploads, for the control port. */
export interface ServiceDescriptorWatch {
  created(blindedKey: Uint8Array): void
  uploadBegun(blindedKey: Uint8Array, relay: Relay): void
  /** @param status of the HSDir's answer; undefined: there was none */
  uploadEnded(blindedKey: Uint8Array, relay: Relay, status: number | undefined): void
}

/** Where, and with what plaintext of the revision counter, the descriptor is published now. */
export interface Publication {
  readonly netDir: NetDir
  readonly ring: HsdirRing
  /** When the run of the shared random protocol began that the ring's value comes from. */
  readonly sharedRandomSince: Date
}

export class PeriodDescriptor {
  readonly period: TimePeriod
  readonly subcredential: Uint8Array
  readonly points: IntroductionPoints
  readonly #options: PeriodDescriptorOptions
  readonly #deps: PeriodDescriptorDeps
  readonly #blinded: Ed25519KeyPair
  readonly #signing = generateEd25519()
  readonly #counterKey: Uint8Array
  /** Since when the HSDirs have something else than there is to say. */
  #changedAtMs: number | undefined
  #uploadAtMs = 0
  #uploadedAtMs = -Infinity
  #uploadedTo: ReadonlySet<string> = new Set()
  #lastSeconds = 0
  #upload: DescriptorUpload | undefined
  #printed: Uint8Array | undefined

  constructor(options: PeriodDescriptorOptions, deps: PeriodDescriptorDeps) {
    const {identity, period} = options
    this.period = period
    this.#options = options
    this.#deps = deps
    this.#blinded = blindKeyPair(identity, blindingParameter(identity.public, period))
    this.subcredential = subcredential(identity.public, this.#blinded.public)
    this.#counterKey = revisionCounterKey(this.#blinded)
    this.points = new IntroductionPoints(
      {wanted: options.introductionPoints},
      {...deps, changed: () => this.#pointsChanged()}
    )
  }

  /** How many HSDirs are to have the descriptor as it is, and how many have it. */
  get published(): {readonly hsdirs: number; readonly accepted: number} {
    return {hsdirs: this.#uploadedTo.size, accepted: this.#upload?.accepted ?? 0}
  }

  /** The document as it was published last. */
  get document(): Uint8Array | undefined {
    return this.#printed
  }

  /** Once a second. */
  maintain(publication: Publication): void {
    this.points.maintain(publication.netDir)
    if (this.#isDue(publication)) this.#publish(publication)
  }

  close(): void {
    this.#upload?.stop()
    this.points.close()
  }

  #pointsChanged(): void {
    this.#changedAtMs ??= this.#deps.nowMs()
    this.#deps.pointsChanged?.()
  }

  #isDue({ring}: Publication): boolean {
    const nowMs = this.#deps.nowMs()
    if (this.points.described.length === 0 || nowMs - this.#uploadedAtMs < UPLOAD_PAUSE_MS) return false
    if (this.#changedAtMs !== undefined) {
      return this.points.isComplete || nowMs - this.#changedAtMs >= POINTS_PATIENCE_MS
    }
    return nowMs >= this.#uploadAtMs || this.#hasNewHsdirs(ring)
  }

  #hasNewHsdirs(ring: HsdirRing): boolean {
    return ring
      .responsible(this.#blinded.public, 'store')
      .some(({fingerprint}) => !this.#uploadedTo.has(fingerprint))
  }

  #publish(publication: Publication): void {
    const nowMs = this.#deps.nowMs()
    const hsdirs = publication.ring.responsible(this.#blinded.public, 'store')
    this.#upload?.stop()
    const printed = this.#print(publication, nowMs)
    this.#printed = printed
    const {watch, ...deps} = this.#deps
    const blindedKey = this.#blinded.public
    watch?.created(blindedKey)
    this.#upload = new DescriptorUpload(printed, hsdirs, {
      ...deps,
      watch: watch && {
        begun: relay => watch.uploadBegun(blindedKey, relay),
        ended: (relay, status) => watch.uploadEnded(blindedKey, relay, status)
      }
    })
    this.#changedAtMs = undefined
    this.#uploadedAtMs = nowMs
    this.#uploadAtMs = nowMs + randomWithin(UPLOAD_AGAIN_MIN_MS, UPLOAD_AGAIN_MAX_MS)
    this.#uploadedTo = new Set(hsdirs.map(({fingerprint}) => fingerprint))
    this.#upload.start()
  }

  #print({sharedRandomSince}: Publication, nowMs: number): Uint8Array {
    const {authorizedClients} = this.#options
    return printHsDescriptor({
      blinded: this.#blinded,
      subcredential: this.subcredential,
      signing: this.#signing,
      certsExpireAt: new Date(nowMs + CERTS_LIFETIME_MS),
      lifetimeMinutes: LIFETIME_MINUTES,
      revisionCounter: this.#revisionCounter(nowMs - sharedRandomSince.getTime()),
      content: this.#content(),
      authorizedClients
    })
  }

  /** Larger than every one before it, also where two fall into one second or the clock was set back. */
  #revisionCounter(ageMs: number): bigint {
    const seconds = Math.max(Math.floor(ageMs / 1000) + 1, this.#lastSeconds + 1)
    this.#lastSeconds = Math.min(seconds, MAX_REVISION_SECONDS)
    return encryptRevisionCounter(this.#counterKey, this.#lastSeconds)
  }

  #content(): HsDescriptorContent {
    const sendmeIncrement = this.#deps.sendmeIncrement()
    const protocols = parseProtocols('FlowCtrl=1-2')
    if (protocols === undefined) throw new BugError('flow-control-protocols')
    return {
      isSingleOnion: false,
      flowControl: sendmeIncrement === undefined ? undefined : {protocols, sendmeIncrement},
      powParams: undefined,
      introductionPoints: this.points.described
    }
  }
}
