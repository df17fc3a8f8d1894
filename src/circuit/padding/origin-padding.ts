// The client's side of circuit padding (padding-spec 3): on the circuits by which it reaches a service it starts a padding
// machine at the second hop, which knows neither end of the circuit, so that to whoever watches the link to the guard they look
// like circuits on which something else is done.
//
//   start ─ PADDING_NEGOTIATE START ─▶ running: DROP messages both ways ─ PADDING_NEGOTIATED STOP, or an error ─▶ ended
//   finish: the circuit is closed, or, where its machine wants that, kept for as long as one that was in use
//
// One machine a circuit. What the relay sends beyond that, or any other hop, changes nothing.

import {decode, encode} from '../../codec/codec.ts'
import {
  CircuitPaddingCommand as Command,
  circuitPaddingNegotiate,
  circuitPaddingNegotiated,
  CircuitPaddingEcho as Echo,
  CircuitPaddingResponse as Response
} from '../../wire/circuit-padding.ts'
import {type RelayCellV0, RelayCommand} from '../../wire/relay-cell.ts'
import type {OriginCircuit} from '../origin-circuit.ts'
import {type MachineType, ORIGIN_MACHINES} from './machine.ts'
import {type MachineDeps, type PaddedSide, RunningMachine} from './running-machine.ts'

/** The hop that pads, counted from 0. */
export const PADDING_HOP = 1
/** The Padding protocol version of the two machines. */
export const PADDING_VERSION = 2
/** How long circuits that were in use are kept, as C tor's MaxCircuitDirtiness is by default. */
const KEPT_US = 600_000_000
/** Circuits that are kept for their padding alone; the oldest is closed for the next. */
export const KEPT_MAX = 64
const FIRST_COUNTER = 1
const NOTHING = new Uint8Array(0)

export interface OriginPaddingDeps extends Omit<MachineDeps, 'onDrop' | 'isAllowed'> {
  /** False while settings or consensus forbid padding, or more of it than the DROP messages so far. */
  readonly isAllowed: (drops: number) => boolean
}

interface Padded {
  readonly type: MachineType
  readonly running: RunningMachine | undefined
  state: 'running' | 'ended' | 'refused'
}

export class OriginPadding {
  /** Machines that were asked for, that relays ended when they had sent what they had to, and that they would not start. */
  readonly counts = {started: 0, stopped: 0, refused: 0}
  /** DROP messages that were sent, and that came. */
  readonly drops = {sent: 0, received: 0}
  readonly #deps: MachineDeps
  readonly #circuits = new Map<OriginCircuit, Padded>()
  /** Those whose purpose is over, oldest first, with what cancels their end. */
  readonly #kept = new Map<OriginCircuit, () => void>()

  constructor(deps: OriginPaddingDeps) {
    const onDrop = () => {
      this.drops.sent++
    }
    this.#deps = {...deps, onDrop, isAllowed: () => deps.isAllowed(this.drops.sent)}
  }

  /** Circuits that are open for their padding alone. */
  get kept(): number {
    return this.#kept.size
  }

  /** Starts the machine on a circuit whose second hop knows it, unless settings or consensus are against padding. */
  start(circuit: OriginCircuit, type: MachineType): void {
    if (!this.#deps.isAllowed() || circuit.isClosed || this.#circuits.has(circuit)) return
    const {drops, delayUs} = ORIGIN_MACHINES[type]
    const options = {type, counter: FIRST_COUNTER, side: sideOf(circuit), onEnd: () => {}}
    const running = drops && new RunningMachine({...options, machine: {drops, delayUs}}, this.#deps)
    const padded: Padded = {type, running, state: 'running'}
    this.#circuits.set(circuit, padded)
    circuit.onPadding((hop, message) => this.#received(circuit, padded, hop, message))
    circuit.onClose(() => this.#closed(circuit, padded))
    this.counts.started++
    const request = {command: Command.START, machineType: type, echo: Echo.NO, machineCounter: FIRST_COUNTER}
    circuit.send(PADDING_HOP, RelayCommand.PADDING_NEGOTIATE, 0, encode(circuitPaddingNegotiate, request))
    running?.start()
  }

  /** What the circuit was for is over. */
  finish(circuit: OriginCircuit): void {
    const padded = this.#circuits.get(circuit)
    if (padded === undefined || padded.state === 'refused' || !ORIGIN_MACHINES[padded.type].keepsOpen) {
      circuit.close()
      return
    }
    if (this.#kept.has(circuit)) return
    const [oldest] = this.#kept.keys()
    if (this.#kept.size >= KEPT_MAX) oldest?.close()
    this.#kept.set(
      circuit,
      this.#deps.after(KEPT_US, () => circuit.close())
    )
  }

  /** Closes what is open for padding alone. */
  close(): void {
    for (const circuit of [...this.#kept.keys()]) circuit.close()
  }

  #received(circuit: OriginCircuit, padded: Padded, hop: number, {command, data}: RelayCellV0): void {
    if (hop !== PADDING_HOP || padded.state !== 'running') return
    if (command === RelayCommand.DROP) {
      this.drops.received++
      padded.running?.stop()
      return
    }
    const decoded = decode(circuitPaddingNegotiated, data)
    if (!decoded.ok) return
    const {command: answered, response, machineType, machineCounter} = decoded.value
    if (machineType !== padded.type || (machineCounter !== 0 && machineCounter !== FIRST_COUNTER)) return
    if (answered === Command.STOP) this.#end(padded, 'ended')
    else if (response === Response.ERROR) {
      this.#end(padded, 'refused')
      if (this.#kept.has(circuit)) circuit.close()
    }
  }

  #end(padded: Padded, state: 'ended' | 'refused'): void {
    padded.state = state
    padded.running?.stop()
    if (state === 'ended') this.counts.stopped++
    else this.counts.refused++
  }

  #closed(circuit: OriginCircuit, padded: Padded): void {
    padded.running?.stop()
    this.#kept.get(circuit)?.()
    this.#kept.delete(circuit)
    this.#circuits.delete(circuit)
  }
}

function sideOf(circuit: OriginCircuit): PaddedSide {
  return {
    get isClosed() {
      return circuit.isClosed
    },
    get localQueue() {
      return circuit.localQueue
    },
    drop: () => circuit.send(PADDING_HOP, RelayCommand.DROP, 0, NOTHING)
  }
}
