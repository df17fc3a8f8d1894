// PADDING_NEGOTIATE (padding-spec 3.2): a client starts or stops a padding machine at this relay, which may be any hop of
// its circuit.
//
//   START, known machine   ─▶ PADDING_NEGOTIATED ok, and it runs; one machine a circuit: a second START changes nothing
//   START, unknown machine ─▶ PADDING_NEGOTIATED error
//   STOP of what runs      ─▶ PADDING_NEGOTIATED ok        STOP of anything else ─▶ nothing: nobody waits for an answer
//
// One running machine with one timer for each circuit is all there is, however often a client negotiates (TROVE-2020-004);
// it goes when the circuit closes.

import {isMachineType, MACHINES} from '../../circuit/padding/machine.ts'
import {type MachineDeps, type PaddedSide, RunningMachine} from '../../circuit/padding/running-machine.ts'
import type {RelayCircuit, RoleHandler} from '../../circuit/relay-circuit.ts'
import {type OutcomeRule, type RoleLog, RoleOutcomes} from '../../circuit/role-outcomes.ts'
import {decode, type Encodable, encode} from '../../codec/codec.ts'
import {
  type CircuitPaddingNegotiate,
  CircuitPaddingCommand as Command,
  circuitPaddingNegotiate,
  circuitPaddingNegotiated,
  CircuitPaddingResponse as Response
} from '../../wire/circuit-padding.ts'
import {RelayCommand} from '../../wire/relay-cell.ts'

/** The label of our own metric; C tor has none. */
export type PaddingNegotiateOutcome =
  | 'started'
  | 'already_running'
  | 'stopped'
  | 'not_running'
  | 'unknown_machine'
  | 'malformed'

interface PaddingRule extends OutcomeRule {
  /** The response of the PADDING_NEGOTIATED; undefined: there is none. */
  readonly response: (typeof Response)[keyof typeof Response] | undefined
}

const RULES: Readonly<Record<PaddingNegotiateOutcome, PaddingRule>> = Object.freeze({
  started: {response: Response.OK, circuit: 'kept', log: 'debug'},
  already_running: {response: Response.OK, circuit: 'kept', log: 'debug'},
  stopped: {response: Response.OK, circuit: 'kept', log: 'debug'},
  not_running: {response: undefined, circuit: 'kept', log: 'debug'},
  unknown_machine: {response: Response.ERROR, circuit: 'kept', log: 'info'},
  malformed: {response: undefined, circuit: 'kept', log: 'info'}
})

/** The counter that in a STOP stands for whichever machine runs. */
const ANY_COUNTER = 0
const COUNTER_MAX = 0xffff_ffff
const NOTHING = new Uint8Array(0)

/** What a circuit that ever had a machine keeps. */
interface PaddedCircuit {
  running: RunningMachine | undefined
  /** Counter of the machine started last. */
  counter: number
}

export interface CircuitPaddingDeps extends Omit<MachineDeps, 'onDrop' | 'isAllowed'> {
  /** False while the consensus forbids padding, or more of it than the DROP messages so far. */
  readonly isAllowed: (drops: number) => boolean
  readonly log: RoleLog
}

export interface CircuitPadding {
  readonly roles: readonly (readonly [command: number, handler: RoleHandler])[]
  readonly counters: {
    readonly negotiate: Readonly<Record<PaddingNegotiateOutcome, number>>
    /** DROP messages that machines have sent. */
    readonly drops: () => number
  }
  /** Machines that run or wait for their STOP now. */
  readonly size: () => number
}

export function openCircuitPadding(deps: CircuitPaddingDeps): CircuitPadding {
  const handler = new PaddingNegotiateHandler(deps)
  return {
    roles: [[RelayCommand.PADDING_NEGOTIATE, (circuit, message) => handler.handle(circuit, message.data)]],
    counters: {negotiate: handler.counts, drops: () => handler.drops},
    size: () => handler.size
  }
}

class PaddingNegotiateHandler {
  readonly #deps: MachineDeps
  readonly #outcomes: RoleOutcomes<PaddingNegotiateOutcome, PaddingRule>
  readonly #circuits = new Map<RelayCircuit, PaddedCircuit>()
  drops = 0

  constructor(deps: CircuitPaddingDeps) {
    const onDrop = () => {
      this.drops++
    }
    this.#deps = {...deps, onDrop, isAllowed: () => deps.isAllowed(this.drops)}
    this.#outcomes = new RoleOutcomes('PADDING_NEGOTIATE', RULES, deps.log)
  }

  get counts(): Readonly<Record<PaddingNegotiateOutcome, number>> {
    return this.#outcomes.counts
  }

  get size(): number {
    let running = 0
    for (const padded of this.#circuits.values()) if (padded.running !== undefined) running++
    return running
  }

  handle(circuit: RelayCircuit, body: Uint8Array): void {
    const decoded = decode(circuitPaddingNegotiate, body)
    if (!decoded.ok) {
      this.#outcomes.conclude(circuit, 'malformed')
      return
    }
    const request = decoded.value
    const outcome =
      request.command === Command.START ? this.#start(circuit, request) : this.#stop(circuit, request)
    const {response} = this.#outcomes.rule(outcome)
    if (response !== undefined) {
      const {command, machineType, machineCounter} = request
      this.#answer(circuit, {command, response, machineType, machineCounter})
    }
    this.#outcomes.conclude(circuit, outcome)
    if (outcome === 'started') this.#circuits.get(circuit)?.running?.start()
  }

  #start(circuit: RelayCircuit, {machineType}: CircuitPaddingNegotiate): PaddingNegotiateOutcome {
    if (!isMachineType(machineType)) return 'unknown_machine'
    const padded = this.#padded(circuit)
    if (padded.running !== undefined) return 'already_running'
    padded.counter = padded.counter === COUNTER_MAX ? 1 : padded.counter + 1
    const machine = MACHINES[machineType]
    const onEnd = (ended: RunningMachine) => {
      if (machine.atEnd === 'stay') return
      padded.running = undefined
      this.#answer(circuit, {
        command: Command.STOP,
        response: Response.OK,
        machineType: ended.type,
        machineCounter: ended.counter
      })
    }
    const options = {type: machineType, machine, counter: padded.counter, side: sideOf(circuit), onEnd}
    padded.running = new RunningMachine(options, this.#deps)
    return 'started'
  }

  #stop(
    circuit: RelayCircuit,
    {machineType, machineCounter}: CircuitPaddingNegotiate
  ): PaddingNegotiateOutcome {
    const padded = this.#circuits.get(circuit)
    const running = padded?.running
    if (padded === undefined || running?.type !== machineType) return 'not_running'
    // A STOP that was meant for an earlier machine must not end the one that came after it.
    if (machineCounter !== ANY_COUNTER && machineCounter !== running.counter) return 'not_running'
    running.stop()
    padded.running = undefined
    return 'stopped'
  }

  #padded(circuit: RelayCircuit): PaddedCircuit {
    const known = this.#circuits.get(circuit)
    if (known !== undefined) return known
    const padded: PaddedCircuit = {running: undefined, counter: 0}
    this.#circuits.set(circuit, padded)
    circuit.onClose(() => {
      padded.running?.stop()
      this.#circuits.delete(circuit)
    })
    return padded
  }

  #answer(circuit: RelayCircuit, answer: Encodable<typeof circuitPaddingNegotiated>): void {
    circuit.send(RelayCommand.PADDING_NEGOTIATED, 0, encode(circuitPaddingNegotiated, answer))
  }
}

function sideOf(circuit: RelayCircuit): PaddedSide {
  return {
    get isClosed() {
      return circuit.isClosed
    },
    get localQueue() {
      return circuit.localQueue
    },
    drop: () => circuit.send(RelayCommand.DROP, 0, NOTHING)
  }
}
