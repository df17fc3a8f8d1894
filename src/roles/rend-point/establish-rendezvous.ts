// ESTABLISH_RENDEZVOUS (rend-spec-v3 4.1): a client leaves its circuit here, under a cookie that its service will bring.

import type {RelayCircuit} from '../../circuit/relay-circuit.ts'
import {type OutcomeRule, type RoleLog, RoleOutcomes} from '../../circuit/role-outcomes.ts'
import {decode} from '../../codec/codec.ts'
import {DestroyReason} from '../../wire/destroy.ts'
import {establishRendezvous} from '../../wire/hs/rendezvous.ts'
import {RelayCommand} from '../../wire/relay-cell.ts'
import type {RendCookies} from './rend-cookies.ts'

/** The label of the metric. */
export type EstablishRendezvousOutcome =
  | 'success'
  | 'unsuitable_circuit'
  | 'single_hop'
  | 'malformed'
  | 'duplicate_cookie'
  | 'circuit_dead'

/** A single-hop client that is refused hears nothing, so that it has to wait before it tries the next relay. */
const RULES: Readonly<Record<EstablishRendezvousOutcome, OutcomeRule>> = Object.freeze({
  success: {circuit: 'kept', log: 'debug'},
  unsuitable_circuit: {circuit: DestroyReason.TORPROTOCOL, log: 'info'},
  single_hop: {circuit: 'kept', log: 'debug'},
  malformed: {circuit: DestroyReason.TORPROTOCOL, log: 'info'},
  duplicate_cookie: {circuit: DestroyReason.TORPROTOCOL, log: 'info'},
  circuit_dead: {circuit: 'kept', log: 'debug'}
})

const NOTHING = new Uint8Array(0)

export interface EstablishRendezvousDeps {
  readonly cookies: RendCookies
  /** DoSRefuseSingleHopClientRendezvous, of torrc or else of the consensus. */
  readonly refusesSingleHop: () => boolean
  readonly log: RoleLog
}

export class EstablishRendezvousHandler {
  readonly #deps: EstablishRendezvousDeps
  readonly #outcomes: RoleOutcomes<EstablishRendezvousOutcome, OutcomeRule>

  constructor(deps: EstablishRendezvousDeps) {
    this.#deps = deps
    this.#outcomes = new RoleOutcomes('ESTABLISH_RENDEZVOUS', RULES, deps.log)
  }

  get counts(): Readonly<Record<EstablishRendezvousOutcome, number>> {
    return this.#outcomes.counts
  }

  handle(circuit: RelayCircuit, body: Uint8Array): void {
    this.#outcomes.conclude(circuit, this.#establish(circuit, body))
  }

  #establish(circuit: RelayCircuit, body: Uint8Array): EstablishRendezvousOutcome {
    const {cookies, refusesSingleHop} = this.#deps
    if (!circuit.isUnclaimed) return 'unsuitable_circuit'
    if (circuit.isSingleHop && refusesSingleHop()) return 'single_hop'
    const decoded = decode(establishRendezvous, body)
    if (!decoded.ok) return 'malformed'
    const {rendezvousCookie} = decoded.value
    if (cookies.get(rendezvousCookie) !== undefined) return 'duplicate_cookie'
    circuit.claim('rend-waiting')
    circuit.send(RelayCommand.RENDEZVOUS_ESTABLISHED, 0, NOTHING)
    if (circuit.isClosed) return 'circuit_dead'
    cookies.set(rendezvousCookie, {circuit})
    return 'success'
  }
}
