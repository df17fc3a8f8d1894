// A consensus between being computed and being published: both its flavours, and the signatures that come in for them
// (dir-spec 3.9, 3.10). A signature counts once it was verified over exactly what we computed.

import {toBase16} from '../../../bytes/base16.ts'
import {equal} from '../../../bytes/octets.ts'
import type {RsaPrivateKey} from '../../../crypto/rsa.ts'
import type {AuthorityCert} from '../../../netdoc/authority-cert.ts'
import type {ConsensusFlavour, ConsensusSignature} from '../../../netdoc/consensus/consensus.ts'
import {
  type ConsensusContent,
  digestToSign,
  printConsensus,
  printConsensusToSign,
  signConsensus
} from '../../../netdoc/consensus/print.ts'
import type {
  DetachedSignatures,
  FlavourSignatures
} from '../../../netdoc/detached-signatures/detached-signatures.ts'
import {printDetachedSignatures} from '../../../netdoc/detached-signatures/print.ts'
import {holdsRsaSignature} from '../../../netdoc/rsa-item.ts'

export const FLAVOURS: readonly ConsensusFlavour[] = ['ns', 'microdesc']

export type SignaturesOutcome =
  | 'added'
  | 'nothing-new'
  | 'queued'
  | 'unreadable'
  | 'other-round'
  | 'other-consensus'

export const SIGNATURES_REPLIES: Readonly<
  Record<SignaturesOutcome, {readonly status: number; readonly reason: string}>
> = Object.freeze({
  added: {status: 200, reason: 'Signatures added'},
  'nothing-new': {status: 200, reason: 'Signatures known or unverifiable'},
  queued: {status: 200, reason: 'Signatures queued'},
  unreadable: {status: 400, reason: 'The signatures are malformed'},
  'other-round': {status: 400, reason: 'The signatures are for another round'},
  'other-consensus': {status: 400, reason: 'The signatures are over another consensus'}
})

interface Flavour {
  readonly toSign: Uint8Array
  readonly digest: Uint8Array
  readonly signatures: Map<string, ConsensusSignature>
}

export interface ConsensusSigner {
  readonly identity: Uint8Array
  readonly signingKey: RsaPrivateKey
}

export class PendingConsensus {
  readonly #content: ConsensusContent
  readonly #flavours: Readonly<Record<ConsensusFlavour, Flavour>>

  /** Signs both flavours. */
  constructor(content: ConsensusContent, signer: ConsensusSigner) {
    const make = (flavour: ConsensusFlavour): Flavour => {
      const toSign = printConsensusToSign(content, flavour)
      const own = signConsensus(toSign, flavour, signer.identity, signer.signingKey)
      const signatures = new Map([[toBase16(signer.identity), own]])
      return {toSign, digest: digestToSign(toSign, flavour), signatures}
    }
    this.#content = content
    this.#flavours = {ns: make('ns'), microdesc: make('microdesc')}
  }

  /** The consensus with the signatures gathered so far. */
  document(flavour: ConsensusFlavour): Uint8Array {
    const {toSign, signatures} = this.#flavours[flavour]
    return printConsensus(toSign, [...signatures.values()])
  }

  signatureCount(flavour: ConsensusFlavour): number {
    return this.#flavours[flavour].signatures.size
  }

  detachedSignatures(): Uint8Array {
    const {validAfter, freshUntil, validUntil} = this.#content
    const of = (flavour: ConsensusFlavour): FlavourSignatures => {
      const {digest, signatures} = this.#flavours[flavour]
      return {digest, signatures: [...signatures.values()]}
    }
    const flavours = {ns: of('ns'), microdesc: of('microdesc')}
    return printDetachedSignatures({validAfter, freshUntil, validUntil, flavours})
  }

  /** @param certs the certificates of all authorities that voted */
  add(detached: DetachedSignatures, certs: readonly AuthorityCert[]): SignaturesOutcome {
    const {validAfter, freshUntil, validUntil} = this.#content
    const isSameRound =
      Number(detached.validAfter) === Number(validAfter) &&
      Number(detached.freshUntil) === Number(freshUntil) &&
      Number(detached.validUntil) === Number(validUntil)
    if (!isSameRound) return 'other-round'
    let added = 0
    let matching = 0
    for (const flavour of FLAVOURS) {
      const theirs = detached.flavours[flavour]
      if (theirs.digest === undefined || !equal(theirs.digest, this.#flavours[flavour].digest)) continue
      matching++
      for (const signature of theirs.signatures) if (this.#addOne(flavour, signature, certs)) added++
    }
    if (matching === 0) return 'other-consensus'
    return added > 0 ? 'added' : 'nothing-new'
  }

  #addOne(
    flavour: ConsensusFlavour,
    signature: ConsensusSignature,
    certs: readonly AuthorityCert[]
  ): boolean {
    const {digest, signatures} = this.#flavours[flavour]
    const key = toBase16(signature.identity)
    if (signatures.has(key) || !this.#isVoter(signature.identity)) return false
    const cert = certs.find(
      each =>
        equal(each.identity, signature.identity) && equal(each.signingKeyDigest, signature.signingKeyDigest)
    )
    if (cert === undefined || !holdsRsaSignature(cert.signingKey, signature.signature, digest)) return false
    signatures.set(key, signature)
    return true
  }

  #isVoter(identity: Uint8Array): boolean {
    return this.#content.voters.some(voter => equal(voter.identity, identity))
  }
}
