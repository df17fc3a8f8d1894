// The rendezvous point: where a client's circuit and its service's become one path. It owns the table of cookies; the path
// itself is the data plane's.

import type {RoleHandler} from '../../circuit/relay-circuit.ts'
import type {RoleLog} from '../../circuit/role-outcomes.ts'
import {RelayCommand} from '../../wire/relay-cell.ts'
import {EstablishRendezvousHandler, type EstablishRendezvousOutcome} from './establish-rendezvous.ts'
import {newRendCookies} from './rend-cookies.ts'
import {Rendezvous1Handler, type Rendezvous1Outcome} from './rendezvous1.ts'

export interface RendPointDeps {
  /** DoSRefuseSingleHopClientRendezvous, of torrc or else of the consensus. */
  readonly refusesSingleHop: () => boolean
  readonly log: RoleLog
}

export interface RendPoint {
  readonly roles: readonly (readonly [command: number, handler: RoleHandler])[]
  readonly counters: {
    readonly establishRendezvous: Readonly<Record<EstablishRendezvousOutcome, number>>
    readonly rendezvous1: Readonly<Record<Rendezvous1Outcome, number>>
  }
  /** Clients that wait now. */
  readonly size: () => number
}

export function openRendPoint(deps: RendPointDeps): RendPoint {
  const cookies = newRendCookies()
  const establish = new EstablishRendezvousHandler({...deps, cookies})
  const join = new Rendezvous1Handler(cookies, deps.log)
  return {
    roles: [
      [RelayCommand.ESTABLISH_RENDEZVOUS, (circuit, message) => establish.handle(circuit, message.data)],
      [RelayCommand.RENDEZVOUS1, (circuit, message) => join.handle(circuit, message.data)]
    ],
    counters: {establishRendezvous: establish.counts, rendezvous1: join.counts},
    size: () => cookies.size
  }
}
