// Paths of onion-service circuits (path-spec 2, proposal 333):
//
//   a last relay of our own choice (a client's rendezvous point):        guard ─ vanguard ─ last
//   one that others chose, or that the ring chose (HSDir, introduction
//   point; a service's rendezvous point):                                guard ─ vanguard ─ middle ─ last
//
// Guard and vanguard stay the same for long, and whoever names the last relay must not be able to push us off them: only
// the same relay twice is ruled out there. The freely chosen relays keep all rules.

import type {RandomFraction} from './choose.ts'
import type {GuardChoice, GuardSource} from './guard-source.ts'
import type {NetDir} from './net-dir.ts'
import {conflicts, isSameRelay, type PathEnd, pathEndOf} from './path-rules.ts'
import {hasFlag, type Relay} from './relay.ts'
import type {Vanguards} from './vanguards.ts'

export interface PathSelectionDeps {
  readonly guards: GuardSource
  readonly vanguards: Vanguards
  readonly random: RandomFraction
}

/** The hops before the last one. */
export interface PathToLast {
  readonly guard: GuardChoice
  /** The guard first. */
  readonly relays: readonly Relay[]
}

export type ChosenBy = 'us' | 'others'

export class PathSelection {
  readonly #deps: PathSelectionDeps

  constructor(deps: PathSelectionDeps) {
    this.#deps = deps
  }

  /** Undefined when the network has too few relays for the rules. */
  pathTo(netDir: NetDir, last: PathEnd, chosenBy: ChosenBy): PathToLast | undefined {
    const {guards, vanguards} = this.#deps
    const isOther = (relay: Relay) => !isSameRelay(relay, last)
    const guard = guards.chooseGuard(netDir, relay => isOther(relay) && isUsable(relay))
    if (guard === undefined) return undefined
    const afterGuard = pathEndOf(guard.relay)
    const vanguard =
      vanguards.choose(netDir, relay => isOther(relay) && !conflicts(relay, afterGuard)) ??
      vanguards.choose(netDir, relay => isOther(relay) && !isSameRelay(relay, afterGuard))
    if (vanguard === undefined) return undefined
    if (chosenBy === 'us') return {guard, relays: [guard.relay, vanguard]}
    const ends = [last, afterGuard, pathEndOf(vanguard)]
    const middle = this.#middle(netDir, relay => !ends.some(end => conflicts(relay, end)))
    return middle === undefined ? undefined : {guard, relays: [guard.relay, vanguard, middle]}
  }

  /** A rendezvous point for a client: speaks the protocol and is none of `exclude`. */
  rendezvousPoint(netDir: NetDir, exclude: (relay: Relay) => boolean = () => false): Relay | undefined {
    return this.#middle(netDir, relay => relay.status.protocols.supports('HSRend', 2) && !exclude(relay))
  }

  /** Introduction points for a service, `count` different ones at most. */
  introductionPoints(netDir: NetDir, count: number, exclude: (relay: Relay) => boolean): readonly Relay[] {
    const chosen: Relay[] = []
    while (chosen.length < count) {
      const isFree = (relay: Relay) => !exclude(relay) && !chosen.includes(relay)
      const next = this.#middle(
        netDir,
        relay => relay.status.protocols.supports('HSIntro', 4) && isFree(relay)
      )
      if (next === undefined) break
      chosen.push(next)
    }
    return chosen
  }

  /** A stable and fast relay by the weights of the middle position; without those flags where none has them. */
  #middle(netDir: NetDir, allows: (relay: Relay) => boolean): Relay | undefined {
    const {random} = this.#deps
    const usable = (relay: Relay) => isUsable(relay) && allows(relay)
    return (
      netDir.choose(
        'middle',
        random,
        relay => hasFlag(relay, 'Stable') && hasFlag(relay, 'Fast') && usable(relay)
      ) ?? netDir.choose('middle', random, usable)
    )
  }
}

/** Running, valid, and possible to extend to by its Ed25519 identity. */
export function isUsable(relay: Relay): boolean {
  return (
    relay.keys !== undefined &&
    relay.ed25519 !== undefined &&
    hasFlag(relay, 'Running') &&
    hasFlag(relay, 'Valid')
  )
}
