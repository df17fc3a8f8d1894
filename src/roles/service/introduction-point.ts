// One introduction point: a relay that we keep a circuit to, with keys that are for it alone, so that two points cannot tell
// that they serve one service.
//
//   idle ─ launch ─▶ opening: circuit, ESTABLISH_INTRO ─ INTRO_ESTABLISHED ─▶ established ─ INTRODUCE2 … ─▶ owner
//    ▲────────────────── the circuit fails or is lost ──────────────────────────┘
//
// Owns its circuit and its replay cache. When to launch, and when it has served long enough, is for its owner to ask.

import {linkSpecifiers, type PathHop} from '../../circuit/open-circuit.ts'
import {pathHop} from '../../circuit/path-hop.ts'
import {decode} from '../../codec/codec.ts'
import {type Ed25519KeyPair, generateEd25519} from '../../crypto/ed25519.ts'
import {generateX25519Key, type X25519Key} from '../../crypto/x25519.ts'
import type {Relay} from '../../netdir/relay.ts'
import type {HsIntroductionPoint} from '../../netdoc/hs-descriptor/hs-descriptor.ts'
import {DestroyReason} from '../../wire/destroy.ts'
import {introEstablished} from '../../wire/hs/establish-intro.ts'
import {type RelayCellV0, RelayCommand} from '../../wire/relay-cell.ts'
import type {HsCircuit, HsCircuits} from '../hs-circuits.ts'
import {type IntroductionLimit, makeEstablishIntro} from './establish-intro.ts'
import {ReplayCache} from './replay-cache.ts'
import type {ServiceCounters} from './service-counters.ts'

const ESTABLISH_TIMEOUT_MS = 30_000
const ATTEMPTS = 2
/** Launches that may fail because of the relay, and for any reason, before it is given up. */
const FAILURES_MAX = 2
const LAUNCHES_MAX = 5
const RELAUNCH_MIN_MS = 1000
const RELAUNCH_MAX_MS = 60_000
/** A circuit that lived this long says that all was well. */
const GOOD_FOR_MS = 60_000
/** The protocol version from which introduction points understand a limit. */
const LIMIT_VERSION = 5

export interface IntroductionPointDeps {
  readonly circuits: HsCircuits
  readonly counters: ServiceCounters
  readonly limit: IntroductionLimit | undefined
  readonly nowMs: () => number
  /** Came to be established, or is no longer. */
  readonly changed: () => void
  readonly introduced: (point: IntroductionPoint, body: Uint8Array) => void
}

/** When a point has served long enough. */
export interface IntroductionLifetime {
  readonly expiresAtMs: number
  readonly introductionsMax: number
}

export class IntroductionPoint {
  readonly fingerprint: string
  readonly authKey: Ed25519KeyPair = generateEd25519()
  readonly encryptionKey: X25519Key = generateX25519Key()
  readonly replays: ReplayCache
  readonly #deps: IntroductionPointDeps
  readonly #lifetime: IntroductionLifetime
  #state: 'idle' | 'opening' | 'established' | 'closed' = 'idle'
  #own: HsCircuit | undefined
  #hop: PathHop | undefined
  /** Launches since it was established last, and how many of them failed because of the relay itself. */
  #launches = 0
  #failures = 0
  #launchNotBeforeMs = -Infinity
  #relaunchMs = RELAUNCH_MIN_MS
  #establishedAtMs = 0
  #introductions = 0

  constructor(fingerprint: string, lifetime: IntroductionLifetime, deps: IntroductionPointDeps) {
    this.fingerprint = fingerprint
    this.#lifetime = lifetime
    this.#deps = deps
    // A point is left after so many introductions, so that the cache never has to forget one.
    this.replays = new ReplayCache({
      entriesMax: lifetime.introductionsMax + 1,
      forMs: Infinity,
      nowMs: deps.nowMs
    })
  }

  /** Without a circuit, and it is time to begin one. */
  get isDue(): boolean {
    return this.#state === 'idle' && this.#deps.nowMs() >= this.#launchNotBeforeMs
  }

  get isEstablished(): boolean {
    return this.#state === 'established'
  }

  /** Another relay should take its place. */
  get isHopeless(): boolean {
    return this.#state === 'idle' && (this.#failures >= FAILURES_MAX || this.#launches >= LAUNCHES_MAX)
  }

  get isExpired(): boolean {
    const {expiresAtMs, introductionsMax} = this.#lifetime
    return this.#deps.nowMs() >= expiresAtMs || this.#introductions >= introductionsMax
  }

  /** Accounts for a good introduction. */
  countIntroduction(): void {
    this.#introductions++
  }

  /** What the descriptor says of it; undefined while it is not established. */
  get described(): HsIntroductionPoint | undefined {
    const hop = this.#hop
    if (this.#state !== 'established' || hop?.ntorOnionKey === undefined) return undefined
    return {
      // Clients extend by IPv4; more than that is not said of the relay.
      linkSpecifiers: linkSpecifiers(hop).filter(({kind}) => kind !== 'ipv6'),
      ntorOnionKey: hop.ntorOnionKey,
      authKey: this.authKey.public,
      encryptionKey: this.encryptionKey.public
    }
  }

  /** Begins a circuit to the relay, to be called only when that is due. */
  async launch(relay: Relay): Promise<void> {
    const {circuits, counters, nowMs} = this.#deps
    const startedMs = nowMs()
    const hop = pathHop(relay)
    this.#state = 'opening'
    this.#launches++
    // What fails is as likely another relay of the path: a second path tells.
    const opened = await circuits.open(hop, 'us', 'HS_SERVICE_INTRO', ATTEMPTS)
    if (!opened.ok) {
      // A path that fails before its end says nothing about the relay there.
      if (opened.fault.code === 'last-relay-failed') this.#failures++
      this.#lost()
      return
    }
    if (this.#state !== 'opening') {
      opened.value.circuit.close(DestroyReason.FINISHED)
      return
    }
    const own = opened.value
    const keyHash = own.circuit.keyHash(own.last)
    if (own.circuit.isClosed || keyHash === undefined) {
      this.#lost()
      return
    }
    this.#own = own
    this.#hop = hop
    const timer = setTimeout(() => own.circuit.close(), ESTABLISH_TIMEOUT_MS)
    own.circuit.onClose(() => {
      clearTimeout(timer)
      if (this.#own !== own) return
      if (this.#state === 'opening') this.#failures++
      this.#lost()
    })
    own.circuit.onMessage((from, message) => {
      if (from !== own.last || this.#own !== own) return
      if (message.command === RelayCommand.INTRODUCE2) this.#introduce2(message)
      else if (message.command === RelayCommand.INTRO_ESTABLISHED && this.#state === 'opening') {
        clearTimeout(timer)
        this.#established(own, message)
        counters.introductionBuildTimes.add(nowMs() - startedMs)
        counters.stepTimes.introduction_point.add(nowMs() - startedMs)
      }
    })
    const limit = relay.status.protocols.supports('HSIntro', LIMIT_VERSION) ? this.#deps.limit : undefined
    const message = makeEstablishIntro({authKey: this.authKey, keyHash, limit})
    own.circuit.send(own.last, RelayCommand.ESTABLISH_INTRO, 0, message)
  }

  /** Leaves the relay for good. */
  close(): void {
    if (this.#state === 'closed') return
    if (this.#state === 'established') this.#deps.counters.introductionsEstablished--
    this.#state = 'closed'
    const own = this.#own
    this.#own = undefined
    own?.circuit.close(DestroyReason.FINISHED)
  }

  #established(own: HsCircuit, message: RelayCellV0): void {
    if (!decode(introEstablished, message.data).ok) {
      own.circuit.close(DestroyReason.TORPROTOCOL)
      return
    }
    this.#state = 'established'
    this.#launches = 0
    this.#failures = 0
    this.#establishedAtMs = this.#deps.nowMs()
    this.#deps.counters.introductionsEstablished++
    this.#deps.changed()
  }

  #introduce2(message: RelayCellV0): void {
    if (this.#state === 'established') this.#deps.introduced(this, message.data)
  }

  #lost(): void {
    this.#own = undefined
    if (this.#state === 'closed') return
    const wasEstablished = this.#state === 'established'
    const nowMs = this.#deps.nowMs()
    this.#state = 'idle'
    if (wasEstablished && nowMs - this.#establishedAtMs >= GOOD_FOR_MS) this.#relaunchMs = RELAUNCH_MIN_MS
    this.#launchNotBeforeMs = nowMs + this.#relaunchMs
    this.#relaunchMs = Math.min(this.#relaunchMs * 2, RELAUNCH_MAX_MS)
    if (!wasEstablished) return
    this.#deps.counters.introductionsEstablished--
    this.#deps.changed()
  }
}
