import assert from 'node:assert/strict'
import {test} from 'node:test'
import {QueueCounters} from '../../../src/dataplane/shard/queue-counters.ts'
import {NO_COUNTER, QUEUE_COUNTER_WORDS, QueueCounterWord} from '../../../src/dataplane/shard/records.ts'

function counters(count: number) {
  const words = new Uint32Array(new SharedArrayBuffer(count * QUEUE_COUNTER_WORDS * 4))
  const write = (counter: number, queued: number, originated: number) => {
    words[counter * QUEUE_COUNTER_WORDS + QueueCounterWord.QUEUED] = queued
    words[counter * QUEUE_COUNTER_WORDS + QueueCounterWord.ORIGINATED] = originated
  }
  const awaited = (counter: number) => words[counter * QUEUE_COUNTER_WORDS + QueueCounterWord.AWAITED]
  return {queues: new QueueCounters(words), write, awaited}
}

test('cells count from when they are sent to the shard until they have left its queue', () => {
  const {queues, write} = counters(2)
  const counter = queues.take()
  assert.equal(queues.queued(counter), 0)
  for (let i = 0; i < 5; i++) queues.gave(counter)
  assert.equal(queues.queued(counter), 5)
  write(counter, 2, 2)
  assert.equal(queues.queued(counter), 5)
  write(counter, 4, 5)
  assert.equal(queues.queued(counter), 4)
  write(counter, 0, 5)
  assert.equal(queues.queued(counter), 0)
})

test('a counter that is used again begins with nothing', () => {
  const {queues, write} = counters(1)
  const counter = queues.take()
  queues.gave(counter)
  write(counter, 7, 1)
  queues.giveBack(counter)
  assert.equal(queues.take(), counter)
  assert.equal(queues.queued(counter), 0)
})

test('when all are in use a circuit goes without', () => {
  const {queues} = counters(1)
  queues.take()
  assert.equal(queues.take(), NO_COUNTER)
  queues.gave(NO_COUNTER)
  queues.giveBack(NO_COUNTER)
  assert.equal(queues.queued(NO_COUNTER), 0)
  assert.equal(queues.take(), NO_COUNTER)
})

test('a long queue is awaited, whether its cells have got there or not', () => {
  const {queues, write, awaited} = counters(2)
  const counter = queues.take()
  assert.equal(queues.awaitDrained(counter), false)
  for (let i = 0; i < 17; i++) queues.gave(counter)
  assert.equal(queues.awaitDrained(counter), true)
  assert.equal(awaited(counter), 1)
  write(counter, 17, 17)
  assert.equal(queues.awaitDrained(counter), true)
  assert.equal(awaited(counter), 1)
})

test('a queue that is short already is not awaited, and nothing is told of it', () => {
  const {queues, write, awaited} = counters(1)
  const counter = queues.take()
  for (let i = 0; i < 40; i++) queues.gave(counter)
  write(counter, 16, 40)
  assert.equal(queues.awaitDrained(counter), false)
  assert.equal(awaited(counter), 0)
  assert.equal(queues.awaitDrained(NO_COUNTER), false)
})

test('a counter that is used again is awaited by nobody', () => {
  const {queues, awaited} = counters(1)
  const counter = queues.take()
  for (let i = 0; i < 40; i++) queues.gave(counter)
  assert.equal(queues.awaitDrained(counter), true)
  queues.giveBack(counter)
  assert.equal(queues.take(), counter)
  assert.equal(awaited(counter), 0)
})
