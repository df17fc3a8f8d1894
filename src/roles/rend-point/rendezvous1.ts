// RENDEZVOUS1 (rend-spec-v3 4.2, 4.3): a service brings the cookie of a client that waits here, and the two circuits become
// one path. What comes behind the cookie goes to the client as RENDEZVOUS2, unread.

import type {RelayCircuit} from '../../circuit/relay-circuit.ts'
import {type OutcomeRule, type RoleLog, RoleOutcomes} from '../../circuit/role-outcomes.ts'
import {decode, encode} from '../../codec/codec.ts'
import {DestroyReason} from '../../wire/destroy.ts'
import {rendezvous1, rendezvous2} from '../../wire/hs/rendezvous.ts'
import {RelayCommand} from '../../wire/relay-cell.ts'
import type {RendCookies} from './rend-cookies.ts'

/** The label of the metric. `circuit_dead`: the client's circuit closed while RENDEZVOUS2 was put on it. */
export type Rendezvous1Outcome =
  | 'success'
  | 'unsuitable_circuit'
  | 'malformed'
  | 'unknown_cookie'
  | 'circuit_dead'

/** A cookie is unknown whenever a client gave up early, so that is nobody's fault. */
const RULES: Readonly<Record<Rendezvous1Outcome, OutcomeRule>> = Object.freeze({
  success: {circuit: 'kept', log: 'debug'},
  unsuitable_circuit: {circuit: DestroyReason.TORPROTOCOL, log: 'info'},
  malformed: {circuit: DestroyReason.TORPROTOCOL, log: 'info'},
  unknown_cookie: {circuit: DestroyReason.TORPROTOCOL, log: 'debug'},
  // As if the two had been joined and the client's half had closed then.
  circuit_dead: {circuit: DestroyReason.DESTROYED, log: 'debug'}
})

export class Rendezvous1Handler {
  readonly #cookies: RendCookies
  readonly #outcomes: RoleOutcomes<Rendezvous1Outcome, OutcomeRule>

  constructor(cookies: RendCookies, log: RoleLog) {
    this.#cookies = cookies
    this.#outcomes = new RoleOutcomes('RENDEZVOUS1', RULES, log)
  }

  get counts(): Readonly<Record<Rendezvous1Outcome, number>> {
    return this.#outcomes.counts
  }

  handle(circuit: RelayCircuit, body: Uint8Array): void {
    this.#outcomes.conclude(circuit, this.#join(circuit, body))
  }

  #join(circuit: RelayCircuit, body: Uint8Array): Rendezvous1Outcome {
    if (!circuit.isUnclaimed) return 'unsuitable_circuit'
    const decoded = decode(rendezvous1, body)
    if (!decoded.ok) return 'malformed'
    const {rendezvousCookie, handshakeInfo} = decoded.value
    const waiting = this.#cookies.get(rendezvousCookie)?.circuit
    if (waiting === undefined) return 'unknown_cookie'
    this.#cookies.delete(rendezvousCookie)
    waiting.send(RelayCommand.RENDEZVOUS2, 0, encode(rendezvous2, {handshakeInfo}))
    if (waiting.isClosed) return 'circuit_dead'
    circuit.splice(waiting)
    return 'success'
  }
}
