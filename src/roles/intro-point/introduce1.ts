// INTRODUCE1 (rend-spec-v3 3.2): a client asks this relay to pass an introduction on to a service.
//
//   circuit unclaimed? more than one hop? ─▶ decode ─▶ service known? ─▶ within its limit? ─▶ INTRODUCE2, same octets
//                                                                                           └─▶ INTRODUCE_ACK
//
// One introduction a circuit, so that each costs its client a circuit. What the client encrypted to the service is none of
// our business and is not looked at.

import type {RelayCircuit} from '../../circuit/relay-circuit.ts'
import {type OutcomeRule, type RoleLog, RoleOutcomes} from '../../circuit/role-outcomes.ts'
import {decode, encode} from '../../codec/codec.ts'
import {DestroyReason} from '../../wire/destroy.ts'
import {IntroAuthKeyType} from '../../wire/hs/establish-intro.ts'
import {IntroduceAckStatus, introduce1, introduceAck} from '../../wire/hs/introduce.ts'
import {RelayCommand} from '../../wire/relay-cell.ts'
import type {DefaultLimit, IntroCircuits} from './intro-circuits.ts'

/**
 * The label of the metric. `circuit_reused`: the circuit had an INTRODUCE1 already, or serves another purpose.
 * `circuit_dead`: the service's circuit closed while the introduction was put on it.
 */
export type Introduce1Outcome =
  | 'success'
  | 'circuit_dead'
  | 'malformed'
  | 'unknown_service'
  | 'rate_limited'
  | 'circuit_reused'
  | 'single_hop'

interface Introduce1Rule extends OutcomeRule {
  /** Status of the INTRODUCE_ACK; undefined: there is none. */
  readonly ack: number | undefined
}

/** A service that is rate-limited or gone answers as one that is not here: a client goes on to another point for both. */
const RULES: Readonly<Record<Introduce1Outcome, Introduce1Rule>> = Object.freeze({
  success: {ack: IntroduceAckStatus.SUCCESS, circuit: 'kept', log: 'debug'},
  circuit_dead: {ack: IntroduceAckStatus.UNKNOWN_ID, circuit: 'kept', log: 'debug'},
  malformed: {ack: IntroduceAckStatus.BAD_FORMAT, circuit: 'kept', log: 'info'},
  unknown_service: {ack: IntroduceAckStatus.UNKNOWN_ID, circuit: 'kept', log: 'debug'},
  rate_limited: {ack: IntroduceAckStatus.UNKNOWN_ID, circuit: 'kept', log: 'debug'},
  circuit_reused: {ack: undefined, circuit: DestroyReason.TORPROTOCOL, log: 'info'},
  single_hop: {ack: undefined, circuit: DestroyReason.TORPROTOCOL, log: 'info'}
})

const AUTH_KEY_LENGTH = 32

export interface Introduce1Deps {
  readonly circuits: IntroCircuits
  readonly defaultLimit: DefaultLimit
  /** Milliseconds of a clock that never goes back. */
  readonly nowMs: () => number
  readonly log: RoleLog
}

export class Introduce1Handler {
  readonly #deps: Introduce1Deps
  readonly #outcomes: RoleOutcomes<Introduce1Outcome, Introduce1Rule>

  constructor(deps: Introduce1Deps) {
    this.#deps = deps
    this.#outcomes = new RoleOutcomes('INTRODUCE1', RULES, deps.log)
  }

  get counts(): Readonly<Record<Introduce1Outcome, number>> {
    return this.#outcomes.counts
  }

  handle(circuit: RelayCircuit, body: Uint8Array): void {
    const outcome = this.#introduce(circuit, body)
    const {ack} = this.#outcomes.rule(outcome)
    if (ack !== undefined) {
      circuit.send(RelayCommand.INTRODUCE_ACK, 0, encode(introduceAck, {status: ack, extensions: []}))
    }
    this.#outcomes.conclude(circuit, outcome)
  }

  #introduce(circuit: RelayCircuit, body: Uint8Array): Introduce1Outcome {
    if (!circuit.isUnclaimed) return 'circuit_reused'
    if (circuit.isSingleHop) return 'single_hop'
    circuit.claim('introduced')
    const decoded = decode(introduce1, body)
    if (!decoded.ok) return 'malformed'
    const {authKeyType, authKey} = decoded.value
    if (authKeyType !== IntroAuthKeyType.ED25519 || authKey.length !== AUTH_KEY_LENGTH) return 'malformed'
    const service = this.#deps.circuits.get(authKey)
    if (service === undefined) return 'unknown_service'
    if (!service.admits(this.#deps.defaultLimit, this.#deps.nowMs())) return 'rate_limited'
    service.circuit.send(RelayCommand.INTRODUCE2, 0, body)
    return service.circuit.isClosed ? 'circuit_dead' : 'success'
  }
}
