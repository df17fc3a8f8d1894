// Paths of onion-service circuits (path-spec 2, proposal 333):
//
//   a last relay of our own choice (a client's rendezvous point):        guard ─ vanguard ─ last
//   one that others chose, or that the ring chose (HSDir, introduction
//   point; a service's rendezvous point):                                guard ─ vanguard ─ middle ─ last
//
// Guard and vanguard stay the same for long, and whoever names the last relay must not be able to push us off them: only
// the same relay twice is ruled out there. The freely chosen relays keep all rules. A relay that could not be extended to
// is left alone for a while where there are others; vanguards are passed over for that, never replaced.

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
  readonly now: () => number
  /** Relays that are never on a path or chosen for its end: ourselves. */
  readonly excludes?: (relay: Relay) => boolean
}

/** The hops before the last one. */
export interface PathToLast {
  readonly guard: GuardChoice
  /** The guard first. */
  readonly relays: readonly Relay[]
}

export type ChosenBy = 'us' | 'others'

const LEFT_ALONE_MS = 2 * 60_000
const LEFT_ALONE_MAX = 1024

export class PathSelection {
  readonly #deps: PathSelectionDeps
  /** When relays could not be extended to, by fingerprint, oldest first. */
  readonly #failedAtMs = new Map<string, number>()

  constructor(deps: PathSelectionDeps) {
    this.#deps = deps
  }

  /** Fingerprints of the present vanguards. */
  get vanguards(): readonly string[] {
    return this.#deps.vanguards.fingerprints
  }

  /** A circuit could not be extended to this relay. */
  failed({fingerprint}: Relay): void {
    this.#failedAtMs.delete(fingerprint)
    this.#failedAtMs.set(fingerprint, this.#deps.now())
    for (const oldest of this.#failedAtMs.keys()) {
      if (this.#failedAtMs.size <= LEFT_ALONE_MAX) break
      this.#failedAtMs.delete(oldest)
    }
  }

  /** Undefined when the network has too few relays for the rules. */
  pathTo(netDir: NetDir, last: PathEnd, chosenBy: ChosenBy): PathToLast | undefined {
    const {guards, vanguards} = this.#deps
    const isOther = (relay: Relay) => !isSameRelay(relay, last) && !this.#isExcluded(relay)
    const guard = guards.chooseGuard(netDir, relay => isOther(relay) && isUsable(relay))
    if (guard === undefined) return undefined
    const afterGuard = pathEndOf(guard.relay)
    const isFree = (relay: Relay) => isOther(relay) && !isSameRelay(relay, afterGuard)
    const vanguard =
      vanguards.choose(
        netDir,
        relay => isOther(relay) && !conflicts(relay, afterGuard) && !this.#isBad(relay)
      ) ??
      vanguards.choose(netDir, relay => isFree(relay) && !this.#isBad(relay)) ??
      vanguards.choose(netDir, isFree)
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

  /** By the weights of the middle position: stable, fast and not known to fail, or as much of that as there is. */
  #middle(netDir: NetDir, allows: (relay: Relay) => boolean): Relay | undefined {
    const isStable = (relay: Relay) => hasFlag(relay, 'Stable') && hasFlag(relay, 'Fast')
    const isGood = (relay: Relay) => !this.#isBad(relay)
    for (const wanted of [(relay: Relay) => isStable(relay) && isGood(relay), isGood, isStable, () => true]) {
      const chosen = netDir.choose(
        'middle',
        this.#deps.random,
        relay => isUsable(relay) && !this.#isExcluded(relay) && allows(relay) && wanted(relay)
      )
      if (chosen !== undefined) return chosen
    }
    return undefined
  }

  #isExcluded(relay: Relay): boolean {
    return this.#deps.excludes?.(relay) === true
  }

  #isBad({fingerprint}: Relay): boolean {
    const failedAt = this.#failedAtMs.get(fingerprint)
    return failedAt !== undefined && this.#deps.now() - failedAt < LEFT_ALONE_MS
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
