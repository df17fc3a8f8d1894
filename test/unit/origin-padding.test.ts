// The client's side of circuit padding: what goes to the second hop, what comes back, and what becomes of the circuit.

import assert from 'node:assert/strict'
import {describe, it} from 'node:test'
import type {OriginCircuit} from '../../src/circuit/origin-circuit.ts'
import {MachineType} from '../../src/circuit/padding/machine.ts'
import {KEPT_MAX, OriginPadding, PADDING_HOP} from '../../src/circuit/padding/origin-padding.ts'
import {mayPadCircuits} from '../../src/circuit/padding/padding-share.ts'
import {decode, encode} from '../../src/codec/codec.ts'
import {
  CircuitPaddingCommand,
  CircuitPaddingResponse,
  circuitPaddingNegotiate,
  circuitPaddingNegotiated
} from '../../src/wire/circuit-padding.ts'
import {RelayCommand} from '../../src/wire/relay-cell.ts'

const {INTRODUCTION, RENDEZVOUS} = MachineType
const {START, STOP} = CircuitPaddingCommand
const {OK, ERROR} = CircuitPaddingResponse
const NOTHING = new Uint8Array(0)

/** What padding needs of a circuit; what goes and comes is the test's. */
class Bench {
  readonly sent: {readonly hop: number; readonly command: number; readonly data: Uint8Array}[] = []
  readonly localQueue = {isBlocked: false, cells: 0}
  isClosed = false
  receive: (hop: number, message: {command: number; streamId: number; data: Uint8Array}) => void = () => {}
  readonly #closing: (() => void)[] = []

  get circuit(): OriginCircuit {
    return this as unknown as OriginCircuit
  }

  send(hop: number, command: number, _streamId: number, data: Uint8Array): void {
    this.sent.push({hop, command, data})
  }

  onPadding(listener: typeof this.receive): void {
    this.receive = listener
  }

  onClose(listener: () => void): void {
    this.#closing.push(listener)
  }

  close(): void {
    if (this.isClosed) return
    this.isClosed = true
    for (const listener of this.#closing) listener()
  }

  drop(hop = PADDING_HOP): void {
    this.receive(hop, {command: RelayCommand.DROP, streamId: 0, data: NOTHING})
  }

  answer(
    command: 1 | 2,
    response: 1 | 2,
    fields: {hop?: number; machineType?: number; counter?: number} = {}
  ): void {
    const {hop = PADDING_HOP, machineType = INTRODUCTION, counter: machineCounter = 1} = fields
    const data = encode(circuitPaddingNegotiated, {command, response, machineType, machineCounter})
    this.receive(hop, {command: RelayCommand.PADDING_NEGOTIATED, streamId: 0, data})
  }

  get commands(): number[] {
    return this.sent.map(({command}) => command)
  }
}

function padder() {
  const timers: {delayUs: number; callback: () => void}[] = []
  const settings = {isAllowed: true}
  const padding = new OriginPadding({
    after: (delayUs, callback) => {
      const timer = {delayUs, callback}
      timers.push(timer)
      return () => void timers.splice(timers.indexOf(timer), timers.includes(timer) ? 1 : 0)
    },
    pick: (_least, most) => most,
    queuedCellsMax: () => 1000,
    isAllowed: () => settings.isAllowed
  })
  const runOut = () => {
    for (const {callback} of timers.splice(0)) callback()
  }
  return {padding, timers, settings, runOut}
}

describe('circuit padding of a client', () => {
  it('asks the second hop for a machine by its number, and for no second one on the circuit', () => {
    const {padding} = padder()
    const bench = new Bench()
    padding.start(bench.circuit, INTRODUCTION)
    padding.start(bench.circuit, RENDEZVOUS)
    assert.equal(bench.sent.length, 1)
    const [{hop, command, data} = assert.fail()] = bench.sent
    assert.deepEqual([hop, command], [1, RelayCommand.PADDING_NEGOTIATE])
    const decoded = decode(circuitPaddingNegotiate, data)
    assert.ok(decoded.ok)
    const {command: what, machineType, machineCounter} = decoded.value
    assert.deepEqual([what, machineType, machineCounter], [START, INTRODUCTION, 1])
  })

  it('sends one DROP on a rendezvous circuit within a millisecond, and none where one came before', () => {
    const {padding, timers, runOut} = padder()
    const [first, second] = [new Bench(), new Bench()]
    padding.start(first.circuit, RENDEZVOUS)
    assert.ok(timers.every(({delayUs}) => delayUs <= 1000))
    runOut()
    runOut()
    assert.deepEqual(first.commands, [RelayCommand.PADDING_NEGOTIATE, RelayCommand.DROP])
    padding.start(second.circuit, RENDEZVOUS)
    second.drop()
    runOut()
    assert.deepEqual(second.commands, [RelayCommand.PADDING_NEGOTIATE])
    assert.deepEqual(padding.drops, {sent: 1, received: 1})
  })

  it('keeps an introduction circuit open for ten minutes, whether its machine has ended or not', () => {
    const {padding, timers, runOut} = padder()
    const bench = new Bench()
    padding.start(bench.circuit, INTRODUCTION)
    bench.answer(STOP, OK)
    padding.finish(bench.circuit)
    assert.equal(bench.isClosed, false)
    assert.deepEqual([padding.kept, timers.map(({delayUs}) => delayUs)], [1, [600_000_000]])
    runOut()
    assert.equal(bench.isClosed, true)
    assert.deepEqual([padding.kept, padding.counts], [0, {started: 1, stopped: 1, refused: 0}])
  })

  it('closes what is not padded, and what the relay would not pad', () => {
    const {padding} = padder()
    const [plain, refused, rendezvous] = [new Bench(), new Bench(), new Bench()]
    padding.finish(plain.circuit)
    padding.start(refused.circuit, INTRODUCTION)
    padding.finish(refused.circuit)
    assert.equal(refused.isClosed, false)
    refused.answer(START, ERROR)
    padding.start(rendezvous.circuit, RENDEZVOUS)
    padding.finish(rendezvous.circuit)
    assert.deepEqual([plain.isClosed, refused.isClosed, rendezvous.isClosed], [true, true, true])
    assert.equal(padding.counts.refused, 1)
  })

  it('heeds no other hop, no other machine and nothing malformed', () => {
    const {padding, runOut} = padder()
    const bench = new Bench()
    padding.start(bench.circuit, RENDEZVOUS)
    bench.drop(PADDING_HOP + 1)
    bench.answer(STOP, OK, {machineType: INTRODUCTION})
    bench.answer(STOP, OK, {machineType: RENDEZVOUS, counter: 2})
    bench.answer(STOP, OK, {machineType: RENDEZVOUS, hop: 0})
    bench.receive(PADDING_HOP, {
      command: RelayCommand.PADDING_NEGOTIATED,
      streamId: 0,
      data: Uint8Array.of(9)
    })
    runOut()
    assert.deepEqual(bench.commands, [RelayCommand.PADDING_NEGOTIATE, RelayCommand.DROP])
    assert.deepEqual([padding.counts.stopped, padding.drops.received], [0, 0])
  })

  it('CircuitPadding 0: asks for nothing', () => {
    const {padding, settings} = padder()
    settings.isAllowed = false
    const bench = new Bench()
    padding.start(bench.circuit, INTRODUCTION)
    assert.equal(bench.sent.length, 0)
    padding.finish(bench.circuit)
    assert.equal(bench.isClosed, true)
  })

  it('keeps no more circuits than its bound, and closes the oldest for the next', () => {
    const {padding} = padder()
    const benches = Array.from({length: KEPT_MAX + 2}, () => new Bench())
    for (const {circuit} of benches) {
      padding.start(circuit, INTRODUCTION)
      padding.finish(circuit)
    }
    assert.equal(padding.kept, KEPT_MAX)
    assert.deepEqual(
      benches.map(({isClosed}) => isClosed),
      benches.map((_, i) => i < 2)
    )
    padding.close()
    assert.equal(padding.kept, 0)
  })
})

describe('circuit padding of a node', () => {
  const says = (params: Readonly<Record<string, number>>) => (name: string) => params[name]

  it('circpad_padding_disabled: is none', () => {
    assert.equal(mayPadCircuits(says({}), 1e6, 1e6), true)
    assert.equal(mayPadCircuits(says({circpad_padding_disabled: 1}), 0, 0), false)
  })

  it('circpad_global_max_padding_pct: is a share of all relay cells, from circpad_global_allowed_cells on', () => {
    const param = says({circpad_global_max_padding_pct: 10, circpad_global_allowed_cells: 50})
    assert.equal(mayPadCircuits(param, 49, 49), true)
    assert.equal(mayPadCircuits(param, 50, 50), false)
    assert.equal(mayPadCircuits(param, 50, 454), false)
    assert.equal(mayPadCircuits(param, 50, 455), true)
  })
})
