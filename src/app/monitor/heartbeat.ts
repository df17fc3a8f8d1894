// The heartbeat: a few lines every HeartbeatPeriod that say that the relay lives and what it did, with the content of C tor's.
// Some numbers are since the start and some since the last heartbeat, as there.

import {MAX_RELAY_DATA} from '../../wire/relay-cell.ts'

/** Totals since the start, and what there is now. */
export interface HeartbeatFacts {
  readonly uptimeMs: number
  readonly circuits: number
  readonly sentOctets: number
  readonly receivedOctets: number
  readonly received: {readonly ipv4: number; readonly ipv6: number}
  readonly initiated: {readonly ipv4: number; readonly ipv6: number}
  /** False: the consensus does not list us though we publish. Undefined: there is nothing to be listed in. */
  readonly isListed: boolean | undefined
  readonly onionSkins: Readonly<
    Record<'ntor' | 'ntor-v3', {readonly processed: number; readonly dropped: number}>
  >
  readonly linkVersions: ReadonlyMap<number, {readonly initiated: number; readonly received: number}>
  readonly dos: Readonly<Record<string, number>>
  readonly padding: {readonly sent: number; readonly received: number}
  readonly unrecognizedCircuits: number
  readonly roles: {
    readonly introductionCircuits: number
    readonly rendezvousCookies: number
    readonly hsDirDescriptors: number
    readonly introductions: number
    readonly rendezvous: number
    readonly descriptorFetches: number
  }
}

/** What was made of the octets that streams sent, and what went out on links. */
export interface Fullness {
  readonly dataMessages: number
  readonly dataOctets: number
  readonly writes: number
  readonly octetsWritten: number
}

/** Most octets of a TLS record, and what TLS 1.3 adds to each: its header, the type of what is in it, and the tag. */
const RECORD_OCTETS = 16_384
const RECORD_OVERHEAD = 5 + 1 + 16
/** Below and above these C tor tells of it at notice, else at info. */
const FULLNESS_LEAST = 80
const OVERHEAD_MOST = 15

/**
 * How full cells are that we filled ourselves, and what TLS costs. The overhead is that of the records that the writes need;
 * handshakes are not counted.
 */
export function fullnessLine(fullness: Fullness): {
  readonly severity: 'notice' | 'info'
  readonly text: string
} {
  const {dataMessages, dataOctets, writes, octetsWritten} = fullness
  const full = dataMessages === 0 ? 100 : (100 * dataOctets) / (dataMessages * MAX_RELAY_DATA)
  const records = Math.max(writes, Math.ceil(octetsWritten / RECORD_OCTETS))
  const overhead = octetsWritten === 0 ? 0 : (100 * records * RECORD_OVERHEAD) / octetsWritten
  const isNotable = full < FULLNESS_LEAST || overhead > OVERHEAD_MOST
  return {
    severity: isNotable ? 'notice' : 'info',
    text: `Average packaged cell fullness: ${full.toFixed(3)}%. TLS write overhead: ${overhead.toFixed(0)}%.`
  }
}

export class Heartbeat {
  #before = {ntor: [0, 0], ntorV3: [0, 0], unrecognized: 0}

  /** Call it once a period: what it tells since the last time is counted from that call. */
  lines(facts: HeartbeatFacts): string[] {
    const {received, initiated, dos, padding, roles} = facts
    const ntor = requested(facts.onionSkins.ntor)
    const ntorV3 = requested(facts.onionSkins['ntor-v3'])
    const since = (now: readonly number[], before: readonly number[]) =>
      `${(now[0] ?? 0) - (before[0] ?? 0)}/${(now[1] ?? 0) - (before[1] ?? 0)}`
    const unrecognized = facts.unrecognizedCircuits - this.#before.unrecognized
    const lines = [
      ...(facts.isListed === false ? ['Heartbeat: we are not in the consensus that we have.'] : []),
      `Heartbeat: up for ${uptimeText(facts.uptimeMs)}, with ${facts.circuits} circuits open. Sent ${usageText(
        facts.sentOctets
      )}, received ${usageText(facts.receivedOctets)}. Connections received: ${received.ipv4} over IPv4, ${
        received.ipv6
      } over IPv6; made: ${initiated.ipv4} over IPv4, ${initiated.ipv6} over IPv6.`,
      `Circuit handshake stats since last time: 0/0 TAP, ${since(ntor, this.#before.ntor)} NTor, ${since(
        ntorV3,
        this.#before.ntorV3
      )} NTor (v3).`,
      linkText(facts.linkVersions),
      dosText(dos),
      `Channel padding since the start: ${padding.sent} cells sent, ${padding.received} received.`,
      `Onion services: ${roles.introductionCircuits} introduction circuits, ${roles.rendezvousCookies} clients waiting, ${
        roles.hsDirDescriptors
      } descriptors held. Since the start: ${roles.introductions} introductions, ${
        roles.rendezvous
      } rendezvous, ${roles.descriptorFetches} descriptors fetched.`,
      ...(unrecognized === 0
        ? []
        : [`Since the last heartbeat ${unrecognized} circuits were closed whose cells nobody could read.`])
    ]
    this.#before = {ntor, ntorV3, unrecognized: facts.unrecognizedCircuits}
    return lines
  }
}

/** Answered, and asked for. */
function requested({processed, dropped}: {processed: number; dropped: number}): number[] {
  return [processed, processed + dropped]
}

function linkText(versions: HeartbeatFacts['linkVersions']): string {
  const each = [...versions]
    .sort(([a], [b]) => a - b)
    .map(([version, {initiated, received}]) => `v${version} ${initiated} initiated and ${received} received`)
  return `Link protocols since the start: ${each.length === 0 ? 'no connections' : each.join('; ')}.`
}

function dosText(dos: Readonly<Record<string, number>>): string {
  const each = Object.entries(dos)
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `${count} ${what.replaceAll('_', ' ')}`)
  return `Denial-of-service defences since the start: ${each.length === 0 ? 'nothing to defend against' : each.join(', ')}.`
}

/** `3 days 4:05 hours`. */
export function uptimeText(ms: number): string {
  const minutes = Math.floor(ms / 60_000)
  const days = Math.floor(minutes / 1440)
  const text = `${Math.floor((minutes % 1440) / 60)}:${String(minutes % 60).padStart(2, '0')} hours`
  return days === 0 ? text : `${days} ${days === 1 ? 'day' : 'days'} ${text}`
}

/** Octets in kB, MB or GB of 1024. */
export function usageText(octets: number): string {
  if (octets < 2 ** 20) return `${Math.floor(octets / 2 ** 10)} kB`
  return octets < 2 ** 30 ? `${(octets / 2 ** 20).toFixed(2)} MB` : `${(octets / 2 ** 30).toFixed(2)} GB`
}
