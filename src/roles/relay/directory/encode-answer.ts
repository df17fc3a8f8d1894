// An answer as it goes on the stream: its coding done, its headers complete.

import {ipToText, isPrivateIp} from '../../../bytes/ip-address.ts'
import type {DirectoryPeer} from '../../../stream/relay-streams.ts'
import {
  bodyOctets,
  type DirectoryAnswer,
  type DirectoryOutcome,
  outcomeOf,
  reasonOf,
  refuse
} from './answer.ts'
import type {CompressedBody, Compressor} from './compressor.ts'
import type {ContentCoding} from './content-coding.ts'

export interface EncodedAnswer {
  readonly status: number
  readonly reason: string
  readonly outcome: DirectoryOutcome
  /** Names and values in turn. Names keep their case: some readers mind it. */
  readonly headers: readonly string[]
  readonly body: readonly Uint8Array[]
  /** To be called when the body is no longer needed. */
  readonly release: () => void
}

/** @param coding what the peer takes, for bodies that may be compressed */
export async function encodeAnswer(
  answer: DirectoryAnswer,
  coding: ContentCoding,
  compressor: Compressor,
  peer: DirectoryPeer
): Promise<EncodedAnswer> {
  const {body, coding: kind = 'as-is'} = answer
  const parts = body === undefined ? [] : body instanceof Uint8Array ? [body] : body
  if (parts.length === 0 || kind === 'as-is' || coding === 'identity') {
    return finish(answer, parts, bodyOctets(answer), 'identity', peer)
  }
  const compressed = await compressParts(parts, kind, coding, compressor)
  if (compressed === undefined) return finish(refuse('busy'), [], 0, 'identity', peer)
  const {octets, release} = compressed
  return {...finish(answer, [octets], octets.length, coding, peer), release}
}

async function compressParts(
  parts: readonly Uint8Array[],
  kind: 'once' | 'each-time',
  coding: Exclude<ContentCoding, 'identity'>,
  compressor: Compressor
): Promise<CompressedBody | undefined> {
  const [only] = parts
  if (kind === 'once' && only !== undefined && parts.length === 1) return compressor.once(only, coding)
  return compressor.eachTime(parts, coding)
}

function finish(
  answer: DirectoryAnswer,
  body: readonly Uint8Array[],
  length: number,
  coding: ContentCoding,
  {address}: DirectoryPeer
): EncodedAnswer {
  const headers = new Map<string, string>()
  if (length > 0) headers.set('Content-Type', 'text/plain')
  // Behind a router that translates addresses, a private one says nothing about how the peer is reached.
  if (address !== undefined && !isPrivateIp(address)) headers.set('X-Your-Address-Is', ipToText(address))
  if (coding !== 'identity') headers.set('Content-Encoding', coding)
  // What is not modified has a length, but not this one.
  if (answer.status !== 304) headers.set('Content-Length', String(length))
  for (const [name, value] of Object.entries(answer.headers ?? {})) headers.set(name, value)
  return {
    status: answer.status,
    reason: reasonOf(answer),
    outcome: outcomeOf(answer),
    headers: [...headers].flat(),
    body,
    release: () => {}
  }
}
