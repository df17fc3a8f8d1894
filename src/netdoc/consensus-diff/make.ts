// A consensus diff made: what a directory cache gives to those who have an older consensus (dir-spec 4.5, appendix E). The
// first command takes away the base's signatures, so that a base with other signatures on the same text does as well.

import {toBase16Upper} from '../../bytes/base16.ts'
import {toLatin1} from '../../bytes/octets.ts'
import {sha3_256} from '../../crypto/digest.ts'
import type {ConsensusText} from '../consensus/consensus.ts'
import {findAnchors} from './anchors.ts'
import {DIFF_HEADER, diffBaseDigest} from './apply.ts'

const SIGNATURE_START = 'directory-signature '

/** The text of the diff that turns `base` into `target`. */
export function makeConsensusDiff(base: ConsensusText, target: Pick<ConsensusText, 'octets'>): string {
  const unsignedLength = base.signedLength - SIGNATURE_START.length
  const unsigned = linesOf(toLatin1(base.octets.subarray(0, unsignedLength)))
  const commands = editCommands(unsigned, linesOf(toLatin1(target.octets)))
  const hashes = [diffBaseDigest(base), sha3_256(target.octets)].map(toBase16Upper)
  return [DIFF_HEADER, `hash ${hashes.join(' ')}\n`, `${unsigned.length + 1},$d\n`, ...commands].join('')
}

function linesOf(text: string): readonly string[] {
  const lines = text.split('\n')
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines
}

/** From the last line to the first, as a diff has them. */
function editCommands(base: readonly string[], target: readonly string[]): readonly string[] {
  const commands: string[] = []
  let [baseEnd, targetEnd] = [base.length, target.length]
  for (const anchor of [{base: -1, target: -1}, ...findAnchors(base, target)].reverse()) {
    const command = replace(base, target, {
      base: {start: anchor.base + 1, end: baseEnd},
      target: {start: anchor.target + 1, end: targetEnd}
    })
    if (command !== '') commands.push(command)
    baseEnd = anchor.base
    targetEnd = anchor.target
  }
  return commands
}

interface Range {
  readonly start: number
  readonly end: number
}

/** The command that turns one piece between two anchors into the other; lines alike at both ends are left alone. */
function replace(
  base: readonly string[],
  target: readonly string[],
  piece: {readonly base: Range; readonly target: Range}
): string {
  let {start, end} = piece.base
  let {start: newStart, end: newEnd} = piece.target
  while (start < end && newStart < newEnd && base[start] === target[newStart]) {
    start++
    newStart++
  }
  while (start < end && newStart < newEnd && base[end - 1] === target[newEnd - 1]) {
    end--
    newEnd--
  }
  const range = end - start === 1 ? `${end}` : `${start + 1},${end}`
  if (newStart === newEnd) return start === end ? '' : `${range}d\n`
  const block = `${target.slice(newStart, newEnd).join('\n')}\n.\n`
  return start === end ? `${start}a\n${block}` : `${range}c\n${block}`
}
