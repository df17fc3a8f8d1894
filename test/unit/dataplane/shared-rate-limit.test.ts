import assert from 'node:assert/strict'
import {test} from 'node:test'
import {SHARED_RATE_LIMIT_OCTETS, SharedRateLimit} from '../../../src/dataplane/shared-rate-limit.ts'

const START_MS = 1_000_000

function pair(perSecond: number, burst: number): [SharedRateLimit, SharedRateLimit] {
  const memory = new SharedArrayBuffer(SHARED_RATE_LIMIT_OCTETS)
  const [one, other] = [new SharedRateLimit(memory, 0), new SharedRateLimit(memory, 0)]
  one.configure(perSecond, burst)
  return [one, other]
}

test('RelayBandwidthRate 0 is no limit', () => {
  const [limit] = pair(0, 0)
  limit.spend(1e12)
  assert.equal(limit.isLimited, false)
  assert.equal(limit.available(START_MS), Number.POSITIVE_INFINITY)
})

test('all take from one bucket, which holds the burst and fills by the rate', () => {
  const [one, other] = pair(1000, 5000)
  assert.equal(one.available(START_MS), 5000)
  one.spend(3000)
  assert.equal(other.available(START_MS), 2000)
  other.spend(4000)
  assert.equal(one.available(START_MS), -2000)
  assert.equal(other.available(START_MS + 1000), -1000)
  assert.equal(one.available(START_MS + 3000), 1000)
  assert.equal(one.available(START_MS + 100_000), 5000)
})

test('time that has passed is earned once, however many ask', () => {
  const [one, other] = pair(100_000, 100_000)
  assert.equal(one.available(START_MS), 100_000)
  one.spend(100_000)
  for (let ms = 1; ms <= 500; ms++) {
    one.available(START_MS + ms)
    other.available(START_MS + ms)
  }
  assert.equal(one.available(START_MS + 500), 50_000)
})

test('a thread whose clock was read a little earlier than another one filled the bucket earns nothing', () => {
  const [one, other] = pair(1000, 1000)
  one.available(START_MS)
  one.spend(1000)
  assert.equal(other.available(START_MS - 1), 0)
  assert.equal(one.available(START_MS + 100), 100)
})

test('the largest burst fits, and nothing that is spent is lost', () => {
  const burst = 2 ** 31 - 1
  const [one] = pair(burst, burst)
  assert.ok(Math.abs(one.available(START_MS) - burst) < 1000)
  for (let i = 0; i < 10_000; i++) one.spend(33)
  assert.ok(Math.abs(one.available(START_MS) - (burst - 330_000)) < 1000)
})

test('a rate that changes holds for all from then on, and what was spent stays spent', () => {
  const [one, other] = pair(1000, 1000)
  assert.equal(one.available(START_MS), 1000)
  one.spend(2000)
  other.configure(10_000, 20_000)
  assert.equal(one.available(START_MS + 500), 4000)
  assert.equal(one.available(START_MS + 60_000), 20_000)
  other.configure(0, 0)
  assert.equal(one.available(START_MS + 60_000), Number.POSITIVE_INFINITY)
})
