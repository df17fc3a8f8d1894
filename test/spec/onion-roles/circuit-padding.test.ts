// The padding machines of a relay and their negotiation, with timers that the test lets run out.

import assert from 'node:assert/strict'
import {test} from 'node:test'
import {MACHINES} from '../../../src/circuit/padding/machine.ts'
import type {RelayCircuit} from '../../../src/circuit/relay-circuit.ts'
import {decode, type Encodable, encode} from '../../../src/codec/codec.ts'
import {circuitPaddingNegotiate, circuitPaddingNegotiated} from '../../../src/wire/circuit-padding.ts'
import {DestroyReason} from '../../../src/wire/destroy.ts'
import {RelayCommand} from '../../../src/wire/relay-cell.ts'
import {RoleBench} from '../../support/role-bench.ts'

const START = 2
const STOP = 1
const OK = 1
const ERROR = 2
const INTRODUCTION = 0
const RENDEZVOUS = 1

function negotiate(
  bench: RoleBench,
  circuit: RelayCircuit,
  request: Partial<Encodable<typeof circuitPaddingNegotiate>>
): void {
  const body = encode(circuitPaddingNegotiate, {
    command: START,
    machineType: INTRODUCTION,
    echo: 0,
    machineCounter: 1,
    ...request
  })
  bench.deliver(circuit, RelayCommand.PADDING_NEGOTIATE, body)
}

/** All PADDING_NEGOTIATED so far. */
function answers(bench: RoleBench, circuit: RelayCircuit) {
  return bench
    .sent(circuit)
    .filter(({command}) => command === RelayCommand.PADDING_NEGOTIATED)
    .map(({data}) => {
      const decoded = decode(circuitPaddingNegotiated, data)
      assert.ok(decoded.ok)
      return decoded.value
    })
}

function drops(bench: RoleBench, circuit: RelayCircuit): number {
  return bench.commandsSent(circuit).filter(command => command === RelayCommand.DROP).length
}

function runAll(bench: RoleBench): void {
  for (let i = 0; bench.timers.length > 0; i++) {
    assert.ok(i < 100, 'a machine does not end')
    bench.runTimer()
  }
}

test('padding-spec 3.2: a machine that is started answers ok, with the number and counter it was started with', () => {
  const bench = new RoleBench()
  const circuit = bench.openCircuit()
  negotiate(bench, circuit, {machineType: RENDEZVOUS, machineCounter: 7})
  assert.deepEqual(answers(bench, circuit), [
    {command: START, response: OK, machineType: RENDEZVOUS, machineCounter: 7}
  ])
})

test('padding-spec 3.2: a machine that nobody knows is answered with an error, and nothing runs', () => {
  const bench = new RoleBench()
  const circuit = bench.openCircuit()
  for (const machineType of [2, 3, 99, 255]) negotiate(bench, circuit, {machineType})
  assert.deepEqual(
    answers(bench, circuit).map(({response}) => response),
    [ERROR, ERROR, ERROR, ERROR]
  )
  assert.equal(bench.timers.length, 0)
  assert.equal(circuit.isClosed, false)
})

test('prop 302: the introduction machine sends 7 to 10 DROP, 1 to 10 ms apart, then stops itself', () => {
  const bench = new RoleBench()
  const circuit = bench.openCircuit()
  negotiate(bench, circuit, {machineCounter: 1})
  assert.equal(drops(bench, circuit), 0)
  while (bench.timers.length > 0) {
    assert.equal(bench.timers.length, 1)
    const delayUs = bench.timers[0]?.delayUs ?? 0
    assert.ok(delayUs >= 1000 && delayUs <= 10_000)
    bench.runTimer()
  }
  assert.ok(drops(bench, circuit) >= 7 && drops(bench, circuit) <= 10)
  assert.ok(
    bench.sent(circuit).every(({command, data}) => command !== RelayCommand.DROP || data.length === 0)
  )
  assert.deepEqual(answers(bench, circuit).at(-1), {
    command: STOP,
    response: OK,
    machineType: INTRODUCTION,
    machineCounter: 1
  })
  assert.equal(bench.circuitPadding.size(), 0)
  assert.equal(bench.circuitPadding.counters.drops(), drops(bench, circuit))
})

test('prop 302: the rendezvous machine sends one DROP within a millisecond and waits for its STOP', () => {
  const bench = new RoleBench()
  const circuit = bench.openCircuit()
  negotiate(bench, circuit, {machineType: RENDEZVOUS})
  assert.ok((bench.timers[0]?.delayUs ?? Infinity) <= 1000)
  runAll(bench)
  assert.equal(drops(bench, circuit), 1)
  assert.equal(answers(bench, circuit).length, 1)
  assert.equal(bench.circuitPadding.size(), 1)
  negotiate(bench, circuit, {machineType: RENDEZVOUS, command: STOP})
  assert.deepEqual(answers(bench, circuit).at(-1), {
    command: STOP,
    response: OK,
    machineType: RENDEZVOUS,
    machineCounter: 1
  })
  assert.equal(bench.circuitPadding.size(), 0)
})

test('the machines are drawn from the numbers that the specification gives', () => {
  assert.deepEqual(MACHINES[INTRODUCTION], {drops: [7, 9], delayUs: [1000, 10_000], atEnd: 'stop'})
  assert.deepEqual(MACHINES[RENDEZVOUS], {drops: [1, 1], delayUs: [0, 1000], atEnd: 'stay'})
})

test('TROVE-2020-004: starting a machine a thousand times leaves one machine with one timer', () => {
  const bench = new RoleBench()
  const circuit = bench.openCircuit()
  for (let i = 1; i <= 1000; i++) negotiate(bench, circuit, {machineType: i % 2, machineCounter: i})
  assert.equal(bench.circuitPadding.size(), 1)
  assert.equal(bench.timers.length, 1)
  assert.ok(answers(bench, circuit).every(({response}) => response === OK))
  assert.equal(bench.circuitPadding.counters.negotiate.already_running, 999)
  circuit.close(DestroyReason.FINISHED)
  assert.equal(bench.timers.length, 0)
  assert.equal(bench.circuitPadding.size(), 0)
})

test('padding-spec 3.2: STOP ends a machine at once', () => {
  const bench = new RoleBench()
  const circuit = bench.openCircuit()
  negotiate(bench, circuit, {})
  bench.runTimer()
  negotiate(bench, circuit, {command: STOP})
  assert.equal(bench.timers.length, 0)
  assert.equal(drops(bench, circuit), 1)
  assert.equal(answers(bench, circuit).at(-1)?.command, STOP)
})

test('padding-spec 3.2: a STOP whose counter is 0 means whichever machine of its number runs', () => {
  const bench = new RoleBench()
  const circuit = bench.openCircuit()
  negotiate(bench, circuit, {})
  negotiate(bench, circuit, {command: STOP, machineCounter: 0})
  assert.equal(bench.circuitPadding.size(), 0)
})

test('padding-spec 3.2: a STOP for an earlier machine, or for none, is passed over', () => {
  const bench = new RoleBench()
  const circuit = bench.openCircuit()
  negotiate(bench, circuit, {command: STOP})
  negotiate(bench, circuit, {})
  runAll(bench)
  negotiate(bench, circuit, {machineCounter: 2})
  const before = bench.sent(circuit).length
  negotiate(bench, circuit, {command: STOP, machineCounter: 1})
  negotiate(bench, circuit, {command: STOP, machineCounter: 3})
  negotiate(bench, circuit, {command: STOP, machineType: RENDEZVOUS, machineCounter: 2})
  negotiate(bench, circuit, {command: STOP, machineType: 200, machineCounter: 0})
  assert.equal(bench.sent(circuit).length, before)
  assert.equal(bench.circuitPadding.size(), 1)
  assert.equal(bench.circuitPadding.counters.negotiate.not_running, 5)
})

for (const [what, body] of [
  ['nothing', []],
  ['another version', [1, START, 0, 0, 0, 0, 0, 1]],
  ['a command that nobody knows', [0, 3, 0, 0, 0, 0, 0, 1]],
  ['an echo that is neither yes nor no', [0, START, 0, 2, 0, 0, 0, 1]],
  ['seven octets', [0, START, 0, 0, 0, 0, 0]]
] as const) {
  test(`padding-spec 3.2: PADDING_NEGOTIATE with ${what} is passed over`, () => {
    const bench = new RoleBench()
    const circuit = bench.openCircuit()
    bench.deliver(circuit, RelayCommand.PADDING_NEGOTIATE, Uint8Array.from(body))
    assert.deepEqual(bench.sent(circuit), [])
    assert.equal(circuit.isClosed, false)
    assert.equal(bench.circuitPadding.counters.negotiate.malformed, 1)
  })
}

test('a relay in the middle of a circuit pads it', () => {
  const bench = new RoleBench()
  const circuit = bench.openCircuit()
  circuit.setNext({channel: bench.openChannel(), circId: 9, state: 'open'})
  negotiate(bench, circuit, {})
  runAll(bench)
  assert.ok(drops(bench, circuit) >= 7)
})

test('padding is left out while more cells wait than circpad_max_circ_queued_cells, and the machine still ends', () => {
  const bench = new RoleBench()
  const circuit = bench.openCircuit()
  bench.plane.queued.set(circuit.handle, 1001)
  negotiate(bench, circuit, {})
  runAll(bench)
  assert.equal(drops(bench, circuit), 0)
  assert.equal(bench.circuitPadding.size(), 0)
})

test('circpad_padding_disabled: a machine is negotiated and sends nothing', () => {
  const bench = new RoleBench()
  bench.paddingIsAllowed = false
  const circuit = bench.openCircuit()
  negotiate(bench, circuit, {})
  assert.equal(bench.timers.length, 0)
  assert.equal(answers(bench, circuit)[0]?.response, OK)
})

test('a circuit that closes while padding is put on it takes its machine with it', () => {
  const bench = new RoleBench()
  const circuit = bench.openCircuit()
  negotiate(bench, circuit, {})
  bench.plane.full.add(circuit.handle)
  bench.runTimer()
  assert.equal(circuit.isClosed, true)
  assert.equal(bench.timers.length, 0)
  assert.equal(bench.circuitPadding.size(), 0)
})
