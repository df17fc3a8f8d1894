// The introduction point: what a relay does for services and their clients until they know where to meet. It owns the table
// of introduction circuits; circuits and channels are the circuit layer's.

import type {RoleHandler} from '../../circuit/relay-circuit.ts'
import type {RoleLog} from '../../circuit/role-outcomes.ts'
import {RelayCommand} from '../../wire/relay-cell.ts'
import {EstablishIntroHandler, type EstablishIntroOutcome} from './establish-intro.ts'
import {type DefaultLimit, newIntroCircuits} from './intro-circuits.ts'
import {Introduce1Handler, type Introduce1Outcome} from './introduce1.ts'

export interface IntroPointDeps {
  /** HiddenServiceEnableIntroDoSDefense and its rate and burst, from the consensus; undefined while they are off. */
  readonly defaultLimit: DefaultLimit
  /** Milliseconds of a clock that never goes back. */
  readonly nowMs: () => number
  readonly log: RoleLog
}

export interface IntroPoint {
  readonly roles: readonly (readonly [command: number, handler: RoleHandler])[]
  readonly counters: {
    readonly establishIntro: Readonly<Record<EstablishIntroOutcome, number>>
    readonly introduce1: Readonly<Record<Introduce1Outcome, number>>
  }
  /** Introduction circuits now. */
  readonly size: () => number
}

export function openIntroPoint(deps: IntroPointDeps): IntroPoint {
  const circuits = newIntroCircuits()
  const establish = new EstablishIntroHandler(circuits, deps.log)
  const introduce = new Introduce1Handler({...deps, circuits})
  return {
    roles: [
      [RelayCommand.ESTABLISH_INTRO, (circuit, message) => establish.handle(circuit, message.data)],
      [RelayCommand.INTRODUCE1, (circuit, message) => introduce.handle(circuit, message.data)]
    ],
    counters: {establishIntro: establish.counts, introduce1: introduce.counts},
    size: () => circuits.size
  }
}
