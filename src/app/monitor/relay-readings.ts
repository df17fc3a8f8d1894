// The values of a relay's metrics at this moment, from the plain numbers that its parts keep.

import type {CongestionStatistics} from '../../circuit/congestion-control/congestion-statistics.ts'
import type {OpenChannel} from '../../dataplane/channel-map.ts'
import {BugError} from '../../fault/fault.ts'
import {RELAY_FLAGS} from '../../metrics/c-tor-relay-metrics.ts'
import type {Readings} from '../../metrics/catalog.ts'
import type {LabelSet, Sample} from '../../metrics/metric.ts'
import type {CapUses} from '../../metrics/ramson-metrics.ts'
import type {OnionSkinLimits} from '../../pool/onion-skin-limits.ts'
import type {OnionRoles} from '../onion-roles.ts'
import type {RelayCore} from '../relay-core.ts'
import type {RelayDefences} from '../relay-defences.ts'
import type {RelayDirectory} from '../relay-directory.ts'
import {congestionAverages, congestionTotals} from './congestion-readings.ts'
import type {LinkCounts} from './link-counts.ts'
import type {OnionSkinTimes} from './onion-skin-times.ts'
import {capReadings} from './own-caps.ts'
import {partReadings} from './part-readings.ts'

/** What the readings are taken from. */
export interface RelaySources {
  readonly core: RelayCore
  readonly defences: RelayDefences
  readonly onionRoles: Pick<OnionRoles, 'counters' | 'sizes'>
  /** Undefined with DirCache 0. */
  readonly directory: RelayDirectory | undefined
  readonly onionSkins: {
    readonly counts: Readonly<Record<'ntor' | 'ntor-v3', {processed: number; dropped: number}>>
    readonly queued: number
    readonly estimatedDelayMs: number
    readonly limits: OnionSkinLimits
  }
  readonly times: OnionSkinTimes
  readonly links: LinkCounts
  readonly congestion: CongestionStatistics
  readonly caps: () => CapUses
  readonly listeners: readonly {readonly octets: Uint8Array}[]
  readonly moment: () => RelayMoment
}

/** What is known of the relay as a whole. */
export interface RelayMoment {
  /** Of the newest consensus; undefined when it does not list us. */
  readonly flags: ReadonlySet<string> | undefined
  readonly isReachable: boolean
  readonly consensusValidUntil: Date | undefined
  readonly networkRelays: number
  readonly signingCertExpiresAt: Date
  /** The master key is not here to renew that certificate with. */
  readonly isMasterKeyOffline: boolean
  readonly overloadedAt: Date | undefined
  readonly observedBandwidth: number
  readonly openSockets: number
  readonly mostSockets: number
  readonly extraConnections: readonly Sample[]
  readonly extraConnectionsTotal: readonly Sample[]
}

export function relayReadings(sources: RelaySources): Readings {
  return {...cTorReadings(sources), ...ownReadings(sources)}
}

function cTorReadings(sources: RelaySources): Readings {
  const {core, defences, onionRoles, links, onionSkins} = sources
  const {circuitCounters, streamCounters, registry, plane} = core
  const {introPoint, rendPoint} = onionRoles.counters
  const moment = sources.moment()
  const {violations} = circuitCounters
  const channels = [...core.channels.values()]
  const expiry = seconds(moment.signingCertExpiresAt)
  return {
    tor_bug_reached_count: BugError.reached,
    tor_relay_load_oom_bytes_total: {...(defences.freed ?? {})},
    tor_relay_load_onionskins_total: onionSkinSamples(onionSkins.counts, {
      processed: circuitCounters.createdFast,
      dropped: 0
    }),
    tor_relay_load_socket_total: [
      {labels: {state: 'opened'}, value: moment.openSockets},
      {labels: {}, value: moment.mostSockets}
    ],
    tor_relay_load_global_rate_limit_reached_total: {
      read: plane.counters.readsLimited,
      write: plane.counters.writesLimited
    },
    tor_relay_load_tcp_exhaustion_total: registry.portsExhausted,
    tor_relay_exit_dns_query_total: 0,
    tor_relay_exit_dns_error_total: {},
    tor_relay_connections_total: [...links.created(), ...moment.extraConnectionsTotal],
    tor_relay_connections: [
      ...openChannels(channels),
      ...listenerSamples(sources.listeners),
      ...moment.extraConnections
    ],
    tor_relay_streams_total: {
      BEGIN: streamCounters.begin,
      BEGIN_DIR: streamCounters.beginDir,
      RESOLVE: streamCounters.resolve
    },
    tor_relay_congestion_control_total: congestionTotals(sources.congestion, streamCounters),
    tor_relay_congestion_control: congestionAverages(sources.congestion, streamCounters),
    tor_relay_dos_total: defences.totals({
      singleHopRefused: rendPoint.establishRendezvous.single_hop,
      introduce2Rejected: introPoint.introduce1.rate_limited
    }),
    tor_relay_traffic_bytes: {read: plane.counters.bytesRead, written: plane.counters.bytesWritten},
    tor_relay_flag: Object.fromEntries(RELAY_FLAGS.map(flag => [flag, moment.flags?.has(flag) ? 1 : 0])),
    tor_relay_circuits_total: {opened: registry.size},
    ...(moment.isMasterKeyOffline ? {tor_relay_signing_cert_expiry_timestamp: expiry} : {}),
    tor_relay_est_intro_total: {...introPoint.establishIntro},
    tor_relay_est_rend_total: {...rendPoint.establishRendezvous},
    tor_relay_intro1_total: {...introPoint.introduce1},
    tor_relay_rend1_total: {...rendPoint.rendezvous1},
    tor_relay_destroy_cell_total: registry.controlCells.destroy,
    tor_relay_drop_cell_total: circuitCounters.dropMessages,
    tor_relay_circ_proto_violation_total:
      violations['unrecognized-at-end'] +
      violations['relay-early-inbound'] +
      violations['relay-early-exceeded'] +
      circuitCounters.badSendmes
  }
}

function ownReadings(sources: RelaySources): Readings {
  const {core, onionRoles, directory, onionSkins, times} = sources
  const {circuitCounters, registry, plane, channels} = core
  const {counters} = plane
  const {hsDir, circuitPadding} = onionRoles.counters
  const sizes = onionRoles.sizes()
  const moment = sources.moment()
  const relayReceived = counters.relayCellsOutbound + counters.relayCellsInbound + counters.relayCellsDropped
  const {create, created, destroy} = registry.controlCells
  const knownReceived = relayReceived + create + created + destroy + counters.paddingCellsReceived
  return {
    ramson_cells_total: {received: counters.cellsReceived, sent: counters.cellsSent},
    ramson_cells_by_command_total: [
      sample({direction: 'received', command: 'relay'}, relayReceived),
      sample({direction: 'received', command: 'create'}, create),
      sample({direction: 'received', command: 'created'}, created),
      sample({direction: 'received', command: 'destroy'}, destroy),
      sample({direction: 'received', command: 'padding'}, counters.paddingCellsReceived),
      // Parts are read one after the other while cells go on coming, so a difference can be off by a few.
      sample({direction: 'received', command: 'other'}, Math.max(0, counters.cellsReceived - knownReceived)),
      sample({direction: 'sent', command: 'destroy'}, counters.destroyCellsSent),
      sample({direction: 'sent', command: 'padding'}, counters.paddingCellsSent),
      sample(
        {direction: 'sent', command: 'other'},
        Math.max(0, counters.cellsSent - counters.destroyCellsSent - counters.paddingCellsSent)
      )
    ],
    ramson_relay_cells_total: {
      outbound: counters.relayCellsOutbound,
      inbound: counters.relayCellsInbound,
      recognized: counters.relayCellsRecognized,
      originated: counters.relayCellsOriginated,
      dropped: counters.relayCellsDropped,
      spliced: counters.relayCellsSpliced
    },
    ramson_link_reads_total: counters.reads,
    ramson_link_writes_total: counters.writes,
    ...partReadings(sources.core.plane),
    ramson_shards_lost_total: counters.shardsLost,
    ramson_shard_messages_total: counters.messagesCrossed,
    ramson_channels: channelSamples([...channels.values()]),
    ramson_channels_opened_total: counters.channelsOpened,
    ramson_channels_closed_total: counters.channelsClosed,
    ramson_channels_shed_total: sources.defences.channelsShed,
    ramson_link_handshakes_failed_total: counters.handshakesFailed,
    ramson_link_handshakes_refused_total: counters.handshakesRefused,
    ramson_links_refused_total: counters.linksRefused,
    ramson_links_ended_total: {
      peer_closed: counters.linksClosedByPeer,
      socket_failed: counters.linksBroken,
      bad_record: counters.linksMalformed,
      peer_alert: counters.linksAlerted
    },
    ramson_outbox_overflows_total: counters.outboxOverflows,
    ramson_queued_bytes: plane.queuedOctets,
    ramson_shed_bytes_total: counters.octetsShed,
    ramson_circuit_creates_total: underscored(circuitCounters.creates),
    ramson_circuit_extends_total: underscored(circuitCounters.extends),
    ramson_circuit_violations_total: underscored(circuitCounters.violations),
    ramson_relay_messages_total: circuitCounters.relayMessages,
    ramson_bad_sendmes_total: circuitCounters.badSendmes,
    ramson_onion_skins_queued: onionSkins.queued,
    ramson_onion_skin_wait_seconds: times.wait,
    ramson_onion_skin_service_seconds: times.service,
    ramson_onion_skin_batch_skins: times.batch,
    ramson_worker_failures_total: times.failures,
    ramson_introduction_circuits: sizes.introCircuits,
    ramson_rendezvous_cookies: sizes.rendCookies,
    ramson_hsdir_descriptors: sizes.hsDirDescriptors,
    ramson_hsdir_cache_bytes: sizes.hsDirOctets,
    ramson_hsdir_publishes_total: {...hsDir.publish},
    ramson_hsdir_fetches_total: {...hsDir.fetch},
    ramson_padding_machines: sizes.paddingMachines,
    ramson_padding_negotiations_total: {...circuitPadding.negotiate},
    ramson_padding_drops_total: circuitPadding.drops(),
    ...(directory === undefined
      ? {}
      : {
          ramson_directory_requests_total: underscored(directory.server.outcomes),
          ramson_directory_streams: directory.server.size
        }),
    ramson_in_consensus: moment.flags?.has('Running') ? 1 : 0,
    ramson_reachable: moment.isReachable ? 1 : 0,
    ramson_consensus_valid_until_timestamp_seconds: seconds(moment.consensusValidUntil),
    ramson_network_relays: moment.networkRelays,
    ramson_signing_cert_expiry_timestamp_seconds: seconds(moment.signingCertExpiresAt),
    ramson_overload_timestamp_seconds: seconds(moment.overloadedAt),
    ramson_observed_bandwidth_bytes: moment.observedBandwidth,
    ...capReadings(sources.caps())
  }
}

function onionSkinSamples(
  counts: RelaySources['onionSkins']['counts'],
  fast: {readonly processed: number; readonly dropped: number}
): Sample[] {
  const all = {fast, ntor: counts.ntor, ntor_v3: counts['ntor-v3']}
  return Object.entries(all).flatMap(([type, {processed, dropped}]) => [
    sample({type, action: 'processed'}, processed),
    sample({type, action: 'dropped'}, dropped)
  ])
}

function openChannels(channels: readonly OpenChannel[]): Sample[] {
  return tally(channels, ({info}) => ({
    type: 'OR',
    direction: info.direction,
    state: 'opened',
    family: familyOf(info.address.octets)
  }))
}

function channelSamples(channels: readonly OpenChannel[]): Sample[] {
  return tally(channels, ({info}) => ({direction: info.direction, peer: info.peer.kind}))
}

function listenerSamples(listeners: RelaySources['listeners']): Sample[] {
  return tally(listeners, ({octets}) => ({
    type: 'OR listener',
    direction: 'initiated',
    state: 'opened',
    family: familyOf(octets)
  }))
}

/** How many there are with each set of labels. */
export function tally<T>(things: readonly T[], labelsOf: (thing: T) => LabelSet): Sample[] {
  const counts = new Map<string, {labels: LabelSet; value: number}>()
  for (const thing of things) {
    const labels = labelsOf(thing)
    const key = Object.values(labels).join(' ')
    const found = counts.get(key)
    if (found === undefined) counts.set(key, {labels, value: 1})
    else found.value++
  }
  return [...counts.values()]
}

export function familyOf(octets: Uint8Array): 'ipv4' | 'ipv6' {
  return octets.length === 4 ? 'ipv4' : 'ipv6'
}

function sample(labels: LabelSet, value: number): Sample {
  return {labels, value}
}

function underscored(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).map(([name, value]) => [name.replaceAll('-', '_'), value]))
}

function seconds(time: Date | undefined): number {
  return time === undefined ? 0 : Math.floor(time.getTime() / 1000)
}
