// Lines of `NAME=VALUE` with values of 32 bits: params and bandwidth-weights.

import {parseNumberPair} from '../argument.ts'
import type {Item} from '../item.ts'

/** Undefined when a name comes twice or a value is no number of 32 bits. A line that is not there has no pairs. */
export function parsePairs(item: Item | undefined): ReadonlyMap<string, number> | undefined {
  const out = new Map<string, number>()
  for (const argument of item?.args ?? []) {
    const pair = parseNumberPair(argument)
    if (pair === undefined || out.has(pair[0])) return undefined
    out.set(...pair)
  }
  return out
}
