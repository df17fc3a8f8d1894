// Descriptors of onion services for their clients: from the cache, or from one of the HSDirs that the ring names.
//
//   address ─▶ blinded key of the period ─▶ cached? ─▶ HSDirs in random order ─▶ BEGIN_DIR, GET /tor/hs/3/… ─▶ opened
//
// An HSDir that answered is left alone for a while, whatever it answered, so that a service that is down does not make us
// ask again and again. What several want at once is fetched once.

import {toBase16} from '../../bytes/base16.ts'
import {toBase64Unpadded} from '../../bytes/base64.ts'
import {equal} from '../../bytes/octets.ts'
import {pathHop} from '../../circuit/path-hop.ts'
import {blindingParameter, blindPublic, subcredential} from '../../crypto/hs/blinding.ts'
import {type DirResponse, sendDirRequest} from '../../directory/dir-request.ts'
import {localFault, peerFault} from '../../fault/fault.ts'
import {err, ok, type Result} from '../../fault/result.ts'
import type {RandomFraction} from '../../netdir/choose.ts'
import {type HsdirRings, hsdirRings, type NetworkTime} from '../../netdir/hsdir-ring.ts'
import type {NetDir} from '../../netdir/net-dir.ts'
import type {Relay} from '../../netdir/relay.ts'
import type {HsDescriptorContent} from '../../netdoc/hs-descriptor/hs-descriptor.ts'
import {openHsDescriptor} from '../../netdoc/hs-descriptor/open.ts'
import {parseOuterHsDescriptor} from '../../netdoc/hs-descriptor/outer.ts'
import {RelayCommand} from '../../wire/relay-cell.ts'
import type {HsCircuits} from '../hs-circuits.ts'
import type {OnionClientFault} from './fault.ts'

/** An HSDir that answered is asked for the same descriptor no sooner than after this. */
const REQUERY_MS = 15 * 60_000
const REQUERY_TESTING_MS = 5000
const REQUEST_TIMEOUT_MS = 30_000
/** Our own bounds on what is remembered. */
const CACHED_MAX = 512
const REQUESTS_MAX = 4096
const NOTHING = new Uint8Array(0)

/** A descriptor that was opened. */
export interface ServiceDescriptor {
  readonly content: HsDescriptorContent
  readonly subcredential: Uint8Array
  readonly revisionCounter: bigint
}

export interface DescriptorSourceDeps {
  readonly netDir: () => NetDir | undefined
  readonly circuits: HsCircuits
  readonly time: NetworkTime
  /** Our X25519 secret for a service that lets only some clients in. */
  readonly clientKey: (identity: Uint8Array) => Uint8Array | undefined
  readonly random: RandomFraction
  readonly now: () => Date
  readonly watch?: DescriptorWatch | undefined
}

/** What is asked for, and of whom. */
export interface DescriptorRequest {
  readonly identity: Uint8Array
  readonly blindedKey: Uint8Array
  readonly hsdir: Relay
}

/** Why an HSDir's answer, or its silence, was no descriptor for us. */
export type DescriptorFailure = 'unreachable' | 'not-found' | 'refused' | 'malformed' | 'client-auth'

/** Hears of every question to an HSDir, for the control port. */
export interface DescriptorWatch {
  requested(request: DescriptorRequest): void
  received(request: DescriptorRequest, document: Uint8Array): void
  failed(request: DescriptorRequest, why: DescriptorFailure): void
}

interface Cached {
  readonly descriptor: ServiceDescriptor
  readonly document: Uint8Array
  readonly expiresAtMs: number
}

interface Wanted {
  readonly identity: Uint8Array
  readonly blindedKey: Uint8Array
  readonly subcredential: Uint8Array
  readonly key: string
  readonly hsdirs: readonly Relay[]
  readonly maxLength: number
}

type Fetched = Result<ServiceDescriptor, OnionClientFault>

export class DescriptorSource {
  readonly #deps: DescriptorSourceDeps
  readonly #cache = new Map<string, Cached>()
  readonly #underWay = new Map<string, Promise<Fetched>>()
  /** When an HSDir last answered, by descriptor and HSDir, oldest first. */
  readonly #answeredAtMs = new Map<string, number>()
  readonly #rings = new WeakMap<NetDir, HsdirRings>()

  constructor(deps: DescriptorSourceDeps) {
    this.#deps = deps
  }

  /** @param freshness `newer`: the cached descriptor did not help, so HSDirs are asked if there is one left to ask */
  async get(identity: Uint8Array, freshness: 'cached' | 'newer'): Promise<Fetched> {
    const wanted = this.#locate(identity)
    if (!wanted.ok) return wanted
    const {key} = wanted.value
    const cached = this.#cache.get(key)
    const nowMs = Number(this.#deps.now())
    if (freshness === 'cached' && cached !== undefined && nowMs < cached.expiresAtMs)
      return ok(cached.descriptor)
    const underWay = this.#underWay.get(key)
    if (underWay !== undefined) return underWay
    const fetching = this.#fetch(wanted.value).finally(() => this.#underWay.delete(key))
    this.#underWay.set(key, fetching)
    return fetching
  }

  /** The document that the cache has of a service. */
  document(identity: Uint8Array): Uint8Array | undefined {
    const wanted = this.#locate(identity)
    return wanted.ok ? this.#cache.get(wanted.value.key)?.document : undefined
  }

  /** Asks HSDirs whatever the cache has: those given, each of them, or those of the ring until one has it. */
  async ask(identity: Uint8Array, hsdirs: readonly Relay[]): Promise<void> {
    const wanted = this.#locate(identity)
    if (!wanted.ok) return
    if (hsdirs.length === 0) await this.#askOneOf(wanted.value, [...wanted.value.hsdirs])
    else await Promise.all(hsdirs.map(relay => this.#askOneOf(wanted.value, [relay])))
  }

  /** Forgets everything: what a user who wants a new identity expects. */
  clear(): void {
    this.#cache.clear()
    this.#answeredAtMs.clear()
  }

  #locate(identity: Uint8Array): Result<Wanted, OnionClientFault> {
    const {netDir, time, now} = this.#deps
    const directory = netDir()
    if (directory?.isReasonablyLive(now()) !== true) return err(localFault('onion-no-network'))
    const {fetch} = this.#ringsOf(directory, time)
    const blindedKey = blindPublic(identity, blindingParameter(identity, fetch.period))
    if (blindedKey === undefined) return err(localFault('onion-address-bad'))
    return ok({
      identity,
      blindedKey,
      subcredential: subcredential(identity, blindedKey),
      key: toBase16(blindedKey),
      hsdirs: fetch.responsible(blindedKey, 'fetch'),
      maxLength: directory.param('HSV3MaxDescriptorSize', 50_000, 1, 0x7fffffff)
    })
  }

  #ringsOf(directory: NetDir, time: NetworkTime): HsdirRings {
    const known = this.#rings.get(directory)
    if (known !== undefined) return known
    const rings = hsdirRings(directory, time)
    this.#rings.set(directory, rings)
    return rings
  }

  async #fetch(wanted: Wanted): Promise<Fetched> {
    return this.#askOneOf(
      wanted,
      wanted.hsdirs.filter(relay => !this.#answeredLately(wanted, relay))
    )
  }

  /** @param left in any order; emptied */
  async #askOneOf(wanted: Wanted, left: Relay[]): Promise<Fetched> {
    const {watch} = this.#deps
    let fault: OnionClientFault = peerFault('onion-descriptor-not-found')
    while (left.length > 0) {
      const [relay] = left.splice(Math.floor(this.#deps.random() * left.length), 1)
      if (relay === undefined) break
      const request = {identity: wanted.identity, blindedKey: wanted.blindedKey, hsdir: relay}
      watch?.requested(request)
      const response = await this.#ask(relay, wanted)
      if (response === undefined) {
        watch?.failed(request, 'unreachable')
        continue
      }
      this.#noteAnswer(wanted, relay)
      if (response.status !== 200) {
        watch?.failed(request, response.status === 404 ? 'not-found' : 'refused')
        continue
      }
      const opened = this.#open(response.body, wanted)
      if (opened.ok) {
        watch?.received(request, response.body)
        return opened
      }
      fault = opened.fault
      watch?.failed(request, fault.code === 'onion-descriptor-invalid' ? 'malformed' : 'client-auth')
      // Another HSDir would have nothing else to say about who may read the descriptor.
      if (fault.code !== 'onion-descriptor-invalid') return err(fault)
    }
    return err(fault)
  }

  async #ask(relay: Relay, {blindedKey, maxLength}: Wanted): Promise<DirResponse | undefined> {
    const opened = await this.#deps.circuits.open(pathHop(relay), 'others', 'HS_CLIENT_HSDIR')
    if (!opened.ok) return undefined
    const {circuit, streams, last} = opened.value
    try {
      const stream = await streams.open(last, RelayCommand.BEGIN_DIR, NOTHING, REQUEST_TIMEOUT_MS)
      if (!stream.ok) return undefined
      const answered = await sendDirRequest(
        {kind: 'stream', stream: stream.value},
        {
          method: 'GET',
          path: `/tor/hs/3/${toBase64Unpadded(blindedKey)}`,
          bodyMax: maxLength,
          timeoutMs: REQUEST_TIMEOUT_MS
        }
      )
      return answered.ok ? answered.value : undefined
    } finally {
      circuit.close()
    }
  }

  #open(body: Uint8Array, wanted: Wanted): Fetched {
    const {identity, blindedKey, subcredential: credential, key, maxLength} = wanted
    const now = this.#deps.now()
    const outer = parseOuterHsDescriptor(body, {now, maxLength})
    if (!outer.ok || !equal(outer.value.blindedKey, blindedKey))
      return err(peerFault('onion-descriptor-invalid'))
    const {revisionCounter, lifetimeMinutes} = outer.value
    const known = this.#cache.get(key)
    // An HSDir may still have, or play back, what the service has replaced.
    if (known !== undefined && known.descriptor.revisionCounter > revisionCounter) return ok(known.descriptor)
    const clientKey = this.#deps.clientKey(identity)
    const opened = openHsDescriptor(outer.value, {subcredential: credential, clientKey})
    if (!opened.ok) {
      if (opened.fault.code === 'hs-client-auth-needed') return err(localFault('onion-client-auth-missing'))
      if (opened.fault.code === 'hs-client-auth-bad') return err(localFault('onion-client-auth-wrong'))
      return err(peerFault('onion-descriptor-invalid'))
    }
    const descriptor = {content: opened.value, subcredential: credential, revisionCounter}
    this.#cache.delete(key)
    this.#cache.set(key, {
      descriptor,
      document: body.slice(),
      expiresAtMs: Number(now) + lifetimeMinutes * 60_000
    })
    dropOldest(this.#cache, CACHED_MAX)
    return ok(descriptor)
  }

  #answeredLately({key}: Wanted, relay: Relay): boolean {
    const answered = this.#answeredAtMs.get(`${key} ${relay.fingerprint}`)
    const period = this.#deps.time.isTesting ? REQUERY_TESTING_MS : REQUERY_MS
    return answered !== undefined && Number(this.#deps.now()) - answered < period
  }

  #noteAnswer({key}: Wanted, relay: Relay): void {
    const name = `${key} ${relay.fingerprint}`
    this.#answeredAtMs.delete(name)
    this.#answeredAtMs.set(name, Number(this.#deps.now()))
    dropOldest(this.#answeredAtMs, REQUESTS_MAX)
  }
}

/** Maps keep the order in which things were put in. */
function dropOldest(map: Map<string, unknown>, limit: number): void {
  for (const key of map.keys()) {
    if (map.size <= limit) return
    map.delete(key)
  }
}
