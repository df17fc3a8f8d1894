// Onion skins, circuits that come and go, defences and overload.

const rate = metric => `rate(${metric}[$__rate_interval])`
const quantile = (q, metric) =>
  `histogram_quantile(${q}, sum by (le, instance) (rate(${metric}_bucket{$}[$__rate_interval])))`

export default {
  uid: 'ramson-handshakes',
  title: 'ramson: handshakes and overload',
  description:
    'Onion skins, circuit creation and extension, denial-of-service defences, overload, directory.',
  rows: [
    {
      title: 'Onion skins',
      panels: [
        {
          title: 'Onion skins',
          description: 'Answered and dropped, by type.',
          unit: 'cps',
          queries: [[rate('tor_relay_load_onionskins_total{$}'), '{{type}} {{action}}']]
        },
        {
          title: 'Dropped share',
          description:
            'Share of ntor and ntor-v3 onion skins that were dropped. C tor calls a relay overloaded from 5 %.',
          unit: 'percentunit',
          queries: [
            [
              'sum by (instance) (rate(tor_relay_load_onionskins_total{$,action="dropped"}[$__rate_interval])) / clamp_min(sum by (instance) (rate(tor_relay_load_onionskins_total{$}[$__rate_interval])), 1e-9)',
              '{{instance}}'
            ]
          ]
        },
        {
          title: 'Waiting',
          description: 'Onion skins in the queue, and how long one that came now would wait.',
          unit: 'short',
          queries: [
            ['ramson_onion_skins_queued{$}', 'in the queue'],
            ['ramson_cap_used{$,cap="onion_skin_delay"}', 'seconds to wait']
          ]
        },
        {
          title: 'Time to wait',
          description: 'How long onion skins waited for a worker.',
          unit: 's',
          queries: [
            [quantile(0.5, 'ramson_onion_skin_wait_seconds'), 'p50'],
            [quantile(0.99, 'ramson_onion_skin_wait_seconds'), 'p99']
          ]
        },
        {
          title: 'Time to answer',
          description: 'What a worker spends on one onion skin.',
          unit: 's',
          queries: [
            [quantile(0.5, 'ramson_onion_skin_service_seconds'), 'p50'],
            [quantile(0.99, 'ramson_onion_skin_service_seconds'), 'p99']
          ]
        },
        {
          title: 'Onion skins per batch',
          description: 'How many go to a worker at once.',
          unit: 'short',
          queries: [
            [
              'sum by (instance) (rate(ramson_onion_skin_batch_skins_sum{$}[$__rate_interval])) / clamp_min(sum by (instance) (rate(ramson_onion_skin_batch_skins_count{$}[$__rate_interval])), 1e-9)',
              '{{instance}}'
            ]
          ]
        }
      ]
    },
    {
      title: 'Circuits',
      panels: [
        {
          title: 'CREATE by outcome',
          description: 'How requests for a circuit ended.',
          unit: 'cps',
          queries: [[rate('ramson_circuit_creates_total{$}'), '{{outcome}}']]
        },
        {
          title: 'EXTEND by outcome',
          description: 'How requests to extend a circuit ended.',
          unit: 'cps',
          queries: [[rate('ramson_circuit_extends_total{$}'), '{{outcome}}']]
        },
        {
          title: 'Violations',
          description: 'Circuits closed for breaking the protocol or taking too much room.',
          unit: 'cps',
          queries: [
            [rate('ramson_circuit_violations_total{$}'), '{{violation}}'],
            [rate('ramson_bad_sendmes_total{$}'), 'bad SENDME'],
            [rate('tor_relay_circ_proto_violation_total{$}'), 'all that broke the protocol']
          ]
        },
        {
          title: 'DESTROY cells received',
          description: 'Circuits that others closed.',
          unit: 'cps',
          queries: [[rate('tor_relay_destroy_cell_total{$}'), '{{instance}}']]
        }
      ]
    },
    {
      title: 'Defences and overload',
      panels: [
        {
          title: 'Denial-of-service defences',
          description: 'What they did, by the names of C tor.',
          unit: 'cps',
          queries: [[rate('tor_relay_dos_total{$}'), '{{type}}']]
        },
        {
          title: 'Local TCP ports exhausted',
          description: 'Connections that failed for want of a port. See the runbook of TcpPortsExhausted.',
          unit: 'cps',
          queries: [[rate('tor_relay_load_tcp_exhaustion_total{$}'), '{{instance}}']]
        },
        {
          title: 'Sockets',
          description: 'Open, and how many may be.',
          unit: 'short',
          queries: [['tor_relay_load_socket_total{$}', '{{state}}']]
        }
      ]
    },
    {
      title: 'Directory',
      panels: [
        {
          title: 'Requests by outcome',
          description: 'Directory requests over BEGIN_DIR and the DirPort.',
          unit: 'cps',
          queries: [[rate('ramson_directory_requests_total{$}'), '{{outcome}}']]
        },
        {
          title: 'Open streams',
          description: 'Directory streams that are open.',
          unit: 'short',
          queries: [['ramson_directory_streams{$}', '{{instance}}']]
        }
      ]
    }
  ]
}
