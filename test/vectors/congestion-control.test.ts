// The clock heuristics, round-trip averages and Vegas windows of prop 324, step by step.

import assert from 'node:assert/strict'
import {test} from 'node:test'
import {ClockCheck} from '../../src/circuit/congestion-control/clock-check.ts'
import {RoundTrip} from '../../src/circuit/congestion-control/round-trip.ts'
import {vegasParams} from '../../src/circuit/congestion-control/vegas-params.ts'
import {VegasWindow} from '../../src/circuit/congestion-control/vegas-window.ts'
import {readVectors} from '../support/package-root.ts'

type Row<Field extends string> = Record<Field, number>

const vectors = readVectors<{
  clock_heuristic: Row<
    'old_delta_ms' | 'new_delta_ms' | 'in_slow_start' | 'cached_result_out' | 'result_out'
  >[]
  rtt: Row<
    | 'sent_usec'
    | 'got_sendme_usec'
    | 'cwnd'
    | 'in_slow_start'
    | 'curr_rtt_usec_out'
    | 'ewma_rtt_usec_out'
    | 'min_rtt_usec_out'
  >[]
  vegas_cwnd_runs: Row<
    | 'sent_usec'
    | 'got_sendme_usec'
    | 'or_conn_blocked'
    | 'inflight'
    | 'ewma_rtt_usec_out'
    | 'min_rtt_usec_out'
    | 'cwnd_out'
    | 'in_slow_start_out'
    | 'cwnd_full_out'
    | 'blocked_chan_out'
  >[][]
}>('congestion_control.json')

const SENDME_INCREMENT = 31
const params = vegasParams(() => undefined, 'exit')

function phaseOf(inSlowStart: number): 'slow-start' | 'steady' {
  return inSlowStart === 1 ? 'slow-start' : 'steady'
}

test('a stalled or jumped clock is told from the network (prop 324, 2.1.1)', () => {
  const clock = new ClockCheck()
  assert.ok(vectors.clock_heuristic.length > 0)
  vectors.clock_heuristic.forEach((row, i) => {
    const rejected = clock.rejects(row.old_delta_ms, row.new_delta_ms, phaseOf(row.in_slow_start))
    assert.equal(rejected, row.result_out === 1, `row ${i}`)
    assert.equal(clock.isStalled, row.cached_result_out === 1, `row ${i}`)
  })
})

test('round trips are averaged and the least average kept (prop 324, 2.1)', () => {
  const clock = new ClockCheck()
  const roundTrip = new RoundTrip(params)
  assert.ok(vectors.rtt.length > 0)
  vectors.rtt.forEach((row, i) => {
    const rttUs = row.got_sendme_usec - row.sent_usec
    const phase = phaseOf(row.in_slow_start)
    assert.equal(rttUs, row.curr_rtt_usec_out)
    assert.equal(clock.rejects(roundTrip.averageUs, rttUs, phase), false)
    roundTrip.measured(rttUs, {phase, cwnd: row.cwnd, updateRate: 1})
    assert.equal(roundTrip.averageUs, row.ewma_rtt_usec_out, `row ${i}`)
    assert.equal(roundTrip.leastUs, row.min_rtt_usec_out, `row ${i}`)
  })
})

test('there are runs of the window to check', () => assert.ok(vectors.vegas_cwnd_runs.length > 0))

vectors.vegas_cwnd_runs.forEach((run, which) => {
  test(`the window of run ${which} (prop 324, 3.3)`, () => {
    const window = new VegasWindow(params, SENDME_INCREMENT, new ClockCheck())
    run.forEach((row, i) => {
      window.acknowledged({
        sentAtUs: row.sent_usec,
        nowUs: row.got_sendme_usec,
        inFlight: row.inflight,
        queue: {isBlocked: row.or_conn_blocked === 1, cells: 0}
      })
      const {averageUs, leastUs} = window.roundTrip
      assert.deepEqual(
        {
          ewma_rtt_usec_out: averageUs,
          min_rtt_usec_out: leastUs,
          cwnd_out: window.cwnd,
          in_slow_start_out: window.phase === 'slow-start' ? 1 : 0,
          cwnd_full_out: window.isFull ? 1 : 0,
          blocked_chan_out: window.isBlocked ? 1 : 0
        },
        {
          ewma_rtt_usec_out: row.ewma_rtt_usec_out,
          min_rtt_usec_out: row.min_rtt_usec_out,
          cwnd_out: row.cwnd_out,
          in_slow_start_out: row.in_slow_start_out,
          cwnd_full_out: row.cwnd_full_out,
          blocked_chan_out: row.blocked_chan_out
        },
        `row ${i}`
      )
    })
  })
})
