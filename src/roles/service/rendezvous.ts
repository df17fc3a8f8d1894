// Going to meet a client (rend-spec-v3 4.2): a circuit to the rendezvous point that it named, RENDEZVOUS1 with our half of
// the handshake, and from then on the client is the last hop of that circuit and opens streams on it.
//
//   introduction ─▶ hs-ntor ─▶ circuit (again on another path when it fails) ─▶ RENDEZVOUS1 ─▶ joined ─▶ streams
//
// How many are on their way at once is bounded: introductions cost their clients little, circuits cost us more.

import {wipe} from '../../bytes/octets.ts'
import type {CongestionControl} from '../../circuit/congestion-control/congestion-control.ts'
import type {OriginCircuit} from '../../circuit/origin-circuit.ts'
import {encode} from '../../codec/codec.ts'
import {answerHsNtor, type HsNtorServiceKeys} from '../../crypto/hs/hs-ntor.ts'
import {DestroyReason} from '../../wire/destroy.ts'
import {rendezvous1} from '../../wire/hs/rendezvous.ts'
import {RelayCommand} from '../../wire/relay-cell.ts'
import type {HsCircuit, HsCircuits} from '../hs-circuits.ts'
import type {Introduction} from './introduce2.ts'
import {type ConnectTarget, type PortStreamsOptions, servePorts} from './port-streams.ts'
import type {ServiceCounters} from './service-counters.ts'

/** After this a client no longer waits. */
const MEET_WITHIN_MS = 30_000
/** Rendezvous circuits that are being built at once. */
export const PENDING_MAX = 256

export interface RendezvousDeps {
  readonly circuits: HsCircuits
  readonly counters: ServiceCounters
  /** Consensus parameter hs_service_max_rdv_failures. */
  readonly failuresMax: () => number
  /** For a client that asked for congestion control, and for one that did not. */
  readonly control: (circuit: OriginCircuit, introduction: Introduction) => CongestionControl
  readonly nowMs: () => number
  readonly connectTarget?: ConnectTarget | undefined
}

export class Rendezvous {
  readonly #ports: PortStreamsOptions
  readonly #deps: RendezvousDeps
  readonly #joined = new Set<OriginCircuit>()
  #pending = 0
  #closed = false

  constructor(ports: PortStreamsOptions, deps: RendezvousDeps) {
    this.#ports = ports
    this.#deps = deps
  }

  /** Circuits being built. */
  get pending(): number {
    return this.#pending
  }

  async meet(introduction: Introduction, keys: HsNtorServiceKeys): Promise<void> {
    const {counters, nowMs} = this.#deps
    if (this.#pending >= PENDING_MAX || this.#closed) {
      counters.rendezvousErrors.retry++
      return
    }
    const answered = answerHsNtor(keys, introduction.clientKey)
    if (!answered.ok) {
      counters.rendezvousErrors.rendezvous1++
      return
    }
    const startedMs = nowMs()
    this.#pending++
    const own = await this.#open(introduction, startedMs + MEET_WITHIN_MS)
    this.#pending--
    const {handshakeInfo, keyMaterial} = answered.value
    if (own === undefined || this.#closed) {
      wipe(keyMaterial)
      own?.circuit.close(DestroyReason.FINISHED)
      return
    }
    counters.rendezvousBuildTimes.add(nowMs() - startedMs)
    if (this.#join(own, introduction, handshakeInfo, keyMaterial)) {
      counters.stepTimes.rendezvous.add(nowMs() - startedMs)
    }
  }

  /** Ends all circuits with clients. */
  close(): void {
    this.#closed = true
    for (const circuit of [...this.#joined]) circuit.close(DestroyReason.FINISHED)
  }

  async #open({rendezvousPoint}: Introduction, untilMs: number): Promise<HsCircuit | undefined> {
    const {circuits, counters, failuresMax, nowMs} = this.#deps
    for (let failures = 0; failures <= failuresMax() && nowMs() < untilMs && !this.#closed; failures++) {
      counters.rendezvous++
      const opened = await circuits.open(rendezvousPoint, 'others', 'HS_SERVICE_REND', 1)
      if (opened.ok) return opened.value
      const {code} = opened.fault
      counters.rendezvousErrors[
        code === 'no-path' || code === 'no-consensus' ? 'invalid_path' : 'rp_conn_failure'
      ]++
    }
    return undefined
  }

  #join(
    {circuit, streams, last}: HsCircuit,
    introduction: Introduction,
    handshakeInfo: Uint8Array,
    keyMaterial: Uint8Array
  ): boolean {
    const {counters, control, connectTarget} = this.#deps
    const {rendezvousCookie} = introduction
    circuit.send(last, RelayCommand.RENDEZVOUS1, 0, encode(rendezvous1, {rendezvousCookie, handshakeInfo}))
    const hop = circuit.addHsHop(keyMaterial, 'service', control(circuit, introduction))
    if (hop === undefined) {
      wipe(keyMaterial)
      counters.rendezvousErrors.e2e_circ++
      return false
    }
    this.#joined.add(circuit)
    counters.rendezvousEstablished++
    circuit.onClose(() => {
      this.#joined.delete(circuit)
      counters.rendezvousEstablished--
    })
    servePorts({circuit, streams}, hop, this.#ports, counters, connectTarget)
    return true
  }
}
