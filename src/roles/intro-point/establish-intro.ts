// ESTABLISH_INTRO (rend-spec-v3 3.1): a service makes this relay its introduction point.
//
//   circuit unclaimed? ─▶ decode ─▶ MAC under KH ─▶ signature ─▶ INTRO_ESTABLISHED ─▶ in the table, an older circuit out
//
// The MAC ties the message to this circuit, the signature to the authentication key. The MAC comes first because it is a
// thousand times cheaper; the peer hears the same of either.

import {equalConstantTime, fromText} from '../../bytes/octets.ts'
import type {RelayCircuit} from '../../circuit/relay-circuit.ts'
import {type OutcomeRule, type RoleLog, RoleOutcomes} from '../../circuit/role-outcomes.ts'
import {decode, encode} from '../../codec/codec.ts'
import {macSha3} from '../../crypto/digest.ts'
import {verifyEd25519} from '../../crypto/ed25519.ts'
import {DestroyReason} from '../../wire/destroy.ts'
import {
  type EstablishIntro,
  establishIntro,
  IntroAuthKeyType,
  introEstablished
} from '../../wire/hs/establish-intro.ts'
import {RelayCommand} from '../../wire/relay-cell.ts'
import {askedLimit} from './dos-params.ts'
import {IntroCircuit, type IntroCircuits} from './intro-circuits.ts'

/** The label of the metric. `malformed` is also a key type of version 2, a wrong MAC and a wrong signature. */
export type EstablishIntroOutcome = 'success' | 'malformed' | 'unsuitable_circuit' | 'circuit_dead'

const RULES: Readonly<Record<EstablishIntroOutcome, OutcomeRule>> = Object.freeze({
  success: {circuit: 'kept', log: 'debug'},
  malformed: {circuit: DestroyReason.TORPROTOCOL, log: 'info'},
  unsuitable_circuit: {circuit: DestroyReason.TORPROTOCOL, log: 'info'},
  circuit_dead: {circuit: 'kept', log: 'debug'}
})

const SIGNATURE_PREFIX = fromText('Tor establish-intro cell v1')
const AUTH_KEY_LENGTH = 32
const INTRO_ESTABLISHED = encode(introEstablished, {extensions: []})

export class EstablishIntroHandler {
  readonly #outcomes: RoleOutcomes<EstablishIntroOutcome, OutcomeRule>
  readonly #circuits: IntroCircuits

  constructor(circuits: IntroCircuits, log: RoleLog) {
    this.#circuits = circuits
    this.#outcomes = new RoleOutcomes('ESTABLISH_INTRO', RULES, log)
  }

  get counts(): Readonly<Record<EstablishIntroOutcome, number>> {
    return this.#outcomes.counts
  }

  handle(circuit: RelayCircuit, body: Uint8Array): void {
    this.#outcomes.conclude(circuit, this.#establish(circuit, body))
  }

  #establish(circuit: RelayCircuit, body: Uint8Array): EstablishIntroOutcome {
    if (!circuit.isUnclaimed) return 'unsuitable_circuit'
    const decoded = decode(establishIntro, body)
    if (!decoded.ok || !isAuthentic(decoded.value, circuit.keyHash)) return 'malformed'
    const {authKey, extensions} = decoded.value
    circuit.claim('intro-point')
    circuit.send(RelayCommand.INTRO_ESTABLISHED, 0, INTRO_ESTABLISHED)
    if (circuit.isClosed) return 'circuit_dead'
    // A service that lost its circuit comes back with the same key before we know that the old circuit is gone.
    const replaced = this.#circuits.set(authKey, new IntroCircuit(circuit, askedLimit(extensions)))
    replaced?.circuit.close(DestroyReason.FINISHED)
    return 'success'
  }
}

function isAuthentic(message: EstablishIntro, keyHash: Uint8Array): boolean {
  const {authKeyType, authKey, authenticated, handshakeAuth, signed, signature} = message
  if (authKeyType !== IntroAuthKeyType.ED25519 || authKey.length !== AUTH_KEY_LENGTH) return false
  if (!equalConstantTime(macSha3(keyHash, authenticated), handshakeAuth)) return false
  return verifyEd25519(authKey, signature, SIGNATURE_PREFIX, signed)
}
