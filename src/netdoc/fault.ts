// Every way a directory document can be refused. The data names a keyword of our own tables, never text of the peer's.

import {type Fault, peerFault} from '../fault/fault.ts'
import {type Err, err} from '../fault/result.ts'

/** The document as text breaks the meta format (dir-spec 1.2) or a bound on its size. */
export type TokenizeFault = Fault<
  | 'document-too-large'
  | 'document-empty'
  | 'nul-octet'
  | 'line-too-long'
  | 'too-many-items'
  | 'bad-keyword'
  | 'bad-object'
  | 'object-too-large',
  never
>

/** An item is absent, repeated, misplaced or shaped unlike the document's table says. */
export type ItemFault = Fault<
  | 'missing-item'
  | 'repeated-item'
  | 'misplaced-item'
  | 'too-few-arguments'
  | 'too-many-arguments'
  | 'bad-object-kind'
  | 'unexpected-annotation',
  {readonly keyword: string}
>

/** An item has the right shape and a meaning that is not allowed, or a signature or certificate that does not hold. */
export type MeaningFault = Fault<
  'bad-argument' | 'bad-certificate' | 'bad-key' | 'bad-signature' | 'mismatch' | 'not-supported',
  {readonly keyword: string}
>

/** What any parser of a directory document can answer. */
export type NetdocFault = TokenizeFault | ItemFault | MeaningFault

export type SignatureCount = {
  readonly good: number
  readonly needed: number
  /** Signatures that could count if only the certificate were here: pairs of hexadecimal digests for /tor/keys/fp-sk/. */
  readonly missing: readonly {readonly identity: string; readonly signingKey: string}[]
}

export type ConsensusFault = NetdocFault | Fault<'not-enough-signatures', SignatureCount>

/** A consensus diff that does not fit, or whose result is not what it promised. */
export type DiffFault = Fault<
  | 'diff-malformed'
  | 'diff-too-large'
  | 'diff-wrong-base'
  | 'diff-bad-command'
  | 'diff-out-of-order'
  | 'diff-out-of-range'
  | 'diff-wrong-result',
  never
>

export function tokenizeFault(code: TokenizeFault['code']): Err<TokenizeFault> {
  return err(peerFault(code))
}

export function itemFault(code: ItemFault['code'], keyword: string): Err<ItemFault> {
  return err(peerFault(code, {keyword}))
}

export function meaningFault(code: MeaningFault['code'], keyword: string): Err<MeaningFault> {
  return err(peerFault(code, {keyword}))
}

export function diffFault(code: DiffFault['code']): Err<DiffFault> {
  return err(peerFault(code))
}
