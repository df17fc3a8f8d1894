import assert from 'node:assert/strict'
import {test} from 'node:test'
import type {CircuitHandle} from '../../../src/dataplane/contract.ts'
import {CircuitQueue, Outbox} from '../../../src/dataplane/plain/outbox.ts'
import {WaitTimes} from '../../../src/dataplane/plain/wait-times.ts'

const cell = (...octets: number[]) => Uint8Array.from(octets)
const queueOf = (handle: number) => new CircuitQueue(handle as CircuitHandle)
const ALL = 1 << 20
const MAX = 2

test('what is put in comes out, also after the outbox was empty in between', () => {
  const outbox = new Outbox({octets: 0}, new WaitTimes())
  for (let round = 0; round < 3; round++) {
    assert.deepEqual(
      outbox.take(ALL, 0, () => {}),
      []
    )
    outbox.putControl(cell(round), 0)
    assert.deepEqual(
      outbox.take(ALL, 0, () => {}),
      [cell(round)]
    )
    assert.ok(outbox.isEmpty)
  }
})

test('control cells go before relay cells, and circuits take turns', () => {
  const outbox = new Outbox({octets: 0}, new WaitTimes())
  const [a, b] = [queueOf(1), queueOf(2)]
  for (const i of [1, 2, 3]) outbox.put(a, cell(10, i), 0, 3)
  outbox.put(b, cell(20, 1), 0, MAX)
  outbox.putControl(cell(0), 0)
  assert.deepEqual(
    outbox.take(ALL, 0, () => {}),
    [cell(0), cell(10, 1), cell(20, 1), cell(10, 2), cell(10, 3)]
  )
})

test('a take stops at the octets it may have and the next one goes on, in turn', () => {
  const outbox = new Outbox({octets: 0}, new WaitTimes())
  const [a, b] = [queueOf(1), queueOf(2)]
  for (const i of [1, 2]) {
    outbox.put(a, cell(10, i), 0, MAX)
    outbox.put(b, cell(20, i), 0, MAX)
  }
  const taken = [1, 2, 3, 4].flatMap(() => outbox.take(2, 0, () => {}))
  assert.deepEqual(taken, [cell(10, 1), cell(20, 1), cell(10, 2), cell(20, 2)])
})

test('circ_max_cell_queue_size: a circuit may have so many cells waiting and no more, and others are not touched', () => {
  const outbox = new Outbox({octets: 0}, new WaitTimes())
  const [a, b] = [queueOf(1), queueOf(2)]
  assert.deepEqual(
    [1, 2, 3].map(i => outbox.put(a, cell(i), 0, MAX)),
    ['queued', 'queued', 'queue-full']
  )
  assert.equal(outbox.put(b, cell(9), 0, MAX), 'queued')
  assert.equal(outbox.take(ALL, 0, () => {}).length, 3)
})

test('cells of a circuit that is gone are gone from the outbox', () => {
  const outbox = new Outbox({octets: 0}, new WaitTimes())
  const [a, b] = [queueOf(1), queueOf(2)]
  outbox.put(a, cell(1), 0, MAX)
  outbox.put(b, cell(2), 0, MAX)
  outbox.drop(a)
  assert.deepEqual(
    outbox.take(ALL, 0, () => {}),
    [cell(2)]
  )
  outbox.put(a, cell(3), 0, MAX)
  assert.deepEqual(
    outbox.take(ALL, 0, () => {}),
    [cell(3)]
  )
})

test('how long cells waited is counted when they are taken, and not of those that are dropped', () => {
  const waits = new WaitTimes()
  const outbox = new Outbox({octets: 0}, waits)
  const [a, b] = [queueOf(1), queueOf(2)]
  outbox.putControl(cell(0), 1000)
  for (const nowMs of [100, 995, 999.5]) outbox.put(a, cell(1), nowMs, 3)
  outbox.put(b, cell(2), -5000, MAX)
  outbox.take(2, 1000, () => {})
  assert.deepEqual(waits.counted, {atMost: [1, 1, 1, 1, 1, 2], count: 2, sum: 900})
  outbox.drop(b)
  outbox.take(ALL, 1001, () => {})
  assert.deepEqual(waits.counted, {atMost: [1, 2, 3, 3, 3, 4], count: 4, sum: 907.5})
  outbox.putControl(cell(0), 1000)
  outbox.take(ALL, 4000, () => {})
  assert.deepEqual(waits.counted, {atMost: [1, 2, 3, 3, 3, 4], count: 5, sum: 3907.5})
})
