// GET /tor/status-vote/current/consensus: the newest consensus of a flavour (dir-spec 3.10 and 6.2).
//
//   …/consensus[-FLAVOUR][/FP+FP…]      the whole one, if more than half of the authorities named signed it
//   …/consensus[-FLAVOUR]/diff/HASH/…   only the differences from the one of that hash
//
// Differences are not made here. Whoever would take one instead (X-Or-Diff-From-Consensus) gets the whole, as the
// specification leaves a directory free to do; whoever takes nothing else gets 404.

import {toBase16, toBase16Upper} from '../../../bytes/base16.ts'
import {sha3_256} from '../../../crypto/digest.ts'
import {type Consensus, type ConsensusFlavour, signedPart} from '../../../netdoc/consensus/consensus.ts'
import {cacheHeaders, type DirectoryAnswer, type DirectoryRequest, refuse} from './answer.ts'
import type {DirectoryStore} from './directory-store.ts'
import {parseHttpDate} from './http-date.ts'

const PATH = /^\/tor\/status-vote\/current\/consensus(?:-([^/]*))?(?:\/(diff\/)?(.*))?$/

const FLAVOURS: Readonly<Record<string, ConsensusFlavour>> = {ns: 'ns', microdesc: 'microdesc'}

/** How long before and after its time a consensus is still served: clients have clocks that are wrong. */
const NEARLY_LIVE_MS = 24 * 60 * 60 * 1000

const hashes = new WeakMap<Consensus, string>()

export function getConsensus(request: DirectoryRequest, store: DirectoryStore, now: Date): DirectoryAnswer {
  const [path, flavour = 'ns', diff, resource] = PATH.exec(request.path) ?? []
  if (path === undefined || !Object.hasOwn(FLAVOURS, flavour)) return refuse('not-found')
  const consensus = store.consensus(FLAVOURS[flavour] ?? 'ns')
  if (consensus === undefined || !isNearlyLive(consensus, now)) return refuse('not-found')
  const isDiffOnly = diff !== undefined
  const bases = isDiffOnly ? resource?.split('/')[0] : request.headers['x-or-diff-from-consensus']
  if (typeof bases === 'string' && namesSame(bases, consensus)) return refuse('not-modified')
  if (isDiffOnly) return refuse('not-found')
  if (resource !== undefined && !isSignedByMost(consensus, resource)) return refuse('not-enough-signatures')
  const since = parseHttpDate(request.headers['if-modified-since'] ?? '')
  if (since !== undefined && consensus.validAfter <= since) return refuse('not-modified')
  const freshSeconds = Math.floor((consensus.freshUntil.getTime() - now.getTime()) / 1000)
  return {
    status: 200,
    headers: {...cacheHeaders(freshSeconds, now), Vary: 'X-Or-Diff-From-Consensus'},
    body: consensus.octets,
    coding: 'once'
  }
}

function isNearlyLive({validAfter, validUntil}: Consensus, now: Date): boolean {
  const time = now.getTime()
  return time >= validAfter.getTime() - NEARLY_LIVE_MS && time <= validUntil.getTime() + NEARLY_LIVE_MS
}

/** `wanted` holds identities of authorities, or as much of each as whoever asks found enough, joined by `+`. */
function isSignedByMost(consensus: Consensus, wanted: string): boolean {
  const signers = consensus.signatures.map(({identity}) => toBase16Upper(identity))
  const prefixes = wanted.toUpperCase().split('+')
  const have = prefixes.filter(prefix => signers.some(signer => signer.startsWith(prefix)))
  return have.length > prefixes.length / 2
}

/** Whether the peer has this very one: `bases` are SHA3-256 hashes of signed parts, in hexadecimal. */
function namesSame(bases: string, consensus: Consensus): boolean {
  // Hashing megabytes at each request would be a gift to whoever wants to keep us busy.
  const hash = hashes.get(consensus) ?? toBase16(sha3_256(signedPart(consensus)))
  hashes.set(consensus, hash)
  return bases
    .toLowerCase()
    .split(/[\s,]+/)
    .includes(hash)
}
