// Vanguards-lite (proposal 333): the second hops of onion-service circuits come from a small set that stays for days, so
// that whoever makes us build circuits again and again does not get to see our guard by being the middle hop once. The set
// lives in memory alone.

import type {RandomFraction} from './choose.ts'
import type {NetDir} from './net-dir.ts'
import {hasFlag, type Relay} from './relay.ts'

const DAY_SECONDS = 24 * 60 * 60
const MAX_INT32 = 0x7fffffff

interface Vanguard {
  readonly fingerprint: string
  readonly expiresAtMs: number
}

export class Vanguards {
  readonly #random: RandomFraction
  readonly #now: () => number
  #set: readonly Vanguard[] = []

  constructor(random: RandomFraction, now: () => number) {
    this.#random = random
    this.#now = now
  }

  /** Fingerprints of the present set. */
  get fingerprints(): readonly string[] {
    return this.#set.map(({fingerprint}) => fingerprint)
  }

  /** A second hop; undefined when none of the set `allows`. */
  choose(netDir: NetDir, allows: (relay: Relay) => boolean): Relay | undefined {
    this.#maintain(netDir)
    const set = new Set(this.fingerprints)
    return netDir.choose('middle', this.#random, relay => set.has(relay.fingerprint) && allows(relay))
  }

  #maintain(netDir: NetDir): void {
    const now = this.#now()
    const suitable = new Map(
      netDir.relays.filter(isSuitable).map(relay => [relay.fingerprint, relay] as const)
    )
    const set = this.#set.filter(
      ({fingerprint, expiresAtMs}) => now < expiresAtMs && suitable.has(fingerprint)
    )
    const wanted = netDir.param('guard-hs-l2-number', 4, 1, 19)
    while (set.length < wanted) {
      const taken = new Set(set.map(({fingerprint}) => fingerprint))
      const chosen = netDir.choose(
        'middle',
        this.#random,
        relay => suitable.has(relay.fingerprint) && !taken.has(relay.fingerprint)
      )
      if (chosen === undefined) break
      set.push({fingerprint: chosen.fingerprint, expiresAtMs: now + this.#lifetimeMs(netDir)})
    }
    this.#set = set
  }

  /** The larger of two draws, so that most stay for about a week and none can be foretold. */
  #lifetimeMs(netDir: NetDir): number {
    const least = netDir.param('guard-hs-l2-lifetime-min', DAY_SECONDS, 1, MAX_INT32)
    const most = netDir.param('guard-hs-l2-lifetime-max', 12 * DAY_SECONDS, 1, MAX_INT32)
    const draw = Math.max(this.#random(), this.#random())
    return (least + draw * Math.max(0, most - least)) * 1000
  }
}

function isSuitable(relay: Relay): boolean {
  return (
    relay.ed25519 !== undefined &&
    (['Stable', 'Fast', 'Running', 'Valid'] as const).every(flag => hasFlag(relay, flag))
  )
}
