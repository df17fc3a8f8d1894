// A document twice: as octets, which digests and signatures cover, and as text with one character an octet, so that an
// offset into one is an offset into the other. Opening bounds the size before anything else looks at the document.

import {fromText, toLatin1} from '../bytes/octets.ts'
import {ok, type Result} from '../fault/result.ts'
import {type TokenizeFault, tokenizeFault} from './fault.ts'

/** A document as it came: octets from the network or a file, or a text that stands for its UTF-8 octets. */
export type DocumentInput = Uint8Array | string

export interface DocumentSource {
  readonly octets: Uint8Array
  /** One character, U+0000 to U+00FF, for each octet. */
  readonly text: string
}

/** @param limit the most octets this kind of document may have */
export function openDocument(input: DocumentInput, limit: number): Result<DocumentSource, TokenizeFault> {
  const octets = typeof input === 'string' ? fromText(input) : input
  if (octets.length > limit) return tokenizeFault('document-too-large')
  if (octets.length === 0) return tokenizeFault('document-empty')
  if (octets.indexOf(0) >= 0) return tokenizeFault('nul-octet')
  return ok({octets, text: toLatin1(octets)})
}

/** The part of a document from `from` up to `to`. */
export function sliceDocument(source: DocumentSource, from: number, to: number): DocumentSource {
  return {octets: source.octets.subarray(from, to), text: source.text.slice(from, to)}
}

/** Part of a source's text as what it says: the one place where octets become characters. */
export function toUtf8(text: string): string {
  return Buffer.from(text, 'latin1').toString('utf8')
}
