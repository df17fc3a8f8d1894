// The three bounds of the queue of onion skins, each reached.

import assert from 'node:assert/strict'
import {test} from 'node:test'
import {DEFAULT_ONION_SKIN_LIMITS, onionSkinLimits} from '../../src/pool/onion-skin-limits.ts'
import {OnionSkinQueue} from '../../src/pool/onion-skin-queue.ts'

const generous = {maxQueued: 1_000_000, maxDelayMs: 1_000_000, waitCutoffMs: 5000}

function fill(queue: OnionSkinQueue<number>, upTo: number, nowMs = 0): number {
  let taken = 0
  while (taken < upTo && queue.offer(taken, nowMs)) taken++
  return taken
}

test('entries come out in the order they went in, as many as are asked for', () => {
  const queue = new OnionSkinQueue<number>(generous, 1)
  fill(queue, 5000)
  assert.equal(queue.length, 5000)
  assert.deepEqual(queue.take(3, 1).fresh, [0, 1, 2])
  for (let next = 3; next < 5000; next += 7) {
    const expected = Array.from({length: Math.min(7, 5000 - next)}, (_, i) => next + i)
    assert.deepEqual(queue.take(7, 1).fresh, expected)
  }
  assert.equal(queue.length, 0)
  assert.deepEqual(queue.take(1, 1), {fresh: [], stale: []})
})

test('no more are taken than the bound on their number', () => {
  const queue = new OnionSkinQueue<number>({...generous, maxQueued: 70}, 1)
  assert.equal(fill(queue, 1000), 70)
  queue.take(1, 0)
  assert.ok(queue.offer(0, 0))
  assert.equal(queue.offer(0, 0), false)
})

test('no more are taken than can be answered within the delay, by the cost that was measured', () => {
  const queue = new OnionSkinQueue<number>({...generous, maxDelayMs: 1000}, 1)
  for (let round = 0; round < 200; round++) queue.learn(10, 10 * 1000)
  const taken = fill(queue, 100_000)
  assert.ok(taken >= 1000 && taken <= 1002, String(taken))
  assert.ok(queue.estimatedDelayMs > 1000)

  const faster = new OnionSkinQueue<number>({...generous, maxDelayMs: 1000}, 4)
  for (let round = 0; round < 200; round++) faster.learn(10, 10 * 1000)
  const more = fill(faster, 100_000)
  assert.ok(more >= 4000 && more <= 4002, String(more))
})

test('a delay of zero still lets a few wait', () => {
  const queue = new OnionSkinQueue<number>({...generous, maxDelayMs: 0}, 1)
  assert.equal(fill(queue, 1000), 50)
  const none = new OnionSkinQueue<number>({...generous, maxQueued: 0}, 1)
  assert.equal(fill(none, 1000), 50)
})

test('an entry that waited for the cut-off is handed back as stale', () => {
  const queue = new OnionSkinQueue<string>(generous, 1)
  queue.offer('old', 0)
  queue.offer('newer', 1)
  queue.offer('newest', 2)
  assert.deepEqual(queue.take(1, 5000), {fresh: ['newer'], stale: ['old']})
  assert.deepEqual(queue.take(1, 5002), {fresh: [], stale: ['newest']})
})

test('an empty batch teaches nothing, and new limits apply at once', () => {
  const queue = new OnionSkinQueue<number>(generous, 1)
  fill(queue, 100)
  const before = queue.estimatedDelayMs
  queue.learn(0, 1000)
  assert.equal(queue.estimatedDelayMs, before)
  queue.limits = {...generous, maxQueued: 100}
  assert.equal(queue.offer(0, 0), false)
})

test('limits come from the consensus, and the configured delay goes before it', () => {
  const consensus = new Map([
    ['MaxOnionQueueDelay', 100],
    ['onion_queue_wait_cutoff', 7]
  ])
  const param = (name: string) => consensus.get(name)
  assert.deepEqual(onionSkinLimits(param, 0), {maxQueued: 20_000, maxDelayMs: 100, waitCutoffMs: 7000})
  assert.equal(onionSkinLimits(param, 300).maxDelayMs, 300)
  assert.deepEqual(DEFAULT_ONION_SKIN_LIMITS, {maxQueued: 20_000, maxDelayMs: 1750, waitCutoffMs: 5000})
})

test('a cut-off of zero in the consensus does not drop what has just come', () => {
  const limits = onionSkinLimits(() => 0, 0)
  const queue = new OnionSkinQueue<string>(limits, 1)
  assert.ok(queue.offer('new', 1000))
  assert.deepEqual(queue.take(1, 1500), {fresh: ['new'], stale: []})
})
