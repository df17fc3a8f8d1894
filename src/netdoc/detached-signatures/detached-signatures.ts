// Detached signatures (dir-spec 3.10): what authorities send one another once each has computed the consensus. They name
// it by digest, flavour by flavour, so that nobody adds a signature to a document it was not made for.

import {fromBase16, toBase16} from '../../bytes/base16.ts'
import {ok, type Result} from '../../fault/result.ts'
import {parseFingerprint} from '../argument.ts'
import type {ConsensusDigestName, ConsensusFlavour, ConsensusSignature} from '../consensus/consensus.ts'
import {meaningFault, type NetdocFault} from '../fault.ts'
import type {Item} from '../item.ts'
import {checkItems, type ItemRules} from '../item-rules.ts'
import {SIGNATURE} from '../rsa-item.ts'
import {type DocumentInput, openDocument} from '../source.ts'
import {parseTime} from '../time.ts'
import {tokenize} from '../tokenize.ts'

export const MAX_DETACHED_SIGNATURES_LENGTH = 1024 * 1024
const MIN_SIGNATURE_LENGTH = 128
const MAX_SIGNATURE_LENGTH = 512

const RULES = {
  'consensus-digest': {count: 'once', args: 1, position: 0},
  'valid-after': {count: 'once'},
  'fresh-until': {count: 'once'},
  'valid-until': {count: 'once'},
  'additional-digest': {count: 'any', args: 3},
  'additional-signature': {count: 'any', args: 4, object: SIGNATURE},
  'directory-signature': {count: 'at-least-once', args: 2, object: SIGNATURE}
} as const satisfies ItemRules

export interface FlavourSignatures {
  /** SHA-1 (ns) or SHA-256 (microdesc) of what is signed; undefined where the document names none that we know. */
  readonly digest: Uint8Array | undefined
  readonly signatures: readonly ConsensusSignature[]
}

export interface DetachedSignatures {
  readonly validAfter: Date
  readonly freshUntil: Date
  readonly validUntil: Date
  readonly flavours: Readonly<Record<ConsensusFlavour, FlavourSignatures>>
}

/** Signatures of flavours and with digests that we do not know are passed over. Nothing is verified here. */
export function parseDetachedSignatures(input: DocumentInput): Result<DetachedSignatures, NetdocFault> {
  const source = openDocument(input, MAX_DETACHED_SIGNATURES_LENGTH)
  if (!source.ok) return source
  const tokens = tokenize(source.value.text)
  if (!tokens.ok) return tokens
  const checked = checkItems(RULES, tokens.value)
  if (!checked.ok) return checked
  const items = checked.value
  const validAfter = parseTime(items.one('valid-after').line)
  if (validAfter === undefined) return meaningFault('bad-argument', 'valid-after')
  const freshUntil = parseTime(items.one('fresh-until').line)
  if (freshUntil === undefined) return meaningFault('bad-argument', 'fresh-until')
  const validUntil = parseTime(items.one('valid-until').line)
  if (validUntil === undefined) return meaningFault('bad-argument', 'valid-until')
  const nsDigest = parseFingerprint(items.one('consensus-digest').arg(0))
  if (nsDigest === undefined) return meaningFault('bad-argument', 'consensus-digest')
  const additional = items
    .all('additional-digest')
    .find(item => item.arg(0) === 'microdesc' && item.arg(1) === 'sha256')
  const microdescDigest = additional && fromBase16(additional.arg(2))
  if (additional !== undefined && microdescDigest?.length !== 32) {
    return meaningFault('bad-argument', 'additional-digest')
  }
  const ns = collect(items.all('directory-signature').map(item => readSignature(item, 'sha1', 0)))
  const ofMicrodesc = items.all('additional-signature').filter(item => item.arg(0) === 'microdesc')
  const microdesc = collect(
    ofMicrodesc.flatMap(item => (item.arg(1) === 'sha256' ? [readSignature(item, 'sha256', 2)] : []))
  )
  if (ns === undefined) return meaningFault('bad-argument', 'directory-signature')
  if (microdesc === undefined) return meaningFault('bad-argument', 'additional-signature')
  return ok({
    validAfter,
    freshUntil,
    validUntil,
    flavours: {
      ns: {digest: nsDigest, signatures: ns},
      microdesc: {digest: microdescDigest, signatures: microdesc}
    }
  })
}

function readSignature(
  item: Item,
  algorithm: ConsensusDigestName,
  at: number
): ConsensusSignature | undefined {
  const identity = parseFingerprint(item.arg(at))
  const signingKeyDigest = parseFingerprint(item.arg(at + 1))
  const {length} = item.body
  if (identity === undefined || signingKeyDigest === undefined) return undefined
  if (length < MIN_SIGNATURE_LENGTH || length > MAX_SIGNATURE_LENGTH) return undefined
  return {algorithm, identity, signingKeyDigest, signature: item.body}
}

/** Each authority's first; undefined when one of them cannot be read. */
function collect(
  signatures: readonly (ConsensusSignature | undefined)[]
): readonly ConsensusSignature[] | undefined {
  const byIdentity = new Map<string, ConsensusSignature>()
  for (const signature of signatures) {
    if (signature === undefined) return undefined
    const key = toBase16(signature.identity)
    if (!byIdentity.has(key)) byIdentity.set(key, signature)
  }
  return [...byIdentity.values()]
}
