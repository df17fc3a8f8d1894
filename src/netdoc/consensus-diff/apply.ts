// A consensus diff applied (dir-spec 4.5, appendix E). The diff names what it starts from and what it ends in by SHA3-256;
// its commands are those of `ed`, from the last line of the base to the first, so one pass over both gives the result. The
// result is no more to be trusted than a consensus that was fetched whole: parse and verify it.

import {fromBase16} from '../../bytes/base16.ts'
import {concat, equal} from '../../bytes/octets.ts'
import {sha3_256} from '../../crypto/digest.ts'
import {ok, type Result} from '../../fault/result.ts'
import {type Consensus, type ConsensusText, signedPart} from '../consensus/consensus.ts'
import {MAX_CONSENSUS_LENGTH} from '../consensus/parse.ts'
import {type DiffFault, diffFault} from '../fault.ts'
import {type DocumentInput, openDocument} from '../source.ts'

export const DIFF_HEADER = 'network-status-diff-version 1\n'

const HASH_LINE = /^hash ([0-9A-Fa-f]{64}) ([0-9A-Fa-f]{64})\n/
const COMMAND = /^(\d{1,9})(?:,(\d{1,9}|\$))?([acd])$/
const NEWLINE = 10

/** What a diff is asked for by (`X-Or-Diff-From-Consensus`): SHA3-256 of the base's signed part. */
export function diffBaseDigest(base: ConsensusText): Uint8Array {
  return sha3_256(signedPart(base))
}

/** The octets of the consensus that `diff` makes of `base`. */
export function applyConsensusDiff(base: Consensus, diff: DocumentInput): Result<Uint8Array, DiffFault> {
  const source = openDocument(diff, MAX_CONSENSUS_LENGTH)
  if (!source.ok)
    return diffFault(source.fault.code === 'document-too-large' ? 'diff-too-large' : 'diff-malformed')
  const {text, octets} = source.value
  if (!text.startsWith(DIFF_HEADER)) return diffFault('diff-malformed')
  const hashes = HASH_LINE.exec(text.slice(DIFF_HEADER.length, DIFF_HEADER.length + 150))
  const from = fromBase16(hashes?.[1] ?? '')
  const to = fromBase16(hashes?.[2] ?? '')
  if (hashes === null || from === undefined || to === undefined) return diffFault('diff-malformed')
  if (!equal(from, diffBaseDigest(base))) return diffFault('diff-wrong-base')
  const body = new DiffLines(text, octets, DIFF_HEADER.length + hashes[0].length)
  const result = edit(base.octets, body)
  if (!result.ok) return result
  return equal(sha3_256(result.value), to) ? result : diffFault('diff-wrong-result')
}

/** The lines of a diff behind its header, one after the other. */
class DiffLines {
  readonly #text: string
  readonly #octets: Uint8Array
  #at: number

  constructor(text: string, octets: Uint8Array, at: number) {
    this.#text = text
    this.#octets = octets
    this.#at = at
  }

  /** Without its newline; undefined at the end. */
  next(): string | undefined {
    if (this.#at >= this.#text.length) return undefined
    const found = this.#text.indexOf('\n', this.#at)
    const end = found < 0 ? this.#text.length : found
    const line = this.#text.slice(this.#at, end)
    this.#at = end + 1
    return line
  }

  /** The lines up to a line with nothing but a dot; undefined when there is no such line or nothing before it. */
  block(): Uint8Array | undefined {
    const end = this.#text.indexOf('\n.\n', this.#at)
    if (end < 0 || this.#text.startsWith('.\n', this.#at)) return undefined
    const block = this.#octets.subarray(this.#at, end + 1)
    this.#at = end + 3
    return block
  }
}

function edit(base: Uint8Array, diff: DiffLines): Result<Uint8Array, DiffFault> {
  const starts = lineStarts(base)
  const lineCount = starts.length - 1
  /** Kept and inserted parts, last first. */
  const parts: Uint8Array[] = []
  let length = 0
  let remaining = lineCount
  let isFirst = true
  const keep = (part: Uint8Array) => {
    parts.push(part)
    length += part.length
  }
  for (let line = diff.next(); line !== undefined; line = diff.next()) {
    const command = parseCommand(line, lineCount)
    if (command === undefined || (command.isToEnd && !isFirst)) return diffFault('diff-bad-command')
    isFirst = false
    const {first, last, verb} = command
    if (last > lineCount) return diffFault('diff-out-of-range')
    if (last > remaining) return diffFault('diff-out-of-order')
    keep(base.subarray(starts[last], starts[remaining]))
    if (verb !== 'd') {
      const block = diff.block()
      if (block === undefined) return diffFault('diff-malformed')
      keep(block)
    }
    remaining = verb === 'a' ? last : first - 1
    if (length > MAX_CONSENSUS_LENGTH) return diffFault('diff-too-large')
  }
  keep(base.subarray(0, starts[remaining]))
  return length > MAX_CONSENSUS_LENGTH ? diffFault('diff-too-large') : ok(concat(...parts.reverse()))
}

/** Where each line begins, and where the last one ends. */
function lineStarts(octets: Uint8Array): readonly number[] {
  const starts = [0]
  for (let at = octets.indexOf(NEWLINE); at >= 0; at = octets.indexOf(NEWLINE, at + 1)) starts.push(at + 1)
  if (starts.at(-1) !== octets.length) starts.push(octets.length)
  return starts
}

interface Command {
  readonly first: number
  readonly last: number
  readonly verb: 'a' | 'c' | 'd'
  /** `$`: only for the signatures, which the first command takes away. */
  readonly isToEnd: boolean
}

function parseCommand(line: string, lineCount: number): Command | undefined {
  const match = COMMAND.exec(line)
  if (match === null) return undefined
  const verb = match[3] as Command['verb']
  const first = Number(match[1])
  const isToEnd = match[2] === '$'
  const last = isToEnd ? lineCount : Number(match[2] ?? match[1])
  if (isToEnd && verb !== 'd') return undefined
  if (verb === 'a' ? match[2] !== undefined : first < 1 || first > last) return undefined
  return {first, last, verb, isToEnd}
}
