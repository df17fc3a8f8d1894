// Both kinds of window as a circuit uses them, and what must never happen whatever the peer and the clock do.

import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {ClockCheck} from '../../src/circuit/congestion-control/clock-check.ts'
import type {CongestionControl} from '../../src/circuit/congestion-control/congestion-control.ts'
import {FixedWindow} from '../../src/circuit/congestion-control/fixed-window.ts'
import {Vegas} from '../../src/circuit/congestion-control/vegas.ts'
import {
  grantedSendmeIncrement,
  type VegasParams,
  vegasParams
} from '../../src/circuit/congestion-control/vegas-params.ts'
import type {LocalQueue} from '../../src/circuit/congestion-control/vegas-window.ts'
import {BugError} from '../../src/fault/fault.ts'

const silent = () => undefined
const params = vegasParams(silent, 'exit')
const idle: LocalQueue = {isBlocked: false, cells: 0}

function vegas(withParams: VegasParams = params, queue: () => LocalQueue = () => idle): Vegas {
  return new Vegas({params: withParams, sendmeIncrement: 31}, {clock: new ClockCheck(), localQueue: queue})
}

/** Sends all that may be sent, then answers as many SENDMEs as that calls for, `rttUs` later. */
function windowful(control: CongestionControl, nowUs: number, rttUs: number): number {
  const cells = control.canSend()
  control.onCellsSent(cells, nowUs)
  for (let i = 0; i < Math.floor(cells / control.sendmeIncrement); i++) control.onSendme(nowUs + rttUs)
  return cells
}

test('without congestion control 1000 messages may go, and 100 more with each SENDME (tor-spec 7.3)', () => {
  const control = new FixedWindow()
  assert.equal(control.canSend(), 1000)
  control.onCellsSent(1000)
  assert.equal(control.canSend(), 0)
  control.onSendme()
  assert.equal(control.canSend(), 100)
})

test('a new window holds cc_cwnd_init messages', () => {
  const control = vegas()
  assert.equal(control.canSend(), 124)
  control.onCellsSent(124, 0)
  assert.equal(control.canSend(), 0)
  control.onSendme(100_000)
  assert.equal(control.canSend(), 31 + 31)
})

test('on a path without queues the window grows, and stops growing when it is not filled', () => {
  const control = vegas()
  let nowUs = 1
  for (let round = 0; round < 20; round++, nowUs += 50_000) windowful(control, nowUs, 50_000)
  assert.ok(control.window.cwnd > 600, String(control.window.cwnd))
  const before = control.window.cwnd
  for (let round = 0; round < 200; round++, nowUs += 50_000) {
    control.onCellsSent(31, nowUs)
    control.onSendme(nowUs + 50_000)
  }
  assert.ok(control.window.cwnd <= before + 31 * 4, String(control.window.cwnd))
})

test('growing round trips shrink the window, but never below cc_cwnd_min', () => {
  const control = vegas()
  let nowUs = 1
  for (let round = 0; round < 10; round++, nowUs += 50_000) windowful(control, nowUs, 50_000)
  const peak = control.window.cwnd
  for (let round = 1; round < 60; round++) {
    windowful(control, nowUs, 50_000 * round)
    nowUs += 50_000 * round
    assert.ok(control.window.cwnd >= params.cwndMin)
  }
  assert.ok(control.window.cwnd < peak)
  assert.equal(control.window.phase, 'steady')
})

test('a blocked channel of ours ends slow start at once', () => {
  let queue = idle
  const control = vegas(params, () => queue)
  windowful(control, 1, 50_000)
  assert.equal(control.window.phase, 'slow-start')
  queue = {isBlocked: true, cells: 300}
  windowful(control, 100_000, 50_000)
  assert.equal(control.window.phase, 'steady')
  assert.equal(control.window.isBlocked, true)
  queue = idle
  windowful(control, 200_000, 50_000)
  assert.equal(control.window.isBlocked, false)
})

test('a clock that stands still from the start neither grows nor wedges the window (TROVE-2022-001)', () => {
  const control = vegas()
  for (let round = 0; round < 50; round++) {
    assert.equal(windowful(control, 7, 0), 124)
    assert.equal(control.window.cwnd, 124)
  }
  let nowUs = 1000
  for (let round = 0; round < 5; round++, nowUs += 50_000) windowful(control, nowUs, 50_000)
  assert.ok(control.window.cwnd > 124)
})

test('with nothing measured, a blocked channel takes its queue out of the window', () => {
  const control = vegas(params, () => ({isBlocked: true, cells: 1_000_000}))
  control.onCellsSent(31, 7)
  control.onSendme(7)
  assert.equal(control.window.cwnd, params.cwndMin + params.gamma)
  assert.equal(control.window.phase, 'steady')
})

test('slow start ends at cc_ss_max, and no window passes cc_cwnd_max', () => {
  const slow = vegas({...params, ssCwndMax: 500})
  for (let round = 0, nowUs = 1; round < 30; round++, nowUs += 50_000) windowful(slow, nowUs, 50_000)
  assert.equal(slow.window.phase, 'steady')
  const capped = vegas({...params, cwndMax: 200})
  for (let round = 0, nowUs = 1; round < 30; round++, nowUs += 50_000) windowful(capped, nowUs, 50_000)
  assert.equal(capped.window.cwnd, 200)
})

test('leaving slow start cannot leave less than cc_cwnd_min', () => {
  const control = vegas({...params, gamma: 0})
  let nowUs = 1
  for (let round = 1; round < 6; round++) {
    windowful(control, nowUs, 50_000 * round ** 3)
    nowUs += 50_000 * round ** 3
  }
  assert.equal(control.window.phase, 'steady')
  assert.ok(control.window.cwnd >= params.cwndMin)
})

test('fullness can be forgotten with each update instead of each window', () => {
  const control = vegas({...params, fullPerCwnd: 0})
  windowful(control, 1, 50_000)
  assert.equal(control.window.isFull, false)
  assert.ok(control.window.cwnd > 124)
})

test('a SENDME that nothing called for is a bug of the caller', () => {
  assert.throws(() => vegas().onSendme(1), BugError)
})

test('whatever is measured, a window stays within its bounds and never asks for less than nothing', () => {
  const step = fc.record({
    send: fc.nat(2000),
    rttUs: fc.oneof(fc.nat(10), fc.nat(1_000_000), fc.nat(10_000_000_000)),
    isBlocked: fc.boolean(),
    cells: fc.nat(100_000)
  })
  fc.assert(
    fc.property(fc.array(step, {maxLength: 200}), steps => {
      let queue = idle
      const control = vegas(params, () => queue)
      let nowUs = 1
      let sent = 0
      let acknowledged = 0
      for (const {send, rttUs, isBlocked, cells} of steps) {
        queue = {isBlocked, cells}
        const count = Math.min(send, control.canSend())
        control.onCellsSent(count, nowUs)
        sent += count
        nowUs += rttUs
        while (sent - acknowledged >= 31) {
          control.onSendme(nowUs)
          acknowledged += 31
        }
        assert.ok(Number.isInteger(control.window.cwnd))
        assert.ok(control.window.cwnd >= params.cwndMin)
        assert.ok(control.canSend() >= 0)
        // What is in flight is less than one increment now, so the circuit can always go on.
        assert.ok(control.canSend() >= params.cwndMin - 31)
      }
    })
  )
})

test('parameters come from the consensus, within their bounds', () => {
  const consensus = new Map([
    ['cc_cwnd_init', 500],
    ['cc_cwnd_min', 5],
    ['cc_vegas_alpha_onion', 2000],
    ['cc_vegas_beta_exit', 77]
  ])
  const read = (name: string) => consensus.get(name)
  const onion = vegasParams(read, 'onion')
  assert.equal(onion.cwndInit, 500)
  assert.equal(onion.cwndMin, 31)
  assert.equal(onion.alpha, 1000)
  assert.equal(onion.beta, 372)
  assert.equal(vegasParams(read, 'exit').beta, 77)
  assert.equal(vegasParams(read, 'sbws').delta, 248)
})

test('the SENDME increment is granted unless the consensus switches congestion control off', () => {
  assert.equal(grantedSendmeIncrement(silent), 31)
  assert.equal(
    grantedSendmeIncrement(name => (name === 'cc_sendme_inc' ? 300 : undefined)),
    254
  )
  assert.equal(
    grantedSendmeIncrement(name => (name === 'cc_alg' ? 0 : undefined)),
    undefined
  )
})
