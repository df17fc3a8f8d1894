// From the numbers that authorities revealed to the value that they share (srv-spec 3.4).

import {toBase16Upper} from '../../../bytes/base16.ts'
import {concat, fromText, writeU32} from '../../../bytes/octets.ts'
import {sha3_256} from '../../../crypto/digest.ts'
import type {SharedRandomValue} from '../../../netdoc/consensus/consensus.ts'
import {hashedReveal, type SharedRandomCommit} from '../../../netdoc/vote/shared-random-commit.ts'

const TOKEN = fromText('shared-random')
const VERSION = 1
const VALUE_LENGTH = 32

/** @param previous the value before, so that nobody can prepare for this one; zeros where there was none */
export function computeSharedRandom(
  commits: readonly SharedRandomCommit[],
  previous: SharedRandomValue | undefined
): SharedRandomValue {
  const revealed = commits
    .flatMap(({identity, commit, reveal}) => (reveal === undefined ? [] : [{identity, commit, reveal}]))
    .sort((a, b) => Buffer.compare(hashedReveal(a.commit), hashedReveal(b.commit)))
  const elements = revealed.map(({identity, reveal}) => `${toBase16Upper(identity)}${reveal}`)
  const numbers = new Uint8Array(12)
  writeU32(numbers, 4, revealed.length)
  writeU32(numbers, 8, VERSION)
  const message = concat(
    TOKEN,
    numbers,
    sha3_256(fromText(elements.join(''))),
    previous?.value ?? new Uint8Array(VALUE_LENGTH)
  )
  return {reveals: revealed.length, value: sha3_256(message)}
}
