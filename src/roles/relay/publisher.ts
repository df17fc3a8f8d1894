// Brings a relay's descriptor and extra-info to every authority (dir-spec 2.1, 4.1): POST to `/tor/`, the two documents one
// behind the other. An authority that could not be reached is tried again with a back-off of its own until it has them or
// a newer publication takes their place.

import {randomInt} from 'node:crypto'
import {concat} from '../../bytes/octets.ts'
import {askSource, type DirSource, type OpenDirStream} from '../../directory/dir-source.ts'
import type {OwnDocuments} from './own-documents.ts'

/** What became of one upload; closed, for log and metrics. */
export type UploadOutcome = 'accepted' | 'refused' | 'unreachable'

export interface PublisherDeps {
  readonly authorities: () => readonly DirSource[]
  readonly openDirStream: OpenDirStream
  /** `detail`: what the authority said, or our fault's code. */
  readonly uploaded: (authority: DirSource, outcome: UploadOutcome, detail: string) => void
}

const UPLOAD_TIMEOUT_MS = 60_000
const ANSWER_MAX = 64 * 1024
const RETRY_MIN_MS = 5000
const RETRY_MAX_MS = 30 * 60_000

export class Publisher {
  readonly #deps: PublisherDeps
  readonly #timers = new Set<NodeJS.Timeout>()
  #publication = 0
  #stopped = new AbortController()

  constructor(deps: PublisherDeps) {
    this.#deps = deps
  }

  /** Uploads to all authorities at once; takes the place of what is still being retried. */
  publish(documents: OwnDocuments, reason: string): void {
    this.stop()
    const publication = ++this.#publication
    const body = concat(documents.descriptor.octets, documents.extraInfo.octets)
    for (const authority of this.#deps.authorities()) {
      void this.#upload(publication, authority, body, reason, RETRY_MIN_MS)
    }
  }

  /** Ends what is under way, too. */
  stop(): void {
    this.#publication++
    this.#stopped.abort()
    this.#stopped = new AbortController()
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
  }

  async #upload(
    publication: number,
    authority: DirSource,
    body: Uint8Array,
    reason: string,
    retryMs: number
  ): Promise<void> {
    const request = {
      method: 'POST',
      path: '/tor/',
      headers: {'x-desc-gen-reason': reason},
      body,
      bodyMax: ANSWER_MAX,
      timeoutMs: UPLOAD_TIMEOUT_MS,
      signal: this.#stopped.signal
    } as const
    const answered = await askSource(authority, request, this.#deps.openDirStream)
    if (publication !== this.#publication) return
    if (!answered.ok) {
      this.#deps.uploaded(authority, 'unreachable', answered.fault.code)
      const timer = setTimeout(
        () => {
          this.#timers.delete(timer)
          void this.#upload(publication, authority, body, reason, Math.min(retryMs * 2, RETRY_MAX_MS))
        },
        randomInt(retryMs, retryMs * 2)
      )
      this.#timers.add(timer)
      return
    }
    const {status, reasonPhrase} = answered.value
    // A descriptor that says nothing new is not wanted, which is no fault of it.
    const isFine = status === 200 || /no.*changed|not.?new/i.test(reasonPhrase)
    this.#deps.uploaded(authority, isFine ? 'accepted' : 'refused', `${status} ${reasonPhrase}`)
  }
}
