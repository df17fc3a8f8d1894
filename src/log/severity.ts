// The five severities and the domains of C tor's log, and what a `Log` line asks for. Nothing here writes anything.

/** From gravest to chattiest. */
export const SEVERITIES = ['err', 'warn', 'notice', 'info', 'debug'] as const
export type Severity = (typeof SEVERITIES)[number]

/** 0 for err to 4 for debug. */
export function severityRank(severity: Severity): number {
  return SEVERITIES.indexOf(severity)
}

/** C tor's domains; `Log [domain]severity` selects by them. */
export const LOG_DOMAINS = [
  'general',
  'crypto',
  'net',
  'config',
  'fs',
  'protocol',
  'mm',
  'http',
  'app',
  'control',
  'circ',
  'rend',
  'bug',
  'dir',
  'dirserv',
  'or',
  'edge',
  'acct',
  'hist',
  'handshake',
  'heartbeat',
  'channel',
  'sched',
  'guard',
  'consdiff',
  'dos',
  'process',
  'pt',
  'btrack',
  'mesg'
] as const
export type LogDomain = (typeof LOG_DOMAINS)[number]

/** Messages of these domains (all, if undefined) from `min` up to and including `max`. */
export interface LogRange {
  readonly min: Severity
  readonly max: Severity
  readonly domains: readonly LogDomain[] | undefined
}

export type LogTarget =
  | {readonly kind: 'stdout' | 'stderr' | 'syslog'}
  | {readonly kind: 'file'; readonly path: string}

/** One `Log` line: a message is written once if any of the ranges takes it. */
export interface LogRoute {
  readonly ranges: readonly LogRange[]
  readonly target: LogTarget
}

export function routeTakes(route: LogRoute, severity: Severity, domain: LogDomain): boolean {
  const rank = severityRank(severity)
  return route.ranges.some(
    range =>
      rank <= severityRank(range.min) &&
      rank >= severityRank(range.max) &&
      (range.domains === undefined || range.domains.includes(domain))
  )
}
