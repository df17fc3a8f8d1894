// The signatures at the end of a consensus (dir-spec 3.4.2). Parsing only says who claims to have signed with which
// digest; `verifyConsensus` says whose signature holds.

import {toBase16} from '../../bytes/base16.ts'
import {ok, type Result} from '../../fault/result.ts'
import {parseFingerprint} from '../argument.ts'
import {meaningFault, type NetdocFault} from '../fault.ts'
import type {Item} from '../item.ts'
import type {ConsensusDigestName, ConsensusSignature, Voter} from './consensus.ts'

/** Lengths of RSA signatures from 1024 to 4096 bits. */
const MIN_SIGNATURE_LENGTH = 128
const MAX_SIGNATURE_LENGTH = 512

/** Signatures with digests we do not know are skipped, as is a second one of the same authority with the same digest. */
export function parseSignatures(
  items: readonly Item[],
  voters: readonly Voter[]
): Result<readonly ConsensusSignature[], NetdocFault> {
  const known = new Set(voters.map(voter => toBase16(voter.identity)))
  const seen = new Set<string>()
  const signatures: ConsensusSignature[] = []
  for (const item of items) {
    const named = item.args.length > 2
    const algorithm = named ? algorithmOf(item.arg(0)) : 'sha1'
    if (algorithm === undefined) continue
    const identity = parseFingerprint(item.arg(named ? 1 : 0))
    const signingKeyDigest = parseFingerprint(item.arg(named ? 2 : 1))
    const signature = item.body
    if (identity === undefined || signingKeyDigest === undefined) return bad
    if (signature.length < MIN_SIGNATURE_LENGTH || signature.length > MAX_SIGNATURE_LENGTH) return bad
    const hex = toBase16(identity)
    if (!known.has(hex)) return meaningFault('mismatch', 'directory-signature')
    const key = `${algorithm} ${hex}`
    if (seen.has(key)) continue
    seen.add(key)
    signatures.push({algorithm, identity, signingKeyDigest, signature})
  }
  return signatures.length === 0 ? bad : ok(signatures)
}

const bad = meaningFault('bad-argument', 'directory-signature')

function algorithmOf(name: string): ConsensusDigestName | undefined {
  return name === 'sha1' || name === 'sha256' ? name : undefined
}
