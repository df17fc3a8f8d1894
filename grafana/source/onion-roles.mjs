// What the relay does for onion services: introduction point, rendezvous point, HSDir, padding.

const byOutcome = (metric, label) => [[`rate(${metric}{$}[$__rate_interval])`, `{{${label}}}`]]
const ratio = (metric, label, good) =>
  `sum by (instance) (rate(${metric}{$,${label}="${good}"}[$__rate_interval])) / clamp_min(sum by (instance) (rate(${metric}{$}[$__rate_interval])), 1e-9)`

export default {
  uid: 'ramson-onion-roles',
  title: 'ramson: onion roles',
  description: 'Introduction point, rendezvous point and HSDir, by how messages ended.',
  rows: [
    {
      title: 'Introduction point',
      panels: [
        {
          title: 'Introduction circuits',
          description: 'Circuits that services hold here to be introduced through.',
          unit: 'short',
          queries: [['ramson_introduction_circuits{$}', '{{instance}}']]
        },
        {
          title: 'ESTABLISH_INTRO',
          description: 'Services that came to be introduced here, by how that ended.',
          unit: 'cps',
          queries: byOutcome('tor_relay_est_intro_total', 'action')
        },
        {
          title: 'INTRODUCE1',
          description:
            'Clients that asked to be introduced. unknown_service: the service has moved on; rate_limited: its limit.',
          unit: 'cps',
          queries: byOutcome('tor_relay_intro1_total', 'action')
        },
        {
          title: 'Introductions that went well',
          description: 'Share of all INTRODUCE1.',
          unit: 'percentunit',
          queries: [[ratio('tor_relay_intro1_total', 'action', 'success'), '{{instance}}']]
        }
      ]
    },
    {
      title: 'Rendezvous point',
      panels: [
        {
          title: 'Clients that wait',
          description: 'Cookies that no service has come for yet.',
          unit: 'short',
          queries: [['ramson_rendezvous_cookies{$}', '{{instance}}']]
        },
        {
          title: 'ESTABLISH_RENDEZVOUS',
          description: 'Clients that came to wait for a service.',
          unit: 'cps',
          queries: byOutcome('tor_relay_est_rend_total', 'action')
        },
        {
          title: 'RENDEZVOUS1',
          description: 'Services that came. unknown_cookie: the client had gone.',
          unit: 'cps',
          queries: byOutcome('tor_relay_rend1_total', 'action')
        },
        {
          title: 'Rendezvous that went well',
          description: 'Share of all RENDEZVOUS1.',
          unit: 'percentunit',
          queries: [[ratio('tor_relay_rend1_total', 'action', 'success'), '{{instance}}']]
        },
        {
          title: 'Cells between joined circuits',
          description: 'Cells that went from one circuit over to the other.',
          unit: 'cps',
          queries: [['rate(ramson_relay_cells_total{$,fate="spliced"}[$__rate_interval])', '{{instance}}']]
        }
      ]
    },
    {
      title: 'HSDir',
      panels: [
        {
          title: 'Descriptors held',
          description: 'Descriptors that services left here.',
          unit: 'short',
          queries: [['ramson_hsdir_descriptors{$}', '{{instance}}']]
        },
        {
          title: 'Cache',
          description: 'Memory of the HSDir cache, and what it may take.',
          unit: 'bytes',
          queries: [
            ['ramson_hsdir_cache_bytes{$}', 'used'],
            ['ramson_cap_limit{$,cap="hsdir_cache"}', 'limit']
          ]
        },
        {
          title: 'Publishing',
          description: 'Descriptors that services brought, by how that ended.',
          unit: 'cps',
          queries: byOutcome('ramson_hsdir_publishes_total', 'outcome')
        },
        {
          title: 'Fetching',
          description: 'Descriptors that clients asked for, by how that ended.',
          unit: 'cps',
          queries: byOutcome('ramson_hsdir_fetches_total', 'outcome')
        },
        {
          title: 'Hits',
          description: 'Share of fetches that found a descriptor.',
          unit: 'percentunit',
          queries: [[ratio('ramson_hsdir_fetches_total', 'outcome', 'found'), '{{instance}}']]
        }
      ]
    },
    {
      title: 'Padding',
      panels: [
        {
          title: 'Padding machines',
          description: 'Machines that run on circuits of clients.',
          unit: 'short',
          queries: [['ramson_padding_machines{$}', '{{instance}}']]
        },
        {
          title: 'Negotiations',
          description: 'PADDING_NEGOTIATE by how it ended.',
          unit: 'cps',
          queries: byOutcome('ramson_padding_negotiations_total', 'outcome')
        },
        {
          title: 'DROP messages sent',
          description: 'Padding that machines sent.',
          unit: 'cps',
          queries: [
            ['rate(ramson_padding_drops_total{$}[$__rate_interval])', 'sent'],
            ['rate(tor_relay_drop_cell_total{$}[$__rate_interval])', 'received']
          ]
        }
      ]
    }
  ]
}
