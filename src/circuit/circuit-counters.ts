// Totals of the circuit layer, plain numbers for the metrics to read.

import type {CircuitViolation} from '../dataplane/contract.ts'

/** Outcomes of CREATE, CREATE_FAST and CREATE2; each is also a metric label. */
export type CreateOutcome =
  | 'answered'
  | 'refused'
  | 'overloaded'
  | 'wrong-half'
  | 'circ-id-in-use'
  | 'unknown-type'
  | 'dos-refused'
  | 'channel-full'
  | 'cancelled'

/** Outcomes of EXTEND2; each is also a metric label. */
export type ExtendOutcome =
  | 'extended'
  | 'not-early'
  | 'malformed'
  | 'refused-target'
  | 'already-extended'
  | 'no-circ-id'
  | 'connect-failed'
  | 'cancelled'

export interface CircuitCounters {
  relayMessages: number
  /** CREATE_FAST cells that were answered. */
  createdFast: number
  dropMessages: number
  badSendmes: number
  readonly violations: Record<CircuitViolation, number>
  readonly creates: Record<CreateOutcome, number>
  readonly extends: Record<ExtendOutcome, number>
}

export function newCircuitCounters(): CircuitCounters {
  return {
    relayMessages: 0,
    createdFast: 0,
    dropMessages: 0,
    badSendmes: 0,
    violations: {
      'unrecognized-at-end': 0,
      'relay-early-inbound': 0,
      'relay-early-exceeded': 0,
      'queue-full': 0,
      'outbound-queue-full': 0,
      'memory-pressure': 0
    },
    creates: {
      answered: 0,
      refused: 0,
      overloaded: 0,
      'wrong-half': 0,
      'circ-id-in-use': 0,
      'unknown-type': 0,
      'dos-refused': 0,
      'channel-full': 0,
      cancelled: 0
    },
    extends: {
      extended: 0,
      'not-early': 0,
      malformed: 0,
      'refused-target': 0,
      'already-extended': 0,
      'no-circ-id': 0,
      'connect-failed': 0,
      cancelled: 0
    }
  }
}
