// Whether enough of a network is known to build circuits in it. With the keys of a few relays alone our paths would tell
// which few those are. What counts, as with C tor, is the part of all paths that could be built: the product of what is known
// of guards, middles and exits, each by the bandwidth that it has in that position.

import type {NetDir} from '../netdir/net-dir.ts'
import {isUsable} from '../netdir/path-selection.ts'
import {hasFlag, type Relay} from '../netdir/relay.ts'

/** A NetDir never changes, so neither does the answer. */
const answers = new WeakMap<NetDir, number>()

/**
 * The same, or undefined when too little of it is known.
 * @param needed PathsNeededToBuildCircuits; undefined: what the consensus says in min_paths_for_circs_pct
 */
export function knownNetwork(netDir: NetDir | undefined, needed: number | undefined): NetDir | undefined {
  if (netDir === undefined) return undefined
  const least = needed ?? netDir.param('min_paths_for_circs_pct', 60, 25, 95) / 100
  return netDir.relays.length > 0 && knownPaths(netDir) >= least ? netDir : undefined
}

/** From 0 to 1. */
export function knownPaths(netDir: NetDir): number {
  const before = answers.get(netDir)
  if (before !== undefined) return before
  const relays = netDir.relays.filter(relay => hasFlag(relay, 'Running') && hasFlag(relay, 'Valid'))
  const guards = relays.filter(relay => hasFlag(relay, 'Guard'))
  const exits = relays.filter(relay => hasFlag(relay, 'Exit') && !hasFlag(relay, 'BadExit'))
  const part = (position: 'guard' | 'middle' | 'exit', of: readonly Relay[]) => {
    const weigh = netDir.weigher(position)
    const sum = (some: readonly Relay[]) => some.reduce((all, {status}) => all + weigh(status), 0)
    const [known, all] = [sum(of.filter(isUsable)), sum(of)]
    return all > 0 ? known / all : of.filter(isUsable).length / of.length
  }
  // Where nobody has a flag yet, anybody may be a guard; and who has no exits builds no paths to them.
  const answer =
    relays.length === 0
      ? 0
      : part('guard', guards.length > 0 ? guards : relays) *
        part('middle', relays) *
        (exits.length > 0 ? part('exit', exits) : 1)
  answers.set(netDir, answer)
  return answer
}
