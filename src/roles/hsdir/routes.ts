// What an HSDir answers over BEGIN_DIR (rend-spec-v3 2.2.6): POST /tor/hs/3/publish and GET /tor/hs/3/<blinded key>.
//
// Both only over circuits of more than one hop: whoever is right here would show this relay who publishes or asks for what.
// That there is a descriptor, that it is not for us, and that the wrapper holds is all that is looked at.

import {fromBase64} from '../../bytes/base64.ts'
import {parseOuterHsDescriptor} from '../../netdoc/hs-descriptor/outer.ts'
import type {DescriptorCache} from './descriptor-cache.ts'

const POST_PREFIX = '/tor/hs/'
const PUBLISH_PATH = '/tor/hs/3/publish'
const GET_PREFIX = '/tor/hs/3/'
const BLINDED_KEY_LENGTH = 32

export interface HsDirRequest {
  /** From its first slash. */
  readonly path: string
  readonly body: Uint8Array
  readonly peer: {readonly isAnonymous: boolean}
}

export interface HsDirAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
}

/** A route for the relay's directory server. */
export interface HsDirRoute {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly match: 'prefix'
  handle(request: HsDirRequest): HsDirAnswer
}

/** `outdated`: the cached descriptor's revision counter is as high. Each is the label of our own metric. */
export type PublishOutcome = 'stored' | 'malformed' | 'outdated' | 'unknown_path' | 'not_anonymous'
export type FetchOutcome = 'found' | 'not_found' | 'not_anonymous'

const PUBLISH_STATUS: Readonly<Record<PublishOutcome, number>> = Object.freeze({
  stored: 200,
  malformed: 400,
  outdated: 400,
  unknown_path: 400,
  not_anonymous: 503
})

const FETCH_STATUS: Readonly<Record<FetchOutcome, number>> = Object.freeze({
  found: 200,
  not_found: 404,
  not_anonymous: 503
})

export interface HsDirCounters {
  readonly publish: Record<PublishOutcome, number>
  readonly fetch: Record<FetchOutcome, number>
}

export function newHsDirCounters(): HsDirCounters {
  return {
    publish: {stored: 0, malformed: 0, outdated: 0, unknown_path: 0, not_anonymous: 0},
    fetch: {found: 0, not_found: 0, not_anonymous: 0}
  }
}

export interface HsDirRoutesDeps {
  readonly cache: DescriptorCache
  readonly counters: HsDirCounters
  /** Consensus parameter HSV3MaxDescriptorSize: a descriptor is shorter than this. */
  readonly maxDescriptorLength: () => number
  readonly nowMs: () => number
  /** Hears of every descriptor that was kept; only to be counted. */
  readonly stored?: ((blindedKey: Uint8Array) => void) | undefined
}

export function hsDirRoutes(deps: HsDirRoutesDeps): readonly HsDirRoute[] {
  return [
    {method: 'POST', path: POST_PREFIX, match: 'prefix', handle: request => publish(request, deps)},
    {method: 'GET', path: GET_PREFIX, match: 'prefix', handle: request => fetch(request, deps)}
  ]
}

function publish(request: HsDirRequest, deps: HsDirRoutesDeps): HsDirAnswer {
  const outcome = publishOutcome(request, deps)
  deps.counters.publish[outcome]++
  return {status: PUBLISH_STATUS[outcome]}
}

function publishOutcome({path, body, peer}: HsDirRequest, deps: HsDirRoutesDeps): PublishOutcome {
  if (!peer.isAnonymous) return 'not_anonymous'
  if (path !== PUBLISH_PATH) return 'unknown_path'
  const nowMs = deps.nowMs()
  const maxLength = deps.maxDescriptorLength() - 1
  const parsed = parseOuterHsDescriptor(body, {now: new Date(nowMs), maxLength})
  if (!parsed.ok) return 'malformed'
  const outcome = deps.cache.store(parsed.value, nowMs)
  if (outcome === 'stored') deps.stored?.(parsed.value.blindedKey)
  return outcome
}

function fetch({path, peer}: HsDirRequest, deps: HsDirRoutesDeps): HsDirAnswer {
  const found = peer.isAnonymous ? find(path, deps) : undefined
  const missed = peer.isAnonymous ? 'not_found' : 'not_anonymous'
  const outcome: FetchOutcome = found === undefined ? missed : 'found'
  deps.counters.fetch[outcome]++
  if (found === undefined) return {status: FETCH_STATUS[outcome]}
  // Each fetch is one client's: nothing on the way may keep it.
  const headers = {'Content-Type': 'text/plain', Pragma: 'no-cache'}
  return {status: FETCH_STATUS[outcome], headers, body: found}
}

function find(path: string, {cache, nowMs}: HsDirRoutesDeps): Uint8Array | undefined {
  const blindedKey = fromBase64(path.slice(GET_PREFIX.length))
  return blindedKey?.length === BLINDED_KEY_LENGTH ? cache.download(blindedKey, nowMs()) : undefined
}
