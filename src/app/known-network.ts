// Whether enough of a network is known to build circuits in it. With the keys of a few relays alone our paths would tell
// which few those are.

import type {NetDir} from '../netdir/net-dir.ts'
import {isUsable} from '../netdir/path-selection.ts'

/** Part of the relays in the consensus whose keys must be here. */
const NEEDED_PART = 0.6

/** A NetDir never changes, so neither does the answer. */
const answers = new WeakMap<NetDir, boolean>()

/** The same, or undefined when too little of it is known. */
export function knownNetwork(netDir: NetDir | undefined): NetDir | undefined {
  return netDir !== undefined && isKnown(netDir) ? netDir : undefined
}

function isKnown(netDir: NetDir): boolean {
  const before = answers.get(netDir)
  if (before !== undefined) return before
  const {relays} = netDir
  const answer = relays.length > 0 && relays.filter(isUsable).length >= relays.length * NEEDED_PART
  answers.set(netDir, answer)
  return answer
}
