// What a route gives for a request, and the closed set of ways in which a request may end.

import type {IncomingHttpHeaders} from 'node:http'
import type {DirectoryPeer} from '../../../stream/relay-streams.ts'
import {formatHttpDate} from './http-date.ts'

/** How a request ended: the label of its metric. `cut-off`: the peer left before it had the whole answer. */
export type DirectoryOutcome =
  | 'served'
  | 'not-modified'
  | 'not-found'
  | 'not-enough-signatures'
  | 'bad-request'
  | 'busy'
  | 'too-large'
  | 'timeout'
  | 'cut-off'

/** The outcomes that a request is refused with. */
export type DirectoryRefusal = Exclude<DirectoryOutcome, 'served' | 'timeout' | 'cut-off'>

/** One request, as routes see it. */
export interface DirectoryRequest {
  readonly method: 'GET' | 'POST'
  /** Begins with `/tor/`; a `.z` at the end is left off. */
  readonly path: string
  /** Names in lower case. */
  readonly headers: IncomingHttpHeaders
  /** Empty but for POST. */
  readonly body: Uint8Array
  readonly peer: DirectoryPeer
}

/**
 * What the body is sent as. `as-is`: these octets. `once`: the peer's best coding, kept as long as the octets are, since
 * everybody asks for them. `each-time`: the peer's best coding, made for this answer.
 */
export type BodyCoding = 'as-is' | 'once' | 'each-time'

export interface DirectoryAnswer {
  readonly status: number
  /** The words of the status line; from the outcome when left out. */
  readonly reason?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Pieces that follow one another. */
  readonly body?: Uint8Array | readonly Uint8Array[]
  /** `as-is` when left out. */
  readonly coding?: BodyCoding
  /** From the status when left out. */
  readonly outcome?: DirectoryOutcome
}

const REFUSALS = {
  'not-modified': 304,
  'not-found': 404,
  'not-enough-signatures': 404,
  'bad-request': 400,
  busy: 503,
  'too-large': 413
} as const satisfies Record<DirectoryRefusal, number>

const REASONS: Readonly<Record<DirectoryRefusal, string>> = {
  'not-modified': 'Not modified',
  'not-found': 'Not found',
  'not-enough-signatures': 'Consensus not signed by sufficient number of requested authorities',
  'bad-request': 'Bad request',
  busy: 'Directory busy, try again later',
  'too-large': 'Request too large'
}

const BY_STATUS: ReadonlyMap<number, DirectoryOutcome> = new Map([
  [304, 'not-modified'],
  [404, 'not-found'],
  [413, 'too-large'],
  [503, 'busy']
])

export function refuse(outcome: DirectoryRefusal): DirectoryAnswer {
  return {status: REFUSALS[outcome], outcome}
}

export function outcomeOf({status, outcome}: DirectoryAnswer): DirectoryOutcome {
  if (outcome !== undefined) return outcome
  return status < 300 ? 'served' : (BY_STATUS.get(status) ?? 'bad-request')
}

/** The words of the status line. */
export function reasonOf(answer: DirectoryAnswer): string {
  if (answer.reason !== undefined) return answer.reason
  const outcome = outcomeOf(answer)
  return outcome in REASONS ? REASONS[outcome as DirectoryRefusal] : 'OK'
}

/** Octets of the body before any coding. */
export function bodyOctets({body}: DirectoryAnswer): number {
  if (body === undefined || body instanceof Uint8Array) return body?.length ?? 0
  return body.reduce((sum, part) => sum + part.length, 0)
}

/** How long caches on the way may keep a document; zero means not at all. */
export function cacheHeaders(lifetimeSeconds: number, now: Date): Record<string, string> {
  if (lifetimeSeconds <= 0) return {Pragma: 'no-cache'}
  return {Expires: formatHttpDate(new Date(now.getTime() + lifetimeSeconds * 1000))}
}
