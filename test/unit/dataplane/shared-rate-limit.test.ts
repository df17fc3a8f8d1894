import assert from 'node:assert/strict'
import {test} from 'node:test'
import {SHARED_RATE_LIMIT_OCTETS, SharedRateLimit} from '../../../src/dataplane/shared-rate-limit.ts'

const START_MS = 1_000_000

function pair(perSecond: number, burst: number): [SharedRateLimit, SharedRateLimit] {
  const memory = new SharedArrayBuffer(SHARED_RATE_LIMIT_OCTETS)
  return [new SharedRateLimit(memory, 0, perSecond, burst), new SharedRateLimit(memory, 0, perSecond, burst)]
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

test('a burst of more than 32 bits is kept to a few octets, and nothing that is spent is lost', () => {
  const burst = 100 * 2 ** 30
  const [one] = pair(burst, burst)
  assert.ok(Math.abs(one.available(START_MS) - burst) < 1000)
  for (let i = 0; i < 10_000; i++) one.spend(33)
  assert.ok(Math.abs(one.available(START_MS) - (burst - 330_000)) < 1000)
})
