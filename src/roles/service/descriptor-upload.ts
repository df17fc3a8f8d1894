// One descriptor on its way to the HSDirs that are to have it (rend-spec-v3 2.2.6): a circuit of its own to each, so that no
// HSDir learns who the others are from us, a few at a time. One that fails is tried again, later each time, until it has the
// descriptor or a newer one takes its place.

import {pathHop} from '../../circuit/path-hop.ts'
import {sendDirRequest} from '../../directory/dir-request.ts'
import type {Relay} from '../../netdir/relay.ts'
import {RelayCommand} from '../../wire/relay-cell.ts'
import type {HsCircuits} from '../hs-circuits.ts'
import type {ServiceCounters} from './service-counters.ts'

const UPLOADS_AT_ONCE = 3
const REQUEST_TIMEOUT_MS = 60_000
const ANSWER_MAX = 10_000
const RETRY_MIN_MS = 5000
const RETRY_MAX_MS = 10 * 60_000
const NOTHING = new Uint8Array(0)

export interface DescriptorUploadDeps {
  readonly circuits: HsCircuits
  readonly counters: ServiceCounters
  readonly uploaded: (outcome: 'accepted' | 'refused' | 'unreachable') => void
  readonly watch?: DescriptorUploadWatch | undefined
}

/** Hears which HSDir a descriptor goes to, for the control port. */
export interface DescriptorUploadWatch {
  begun(relay: Relay): void
  /** @param status of the answer; undefined: there was none */
  ended(relay: Relay, status: number | undefined): void
}

export class DescriptorUpload {
  readonly #body: Uint8Array
  readonly #deps: DescriptorUploadDeps
  readonly #queue: Relay[]
  readonly #retries = new Set<NodeJS.Timeout>()
  readonly #tries = new Map<Relay, number>()
  #running = 0
  #accepted = 0
  #stopped = false

  constructor(body: Uint8Array, hsdirs: readonly Relay[], deps: DescriptorUploadDeps) {
    this.#body = body
    this.#deps = deps
    this.#queue = [...hsdirs]
  }

  /** HSDirs that have it. */
  get accepted(): number {
    return this.#accepted
  }

  start(): void {
    while (this.#running < UPLOADS_AT_ONCE && this.#queue.length > 0 && !this.#stopped) {
      const relay = this.#queue.shift()
      if (relay === undefined) return
      this.#running++
      void this.#upload(relay).finally(() => {
        this.#running--
        this.start()
      })
    }
  }

  /** No more is begun; what is on its way may still arrive. */
  stop(): void {
    this.#stopped = true
    for (const timer of this.#retries) clearTimeout(timer)
    this.#retries.clear()
  }

  async #upload(relay: Relay): Promise<void> {
    const {counters, uploaded, watch} = this.#deps
    watch?.begun(relay)
    const startedMs = performance.now()
    const status = await this.#post(relay)
    watch?.ended(relay, status)
    if (this.#stopped) return
    if (status === 200) {
      counters.descriptorUploads++
      counters.stepTimes.descriptor.add(performance.now() - startedMs)
      this.#accepted++
      uploaded('accepted')
      return
    }
    counters.descriptorUploadsFailed++
    uploaded(status === undefined ? 'unreachable' : 'refused')
    const tries = (this.#tries.get(relay) ?? 0) + 1
    this.#tries.set(relay, tries)
    const timer = setTimeout(
      () => {
        this.#retries.delete(timer)
        this.#queue.push(relay)
        this.start()
      },
      Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** (tries - 1))
    )
    this.#retries.add(timer)
  }

  /** The status of the answer; undefined when there was none. */
  async #post(relay: Relay): Promise<number | undefined> {
    const opened = await this.#deps.circuits.open(pathHop(relay), 'others', 'HS_SERVICE_HSDIR')
    if (!opened.ok) return undefined
    const {circuit, streams, last} = opened.value
    try {
      const stream = await streams.open(last, RelayCommand.BEGIN_DIR, NOTHING, REQUEST_TIMEOUT_MS)
      if (!stream.ok || this.#stopped) return undefined
      const answered = await sendDirRequest(
        {kind: 'stream', stream: stream.value},
        {
          method: 'POST',
          path: '/tor/hs/3/publish',
          body: this.#body,
          bodyMax: ANSWER_MAX,
          timeoutMs: REQUEST_TIMEOUT_MS
        }
      )
      return answered.ok ? answered.value.status : undefined
    } finally {
      circuit.close()
    }
  }
}
