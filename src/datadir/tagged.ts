// C tor's key files that are not PEM: a header of 32 octets, `== TYPE: TAG ==` filled with zeros, then the key's octets.

import {equal, fromText} from '../bytes/octets.ts'
import {bytes, decode, encode, format, rest} from '../codec/codec.ts'
import {BugError} from '../fault/fault.ts'

const HEADER_LENGTH = 32

const taggedFile = format(
  'tagged key file',
  {spec: 'as C tor keeps its keys'},
  {header: bytes(HEADER_LENGTH), body: rest()}
)

/** What a tagged file holds: the words of its header and the length of its body, in octets. */
export interface TaggedKind {
  readonly type: string
  readonly tag: string
  readonly length: number | 'any'
}

function headerOf({type, tag}: TaggedKind): Uint8Array {
  const header = new Uint8Array(HEADER_LENGTH)
  header.set(fromText(`== ${type}: ${tag} ==`))
  return header
}

export function encodeTagged(kind: TaggedKind, body: Uint8Array): Uint8Array {
  if (kind.length !== 'any' && body.length !== kind.length)
    throw new BugError('tagged-length', `${kind.type} of ${body.length} octets`)
  return encode(taggedFile, {header: headerOf(kind), body})
}

/** The body, a copy; undefined when the header or the length is another kind's. */
export function decodeTagged(kind: TaggedKind, octets: Uint8Array): Uint8Array | undefined {
  const file = decode(taggedFile, octets)
  if (!file.ok || !equal(file.value.header, headerOf(kind))) return undefined
  // Not slice(): of a Buffer that is a view, and callers wipe what they no longer need.
  const fits = kind.length === 'any' || file.value.body.length === kind.length
  return fits ? new Uint8Array(file.value.body) : undefined
}
