import assert from 'node:assert/strict'
import {test} from 'node:test'
import {ReplayCache} from '../../../../src/roles/service/replay-cache.ts'

const octets = (n: number) => Uint8Array.of(n >> 8, n & 255)

test('what was put in is there, and cannot be put in again', () => {
  const cache = new ReplayCache({entriesMax: 5, forMs: Infinity, nowMs: () => 0})
  assert.equal(cache.has(octets(1)), false)
  assert.equal(cache.add(octets(1)), true)
  assert.equal(cache.has(octets(1)), true)
  assert.equal(cache.add(octets(1)), false)
  assert.equal(cache.add(octets(2)), true)
})

test('it never holds more than it may, and lets the oldest go', () => {
  const cache = new ReplayCache({entriesMax: 100, forMs: Infinity, nowMs: () => 0})
  for (let n = 0; n < 1000; n++) assert.ok(cache.add(octets(n)))
  assert.equal(cache.size, 100)
  assert.equal(cache.has(octets(899)), false)
  assert.equal(cache.has(octets(900)), true)
})

test('what is old enough counts no more and takes up no room', () => {
  let now = 0
  const cache = new ReplayCache({entriesMax: 100, forMs: 1000, nowMs: () => now})
  cache.add(octets(1))
  now = 999
  assert.equal(cache.add(octets(1)), false)
  cache.add(octets(2))
  now = 1000
  assert.equal(cache.add(octets(3)), true)
  assert.equal(cache.size, 2)
  assert.equal(cache.add(octets(1)), true)
})
