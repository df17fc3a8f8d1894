// What a relay tells under the names of C tor, with its types and labels, so that dashboards and alerts made for C tor go on
// working. Names that `promtool check metrics` would not choose are C tor's to choose.

import {counter, eachOf, gauge, type LabelSet, type Metric} from './metric.ts'

const CONNECTION_TYPES = [
  'OR listener',
  'OR',
  'Exit',
  'Socks listener',
  'Socks',
  'Directory listener',
  'Directory',
  'Control listener',
  'Control',
  'Transparent pf/netfilter listener',
  'Transparent natd listener',
  'DNS listener',
  'Extended OR',
  'Extended OR listener',
  'HTTP tunnel listener',
  'Metrics listener',
  'Metrics'
] as const

export type ConnectionType = (typeof CONNECTION_TYPES)[number]

const DIRECTIONS = ['initiated', 'received'] as const
const FAMILIES = ['ipv4', 'ipv6'] as const

/** Nobody but ourselves could reject what we initiate, so there is no such series. */
const connectionEvents: readonly LabelSet[] = eachOf({
  type: CONNECTION_TYPES,
  direction: DIRECTIONS,
  state: ['created', 'rejected'],
  family: FAMILIES
}).filter(({direction, state}) => direction === 'received' || state === 'created')

export const RELAY_FLAGS = [
  'Fast',
  'Exit',
  'Authority',
  'Stable',
  'HSDir',
  'Running',
  'V2Dir',
  'Sybil',
  'Guard'
] as const

const congestionTotals: readonly LabelSet[] = [
  {state: 'starvation', action: 'rtt_reset'},
  {state: 'clock_stalls', action: 'rtt_skipped'},
  {state: 'flow_control', action: 'xoff_num_sent'},
  {state: 'flow_control', action: 'xon_num_sent'},
  {state: 'cc_limits', action: 'above_delta'},
  {state: 'cc_limits', action: 'above_ss_cwnd_max'},
  {state: 'cc_limits', action: 'below_ss_inc_floor'},
  {state: 'cc_circuits', action: 'circs_created'},
  {state: 'cc_circuits', action: 'circs_closed'},
  {state: 'cc_circuits', action: 'circs_exited_ss'}
]

const congestionAverages: readonly LabelSet[] = [
  {state: 'slow_start_exit', action: 'cwnd'},
  {state: 'slow_start_exit', action: 'bdp'},
  {state: 'slow_start_exit', action: 'inc'},
  {state: 'on_circ_close', action: 'cwnd'},
  {state: 'on_circ_close', action: 'ss_cwnd'},
  {state: 'buffers', action: 'xon_outbuf'},
  {state: 'buffers', action: 'xoff_outbuf'},
  {state: 'cc_backoff', action: 'chan_blocked_pct'},
  {state: 'cc_backoff', action: 'gamma_drop'},
  {state: 'cc_backoff', action: 'delta_drop'},
  {state: 'cc_backoff', action: 'ss_chan_blocked_pct'},
  {state: 'cc_cwnd_update', action: 'alpha_pct'},
  {state: 'cc_cwnd_update', action: 'beta_pct'},
  {state: 'cc_cwnd_update', action: 'delta_pct'},
  {state: 'cc_estimates', action: 'ss_queue'},
  {state: 'cc_estimates', action: 'queue'},
  {state: 'cc_estimates', action: 'bdp'}
]

export const cTorRelayMetrics = {
  tor_bug_reached_count: counter('Faults of our own that were noticed'),
  tor_relay_load_oom_bytes_total: counter('Bytes taken back when MaxMemInQueues was reached', {
    subsys: ['cell', 'dns', 'geoip', 'hsdir']
  }),
  tor_relay_load_onionskins_total: counter('Onion skins that were answered or dropped', {
    type: ['tap', 'fast', 'ntor', 'ntor_v3'],
    action: ['processed', 'dropped']
  }),
  tor_relay_load_socket_total: {
    ...gauge('Sockets that are open, and, without a label, that may be'),
    labels: ['state'],
    series: [{state: 'opened'}, {}]
  },
  tor_relay_load_global_rate_limit_reached_total: counter(
    'Times that the bandwidth limit held traffic back',
    {
      side: ['read', 'write']
    }
  ),
  tor_relay_load_tcp_exhaustion_total: counter('Connections that failed for want of a local TCP port'),
  tor_relay_exit_dns_query_total: counter('DNS queries made for exit streams'),
  tor_relay_exit_dns_error_total: counter('DNS queries for exit streams, by how they ended', {
    reason: [
      'success',
      'format',
      'serverfailed',
      'notexist',
      'notimpl',
      'refused',
      'truncated',
      'unknown',
      'tor_timeout',
      'shutdown',
      'cancel',
      'nodata'
    ]
  }),
  tor_relay_connections_total: {
    ...counter('Connections that were made, and that were rejected'),
    labels: ['type', 'direction', 'state', 'family'],
    series: connectionEvents
  },
  tor_relay_connections: gauge('Connections that are open', {
    type: CONNECTION_TYPES,
    direction: DIRECTIONS,
    state: ['opened'],
    family: FAMILIES
  }),
  tor_relay_streams_total: counter('Streams that were asked for', {type: ['BEGIN', 'BEGIN_DIR', 'RESOLVE']}),
  tor_relay_congestion_control_total: {
    ...counter('Events of congestion control'),
    labels: ['state', 'action'],
    series: congestionTotals
  },
  tor_relay_congestion_control: {
    ...gauge('Averages of congestion control'),
    labels: ['state', 'action'],
    series: congestionAverages
  },
  tor_relay_dos_total: counter('What the defences against denial of service did', {
    type: [
      'circuit_rejected',
      'circuit_killed_max_cell',
      'circuit_killed_max_cell_outq',
      'marked_address',
      'marked_address_maxq',
      'conn_rejected',
      'concurrent_conn_rejected',
      'single_hop_refused',
      'introduce2_rejected',
      'stream_rejected'
    ]
  }),
  tor_relay_traffic_bytes: counter('Bytes read from and written to channels', {
    direction: ['read', 'written']
  }),
  tor_relay_flag: gauge('Flags that the consensus gives this relay', {type: RELAY_FLAGS}),
  tor_relay_circuits_total: gauge('Circuits that are open', {state: ['opened']}),
  tor_relay_signing_cert_expiry_timestamp: gauge(
    'When the certificate of the signing key ends, in seconds since 1970'
  ),
  tor_relay_est_intro_total: counter('ESTABLISH_INTRO messages by how they ended', {
    action: ['success', 'malformed', 'unsuitable_circuit', 'circuit_dead']
  }),
  tor_relay_est_rend_total: counter('ESTABLISH_RENDEZVOUS messages by how they ended', {
    action: ['success', 'unsuitable_circuit', 'single_hop', 'malformed', 'duplicate_cookie', 'circuit_dead']
  }),
  tor_relay_intro1_total: counter('INTRODUCE1 messages by how they ended', {
    action: [
      'success',
      'circuit_dead',
      'malformed',
      'unknown_service',
      'rate_limited',
      'circuit_reused',
      'single_hop'
    ]
  }),
  tor_relay_rend1_total: counter('RENDEZVOUS1 messages by how they ended', {
    action: ['success', 'unsuitable_circuit', 'malformed', 'unknown_cookie', 'circuit_dead']
  }),
  tor_relay_destroy_cell_total: counter('DESTROY cells received'),
  tor_relay_drop_cell_total: counter('DROP messages received'),
  tor_relay_circ_proto_violation_total: counter('Circuits closed because their cells broke the protocol')
} as const satisfies Readonly<Record<`tor_${string}`, Metric>>

/** Series that stay at zero because of what ramson is; a dashboard of C tor's finds them all the same. */
export const ALWAYS_ZERO = {
  tor_relay_exit_dns_query_total: 'there is no exit role, so nothing is looked up for others',
  tor_relay_exit_dns_error_total: 'there is no exit role, so nothing is looked up for others',
  'tor_relay_load_onionskins_total{type="tap"}':
    'TAP is refused before it would be work, as C tor 0.4.9 does',
  'tor_relay_load_oom_bytes_total{subsys="dns"}': 'there is no DNS cache',
  'tor_relay_load_oom_bytes_total{subsys="geoip"}': 'no addresses of clients are kept to count countries by',
  'tor_relay_connections{type="Exit"}': 'there is no exit role',
  'tor_relay_connections{type="Transparent pf/netfilter listener"}': 'there is no transparent proxy',
  'tor_relay_connections{type="Transparent natd listener"}': 'there is no transparent proxy',
  'tor_relay_connections{type="DNS listener"}': 'there is no DNSPort',
  'tor_relay_connections{type="Extended OR"}': 'there are no pluggable transports',
  'tor_relay_connections{type="Extended OR listener"}': 'there are no pluggable transports',
  'tor_relay_connections{type="HTTP tunnel listener"}': 'there is no HTTPTunnelPort'
} as const

/** Series that C tor has and that are left out where they would say nothing. */
export const LEFT_OUT = {
  tor_relay_signing_cert_expiry_timestamp:
    'as with C tor, told only with OfflineMasterKey: otherwise the relay renews the certificate by itself',
  tor_hs_rdv_pow_pqueue_count: 'told only by services that ask for proof of work, which ramson does not yet',
  tor_hs_pow_suggested_effort: 'told only by services that ask for proof of work, which ramson does not yet'
} as const
