import assert from 'node:assert/strict'
import {test} from 'node:test'
import {restoreHistory, saveHistory} from '../../../src/app/saved-history.ts'
import {parseState} from '../../../src/datadir/state-file.ts'
import {formatTime} from '../../../src/netdoc/time.ts'
import {BandwidthHistory} from '../../../src/roles/relay/bandwidth-history.ts'

const NOW = Date.UTC(2026, 10, 22, 12) / 1000
const DAY = 86_400

/** As C tor 0.4.9 wrote it. */
const C_TOR = `BWHistoryReadEnds 2026-11-23 04:30:00
BWHistoryReadInterval 86400
BWHistoryReadMaxima 10240,204800,3072
BWHistoryReadValues 1048576,2097152,51200
BWHistoryWriteEnds 2026-11-23 04:30:00
BWHistoryWriteInterval 86400
BWHistoryWriteMaxima 11264,205824,4096
BWHistoryWriteValues 1049600,2098176,52224
`

function restored(text: string): BandwidthHistory {
  const history = new BandwidthHistory(NOW)
  restoreHistory(history, parseState(text), NOW)
  return history
}

test('the bandwidth history of C tor is gone on with, and written as C tor does', () => {
  const history = restored(C_TOR)
  assert.equal(history.observed, 204_800)
  assert.deepEqual(history.historyLines(formatTime), [
    'write-history 2026-11-22 04:30:00 (86400 s) 1049600,2098176',
    'read-history 2026-11-22 04:30:00 (86400 s) 1048576,2097152'
  ])
  const state = parseState('')
  saveHistory(history, state)
  assert.equal(
    state
      .lines()
      .map(({key, value}) => `${key} ${value}\n`)
      .join(''),
    C_TOR
  )
})

test('tells no exact amounts', () => {
  const history = new BandwidthHistory(NOW)
  history.second(NOW, 0, 0)
  history.second(NOW + 1, 5000, 1023)
  const state = parseState('')
  saveHistory(history, state)
  assert.equal(state.get('BWHistoryReadValues'), '4096')
  assert.equal(state.get('BWHistoryWriteValues'), '0')
})

test('a history that makes no sense is none', () => {
  for (const broken of [
    '',
    C_TOR.replaceAll('Interval 86400', 'Interval 900'),
    C_TOR.replace('1048576,', 'x,'),
    C_TOR.replace('BWHistoryReadValues', 'BWHistoryOther'),
    C_TOR.replace('BWHistoryWriteEnds 2026-11-23', 'BWHistoryWriteEnds 2026-11-24'),
    C_TOR.replaceAll('2026-11-23', '2026-11-10')
  ]) {
    const history = restored(broken)
    assert.deepEqual(history.historyLines(formatTime), [])
    assert.equal(history.observed, 0)
  }
})

test('without maxima the average stands for them', () => {
  const history = restored(C_TOR.replaceAll('Maxima', 'Other').replaceAll('2097152', `${DAY * 1000}`))
  assert.equal(history.observed, Math.floor(2_098_176 / DAY))
})
