import assert from 'node:assert/strict'
import {test} from 'node:test'
import {nextConsensusFetch} from '../../../src/directory/fetch-schedule.ts'

const HOUR_MS = 3600_000
const NOON_MS = Date.UTC(2026, 10, 22, 12)

const times = (intervalMs: number) => ({
  validAfter: new Date(NOON_MS),
  freshUntil: new Date(NOON_MS + intervalMs),
  validUntil: new Date(NOON_MS + 3 * intervalMs)
})
const at = (intervalMs: number, isCache: boolean, random: number, nowMs = NOON_MS) =>
  nextConsensusFetch(times(intervalMs), {isCache, nowMs, random: () => random})

test('dir-spec 5.1: a cache fetches within the first half of the interval after fresh-until', () => {
  assert.equal(at(HOUR_MS, true, 0), NOON_MS + HOUR_MS + 60_000)
  assert.equal(at(HOUR_MS, true, 1), NOON_MS + HOUR_MS + 60_000 + HOUR_MS / 2)
})

test('dir-spec 5.1: others fetch after caches and before the consensus runs out', () => {
  const earliest = at(HOUR_MS, false, 0)
  const latest = at(HOUR_MS, false, 1)
  assert.ok(earliest >= at(HOUR_MS, true, 1))
  assert.ok(latest < NOON_MS + 3 * HOUR_MS)
})

test('in a network that votes every 20 seconds nobody waits for a minute', () => {
  assert.ok(at(20_000, true, 1) < NOON_MS + 60_000)
})

test('a consensus that is old already is due at once', () => {
  const later = NOON_MS + 10 * HOUR_MS
  assert.equal(at(HOUR_MS, true, 0.5, later), later)
})
