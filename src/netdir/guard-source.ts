// Where first hops come from. Path selection asks for a guard and tells what became of it; who the guards are, how long they
// are kept and in which order they are tried is for the one who has them.

import type {NetDir} from './net-dir.ts'
import type {Relay} from './relay.ts'

/** A guard for one circuit. Exactly one of the two is called, unless nothing was learnt. */
export interface GuardChoice {
  readonly relay: Relay
  /** A circuit through the guard has its first hop. */
  reached(): void
  /** No channel to the guard came about. */
  unreachable(): void
}

export interface GuardSource {
  /** Undefined when no guard can be had that `allows`. */
  chooseGuard(netDir: NetDir, allows: (relay: Relay) => boolean): GuardChoice | undefined
}
