import assert from 'node:assert/strict'
import {test} from 'node:test'
import {RelayState} from '../../../src/datadir/state-file.ts'
import {Accounting, type AccountingSettings} from '../../../src/roles/relay/accounting/accounting.ts'
import {periodOf, wakeTime} from '../../../src/roles/relay/accounting/accounting-period.ts'

const IDENTITY = new Uint8Array(20).fill(7)
const DAILY = {unit: 'day', day: 0, hour: 6, minute: 30} as const
const at = (day: number, hour: number, minute = 0, second = 0) =>
  new Date(2026, 10, day, hour, minute, second)
const settings: AccountingSettings = {start: DAILY, max: 1_000_000, rule: 'max', rate: 100_000}

test('AccountingStart: periods begin on a day of the month, a day of the week, or every day, by the local clock', () => {
  const monthly = {unit: 'month', day: 15, hour: 4, minute: 0} as const
  assert.deepEqual(periodOf(at(22, 12), monthly), {start: at(15, 4), end: new Date(2026, 11, 15, 4)})
  assert.deepEqual(periodOf(at(15, 3, 59), monthly), {start: new Date(2026, 9, 15, 4), end: at(15, 4)})
  // The 22nd of November 2026 is a Sunday.
  const weekly = {unit: 'week', day: 2, hour: 0, minute: 0} as const
  assert.deepEqual(periodOf(at(22, 12), weekly), {start: at(17, 0), end: at(24, 0)})
  assert.deepEqual(periodOf(at(16, 12), weekly), {start: at(10, 0), end: at(17, 0)})
  assert.deepEqual(periodOf(at(22, 6, 30), DAILY), {start: at(22, 6, 30), end: at(23, 6, 30)})
  assert.deepEqual(periodOf(at(22, 6, 29), DAILY), {start: at(21, 6, 30), end: at(22, 6, 30)})
})

test('a relay wakes at the start where its octets will do, and else at a moment of its own with enough left', () => {
  const period = periodOf(at(22, 12), DAILY)
  const wake = (expectedPerMinute: number, rsaIdentity = IDENTITY) =>
    wakeTime(period, {max: 1_000_000, expectedPerMinute, rsaIdentity})
  assert.deepEqual(wake(0), period.start)
  assert.deepEqual(wake(100), period.start)
  const late = wake(10_000)
  assert.ok(late > period.start && Number(late) <= Number(period.end) - 100 * 60_000, String(late))
  assert.deepEqual(wake(10_000), late)
  assert.notDeepEqual(wake(10_000, new Uint8Array(20)), late)
})

test('AccountingMax: the doors close at 95 %, everything at 100 %, and the next period begins anew', () => {
  const accounting = new Accounting(settings, IDENTITY, new RelayState(), at(22, 12))
  const second = (now: Date, read: number, written: number) => accounting.second(now, {read, written})
  assert.equal(second(at(22, 12), 500, 500), 'awake')
  assert.equal(accounting.used, 0, 'what was moved before counting began does not count')
  assert.equal(second(at(22, 12, 0, 1), 900_500, 500), 'awake')
  assert.equal(second(at(22, 12, 0, 2), 950_500, 500), 'closing')
  assert.equal(second(at(22, 12, 0, 3), 1_000_500, 500), 'dormant')
  assert.equal(second(at(23, 6, 29), 1_000_500, 500), 'dormant')
  assert.equal(accounting.used, 1_000_000)
  second(at(23, 6, 30), 1_000_500, 500)
  assert.equal(accounting.used, 0)
  // It used its octets up in six hours, so that it may wake anywhere in the first eighteen.
  assert.equal(second(at(24, 2), 1_000_500, 500), 'awake')
})

test('AccountingRule: the larger direction counts, or their sum, or one of them', () => {
  for (const [rule, used] of [
    ['max', 700],
    ['sum', 1000],
    ['in', 300],
    ['out', 700]
  ] as const) {
    const accounting = new Accounting({...settings, rule}, IDENTITY, new RelayState(), at(22, 12))
    accounting.second(at(22, 12), {read: 0, written: 0})
    accounting.second(at(22, 12, 0, 1), {read: 300, written: 700})
    assert.equal(accounting.used, used, rule)
  }
})

test('what was counted outlives a restart within the period, under the names of C tor’s state file', () => {
  const state = new RelayState()
  const first = new Accounting(settings, IDENTITY, state, at(22, 12))
  first.second(at(22, 12), {read: 0, written: 0})
  first.second(at(22, 12, 0, 1), {read: 960_000, written: 10})
  first.save(state)
  assert.equal(state.get('AccountingBytesReadInInterval'), '960000')
  assert.equal(state.get('AccountingBytesWrittenInInterval'), '10')
  assert.deepEqual(state.time('AccountingIntervalStart'), at(22, 6, 30))
  assert.deepEqual(state.time('AccountingSoftLimitHitAt'), at(22, 12, 0, 1))
  const again = new Accounting(settings, IDENTITY, state, at(22, 13))
  assert.deepEqual([again.phase, again.used], ['closing', 960_000])
  const later = new Accounting(settings, IDENTITY, state, at(23, 13))
  assert.deepEqual([later.phase, later.used], ['dormant', 0])
  assert.ok(later.wakesAt > at(23, 13) && later.wakesAt < at(24, 6, 30))
})

test('a limit that the operator raises wakes the relay', () => {
  const accounting = new Accounting(settings, IDENTITY, new RelayState(), at(22, 12))
  accounting.second(at(22, 12), {read: 0, written: 0})
  assert.equal(accounting.second(at(22, 12, 0, 1), {read: 2_000_000, written: 0}), 'dormant')
  accounting.configure({...settings, max: 10_000_000}, at(22, 12, 0, 2))
  assert.equal(accounting.phase, 'awake')
  assert.equal(accounting.used, 2_000_000)
})
