// How a role ends its handling of a message: in one outcome of a closed set. A frozen table says what each outcome does to
// the circuit that the message came on and how loud it is; the outcome itself is the label of the message's metric. So a
// handler only decides which outcome it is, and nothing that a peer does is logged above info.

import type {DestroyReason} from '../wire/destroy.ts'
import type {RelayCircuit} from './relay-circuit.ts'

/** What becomes of the circuit: it stays, or it is closed for a reason. */
export type CircuitFate = 'kept' | DestroyReason

export interface OutcomeRule {
  readonly circuit: CircuitFate
  readonly log: 'info' | 'debug'
}

/** Gets the name of a relay command and an outcome; never anything of the message. */
export type RoleLog = (severity: 'info' | 'debug', text: string) => void

export class RoleOutcomes<Outcome extends string, Rule extends OutcomeRule> {
  /** By outcome, since the start. */
  readonly counts: Record<Outcome, number>
  readonly #message: string
  readonly #rules: Readonly<Record<Outcome, Rule>>
  readonly #log: RoleLog

  /** @param message the name of the relay command, for the log */
  constructor(message: string, rules: Readonly<Record<Outcome, Rule>>, log: RoleLog) {
    this.#message = message
    this.#rules = rules
    this.#log = log
    this.counts = Object.fromEntries(Object.keys(rules).map(outcome => [outcome, 0])) as Record<
      Outcome,
      number
    >
  }

  rule(outcome: Outcome): Rule {
    return this.#rules[outcome]
  }

  /** Counts the outcome, tells the log, and does to the circuit what the table says. */
  conclude(circuit: RelayCircuit, outcome: Outcome): void {
    const rule = this.#rules[outcome]
    this.counts[outcome]++
    this.#log(rule.log, `${this.#message}: ${outcome}`)
    if (rule.circuit !== 'kept') circuit.close(rule.circuit)
  }
}
