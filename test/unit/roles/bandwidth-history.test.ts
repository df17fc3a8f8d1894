import assert from 'node:assert/strict'
import {test} from 'node:test'
import {formatTime} from '../../../src/netdoc/time.ts'
import {BandwidthHistory} from '../../../src/roles/relay/bandwidth-history.ts'

const START = 1_800_000_000
const DAY = 86_400

test('dir-spec 2.1.1: the observed bandwidth is the best ten seconds of the lesser direction', () => {
  const history = new BandwidthHistory(START)
  let read = 0
  let written = 0
  for (let second = 1; second <= 60; second++) {
    // Twenty good seconds in the middle; twice as much read as written.
    const octets = second > 20 && second <= 40 ? 1000 : 10
    read += 2 * octets
    written += octets
    history.second(START + second, read, written)
  }
  assert.equal(history.observed, 1000)
})

test('what was there before the first look does not count as carried', () => {
  const history = new BandwidthHistory(START)
  history.second(START + 1, 5_000_000, 5_000_000)
  assert.equal(history.observed, 0)
})

test('dir-spec 2.1.2: a complete day appears in the histories, and a best from long ago is forgotten', () => {
  const history = new BandwidthHistory(START)
  history.second(START, 0, 0)
  history.second(START + 1, 7000, 9000)
  for (let second = 2; second <= 12; second++) history.second(START + second, 7000, 9000)
  assert.deepEqual(history.historyLines(formatTime), [])
  history.second(START + DAY, 7000, 9000)
  const [write, read] = history.historyLines(formatTime)
  assert.match(write ?? '', /^write-history \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \(86400 s\) 9000$/)
  assert.match(read ?? '', / 7000$/)
  assert.equal(history.observed, 700)
  for (let day = 2; day <= 6; day++) history.second(START + day * DAY, 7000, 9000)
  assert.equal(history.observed, 0)
})

test('goes on after a restart where it was, and days without the relay are days without traffic', () => {
  const before = new BandwidthHistory(START)
  before.second(START, 0, 0)
  before.second(START + 1, 7000, 9000)
  before.second(START + DAY, 7000, 9000)
  before.second(START + DAY + 60, 7500, 9900)
  const after = new BandwidthHistory(START + DAY + 100)
  after.restore(before.saved, START + DAY + 100)
  assert.deepEqual(after.saved, before.saved)
  assert.deepEqual(after.historyLines(formatTime), before.historyLines(formatTime))
  assert.equal(after.observed, before.observed)
  const later = new BandwidthHistory(START + 4 * DAY + 5)
  later.restore(before.saved, START + 4 * DAY + 5)
  assert.match(later.historyLines(formatTime)[1] ?? '', / 7000,500,0,0$/)
  for (const now of [START + 8 * DAY, START - 2 * DAY]) {
    const fresh = new BandwidthHistory(now)
    fresh.restore(before.saved, now)
    assert.deepEqual(fresh.historyLines(formatTime), [], 'too long ago, or not yet')
    assert.equal(fresh.observed, 0)
  }
})
