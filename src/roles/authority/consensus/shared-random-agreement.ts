// The shared random values of a consensus, from those in the votes (srv-spec 3.5.2): the value that most voters have, if
// more than half of the authorities have it, and a value that is new only if more than that do.

import {equal} from '../../../bytes/octets.ts'
import type {SharedRandomValue} from '../../../netdoc/consensus/consensus.ts'
import type {Vote} from '../../../netdoc/vote/vote.ts'
import {mostFrequent} from './tally.ts'

export interface SharedRandomRules {
  readonly authorityCount: number
  /** How many must agree on a value that nobody has published before (AuthDirNumSRVAgreements). */
  readonly agreements: number
  /** A run of the protocol has just ended, so the current value is new. */
  readonly isFresh: boolean
}

export function agreeOnSharedRandom(votes: readonly Vote[], rules: SharedRandomRules) {
  const agree = (which: 'previous' | 'current') =>
    agreeOnValue(
      votes.flatMap(vote => vote.sharedRandom?.[which] ?? []),
      rules
    )
  return {previous: agree('previous'), current: agree('current')}
}

function agreeOnValue(
  values: readonly SharedRandomValue[],
  {authorityCount, agreements, isFresh}: SharedRandomRules
): SharedRandomValue | undefined {
  const sorted = values.toSorted((a, b) => Buffer.compare(a.value, b.value))
  const chosen = mostFrequent(sorted, (a, b) => equal(a.value, b.value))
  if (chosen === undefined) return undefined
  const count = values.filter(({value}) => equal(value, chosen.value)).length
  if (count <= Math.floor(authorityCount / 2)) return undefined
  return isFresh && count < agreements ? undefined : chosen
}
