// One authority's commitment to a random number, and later the number itself (srv-spec 3.5): the line of votes and of the
// state file that carries both.
//
//   commit  base64(time | SHA3-256(reveal))      reveal  base64(time | random)      times in seconds, 8 octets

import {fromBase16, toBase16Upper} from '../../bytes/base16.ts'
import {fromBase64, toBase64} from '../../bytes/base64.ts'
import {concat, equal, fromText, readU32, writeU32} from '../../bytes/octets.ts'
import {sha3_256} from '../../crypto/digest.ts'

const VERSION = '1'
const ALGORITHM = 'sha3-256'
const TIME_LENGTH = 8
const BLOB_LENGTH = TIME_LENGTH + 32
const ENCODED_LENGTH = 56
const ROUND = /^0*1$/

export interface SharedRandomCommit {
  /** SHA-1 of the authority's v3 identity key, 20 octets. */
  readonly identity: Uint8Array
  /** In base64, as votes carry it. */
  readonly commit: string
  /** In base64; undefined as long as it is secret or unknown. */
  readonly reveal: string | undefined
}

/** Commits to 32 random octets. @param startSeconds when the run of the protocol begins */
export function makeCommit(
  identity: Uint8Array,
  startSeconds: number,
  random: Uint8Array
): SharedRandomCommit & {readonly reveal: string} {
  const time = new Uint8Array(TIME_LENGTH)
  writeU32(time, 0, Math.floor(startSeconds / 2 ** 32))
  writeU32(time, 4, startSeconds % 2 ** 32)
  const reveal = toBase64(concat(time, random))
  return {identity, commit: toBase64(concat(time, hashReveal(reveal))), reveal}
}

/** The arguments of the line: version, algorithm, identity, commit and, where it is known, reveal. */
export function commitArguments({identity, commit, reveal}: SharedRandomCommit): readonly string[] {
  const known = reveal === undefined ? [] : [reveal]
  return [VERSION, ALGORITHM, toBase16Upper(identity), commit, ...known]
}

/** Undefined for a version or algorithm that we do not know, and for anything malformed. */
export function parseCommit(args: readonly string[]): SharedRandomCommit | undefined {
  const [version = '', algorithm, fingerprint = '', commit = '', reveal] = args
  const identity = fromBase16(fingerprint)
  if (!ROUND.test(version) || algorithm !== ALGORITHM || identity?.length !== 20) return undefined
  if (decodeBlob(commit) === undefined) return undefined
  if (reveal !== undefined && decodeBlob(reveal) === undefined) return undefined
  return {identity, commit, reveal}
}

/** True when the reveal is what the commit promised, down to the time. */
export function isKept(commit: string, reveal: string): boolean {
  const promised = decodeBlob(commit)
  const told = decodeBlob(reveal)
  if (promised === undefined || told === undefined) return false
  return promised.seconds === told.seconds && equal(promised.rest, hashReveal(reveal))
}

/** The hash in a commit, by which the elements of a shared random value are ordered. */
export function hashedReveal(commit: string): Uint8Array {
  return decodeBlob(commit)?.rest ?? new Uint8Array(0)
}

function hashReveal(reveal: string): Uint8Array {
  return sha3_256(fromText(reveal))
}

function decodeBlob(text: string): {readonly seconds: number; readonly rest: Uint8Array} | undefined {
  if (text.length > ENCODED_LENGTH) return undefined
  const octets = fromBase64(text)
  if (octets?.length !== BLOB_LENGTH) return undefined
  const seconds = readU32(octets, 0) * 2 ** 32 + readU32(octets, 4)
  return {seconds, rest: octets.subarray(TIME_LENGTH)}
}
