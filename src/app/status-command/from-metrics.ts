// What a MetricsPort tells of a node, arranged as the status page arranges it. A C tor is asked in the same way: it has fewer
// names, and rows without a number are left out.

import {usageText} from '../monitor/heartbeat.ts'
import type {StatusPanel, StatusRow} from '../status/status.ts'
import type {Samples} from './samples.ts'

export function panelsFromMetrics(samples: Samples, nowMs: number): readonly StatusPanel[] {
  return [
    health(samples, nowMs),
    load(samples),
    roles(samples),
    flags(samples),
    overload(samples, nowMs)
  ].filter(({rows}) => rows.length > 0)
}

/** No row where there is no number. */
function row(name: string, value: number | undefined, text: (value: number) => string = count): StatusRow[] {
  return value === undefined ? [] : [{name, value: text(value)}]
}

function yesNo(name: string, value: number | undefined, otherwise: string): StatusRow[] {
  if (value === undefined) return []
  return [value === 1 ? {name, value: 'yes', state: 'good'} : {name, value: otherwise, state: 'busy'}]
}

function health(samples: Samples, nowMs: number): StatusPanel {
  const started = samples.sum('process_start_time_seconds')
  const expiry =
    samples.sum('ramson_signing_cert_expiry_timestamp_seconds') ??
    samples.sum('tor_relay_signing_cert_expiry_timestamp')
  return {
    title: 'Health',
    rows: [
      ...row('Up for', started, seconds => durationText(nowMs / 1000 - seconds)),
      ...yesNo('Ready', samples.sum('ramson_ready'), 'not yet'),
      ...yesNo('In the consensus', samples.sum('ramson_in_consensus'), 'no'),
      ...yesNo('ORPort reachable', samples.sum('ramson_reachable'), 'not found so yet'),
      ...row('Network', samples.sum('ramson_network_relays'), relays => `${count(relays)} relays`),
      ...row('Signing certificate', expiry, seconds => `until ${day(seconds)}`),
      ...row('Memory', samples.sum('process_resident_memory_bytes'), usageText)
    ]
  }
}

function load(samples: Samples): StatusPanel {
  const octets = (direction: string) => samples.sum('tor_relay_traffic_bytes', {direction})
  const skins = (action: string) => samples.sum('tor_relay_load_onionskins_total', {action})
  return {
    title: 'Load',
    rows: [
      ...row('Read', octets('read'), usageText),
      ...row('Written', octets('written'), usageText),
      ...row(
        'Observed bandwidth',
        samples.sum('ramson_observed_bandwidth_bytes'),
        value => `${usageText(value)} a second`
      ),
      ...row('Connections', samples.sum('tor_relay_connections', {type: 'OR', state: 'opened'})),
      ...row('Circuits', samples.sum('tor_relay_circuits_total', {state: 'opened'})),
      ...row('Onion skins answered', skins('processed')),
      ...row('Onion skins dropped', skins('dropped'))
    ]
  }
}

function roles(samples: Samples): StatusPanel {
  const success = (name: string) => samples.sum(name, {action: 'success'})
  return {
    title: 'Onion services',
    rows: [
      ...row('Introduction circuits', samples.sum('ramson_introduction_circuits')),
      ...row('Introductions', success('tor_relay_intro1_total')),
      ...row('Rendezvous waiting', samples.sum('ramson_rendezvous_cookies')),
      ...row('Rendezvous joined', success('tor_relay_rend1_total')),
      ...row('HSDir descriptors', samples.sum('ramson_hsdir_descriptors')),
      ...row('Services here: introduction points', samples.sum('tor_hs_intro_established_count')),
      ...row('Services here: clients', samples.sum('tor_hs_rdv_established_count'))
    ]
  }
}

function flags(samples: Samples): StatusPanel {
  const all = samples.all('tor_relay_flag')
  const has = all.filter(({value}) => value === 1).map(({labels}) => labels['type'] ?? '')
  return {
    title: 'Flags',
    rows:
      all.length === 0
        ? []
        : [{name: 'In the consensus', value: has.length === 0 ? 'none' : has.sort().join(' ')}]
  }
}

function overload(samples: Samples, nowMs: number): StatusPanel {
  const at = samples.sum('ramson_overload_timestamp_seconds')
  const caps = samples.all('ramson_cap_limit').flatMap(({labels, value}): StatusRow[] => {
    const cap = labels['cap'] ?? ''
    const part = value > 0 ? (samples.sum('ramson_cap_used', {cap}) ?? 0) / value : 0
    return part < 0.8
      ? []
      : [{name: cap.replaceAll('_', ' '), value: `${Math.round(part * 100)} % full`, state: 'bad'}]
  })
  const isRecent = at !== undefined && nowMs / 1000 - at < 72 * 3600
  return {
    title: 'Overload and defences',
    rows: [
      ...(at === undefined
        ? []
        : [
            isRecent
              ? {name: 'Overloaded', value: `at ${time(at)}`, state: 'bad' as const}
              : {name: 'Overloaded', value: 'not in the last three days', state: 'good' as const}
          ]),
      ...row('Rate limit reached', samples.sum('tor_relay_load_global_rate_limit_reached_total'), times),
      ...row('Local ports exhausted', samples.sum('tor_relay_load_tcp_exhaustion_total'), times),
      ...row('Memory given back', samples.sum('tor_relay_load_oom_bytes_total'), usageText),
      ...row('Defences', samples.sum('tor_relay_dos_total'), times),
      ...caps
    ]
  }
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en')
}

function times(value: number): string {
  return `${count(value)} times`
}

function day(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 10)
}

function time(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** `3 days 4 hours`, `5 minutes` */
export function durationText(seconds: number): string {
  const units: readonly (readonly [string, number])[] = [
    ['day', 86_400],
    ['hour', 3600],
    ['minute', 60],
    ['second', 1]
  ]
  const first = units.findIndex(([, size]) => seconds >= size)
  if (first === -1) return '0 seconds'
  return units
    .slice(first, first + 2)
    .map(([name, size], i) => {
      const above = units[first + i - 1]?.[1]
      const value = Math.floor((i === 0 || above === undefined ? seconds : seconds % above) / size)
      return value === 0 ? '' : `${value} ${name}${value === 1 ? '' : 's'}`
    })
    .filter(text => text !== '')
    .join(' ')
}
