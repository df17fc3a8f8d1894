// How much of a relay's bandwidth counts in which position of a circuit (dir-spec 3.8.3, 5.3.1): the authorities publish a
// weight for each pair of position and kind of relay, so that the load evens out where guards or exits are scarce.

import type {RelayStatus} from '../netdoc/consensus/consensus.ts'

export type Position = 'guard' | 'middle' | 'exit' | 'directory'

type Kind = 'guard' | 'middle' | 'exit' | 'both'

/** What a position's weights are called; undefined is a weight of zero. */
const NAMES: Readonly<Record<Position, Readonly<Record<Kind, string | undefined>>>> = {
  guard: {guard: 'Wgg', middle: 'Wgm', exit: undefined, both: 'Wgd'},
  middle: {guard: 'Wmg', middle: 'Wmm', exit: 'Wme', both: 'Wmd'},
  exit: {guard: 'Weg', middle: 'Wem', exit: 'Wee', both: 'Wed'},
  directory: {guard: 'Wbg', middle: 'Wbm', exit: 'Wbe', both: 'Wbd'}
}

/** What is taken off relays that also serve directories. */
const DIRECTORY_NAMES: Readonly<Record<Kind, string>> = {
  guard: 'Wgb',
  middle: 'Wmb',
  exit: 'Web',
  both: 'Wdb'
}

/** Kilobytes a second of a relay that the authorities say nothing about. */
const UNKNOWN_BANDWIDTH = 30

export type Weigh = (relay: RelayStatus) => number

/**
 * The weight of relays in one position. Where the consensus lacks any weight that the position needs, bandwidth alone counts.
 * @param scale the parameter `bwweightscale`
 */
export function weighFor(position: Position, weights: ReadonlyMap<string, number>, scale: number): Weigh {
  const own = NAMES[position]
  const needed = [...Object.values(own), ...(position === 'directory' ? [] : Object.values(DIRECTORY_NAMES))]
  if (needed.some(name => name !== undefined && (weights.get(name) ?? -1) < 0)) return bandwidthOf
  return relay => {
    const kind = kindOf(relay)
    const name = own[kind]
    if (name === undefined) return 0
    const weight = (weights.get(name) ?? 0) / scale
    const servesDirectory = position !== 'directory' && relay.flags.has('V2Dir')
    return (
      bandwidthOf(relay) * weight * (servesDirectory ? (weights.get(DIRECTORY_NAMES[kind]) ?? 0) / scale : 1)
    )
  }
}

function bandwidthOf(relay: RelayStatus): number {
  return relay.bandwidth ?? UNKNOWN_BANDWIDTH
}

function kindOf({flags}: RelayStatus): Kind {
  const isExit = flags.has('Exit') && !flags.has('BadExit')
  if (flags.has('Guard')) return isExit ? 'both' : 'guard'
  return isExit ? 'exit' : 'middle'
}
