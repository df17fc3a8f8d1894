// A client's place at a rendezvous point: a circuit that waits under a cookie nobody else knows, until the service comes.
//
//   open ─ ESTABLISH_RENDEZVOUS ─ RENDEZVOUS_ESTABLISHED ─▶ waiting ─ expect(handshake) ─ RENDEZVOUS2 ─▶ joined
//
// The handshake of the introduction that was sent last is the only one that can be completed here, and only once: a relay
// that plays RENDEZVOUS2 of anything else back to us gets a closed circuit.

import {wipe} from '../../bytes/octets.ts'
import type {CongestionControl} from '../../circuit/congestion-control/congestion-control.ts'
import type {PathHop} from '../../circuit/open-circuit.ts'
import type {OriginCircuit} from '../../circuit/origin-circuit.ts'
import {MachineType} from '../../circuit/padding/machine.ts'
import {decode, encode} from '../../codec/codec.ts'
import {completeHsNtor, type HsNtorClientState} from '../../crypto/hs/hs-ntor.ts'
import {randomOctets} from '../../crypto/random.ts'
import type {OwnCircuit} from '../../stream/origin-streams.ts'
import {DestroyReason} from '../../wire/destroy.ts'
import {establishRendezvous, rendezvous2} from '../../wire/hs/rendezvous.ts'
import {type RelayCellV0, RelayCommand} from '../../wire/relay-cell.ts'
import type {HsCircuit, HsCircuits} from '../hs-circuits.ts'

const COOKIE_LENGTH = 20

/** Client and service on one circuit. */
export interface Joined extends OwnCircuit {
  /** The service's hop. */
  readonly hop: number
}

export interface Expected {
  readonly state: HsNtorClientState
  readonly control: (circuit: OriginCircuit) => CongestionControl
}

export class Rendezvous {
  readonly cookie = randomOctets(COOKIE_LENGTH)
  readonly point: PathHop
  readonly #own: HsCircuit
  readonly #established: Promise<boolean>
  readonly #joined: Promise<Joined | undefined>
  #setEstablished: (done: boolean) => void = () => {}
  #setJoined: (joined: Joined | undefined) => void = () => {}
  #expected: Expected | undefined

  private constructor(point: PathHop, own: HsCircuit) {
    this.point = point
    this.#own = own
    this.#established = new Promise(resolve => {
      this.#setEstablished = resolve
    })
    this.#joined = new Promise(resolve => {
      this.#setJoined = resolve
    })
    own.circuit.onMessage((hop, message) => this.#message(hop, message))
    own.circuit.onClose(() => {
      this.#setEstablished(false)
      this.#setJoined(undefined)
    })
  }

  /** Undefined when the relay cannot be reached or does not take us. */
  static async open(
    circuits: HsCircuits,
    point: PathHop,
    timeoutMs: number
  ): Promise<Rendezvous | undefined> {
    const opened = await circuits.open(point, 'us', 'HS_CLIENT_REND')
    if (!opened.ok) return undefined
    const rendezvous = new Rendezvous(point, opened.value)
    const {circuit, last} = opened.value
    const timer = setTimeout(() => circuit.close(), timeoutMs)
    const {cookie} = rendezvous
    circuit.send(
      last,
      RelayCommand.ESTABLISH_RENDEZVOUS,
      0,
      encode(establishRendezvous, {rendezvousCookie: cookie})
    )
    const established = await rendezvous.#established
    clearTimeout(timer)
    return established ? rendezvous : undefined
  }

  get isClosed(): boolean {
    return this.#own.circuit.isClosed
  }

  /** From now on the service may come with the answer to this handshake, and to no other. */
  expect(expected: Expected): void {
    this.#expected = expected
  }

  /** The service's coming; undefined, and the circuit closed, when it does not come in time. */
  async joined(timeoutMs: number): Promise<Joined | undefined> {
    const timer = setTimeout(() => this.close(), timeoutMs)
    const joined = await this.#joined
    clearTimeout(timer)
    return joined
  }

  close(): void {
    this.#own.circuit.close()
  }

  #message(hop: number, {command, data}: RelayCellV0): void {
    if (hop !== this.#own.last) return
    if (command === RelayCommand.RENDEZVOUS_ESTABLISHED) {
      this.#own.pad(MachineType.RENDEZVOUS)
      this.#setEstablished(true)
    } else if (command === RelayCommand.RENDEZVOUS2) this.#complete(data)
  }

  // At once, because the next cell may already be the service's.
  #complete(data: Uint8Array): void {
    const {circuit, streams} = this.#own
    const expected = this.#expected
    this.#expected = undefined
    const decoded = decode(rendezvous2, data)
    const material =
      expected === undefined || !decoded.ok
        ? undefined
        : completeHsNtor(expected.state, decoded.value.handshakeInfo)
    if (expected === undefined || material?.ok !== true) {
      circuit.close(DestroyReason.TORPROTOCOL)
      return
    }
    wipe(expected.state.shared)
    const hop = circuit.addHsHop(material.value, 'client', expected.control(circuit))
    this.#setJoined(hop === undefined ? undefined : {circuit, streams, hop})
  }
}
