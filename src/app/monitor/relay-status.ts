// The status page of a relay: what it is at the moment, what it is for onion services, which flags it has and lacks, how full
// its queues are, and its last notices. Counts and states alone.

import type {CapUses} from '../../metrics/ramson-metrics.ts'
import type {OnionRoles} from '../onion-roles.ts'
import type {RelayCore} from '../relay-core.ts'
import type {Status, StatusNotice, StatusPanel, StatusRow} from '../status/status.ts'
import type {FlagState} from './flags-missing.ts'
import {usageText} from './heartbeat.ts'
import type {RelayMoment} from './relay-readings.ts'

export interface RelayStatusFacts {
  readonly nickname: string
  readonly about: string
  readonly startedAtMs: number
  readonly core: RelayCore
  readonly roles: Pick<OnionRoles, 'counters' | 'sizes'>
  readonly caps: CapUses
  readonly flags: readonly FlagState[]
  readonly missing: readonly string[]
  readonly dos: Readonly<Record<string, number>>
  readonly moment: RelayMoment
  readonly notices: readonly StatusNotice[]
}

interface Sample {
  readonly atMs: number
  readonly cells: number
  readonly octets: number
  /** Milliseconds that each shard has worked. */
  readonly busyMs: readonly number[]
}

const FULL = 0.8
/** More shards are told of together. */
const SHARDS_SHOWN = 8
/** Shorter ones make a rate that jumps. */
const SAMPLE_MS = 900

export class RelayStatus {
  #before: Sample | undefined
  #rates: {readonly cells: number; readonly octets: number; readonly shards: readonly number[]} = {
    cells: 0,
    octets: 0,
    shards: []
  }

  status(facts: RelayStatusFacts): Status {
    this.#sample(facts.core)
    return {
      title: `Relay ${facts.nickname}`,
      about: facts.about,
      startedAtMs: facts.startedAtMs,
      steps: [],
      nodes: [],
      facts: [],
      panels: [
        this.#health(facts),
        this.#load(facts),
        rolesPanel(facts),
        flagsPanel(facts),
        queuesPanel(facts),
        overloadPanel(facts)
      ],
      notices: facts.notices
    }
  }

  #sample({plane}: RelayCore): void {
    const {cellsReceived, cellsSent, bytesRead, bytesWritten} = plane.counters
    const now = {
      atMs: performance.now(),
      cells: cellsReceived + cellsSent,
      octets: bytesRead + bytesWritten,
      busyMs: plane.parts.map(part => part.busyMs)
    }
    const before = this.#before
    if (before !== undefined) {
      const seconds = (now.atMs - before.atMs) / 1000
      if (seconds * 1000 < SAMPLE_MS) return
      this.#rates = {
        cells: (now.cells - before.cells) / seconds,
        octets: (now.octets - before.octets) / seconds,
        shards: now.busyMs.map((ms, i) => {
          const share = (ms - (before.busyMs[i] ?? 0)) / (seconds * 1000)
          return Math.min(1, Math.max(0, share))
        })
      }
    }
    this.#before = now
  }

  #health({missing, moment}: RelayStatusFacts): StatusPanel {
    const isListed = moment.flags?.has('Running') === true
    return {
      title: 'Health',
      rows: [
        missing.length === 0
          ? {name: 'Ready', value: 'yes', state: 'good'}
          : {name: 'Ready', value: `not yet: ${missing.join(', ')}`, state: 'busy'},
        {name: 'In the consensus', value: isListed ? 'yes' : 'no', state: isListed ? 'good' : 'busy'},
        {
          name: 'ORPort',
          value: moment.isReachable ? 'reachable' : 'not found reachable yet',
          state: moment.isReachable ? 'good' : 'busy'
        },
        {name: 'Network', value: `${count(moment.networkRelays)} relays`},
        {
          name: 'Signing certificate',
          value: `until ${moment.signingCertExpiresAt.toISOString().slice(0, 10)}`
        }
      ]
    }
  }

  #load({core, moment}: RelayStatusFacts): StatusPanel {
    const {counters} = core.plane
    return {
      title: 'Load',
      rows: [
        {name: 'Cells', value: `${count(this.#rates.cells)} a second`},
        {name: 'Traffic', value: `${usageText(this.#rates.octets)} a second`},
        {
          name: 'Carried',
          value: `${usageText(counters.bytesRead)} in, ${usageText(counters.bytesWritten)} out`
        },
        {name: 'Observed bandwidth', value: `${usageText(moment.observedBandwidth)} a second`},
        {name: 'Channels', value: count(core.channels.size)},
        {name: 'Circuits', value: count(core.registry.size)},
        ...shardRows(core.plane.parts.map((_, i) => this.#rates.shards[i] ?? 0))
      ]
    }
  }
}

function rolesPanel({roles}: RelayStatusFacts): StatusPanel {
  const sizes = roles.sizes()
  const {introPoint, rendPoint, hsDir} = roles.counters
  return {
    title: 'Onion services',
    rows: [
      {
        name: 'Introduction point',
        value: `${count(sizes.introCircuits)} circuits, ${count(introPoint.introduce1.success)} introductions`
      },
      {
        name: 'Rendezvous point',
        value: `${count(sizes.rendCookies)} waiting, ${count(rendPoint.rendezvous1.success)} joined`
      },
      {
        name: 'HSDir',
        value: `${count(sizes.hsDirDescriptors)} descriptors, ${count(hsDir.fetch.found)} of ${count(
          hsDir.fetch.found + hsDir.fetch.not_found
        )} fetches found`
      },
      {name: 'Padding machines', value: count(sizes.paddingMachines)}
    ]
  }
}

function flagsPanel({flags}: RelayStatusFacts): StatusPanel {
  return {
    title: 'Flags, and what is missing',
    rows: flags.map(({flag, has, missing}) =>
      has ? {name: flag, value: 'yes', state: 'good' as const} : {name: flag, value: missing}
    )
  }
}

export function queuesPanel({caps}: Pick<RelayStatusFacts, 'caps'>): StatusPanel {
  const octets = new Set<string>(['memory', 'hsdir_cache', 'directory_answers'])
  return {
    title: 'Queues and bounds',
    // What is switched off has no bound.
    rows: Object.entries(caps).flatMap(([cap, {used, limit}]): StatusRow | [] => {
      if (limit === 0) return []
      const part = used / limit
      const text = octets.has(cap)
        ? `${usageText(used)} of ${usageText(limit)}`
        : cap === 'onion_skin_delay'
          ? `${used.toFixed(3)} of ${limit} s`
          : `${count(used)} of ${count(limit)}`
      const row = {name: cap.replaceAll('_', ' '), value: text, part}
      return part > FULL ? {...row, state: 'bad'} : row
    })
  }
}

/** How busy the threads are that move cells. */
function shardRows(shares: readonly number[]): StatusRow[] {
  const row = (name: string, share: number): StatusRow => ({
    name,
    value: `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} % busy`,
    part: share,
    ...(share > FULL ? {state: 'bad' as const} : {})
  })
  if (shares.length <= SHARDS_SHOWN) return shares.map((share, i) => row(`Shard ${i}`, share))
  const average = shares.reduce((sum, share) => sum + share, 0) / shares.length
  return [row(`All ${shares.length} shards`, average), row('The busiest shard', Math.max(...shares))]
}

/** The conditions that C tor calls overload, and what the defences did. */
function overloadPanel({moment, core, dos}: RelayStatusFacts): StatusPanel {
  const {counters} = core.plane
  const at = moment.overloadedAt
  const limited = counters.readsLimited + counters.writesLimited
  const defended = Object.entries(dos).filter(([, times]) => times > 0)
  return {
    title: 'Overload and defences',
    rows: [
      at === undefined
        ? {name: 'Overloaded', value: 'not in the last three days', state: 'good'}
        : {
            name: 'Overloaded',
            value: `at ${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`,
            state: 'bad'
          },
      {name: 'Rate limit reached', value: `${count(limited)} times`},
      {name: 'Full cell queues', value: count(counters.outboxOverflows)},
      {name: 'Local ports exhausted', value: `${count(core.registry.portsExhausted)} times`},
      ...(defended.length === 0
        ? [{name: 'Defences', value: 'nothing to defend against'}]
        : defended.map(([what, times]) => ({name: what.replaceAll('_', ' '), value: count(times)})))
    ]
  }
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en')
}
