// Cells, channels and queues.

const rate = metric => `rate(${metric}[$__rate_interval])`

export default {
  uid: 'ramson-data-plane',
  title: 'ramson: data plane',
  description: 'Cells by what they are, how many travel together, channels, queues and what was dropped.',
  rows: [
    {
      title: 'Cells',
      panels: [
        {
          title: 'Cells by command',
          description:
            'Received cells by command; what is sent besides DESTROY and PADDING is counted together.',
          unit: 'cps',
          queries: [[rate('ramson_cells_by_command_total{$}'), '{{direction}} {{command}}']]
        },
        {
          title: 'Relay cells by fate',
          description: 'outbound and inbound: forwarded; recognized: for this relay; originated: from it.',
          unit: 'cps',
          queries: [[rate('ramson_relay_cells_total{$}'), '{{fate}}']]
        },
        {
          title: 'Cells per read and per write',
          description: 'How many cells travel together. More is cheaper.',
          unit: 'short',
          queries: [
            [
              'sum by (instance) (rate(ramson_cells_total{$,direction="received"}[$__rate_interval])) / clamp_min(sum by (instance) (rate(ramson_link_reads_total{$}[$__rate_interval])), 1e-9)',
              'per read'
            ],
            [
              'sum by (instance) (rate(ramson_cells_total{$,direction="sent"}[$__rate_interval])) / clamp_min(sum by (instance) (rate(ramson_link_writes_total{$}[$__rate_interval])), 1e-9)',
              'per write'
            ]
          ]
        },
        {
          title: 'Cells per second of CPU',
          description: 'Cells received and sent for each second of CPU time of the process.',
          unit: 'short',
          queries: [
            [
              'sum by (instance) (rate(ramson_cells_total{$}[$__rate_interval])) / clamp_min(sum by (instance) (rate(process_cpu_seconds_total{$}[$__rate_interval])), 1e-9)',
              '{{instance}}'
            ]
          ]
        },
        {
          title: 'Messages for this relay',
          description: 'Relay messages that were for this relay, and streams that were asked for.',
          unit: 'cps',
          queries: [
            [rate('ramson_relay_messages_total{$}'), 'messages'],
            [rate('tor_relay_streams_total{$}'), '{{type}}']
          ]
        }
      ]
    },
    {
      title: 'Shards',
      panels: [
        {
          title: 'Work of each shard',
          description: 'Share of its time that the thread of a shard works. At 1 it has no more to give.',
          unit: 'percentunit',
          queries: [[rate('ramson_shard_busy_seconds_total{$}'), 'shard {{shard}}']]
        },
        {
          title: 'From shard to shard',
          description: 'Cells and messages on circuits whose two channels are on different shards.',
          unit: 'cps',
          queries: [[rate('ramson_shard_messages_total{$}'), '{{instance}}']]
        },
        {
          title: 'Messages found waiting',
          description:
            'How many a shard finds waiting when it looks at what another one sent: median and 99th percentile.',
          unit: 'short',
          queries: [
            [
              'histogram_quantile(0.5, sum by (le, instance) (rate(ramson_shard_ring_messages_bucket{$}[$__rate_interval])))',
              'p50'
            ],
            [
              'histogram_quantile(0.99, sum by (le, instance) (rate(ramson_shard_ring_messages_bucket{$}[$__rate_interval])))',
              'p99'
            ]
          ]
        }
      ]
    },
    {
      title: 'Queues',
      panels: [
        {
          title: 'Waiting to be sent',
          description:
            'How long cells wait in the queues of channels: median and 99th percentile, to the millisecond.',
          unit: 's',
          queries: [
            [
              'histogram_quantile(0.5, sum by (le, instance) (rate(ramson_outbox_wait_seconds_bucket{$}[$__rate_interval])))',
              'p50'
            ],
            [
              'histogram_quantile(0.99, sum by (le, instance) (rate(ramson_outbox_wait_seconds_bucket{$}[$__rate_interval])))',
              'p99'
            ]
          ]
        },
        {
          title: 'Waiting cells',
          description: 'Memory that cells take while they wait.',
          unit: 'bytes',
          queries: [['ramson_queued_bytes{$}', '{{instance}}']]
        },
        {
          title: 'Memory against its limit',
          description: 'What counts against MaxMemInQueues, and that limit.',
          unit: 'bytes',
          queries: [
            ['ramson_cap_used{$,cap="memory"}', 'used'],
            ['ramson_cap_limit{$,cap="memory"}', 'MaxMemInQueues']
          ]
        },
        {
          title: 'Full queues',
          description: 'Circuits that were closed because their queue of cells was full.',
          unit: 'cps',
          queries: [[rate('ramson_outbox_overflows_total{$}'), '{{instance}}']]
        },
        {
          title: 'Taken back',
          description:
            'Bytes freed under memory pressure, by subsystem; of waiting cells also by the data plane itself.',
          unit: 'Bps',
          queries: [
            [rate('tor_relay_load_oom_bytes_total{$}'), '{{subsys}}'],
            [rate('ramson_shed_bytes_total{$}'), 'waiting cells']
          ]
        },
        {
          title: 'Rate limit reached',
          description: 'Times that RelayBandwidthRate held traffic back.',
          unit: 'cps',
          queries: [[rate('tor_relay_load_global_rate_limit_reached_total{$}'), '{{side}}']]
        }
      ]
    },
    {
      title: 'Channels',
      panels: [
        {
          title: 'Open channels',
          description: 'By who opened them and whether the peer proved to be a relay.',
          unit: 'short',
          queries: [['ramson_channels{$}', '{{direction}} {{peer}}']]
        },
        {
          title: 'Coming and going',
          description: 'Channels that opened and that ended.',
          unit: 'cps',
          queries: [
            [rate('ramson_channels_opened_total{$}'), 'opened'],
            [rate('ramson_channels_closed_total{$}'), 'closed'],
            [rate('ramson_channels_shed_total{$}'), 'closed for want of descriptors']
          ]
        },
        {
          title: 'Links that came to nothing',
          description: 'Failed in their handshake, made room for newer ones, or refused before TLS.',
          unit: 'cps',
          queries: [
            [rate('ramson_link_handshakes_failed_total{$}'), 'failed'],
            [rate('ramson_link_handshakes_refused_total{$}'), 'made room'],
            [rate('ramson_links_refused_total{$}'), 'refused']
          ]
        },
        {
          title: 'Ends of open links',
          description: 'Links on native sockets that ended by themselves, by how.',
          unit: 'cps',
          queries: [[rate('ramson_links_ended_total{$}'), '{{reason}}']]
        },
        {
          title: 'Connections',
          description: 'As C tor tells them, by type.',
          unit: 'short',
          queries: [['sum by (instance, type) (tor_relay_connections{$})', '{{type}}']]
        }
      ]
    },
    {
      title: 'Congestion control',
      panels: [
        {
          title: 'Averages',
          description: 'Over all circuits with congestion control that end here, since the start.',
          unit: 'short',
          queries: [['tor_relay_congestion_control{$}', '{{state}} {{action}}']]
        },
        {
          title: 'Events',
          description: 'What happened to windows.',
          unit: 'cps',
          queries: [[rate('tor_relay_congestion_control_total{$}'), '{{state}} {{action}}']]
        }
      ]
    }
  ]
}
