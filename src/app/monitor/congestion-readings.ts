// What congestion control did, under the labels of C tor.

import type {
  CongestionAverage,
  CongestionStatistics
} from '../../circuit/congestion-control/congestion-statistics.ts'
import type {Sample} from '../../metrics/metric.ts'
import type {StreamCounters} from '../../stream/stream-counters.ts'

export function congestionTotals({counts}: CongestionStatistics, streams: StreamCounters): Sample[] {
  return [
    sample('starvation', 'rtt_reset', counts.rttResets),
    sample('clock_stalls', 'rtt_skipped', counts.clockStalls),
    sample('flow_control', 'xoff_num_sent', streams.xoff),
    sample('flow_control', 'xon_num_sent', streams.xon),
    sample('cc_limits', 'above_delta', counts.aboveDelta),
    sample('cc_limits', 'above_ss_cwnd_max', counts.aboveSlowStartMax),
    sample('cc_limits', 'below_ss_inc_floor', counts.belowSlowStartFloor),
    sample('cc_circuits', 'circs_created', counts.opened),
    sample('cc_circuits', 'circs_closed', counts.closed),
    sample('cc_circuits', 'circs_exited_ss', counts.leftSlowStart)
  ]
}

const AVERAGES: readonly (readonly [state: string, action: string, name: CongestionAverage])[] = [
  ['slow_start_exit', 'cwnd', 'exitCwnd'],
  ['slow_start_exit', 'bdp', 'exitBdp'],
  ['slow_start_exit', 'inc', 'exitStep'],
  ['on_circ_close', 'cwnd', 'closeCwnd'],
  ['on_circ_close', 'ss_cwnd', 'closeSsCwnd'],
  ['cc_backoff', 'chan_blocked_pct', 'blockedPct'],
  ['cc_backoff', 'gamma_drop', 'gammaDrop'],
  ['cc_backoff', 'delta_drop', 'deltaDrop'],
  ['cc_backoff', 'ss_chan_blocked_pct', 'ssBlockedPct'],
  ['cc_cwnd_update', 'alpha_pct', 'alphaPct'],
  ['cc_cwnd_update', 'beta_pct', 'betaPct'],
  ['cc_cwnd_update', 'delta_pct', 'deltaPct'],
  ['cc_estimates', 'ss_queue', 'ssQueue'],
  ['cc_estimates', 'queue', 'queue'],
  ['cc_estimates', 'bdp', 'bdp']
]

export function congestionAverages(statistics: CongestionStatistics, streams: StreamCounters): Sample[] {
  const unread = (octets: number, times: number) => (times === 0 ? 0 : Math.round(octets / times))
  return [
    ...AVERAGES.map(([state, action, name]) => sample(state, action, statistics.averageOf(name))),
    sample('buffers', 'xon_outbuf', unread(streams.xonOctets, streams.xon)),
    sample('buffers', 'xoff_outbuf', unread(streams.xoffOctets, streams.xoff))
  ]
}

function sample(state: string, action: string, value: number): Sample {
  return {labels: {state, action}, value}
}
