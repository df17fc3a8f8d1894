// Whether the relay is well, at a glance: the dashboard to look at first.

export default {
  uid: 'ramson-overview',
  title: 'ramson: overview',
  description:
    'Whether a ramson relay is well and what it carries. Verified by query, from the catalog of metrics.',
  rows: [
    {
      title: 'Health',
      panels: [
        {
          title: 'Up',
          description: 'Whether Prometheus could scrape the relay. 0: see the runbook of RelayDown.',
          kind: 'stat',
          unit: 'none',
          queries: [['up{$}', '{{instance}}']]
        },
        {
          title: 'Ready',
          description: 'Whether the process can do what it is there for; /readyz says what is missing.',
          kind: 'stat',
          unit: 'none',
          queries: [['ramson_ready{$}', '{{instance}}']]
        },
        {
          title: 'In the consensus',
          description:
            'Whether the newest consensus lists the relay as running. New relays wait for up to an hour.',
          kind: 'stat',
          unit: 'none',
          queries: [['ramson_in_consensus{$}', '{{instance}}']]
        },
        {
          title: 'Reachable',
          description: 'Whether the ORPort was found reachable from outside. Nothing is published before.',
          kind: 'stat',
          unit: 'none',
          queries: [['ramson_reachable{$}', '{{instance}}']]
        },
        {
          title: 'Uptime',
          description: 'Time since the process started. HSDir asks for four days.',
          kind: 'stat',
          unit: 's',
          queries: [['time() - process_start_time_seconds{$}', '{{instance}}']]
        },
        {
          title: 'Build',
          description: 'What runs: version, Node, addon or fallback, kernel, data plane and record layer.',
          kind: 'table',
          unit: 'none',
          queries: [['ramson_build_info{$}', '']]
        },
        {
          title: 'Flags',
          description:
            'Flags that the consensus gives the relay. The status page says what is missing for the others.',
          kind: 'state',
          unit: 'none',
          queries: [['tor_relay_flag{$}', '{{type}}']]
        },
        {
          title: 'Signing certificate ends in',
          description: 'Renewed by the relay itself unless the master key is kept offline.',
          kind: 'stat',
          unit: 's',
          queries: [['ramson_signing_cert_expiry_timestamp_seconds{$} - time()', '{{instance}}']]
        },
        {
          title: 'Consensus ends in',
          description: 'Below zero the relay works with an old picture of the network.',
          kind: 'stat',
          unit: 's',
          queries: [['ramson_consensus_valid_until_timestamp_seconds{$} - time()', '{{instance}}']]
        },
        {
          title: 'Relays in the consensus',
          description: 'How large the network is that the relay knows of.',
          kind: 'stat',
          unit: 'short',
          queries: [['ramson_network_relays{$}', '{{instance}}']]
        }
      ]
    },
    {
      title: 'Load',
      panels: [
        {
          title: 'Traffic',
          description: 'Bytes of cells read and written, without TLS and TCP.',
          unit: 'Bps',
          queries: [
            ['rate(tor_relay_traffic_bytes{$,direction="read"}[$__rate_interval])', 'read'],
            ['rate(tor_relay_traffic_bytes{$,direction="written"}[$__rate_interval])', 'written'],
            ['ramson_observed_bandwidth_bytes{$}', 'observed, as published']
          ]
        },
        {
          title: 'Cells',
          description: 'Cells received and sent, of all kinds.',
          unit: 'cps',
          queries: [['rate(ramson_cells_total{$}[$__rate_interval])', '{{direction}}']]
        },
        {
          title: 'Circuits and channels',
          description: 'What is open now.',
          unit: 'short',
          queries: [
            ['tor_relay_circuits_total{$}', 'circuits'],
            ['sum by (instance) (ramson_channels{$})', 'channels']
          ]
        },
        {
          title: 'Onion-service work',
          description: 'Introductions, rendezvous and descriptors that went well.',
          unit: 'cps',
          queries: [
            ['rate(tor_relay_intro1_total{$,action="success"}[$__rate_interval])', 'introductions'],
            ['rate(tor_relay_rend1_total{$,action="success"}[$__rate_interval])', 'rendezvous'],
            ['rate(ramson_hsdir_fetches_total{$,outcome="found"}[$__rate_interval])', 'descriptors fetched']
          ]
        },
        {
          title: 'Everything that has a bound',
          description: 'How full each cap is. At 1 the relay refuses, drops or takes back.',
          unit: 'percentunit',
          queries: [['ramson_cap_used{$} / (ramson_cap_limit{$} > 0)', '{{cap}}']]
        },
        {
          title: 'Last overload',
          description:
            'Time since the relay was last overloaded; the descriptor tells it for three days. Nothing shown: never.',
          kind: 'stat',
          unit: 's',
          queries: [
            [
              '(time() - ramson_overload_timestamp_seconds{$}) * (ramson_overload_timestamp_seconds{$} > bool 0)',
              '{{instance}}'
            ]
          ]
        }
      ]
    },
    {
      title: 'Process',
      panels: [
        {
          title: 'CPU',
          description: 'Cores in use, all threads together.',
          unit: 'short',
          queries: [['rate(process_cpu_seconds_total{$}[$__rate_interval])', '{{instance}}']]
        },
        {
          title: 'Memory',
          description: 'Resident memory, and the JavaScript heap in it.',
          unit: 'bytes',
          queries: [
            ['process_resident_memory_bytes{$}', 'resident'],
            ['ramson_heap_used_bytes{$}', 'heap']
          ]
        },
        {
          title: 'Event loop of the main thread',
          description:
            'The 99th percentile of how late a timer comes, and the share of the time that the loop is busy.',
          unit: 'none',
          queries: [
            [
              'histogram_quantile(0.99, sum by (le, instance) (rate(ramson_event_loop_lag_seconds_bucket{$}[$__rate_interval])))',
              'lag p99, s'
            ],
            ['ramson_event_loop_utilization_ratio{$}', 'utilization']
          ]
        },
        {
          title: 'File descriptors',
          description: 'Open, and how many may be. Without free ones no link can be accepted.',
          unit: 'short',
          queries: [
            ['process_open_fds{$}', 'open'],
            ['process_max_fds{$}', 'limit']
          ]
        },
        {
          title: 'Control port',
          description:
            'Controllers that are connected, commands that were refused, and what somebody without the right to come tried. Failed attempts to authenticate are worth a look.',
          unit: 'short',
          queries: [
            ['ramson_control_connections{$}', 'connected'],
            [
              'increase(ramson_control_connections_total{$,outcome="refused"}[$__rate_interval])',
              'connections refused'
            ],
            [
              'increase(ramson_control_authentications_total{$,outcome!="succeeded"}[$__rate_interval])',
              'authentication {{outcome}}'
            ],
            [
              'increase(ramson_control_commands_total{$,outcome!="done"}[$__rate_interval])',
              'commands {{outcome}}'
            ],
            ['increase(ramson_control_events_dropped_total{$}[$__rate_interval])', 'events dropped']
          ]
        },
        {
          title: 'Faults of our own',
          description:
            'Bugs that were noticed, workers and parts of the data plane that died. All should stay at 0.',
          unit: 'short',
          queries: [
            ['increase(tor_bug_reached_count{$}[$__rate_interval])', 'bugs'],
            ['increase(ramson_worker_failures_total{$}[$__rate_interval])', 'workers'],
            ['increase(ramson_shards_lost_total{$}[$__rate_interval])', 'shards']
          ]
        }
      ]
    }
  ]
}
