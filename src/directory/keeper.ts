// Keeps the documents of the network current: asks authorities and fallbacks for what is due, a few requests at a time,
// and tells its owner what changed.
//
//   tick ─▶ consensus due? ─▶ fetch (microdesc, then ns) ─▶ certificates missing? ─▶ fetch ─▶ offer again
//        └▶ microdescriptors missing? ─▶ fetch in batches of 92
//
// One run at a time; a source that fails is passed over for the next one, and a run that fails is tried again after a
// back-off that doubles.

import {randomInt} from 'node:crypto'
import {toBase16} from '../bytes/base16.ts'
import {toBase64Unpadded} from '../bytes/base64.ts'
import {equal, fromText} from '../bytes/octets.ts'
import {ok, type Result} from '../fault/result.ts'
import type {ConsensusFlavour, VerifiedConsensus} from '../netdoc/consensus/consensus.ts'
import {MAX_CONSENSUS_LENGTH} from '../netdoc/consensus/parse.ts'
import {applyConsensusDiff, DIFF_HEADER, diffBaseDigest} from '../netdoc/consensus-diff/apply.ts'
import type {DiffFault} from '../netdoc/fault.ts'
import type {Microdescriptor} from '../netdoc/microdescriptor.ts'
import type {DirResponse} from './dir-request.ts'
import {askSource, type DirSource, type OpenDirStream} from './dir-source.ts'
import {nextConsensusFetch} from './fetch-schedule.ts'
import type {NetworkDocuments} from './network-documents.ts'

/** dir-spec 4.6: digests in one request for microdescriptors. */
const MICRODESCRIPTORS_PER_REQUEST = 92
/** Requests for microdescriptors under way at once. */
const REQUESTS_AT_ONCE = 4
const REQUEST_TIMEOUT_MS = 60_000
const CERTS_MAX = 1 << 20
const MICRODESCRIPTORS_MAX = 4 << 20
const RETRY_MIN_MS = 1000
const RETRY_MAX_MS = 10 * 60_000
const TICK_MS = 500
const DIFF_START = fromText(DIFF_HEADER)

export interface KeeperEvents {
  /** A consensus was verified and is the current one of its flavour. */
  consensus(flavour: ConsensusFlavour, consensus: VerifiedConsensus): void
  microdescriptors(fresh: readonly Microdescriptor[]): void
  certs(): void
  /** For the log: what went wrong, in words without addresses. */
  trouble(what: string): void
}

export interface KeeperDeps {
  readonly documents: NetworkDocuments
  /** Asked in random order; authorities for certificates. */
  readonly sources: () => readonly DirSource[]
  readonly openDirStream: OpenDirStream
  readonly events: KeeperEvents
  /** Flavours to keep: a directory cache serves both, others need microdesc alone. */
  readonly flavours: readonly ConsensusFlavour[]
  /** A cache fetches soon after a consensus appears, others later. */
  readonly isCache: boolean
  /** The longest wait after a run that failed; ten minutes when left out. */
  readonly retryMaxMs?: number | undefined
  /** While true, nobody is asked; never when left out. */
  readonly isIdle?: (() => boolean) | undefined
  readonly now: () => Date
}

export class Keeper {
  readonly #deps: KeeperDeps
  readonly #dueAtMs = new Map<ConsensusFlavour, number>()
  #timer: NodeJS.Timeout | undefined
  #stopped = new AbortController()
  #running = false
  #retryMs: number
  #notBeforeMs = 0

  constructor(deps: KeeperDeps) {
    this.#deps = deps
    this.#retryMs = this.#retryMinMs
  }

  /** Begins to fetch what is missing, at once. */
  start(): void {
    if (this.#stopped.signal.aborted) this.#stopped = new AbortController()
    for (const flavour of this.#deps.flavours) {
      const current = this.#deps.documents.consensus(flavour)
      if (current !== undefined) this.#schedule(flavour, current)
    }
    this.#timer = setInterval(() => void this.#run(), TICK_MS)
    void this.#run()
  }

  /** Ends what is under way, too: an authority that takes its time must not keep us. */
  stop(): void {
    clearInterval(this.#timer)
    this.#stopped.abort()
  }

  async #run(): Promise<void> {
    if (this.#isIdle) {
      if (this.#running) this.#abandon()
      // What failed before says nothing of how it is when we may ask again.
      this.#backOff(false)
      this.#notBeforeMs = 0
      return
    }
    const nowMs = Number(this.#deps.now())
    if (this.#running || nowMs < this.#notBeforeMs) return
    this.#running = true
    try {
      let failed = false
      for (const flavour of this.#deps.flavours) {
        if (nowMs >= (this.#dueAtMs.get(flavour) ?? 0))
          failed = !(await this.#fetchConsensus(flavour)) || failed
      }
      failed = !(await this.#fetchMicrodescriptors()) || failed
      this.#backOff(failed)
    } finally {
      this.#running = false
    }
  }

  /** What is under way ends, and what comes later may begin. */
  #abandon(): void {
    this.#stopped.abort()
    this.#stopped = new AbortController()
  }

  get #isIdle(): boolean {
    return this.#deps.isIdle?.() === true
  }

  get #retryMinMs(): number {
    return Math.min(RETRY_MIN_MS, this.#deps.retryMaxMs ?? RETRY_MAX_MS)
  }

  #backOff(failed: boolean): void {
    if (!failed) {
      this.#retryMs = this.#retryMinMs
      return
    }
    this.#notBeforeMs = Number(this.#deps.now()) + randomInt(this.#retryMs, this.#retryMs * 2)
    this.#retryMs = Math.min(this.#retryMs * 2, this.#deps.retryMaxMs ?? RETRY_MAX_MS)
  }

  #schedule(flavour: ConsensusFlavour, consensus: VerifiedConsensus): void {
    const {isCache, now} = this.#deps
    this.#dueAtMs.set(
      flavour,
      nextConsensusFetch(consensus, {isCache, nowMs: Number(now()), random: Math.random})
    )
  }

  /** True when the flavour is current, or as current as the sources have it. */
  async #fetchConsensus(flavour: ConsensusFlavour): Promise<boolean> {
    const {documents, events, now} = this.#deps
    const current = documents.consensus(flavour)
    // With what we have as a base, most of the next one need not be sent (dir-spec 4.5).
    const headers: Record<string, string> =
      current === undefined
        ? {}
        : {
            'if-modified-since': current.validAfter.toUTCString(),
            'x-or-diff-from-consensus': toBase16(diffBaseDigest(current))
          }
    const path = `/tor/status-vote/current/consensus${flavour === 'ns' ? '' : `-${flavour}`}`
    for (const source of this.#shuffledSources()) {
      const response = await this.#ask(source, path, MAX_CONSENSUS_LENGTH, headers)
      if (response?.status !== 200) continue
      const whole = current === undefined ? ok(response.body) : wholeConsensus(current, response.body)
      if (!whole.ok) {
        events.trouble(`a consensus diff was refused: ${whole.fault.code}`)
        continue
      }
      const offered = await this.#offerConsensus(flavour, whole.value)
      if (offered === 'accepted') {
        const accepted = documents.consensus(flavour)
        if (accepted === undefined) continue
        this.#schedule(flavour, accepted)
        events.consensus(flavour, accepted)
        return true
      }
      if (offered !== 'consensus-not-newer') events.trouble(`a consensus was refused: ${offered}`)
    }
    // Nobody has a newer one yet: as long as ours is fresh enough, that is no failure.
    if (current === undefined) return false
    this.#dueAtMs.set(flavour, Number(now()) + retryWhileCurrentMs(current))
    return true
  }

  async #offerConsensus(flavour: ConsensusFlavour, octets: Uint8Array): Promise<string> {
    const {documents, now} = this.#deps
    const offered = documents.offerConsensus(flavour, octets, now())
    if (offered.ok) return 'accepted'
    if (offered.fault.code !== 'not-enough-signatures') return offered.fault.code
    const missing = offered.fault.data?.missing ?? []
    if (missing.length === 0 || !(await this.#fetchCerts(missing))) return offered.fault.code
    const again = documents.offerConsensus(flavour, octets, now())
    return again.ok ? 'accepted' : again.fault.code
  }

  async #fetchCerts(wanted: readonly {identity: string; signingKey: string}[]): Promise<boolean> {
    const {documents, events} = this.#deps
    const pairs = wanted.map(({identity, signingKey}) => `${identity}-${signingKey}`)
    for (const source of this.#shuffledSources()) {
      const response = await this.#ask(source, `/tor/keys/fp-sk/${pairs.join('+')}`, CERTS_MAX)
      if (response?.status !== 200 || !documents.offerCerts(response.body)) continue
      events.certs()
      return true
    }
    return false
  }

  async #fetchMicrodescriptors(): Promise<boolean> {
    const {documents} = this.#deps
    const missing = documents.missingMicrodescriptors()
    if (missing.length === 0) return true
    const batches: Uint8Array[][] = []
    for (let i = 0; i < missing.length; i += MICRODESCRIPTORS_PER_REQUEST) {
      batches.push(missing.slice(i, i + MICRODESCRIPTORS_PER_REQUEST))
    }
    const work = batches[Symbol.iterator]()
    const worker = async () => {
      for (const batch of work) await this.#fetchBatch(batch)
    }
    await Promise.all(Array.from({length: REQUESTS_AT_ONCE}, worker))
    return documents.missingMicrodescriptors().length === 0
  }

  async #fetchBatch(digests: readonly Uint8Array[]): Promise<void> {
    const {documents, events, now} = this.#deps
    const path = `/tor/micro/d/${digests.map(toBase64Unpadded).join('-')}`
    for (const source of this.#shuffledSources()) {
      const response = await this.#ask(source, path, MICRODESCRIPTORS_MAX)
      if (response?.status !== 200) continue
      const fresh = documents.offerMicrodescriptors(response.body, now())
      if (fresh.length > 0) events.microdescriptors(fresh)
      if (fresh.length === digests.length) return
    }
  }

  async #ask(
    source: DirSource,
    path: string,
    bodyMax: number,
    headers: Record<string, string> = {}
  ): Promise<DirResponse | undefined> {
    const {signal} = this.#stopped
    if (this.#isIdle || signal.aborted) return undefined
    const request = {method: 'GET', path, headers, bodyMax, timeoutMs: REQUEST_TIMEOUT_MS, signal} as const
    const answered = await askSource(source, request, this.#deps.openDirStream)
    return answered.ok ? answered.value : undefined
  }

  #shuffledSources(): DirSource[] {
    const sources = [...this.#deps.sources()]
    for (let i = sources.length - 1; i > 0; i--) {
      const j = randomInt(i + 1)
      const [a, b] = [sources[i], sources[j]]
      if (a !== undefined && b !== undefined) {
        sources[i] = b
        sources[j] = a
      }
    }
    return sources
  }
}

/** The answer to a request that offered a base: a diff from it, or all of the consensus. */
function wholeConsensus(base: VerifiedConsensus, octets: Uint8Array): Result<Uint8Array, DiffFault> {
  const isDiff = equal(octets.subarray(0, DIFF_START.length), DIFF_START)
  return isDiff ? applyConsensusDiff(base, octets) : ok(octets)
}

/** How soon to ask again when no source has a newer consensus: a small part of its interval. */
function retryWhileCurrentMs(consensus: VerifiedConsensus): number {
  const intervalMs = Number(consensus.freshUntil) - Number(consensus.validAfter)
  return Math.min(Math.max(intervalMs / 20, RETRY_MIN_MS), RETRY_MAX_MS)
}
