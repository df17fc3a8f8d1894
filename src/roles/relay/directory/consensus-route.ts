// GET /tor/status-vote/current/consensus: the newest consensus of a flavour (dir-spec 3.10 and 6.2).
//
//   …/consensus[-FLAVOUR][/FP+FP…]      the whole one, if more than half of the authorities named signed it
//   …/consensus[-FLAVOUR]/diff/HASH/…   only the differences from the one of that hash
//
// Who would take a diff instead of the whole (X-Or-Diff-From-Consensus) gets one when the store has it; who takes nothing
// else gets 404 when it has not (dir-spec 4.5).

import {fromBase16, toBase16Upper} from '../../../bytes/base16.ts'
import {equal} from '../../../bytes/octets.ts'
import type {Consensus, ConsensusFlavour} from '../../../netdoc/consensus/consensus.ts'
import {diffBaseDigest} from '../../../netdoc/consensus-diff/apply.ts'
import {cacheHeaders, type DirectoryAnswer, type DirectoryRequest, refuse} from './answer.ts'
import type {DirectoryStore} from './directory-store.ts'
import {parseHttpDate} from './http-date.ts'

const PATH = /^\/tor\/status-vote\/current\/consensus(?:-([^/]*))?(?:\/(?:diff\/([^/]*)\/?)?(.*))?$/

const FLAVOURS: Readonly<Record<string, ConsensusFlavour>> = {ns: 'ns', microdesc: 'microdesc'}

/** How long before and after its time a consensus is still served: clients have clocks that are wrong. */
const NEARLY_LIVE_MS = 24 * 60 * 60 * 1000

/** Hashes that one request may name: more than the consensuses that a client keeps. */
const BASES_MAX = 16
const SHA3_LENGTH = 32

const hashes = new WeakMap<Consensus, Uint8Array>()

export async function getConsensus(
  request: DirectoryRequest,
  store: DirectoryStore,
  now: Date
): Promise<DirectoryAnswer> {
  const [path, name = 'ns', diffFrom, signers] = PATH.exec(request.path) ?? []
  const flavour = Object.hasOwn(FLAVOURS, name) ? FLAVOURS[name] : undefined
  if (path === undefined || flavour === undefined) return refuse('not-found')
  const consensus = store.consensus(flavour)
  if (consensus === undefined || !isNearlyLive(consensus, now)) return refuse('not-found')
  const bases = readHashes(diffFrom ?? request.headers['x-or-diff-from-consensus'])
  if (bases.some(base => equal(base, hashOf(consensus)))) return refuse('not-modified')
  if (signers && !isSignedByMost(consensus, signers)) return refuse('not-enough-signatures')
  const diff = await findDiff(bases, flavour, store)
  if (diffFrom !== undefined && diff === undefined) return refuse('not-found')
  const since = parseHttpDate(request.headers['if-modified-since'] ?? '')
  if (since !== undefined && consensus.validAfter <= since) return refuse('not-modified')
  const freshSeconds = Math.floor((consensus.freshUntil.getTime() - now.getTime()) / 1000)
  return {
    status: 200,
    headers: {...cacheHeaders(freshSeconds, now), Vary: 'X-Or-Diff-From-Consensus'},
    body: diff ?? consensus.octets,
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

/** SHA3-256 hashes of signed parts, in hexadecimal; what is none is passed over. */
function readHashes(text: string | string[] | undefined): readonly Uint8Array[] {
  if (typeof text !== 'string') return []
  return text
    .split(/[\s,]+/, BASES_MAX)
    .map(fromBase16)
    .filter(hash => hash !== undefined)
    .filter(hash => hash.length === SHA3_LENGTH)
}

/** Hashing megabytes at each request would be a gift to whoever wants to keep us busy. */
function hashOf(consensus: Consensus): Uint8Array {
  const hash = hashes.get(consensus) ?? diffBaseDigest(consensus)
  hashes.set(consensus, hash)
  return hash
}

/** From the first of `bases` that there is a diff from. */
async function findDiff(
  bases: readonly Uint8Array[],
  flavour: ConsensusFlavour,
  store: DirectoryStore
): Promise<Uint8Array | undefined> {
  for (const base of bases) {
    const diff = await store.consensusDiff(flavour, base)
    if (diff !== undefined) return diff
  }
  return undefined
}
