// What a relay tells that C tor has no name for. Names end in their unit; label values are those that the layers below
// count by, written with underscores.

import {counter, eachOf, gauge, histogram, type Metric, perService} from './metric.ts'

const OUTCOME = 'outcome'
/** Seconds, from well under to well over what is still good. */
const SHORT_TIMES = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]
const SERVICE_STEP_TIMES = [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
const LONG_TIMES = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

/** What has a bound, and how full it is. */
export const CAPS = [
  'memory',
  'hsdir_cache',
  'onion_skin_queue',
  'onion_skin_delay',
  'directory_streams',
  'directory_answers',
  'file_descriptors',
  'links_in_handshake',
  'links_connecting',
  'client_records',
  'statistics_clients',
  'dir_port_connections',
  'metrics_connections',
  'client_circuits',
  'socks_connections',
  'client_auth_keys',
  'service_rendezvous',
  'added_services',
  'control_connections',
  'controller_circuits',
  'controller_uploads'
] as const
export type Cap = (typeof CAPS)[number]

/** A limit of 0: there is no such thing here. */
export interface CapUse {
  readonly used: number
  readonly limit: number
}
export type CapUses = Readonly<Partial<Record<Cap, CapUse>>>

export const ramsonRelayMetrics = {
  ramson_cells_total: counter('Cells on channels', {direction: ['received', 'sent']}),
  ramson_cells_by_command_total: {
    ...counter('Cells by what they are; what is sent besides DESTROY and PADDING is counted together'),
    labels: ['direction', 'command'],
    series: [
      ...eachOf({
        direction: ['received'],
        command: ['relay', 'create', 'created', 'destroy', 'padding', 'other']
      }),
      ...eachOf({direction: ['sent'], command: ['destroy', 'padding', 'other']})
    ]
  },
  ramson_relay_cells_total: counter('Relay cells by what became of them', {
    fate: ['outbound', 'inbound', 'recognized', 'originated', 'dropped', 'spliced']
  }),
  ramson_link_reads_total: counter('Reads from links; with the cells received, how many come at once'),
  ramson_link_writes_total: counter('Writes to links; with the cells sent, how many go at once'),
  ramson_shard_busy_seconds_total: {
    ...counter('Time that a shard worked; the rate of it is how busy its thread is'),
    labels: ['shard'],
    series: 'open'
  },
  ramson_shard_ring_messages: histogram(
    'Messages of another shard that a shard found waiting, whenever there were any',
    [1, 8, 64, 512]
  ),
  ramson_outbox_wait_seconds: histogram(
    'Time that cells waited to be sent, by the turns of their shard',
    [0.001, 0.005, 0.025, 0.1, 0.5, 2.5]
  ),
  ramson_shards_lost_total: counter('Parts of the data plane that died, with the links that they had'),
  ramson_shard_messages_total: counter('Cells and messages on circuits that went from one shard to another'),
  ramson_channels: gauge('Channels that are open', {
    direction: ['initiated', 'received'],
    peer: ['relay', 'client']
  }),
  ramson_channels_opened_total: counter('Channels that finished their link handshake'),
  ramson_channels_closed_total: counter('Channels that ended'),
  ramson_channels_shed_total: counter('Channels closed because file descriptors ran short'),
  ramson_link_handshakes_failed_total: counter('Links that ended in their handshake'),
  ramson_link_handshakes_refused_total: counter('Links that had to make room for newer ones'),
  ramson_links_refused_total: counter('Connections refused before TLS'),
  ramson_links_ended_total: counter('Open links on native sockets that ended by themselves', {
    reason: ['peer_closed', 'socket_failed', 'bad_record', 'peer_alert']
  }),
  ramson_outbox_overflows_total: counter('Circuits whose queue of cells was full'),
  ramson_queued_bytes: gauge('Memory that waiting cells take'),
  ramson_shed_bytes_total: counter('Memory of waiting cells that was taken back under memory pressure'),

  ramson_circuit_creates_total: counter('CREATE, CREATE_FAST and CREATE2 cells by how they ended', {
    [OUTCOME]: [
      'answered',
      'refused',
      'overloaded',
      'wrong_half',
      'circ_id_in_use',
      'unknown_type',
      'dos_refused',
      'channel_full',
      'cancelled'
    ]
  }),
  ramson_circuit_extends_total: counter('EXTEND2 messages by how they ended', {
    [OUTCOME]: [
      'extended',
      'not_early',
      'malformed',
      'refused_target',
      'already_extended',
      'no_circ_id',
      'connect_failed',
      'cancelled'
    ]
  }),
  ramson_circuit_violations_total: counter('Circuits closed for what the data plane found', {
    violation: [
      'unrecognized_at_end',
      'relay_early_inbound',
      'relay_early_exceeded',
      'queue_full',
      'outbound_queue_full',
      'memory_pressure'
    ]
  }),
  ramson_relay_messages_total: counter('Relay messages for this relay'),
  ramson_bad_sendmes_total: counter('SENDME messages that proved nothing'),

  ramson_onion_skins_queued: gauge('Onion skins that wait for a worker'),
  ramson_onion_skin_wait_seconds: histogram('Time that onion skins waited for a worker', SHORT_TIMES),
  ramson_onion_skin_service_seconds: histogram(
    'Time that a worker spent on one onion skin, as its share of the batch',
    SHORT_TIMES
  ),
  ramson_onion_skin_batch_skins: histogram('Onion skins in one batch for a worker', [1, 2, 4, 8, 16, 32]),
  ramson_worker_failures_total: counter('Workers that died and were replaced'),

  ramson_introduction_circuits: gauge('Introduction circuits held for services'),
  ramson_rendezvous_cookies: gauge('Clients that wait at this rendezvous point'),
  ramson_hsdir_descriptors: gauge('Descriptors in the HSDir cache'),
  ramson_hsdir_cache_bytes: gauge('Memory that the HSDir cache takes'),
  ramson_hsdir_publishes_total: counter('Descriptors that services brought, by how that ended', {
    [OUTCOME]: ['stored', 'malformed', 'outdated', 'unknown_path', 'not_anonymous']
  }),
  ramson_hsdir_fetches_total: counter('Descriptors that clients asked for, by how that ended', {
    [OUTCOME]: ['found', 'not_found', 'not_anonymous']
  }),
  ramson_padding_machines: gauge('Padding machines that run on circuits'),
  ramson_padding_negotiations_total: counter('PADDING_NEGOTIATE messages by how they ended', {
    [OUTCOME]: ['started', 'already_running', 'stopped', 'not_running', 'unknown_machine', 'malformed']
  }),
  ramson_padding_drops_total: counter('DROP messages that padding machines sent'),

  ramson_directory_requests_total: counter('Directory requests by how they ended', {
    [OUTCOME]: [
      'served',
      'not_modified',
      'not_found',
      'not_enough_signatures',
      'bad_request',
      'busy',
      'too_large',
      'timeout',
      'cut_off'
    ]
  }),
  ramson_directory_streams: gauge('Directory streams that are open'),

  ramson_in_consensus: gauge('1 while the newest consensus lists this relay as running'),
  ramson_reachable: gauge('1 once the ORPort was found reachable, or is assumed to be'),
  ramson_consensus_valid_until_timestamp_seconds: gauge('When the newest consensus ends'),
  ramson_network_relays: gauge('Relays in the newest consensus'),
  ramson_signing_cert_expiry_timestamp_seconds: gauge('When the certificate of the signing key ends'),
  ramson_overload_timestamp_seconds: gauge(
    'When the relay was last overloaded; 0 if it was not in three days'
  ),
  ramson_observed_bandwidth_bytes: gauge(
    'The best ten seconds, in bytes a second, as the descriptor tells it'
  ),
  ramson_cap_limit: gauge('What is bounded: the bound, in its own unit', {cap: CAPS}),
  ramson_cap_used: gauge('What is bounded: how much of it is in use', {cap: CAPS})
} as const satisfies Readonly<Record<`ramson_${string}`, Metric>>

/** What a client or a service does on circuits of its own. */
export const ramsonOriginMetrics = {
  ramson_client_steps_total: counter('Steps on the way to onion services, by how they ended', {
    step: ['descriptor', 'rendezvous', 'introduction', 'meeting'],
    [OUTCOME]: ['done', 'failed']
  }),
  ramson_client_step_seconds: histogram('Time that a step on the way to an onion service took', LONG_TIMES, {
    step: ['descriptor', 'rendezvous', 'introduction', 'meeting']
  }),
  ramson_client_padding_machines_total: counter(
    'Padding machines that our client started, and how they ended',
    {
      [OUTCOME]: ['started', 'stopped', 'refused']
    }
  ),
  ramson_client_padding_drops_total: counter('DROP messages between our client and padding machines', {
    direction: ['sent', 'received']
  }),
  ramson_client_padding_circuits: gauge('Circuits of our client that are open for their padding alone'),
  ramson_service_step_seconds: perService(
    histogram('Time that a step of the protocol took at the service', SERVICE_STEP_TIMES),
    ['onion', 'step']
  ),
  ramson_service_descriptor_uploads_total: perService(counter('Uploads of descriptors, by how they ended'), [
    'onion',
    OUTCOME
  ])
} as const satisfies Readonly<Record<`ramson_${string}`, Metric>>

export const ramsonProcessMetrics = {
  ramson_build_info: {
    ...gauge('1, with what runs as labels'),
    labels: ['version', 'node', 'implementation', 'kernel', 'plane', 'record_layer'],
    series: 'open'
  },
  ramson_ready: gauge('1 while the process can do what it is there for'),
  ramson_event_loop_lag_seconds: histogram('How late the event loop came to a timer', SHORT_TIMES),
  ramson_event_loop_utilization_ratio: gauge(
    'Share of the time since the last scrape that the event loop was busy'
  ),
  ramson_heap_used_bytes: gauge('JavaScript heap in use')
} as const satisfies Readonly<Record<`ramson_${string}`, Metric>>

/** The names that every Prometheus client has for a process. */
export const processMetrics = {
  process_cpu_seconds_total: counter('User and system CPU time spent, in seconds'),
  process_resident_memory_bytes: gauge('Resident memory'),
  process_start_time_seconds: gauge('When the process started, in seconds since 1970'),
  process_open_fds: gauge('File descriptors that are open'),
  process_max_fds: gauge('File descriptors that may be open')
} as const satisfies Readonly<Record<`process_${string}`, Metric>>
