// Onion services that a ramson hosts, and its client's way to those of others.

const rate = metric => `rate(${metric}[$__rate_interval])`

export default {
  uid: 'ramson-hosted-service',
  title: 'ramson: hosted services and client',
  description: 'Onion services that are hosted here, named by their folder, and the steps of the client.',
  rows: [
    {
      title: 'Service',
      panels: [
        {
          title: 'Introduction circuits',
          description: 'Established now. 0: nobody can reach the service.',
          unit: 'short',
          queries: [['tor_hs_intro_established_count{$}', '{{onion}}']]
        },
        {
          title: 'Introductions',
          description: 'Clients that were introduced, and why others were rejected.',
          unit: 'cps',
          queries: [
            [rate('tor_hs_intro_num_total{$}'), '{{onion}} introduced'],
            [rate('tor_hs_intro_rejected_intro_req_count{$}'), '{{onion}} {{reason}}']
          ]
        },
        {
          title: 'Rendezvous',
          description: 'Begun, joined now, and why others failed.',
          unit: 'short',
          queries: [
            ['tor_hs_rdv_established_count{$}', '{{onion}} joined now'],
            [rate('tor_hs_rdv_num_total{$}'), '{{onion}} begun a second'],
            [rate('tor_hs_rdv_error_count{$}'), '{{onion}} {{reason}} a second']
          ]
        },
        {
          title: 'Traffic of the application',
          description: 'Bytes from clients to the application and back, by virtual port.',
          unit: 'Bps',
          queries: [
            [rate('tor_hs_app_write_bytes_total{$}'), '{{onion}} {{port}} to the application'],
            [rate('tor_hs_app_read_bytes_total{$}'), '{{onion}} {{port}} from the application']
          ]
        },
        {
          title: 'Time to build circuits',
          description: 'The 90th percentile, in milliseconds as C tor tells it.',
          unit: 'ms',
          queries: [
            [
              'histogram_quantile(0.9, sum by (le, onion) (rate(tor_hs_intro_circ_build_time_bucket{$}[$__rate_interval])))',
              '{{onion}} introduction'
            ],
            [
              'histogram_quantile(0.9, sum by (le, onion) (rate(tor_hs_rend_circ_build_time_bucket{$}[$__rate_interval])))',
              '{{onion}} rendezvous'
            ]
          ]
        },
        {
          title: 'Descriptor uploads',
          description: 'By how they ended. Without accepted ones nobody finds the service.',
          unit: 'cps',
          queries: [[rate('ramson_service_descriptor_uploads_total{$}'), '{{onion}} {{outcome}}']]
        },
        {
          title: 'Time of each step',
          description:
            '90th percentile: having an introduction point, one HSDir taking the descriptor, reading an introduction, meeting the client.',
          unit: 's',
          queries: [
            [
              'histogram_quantile(0.9, sum by (le, onion, step) (rate(ramson_service_step_seconds_bucket{$}[$__rate_interval])))',
              '{{onion}} {{step}}'
            ]
          ]
        }
      ]
    },
    {
      title: 'Client',
      panels: [
        {
          title: 'Steps by outcome',
          description: 'The way to onion services, step by step.',
          unit: 'cps',
          queries: [[rate('ramson_client_steps_total{$}'), '{{step}} {{outcome}}']]
        },
        {
          title: 'Time of each step',
          description: 'Median and 90th percentile.',
          unit: 's',
          queries: [
            [
              'histogram_quantile(0.5, sum by (le, step) (rate(ramson_client_step_seconds_bucket{$}[$__rate_interval])))',
              '{{step}} p50'
            ],
            [
              'histogram_quantile(0.9, sum by (le, step) (rate(ramson_client_step_seconds_bucket{$}[$__rate_interval])))',
              '{{step}} p90'
            ]
          ]
        },
        {
          title: 'Padding of circuits',
          description:
            'Machines that hide what our circuits to introduction and rendezvous points are for, and the DROP messages of theirs.',
          unit: 'cps',
          queries: [
            [rate('ramson_client_padding_machines_total{$}'), 'machines {{outcome}}'],
            [rate('ramson_client_padding_drops_total{$}'), 'DROP {{direction}}']
          ]
        },
        {
          title: 'Circuits open for their padding alone',
          description: 'Introductions that are over; 64 at most, each for ten minutes.',
          unit: 'short',
          queries: [['ramson_client_padding_circuits{$}', 'circuits']]
        }
      ]
    }
  ]
}
