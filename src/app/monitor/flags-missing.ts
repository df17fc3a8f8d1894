// Which flags the consensus gives a relay, and what it lacks for those that it does not have (dir-spec 3.4.2). Authorities
// decide by measurements of their own, so this tells what the operator can know and change.

export interface FlagFacts {
  /** Undefined while the consensus does not list us. */
  readonly flags: ReadonlySet<string> | undefined
  readonly isReachable: boolean
  readonly uptimeMs: number
  /** Octets a second. */
  readonly observedBandwidth: number
  readonly servesDirectory: boolean
}

export interface FlagState {
  readonly flag: string
  readonly has: boolean
  /** In words; empty where it has the flag. */
  readonly missing: string
}

const HOUR_MS = 3600_000
const FAST_OCTETS = 100_000
const GUARD_OCTETS = 2_000_000
const HSDIR_UPTIME_HOURS = 96
const GUARD_DAYS = 8

export function flagStates(facts: FlagFacts): FlagState[] {
  const rules: readonly (readonly [string, () => string])[] = [
    ['Running', () => running(facts)],
    ['Valid', () => (facts.flags === undefined ? 'to be listed' : 'the authorities do not vouch for it')],
    ['V2Dir', () => (facts.servesDirectory ? 'the authorities have not seen it yet' : 'DirCache 1')],
    ['Fast', () => fast(facts)],
    ['Stable', () => `more uptime than half of the network has: ${hours(facts.uptimeMs)} h now`],
    ['HSDir', () => hsDir(facts)],
    ['Guard', () => guard(facts)]
  ]
  return rules.map(([flag, missing]) => {
    const has = facts.flags?.has(flag) === true
    return {flag, has, missing: has ? '' : missing()}
  })
}

function running({flags, isReachable}: FlagFacts): string {
  if (flags === undefined)
    return isReachable ? 'to be listed: authorities vote once an hour' : 'a reachable ORPort'
  return 'the authorities could not reach it lately'
}

function fast({observedBandwidth}: FlagFacts): string {
  return observedBandwidth >= FAST_OCTETS
    ? 'the authorities have not measured it yet'
    : `100 kB/s observed: ${kilo(observedBandwidth)} kB/s now`
}

function hsDir({flags, uptimeMs}: FlagFacts): string {
  const lacks = ['Stable', 'Fast', 'V2Dir'].filter(flag => flags?.has(flag) !== true)
  const uptime = hours(uptimeMs)
  return [
    ...(lacks.length === 0 ? [] : [lacks.join(', ')]),
    ...(uptime >= HSDIR_UPTIME_HOURS ? [] : [`${HSDIR_UPTIME_HOURS} h of uptime: ${uptime} h now`])
  ].join('; ')
}

function guard({flags, observedBandwidth}: FlagFacts): string {
  const lacks = ['Stable', 'Fast', 'V2Dir'].filter(flag => flags?.has(flag) !== true)
  return [
    ...(lacks.length === 0 ? [] : [lacks.join(', ')]),
    `to be known for ${GUARD_DAYS} days`,
    ...(observedBandwidth >= GUARD_OCTETS
      ? []
      : [`2 MB/s or to be in the faster half: ${kilo(observedBandwidth)} kB/s now`])
  ].join('; ')
}

function hours(ms: number): number {
  return Math.floor(ms / HOUR_MS)
}

function kilo(octets: number): string {
  return Math.round(octets / 1000).toLocaleString('en')
}
