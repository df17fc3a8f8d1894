// The introduction circuits of this relay by the authentication keys of their services, each with what bounds its
// introductions. Circuits bound the table, and an entry goes when its circuit closes.

import {CircuitTokens} from '../../circuit/circuit-tokens.ts'
import type {RelayCircuit} from '../../circuit/relay-circuit.ts'
import {TokenBucket, type TokenLimit} from '../../circuit/token-bucket.ts'
import type {AskedLimit} from './dos-params.ts'

/** What holds for services that ask for nothing: a limit, or undefined for none. Consensus and torrc may change it. */
export type DefaultLimit = () => TokenLimit | undefined

export class IntroCircuit {
  readonly circuit: RelayCircuit
  readonly #asked: AskedLimit | undefined
  readonly #bucket = new TokenBucket()

  constructor(circuit: RelayCircuit, asked: AskedLimit | undefined) {
    this.circuit = circuit
    this.#asked = asked
  }

  /** Accounts for one introduction; false when it is one too many. */
  admits(defaultLimit: DefaultLimit, nowMs: number): boolean {
    const limit = this.#asked ?? defaultLimit() ?? 'unlimited'
    return limit === 'unlimited' || this.#bucket.take(limit, nowMs)
  }
}

/** By authentication key, 32 octets. */
export type IntroCircuits = CircuitTokens<IntroCircuit>

export function newIntroCircuits(): IntroCircuits {
  return new CircuitTokens()
}
