// Choosing at random with weights.

import {randomBytes} from 'node:crypto'

/** A number from 0 up to and without 1. Tests hand in their own. */
export type RandomFraction = () => number

/** 48 bits of the system's randomness. */
export const secureFraction: RandomFraction = () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48

/** One of `candidates`, each as likely as its share of all weights; all equally likely when every weight is zero. */
export function chooseWeighted<T>(
  candidates: readonly T[],
  weigh: (candidate: T) => number,
  random: RandomFraction
): T | undefined {
  const weights = candidates.map(candidate => Math.max(0, weigh(candidate)))
  let total = 0
  for (const weight of weights) total += weight
  if (total === 0) return candidates[Math.floor(random() * candidates.length)]
  let left = random() * total
  for (const [i, weight] of weights.entries()) {
    if (left < weight) return candidates[i]
    left -= weight
  }
  // Rounding can leave a rest behind the last weight.
  return candidates[weights.findLastIndex(weight => weight > 0)]
}
