// Whether enough authorities signed a consensus (dir-spec 3.4.2, 5.1): more than half of those we know, each counted once,
// each with a certificate that is valid now. The digest must be exactly the one that the signature names.

import {toBase16Upper} from '../../bytes/base16.ts'
import {equal} from '../../bytes/octets.ts'
import {sha1, sha256} from '../../crypto/digest.ts'
import {peerFault} from '../../fault/fault.ts'
import {err, ok, type Result} from '../../fault/result.ts'
import type {AuthorityCert} from '../authority-cert.ts'
import type {ConsensusFault, SignatureCount} from '../fault.ts'
import {holdsRsaSignature} from '../rsa-item.ts'
import {
  type Consensus,
  type ConsensusDigestName,
  type ConsensusSignature,
  signedPart,
  type VerifiedConsensus
} from './consensus.ts'

export interface Trust {
  /** The v3 identities (20 octets each) of every authority we know. */
  readonly authorities: readonly Uint8Array[]
  readonly certs: readonly AuthorityCert[]
  readonly now: Date
}

/** What each flavour may be signed with: SHA-1 is good enough for nothing that has a better digest. */
const ALGORITHMS: Readonly<Record<Consensus['flavour'], readonly ConsensusDigestName[]>> = {
  ns: ['sha1', 'sha256'],
  microdesc: ['sha256']
}

export function verifyConsensus(
  consensus: Consensus,
  trust: Trust
): Result<VerifiedConsensus, ConsensusFault> {
  const count = countSignatures(consensus, trust)
  return count.good >= count.needed
    ? ok(consensus as VerifiedConsensus)
    : err(peerFault('not-enough-signatures', count))
}

/** How many authorities' signatures hold, how many have to, and which certificates are missing to say more. */
export function countSignatures(consensus: Consensus, trust: Trust): SignatureCount {
  const digests = {sha1: sha1(signedPart(consensus)), sha256: sha256(signedPart(consensus))}
  const authorities = distinct(trust.authorities)
  const missing: {identity: string; signingKey: string}[] = []
  let good = 0
  for (const authority of authorities) {
    const signatures = consensus.signatures.filter(
      signature =>
        equal(signature.identity, authority) && ALGORITHMS[consensus.flavour].includes(signature.algorithm)
    )
    if (signatures.some(signature => holds(signature, digests, trust))) {
      good++
      continue
    }
    for (const signature of signatures) {
      if (findCert(signature, trust) !== undefined) continue
      missing.push({
        identity: toBase16Upper(signature.identity),
        signingKey: toBase16Upper(signature.signingKeyDigest)
      })
    }
  }
  return {good, needed: Math.floor(authorities.length / 2) + 1, missing}
}

function holds(
  signature: ConsensusSignature,
  digests: Readonly<Record<ConsensusDigestName, Uint8Array>>,
  trust: Trust
): boolean {
  const cert = findCert(signature, trust)
  return (
    cert !== undefined &&
    holdsRsaSignature(cert.signingKey, signature.signature, digests[signature.algorithm])
  )
}

function findCert(signature: ConsensusSignature, {certs, now}: Trust): AuthorityCert | undefined {
  return certs.find(
    cert =>
      cert.expires >= now &&
      equal(cert.identity, signature.identity) &&
      equal(cert.signingKeyDigest, signature.signingKeyDigest)
  )
}

function distinct(identities: readonly Uint8Array[]): readonly Uint8Array[] {
  return identities.filter((identity, i) => identities.findIndex(other => equal(other, identity)) === i)
}
