// Many relays side by side, from the recording rules: one line for each instance.

export default {
  uid: 'ramson-fleet',
  title: 'ramson: fleet',
  description: 'Many relays side by side, from recording rules that Prometheus can also federate.',
  rows: [
    {
      title: 'Fleet',
      panels: [
        {
          title: 'Relays up',
          description: 'How many of the relays answer.',
          kind: 'stat',
          unit: 'short',
          queries: [['sum(up{$})', 'up']]
        },
        {
          title: 'Relays in the consensus',
          description: 'How many of the relays the consensus lists as running.',
          kind: 'stat',
          unit: 'short',
          queries: [['sum(ramson_in_consensus{$})', 'listed']]
        },
        {
          title: 'Traffic',
          description: 'Read and written together, by relay.',
          unit: 'Bps',
          queries: [['instance:tor_relay_traffic_bytes:rate5m{$}', '{{instance}}']]
        },
        {
          title: 'Cells',
          description: 'Received and sent together, by relay.',
          unit: 'cps',
          queries: [['instance:ramson_cells:rate5m{$}', '{{instance}}']]
        },
        {
          title: 'Dropped onion skins',
          description: 'Share of all onion skins, by relay.',
          unit: 'percentunit',
          queries: [['instance:tor_relay_load_onionskins_dropped:ratio5m{$}', '{{instance}}']]
        },
        {
          title: 'Introductions that failed',
          description: 'Share of all INTRODUCE1, by relay.',
          unit: 'percentunit',
          queries: [['instance:tor_relay_intro1_failed:ratio5m{$}', '{{instance}}']]
        },
        {
          title: 'Fullest cap',
          description: 'Of everything that has a bound, what is nearest to it.',
          unit: 'percentunit',
          queries: [['instance:ramson_cap:used_ratio_max{$}', '{{instance}}']]
        },
        {
          title: 'Event-loop lag',
          description: 'The 99th percentile, by relay.',
          unit: 's',
          queries: [['instance:ramson_event_loop_lag_seconds:p99_5m{$}', '{{instance}}']]
        }
      ]
    }
  ]
}
