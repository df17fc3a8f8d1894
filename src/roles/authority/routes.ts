// What an authority answers besides what every directory does (dir-spec 4.1, 3.3 to 3.10, 6.2):
//
//   POST /tor/                           a descriptor           GET /tor/status-vote/next/consensus[-microdesc]
//   POST /tor/post/vote                  another's vote             …/next/consensus-signatures
//   POST /tor/post/consensus-signature   others' signatures         …/next|current/authority, /FP+FP, /d/DIGEST+DIGEST

import {fromBase16} from '../../bytes/base16.ts'
import {UPLOAD_REPLIES, type UploadOutcome} from './view/acceptance.ts'
import type {Election} from './voting/election.ts'
import {SIGNATURES_REPLIES} from './voting/pending-consensus.ts'
import {VOTE_REPLIES} from './voting/vote-box.ts'

export interface AuthorityRequest {
  /** From its first slash. */
  readonly path: string
  readonly body: Uint8Array
}

export interface AuthorityAnswer {
  readonly status: number
  readonly reason?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: readonly Uint8Array[]
  readonly coding?: 'each-time'
}

/** A route for the relay's directory server. */
export interface AuthorityRoute {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly match: 'exact' | 'prefix'
  handle(request: AuthorityRequest): AuthorityAnswer
}

export interface AuthorityRoutesDeps {
  readonly election: Election
  readonly upload: (body: Uint8Array) => UploadOutcome
  /** Our v3 identity, 20 octets. */
  readonly identity: Uint8Array
}

const NEXT = '/tor/status-vote/next/'
const CURRENT = '/tor/status-vote/current/'
/** Votes that one request may name. */
const VOTES_MAX = 64

export function authorityRoutes(deps: AuthorityRoutesDeps): readonly AuthorityRoute[] {
  const {election} = deps
  return [
    {method: 'POST', path: '/tor/', match: 'exact', handle: ({body}) => answerUpload(deps.upload(body))},
    {
      method: 'POST',
      path: '/tor/post/vote',
      match: 'exact',
      handle: ({body}) => ({...VOTE_REPLIES[election.receiveVotes(body)]})
    },
    {
      method: 'POST',
      path: '/tor/post/consensus-signature',
      match: 'exact',
      handle: ({body}) => ({...SIGNATURES_REPLIES[election.receiveSignatures(body)]})
    },
    {method: 'GET', path: NEXT, match: 'prefix', handle: ({path}) => getNext(path.slice(NEXT.length), deps)},
    {
      method: 'GET',
      path: CURRENT,
      match: 'prefix',
      handle: ({path}) => documents(findVotes(path.slice(CURRENT.length), 'previous', deps))
    }
  ]
}

function answerUpload(outcome: UploadOutcome): AuthorityAnswer {
  const {kind, reason} = UPLOAD_REPLIES[outcome]
  if (kind === 'refused') return {status: 400, reason}
  return {status: 200, reason, ...(kind === 'not-new' ? {headers: {'X-Descriptor-Not-New': 'Yes'}} : {})}
}

function getNext(resource: string, deps: AuthorityRoutesDeps): AuthorityAnswer {
  const {election} = deps
  switch (resource) {
    case 'consensus':
    case 'consensus-ns':
      return documents([election.pendingConsensus('ns')])
    case 'consensus-microdesc':
      return documents([election.pendingConsensus('microdesc')])
    case 'consensus-signatures':
      return documents([election.detachedSignatures])
    default:
      return documents(findVotes(resource, 'pending', deps))
  }
}

function findVotes(
  resource: string,
  round: 'pending' | 'previous',
  {election, identity}: AuthorityRoutesDeps
): readonly (Uint8Array | undefined)[] {
  if (resource === 'authority') return [election.vote(identity, round)]
  const byDigest = resource.startsWith('d/')
  const digests = new Set((byDigest ? resource.slice(2) : resource).split('+', VOTES_MAX))
  return [...digests].map(text => {
    const octets = text.length === 40 ? fromBase16(text) : undefined
    if (octets === undefined) return undefined
    return byDigest ? election.voteByDigest(octets) : election.vote(octets, round)
  })
}

function documents(found: readonly (Uint8Array | undefined)[]): AuthorityAnswer {
  const body = found.filter(octets => octets !== undefined)
  if (body.length === 0) return {status: 404}
  return {status: 200, headers: {'Content-Type': 'text/plain'}, body, coding: 'each-time'}
}
