import assert from 'node:assert/strict'
import {test} from 'node:test'
import {RateLimits} from '../../../src/log/rate-limit.ts'

test('the table of occasions is bounded; the one used longest ago goes first', () => {
  const limits = new RateLimits()
  assert.equal(limits.admit('kept', 1000, 0), 0)
  for (let i = 0; i < 10_000; i++) {
    assert.equal(limits.admit(`key ${i}`, 1000, 0), 0)
    assert.equal(limits.admit('kept', 1000, 0), undefined)
    assert.ok(limits.size <= 512)
  }
  assert.equal(limits.size, 512)
  assert.equal(limits.admit('kept', 1000, 1000), 10_000)
  assert.equal(limits.admit('key 0', 1000, 0), 0)
})
