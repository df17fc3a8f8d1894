// `Log [domains]minSeverity[-maxSeverity]… [stdout|stderr|syslog|file PATH]` as C tor reads it: several ranges may stand on
// one line, at most one of them without domains; where the line ends after the ranges it means stdout.

import {ok, type Result} from '../fault/result.ts'
import {
  LOG_DOMAINS,
  type LogDomain,
  type LogRange,
  type LogRoute,
  SEVERITIES,
  type Severity
} from '../log/severity.ts'
import {type ConfigFault, configFault} from './fault.ts'
import type {ConfigLine} from './torrc-text.ts'

const TARGET = /^(?:(stdout|stderr|syslog)|file\s+(\S.*))?$/i
const RANGE = /^(?:\[([^\]]*)\]\s*)?([A-Za-z]+)(?:-([A-Za-z]+))?(?:\s+|$)/

/** `expandPath` makes the path of a log file absolute. */
export function parseLogLine(
  line: ConfigLine,
  expandPath: (path: string) => string
): Result<LogRoute, ConfigFault> {
  const ranges: LogRange[] = []
  let rest = line.value.trim()
  for (;;) {
    const target = ranges.length > 0 ? TARGET.exec(rest) : null
    if (target !== null) {
      const kind = (target[1] ?? 'stdout').toLowerCase() as 'stdout' | 'stderr' | 'syslog'
      const path = target[2]
      return ok({ranges, target: path === undefined ? {kind} : {kind: 'file', path: expandPath(path)}})
    }
    const match = RANGE.exec(rest)
    const range = match === null ? undefined : logRange(match[1], match[2] ?? '', match[3] ?? 'err')
    const second = range?.domains === undefined && ranges.some(each => each.domains === undefined)
    if (match === null || range === undefined || second) return badLog(line)
    ranges.push(range)
    rest = rest.slice(match[0].length)
  }
}

function logRange(domainText: string | undefined, minText: string, maxText: string): LogRange | undefined {
  const min = severity(minText)
  const max = severity(maxText)
  if (min === undefined || max === undefined) return undefined
  if (SEVERITIES.indexOf(min) < SEVERITIES.indexOf(max)) return undefined
  if (domainText === undefined) return {min, max, domains: undefined}
  const domains = logDomains(domainText)
  return domains && {min, max, domains}
}

function severity(text: string): Severity | undefined {
  const name = text.toLowerCase()
  return SEVERITIES.find(each => each === name)
}

/** `*`, names and `~names`: what is named without what is excluded, or all but that where nothing is named. */
function logDomains(text: string): LogDomain[] | undefined {
  const taken = new Set<LogDomain>()
  const excluded = new Set<LogDomain>()
  for (const word of text.split(',').map(each => each.trim().toLowerCase())) {
    if (word === '*') {
      for (const domain of LOG_DOMAINS) taken.add(domain)
      continue
    }
    const name = word.replace(/^~/, '')
    const domain = LOG_DOMAINS.find(each => each === name)
    if (domain === undefined) return undefined
    if (word.startsWith('~')) excluded.add(domain)
    else taken.add(domain)
  }
  const from = taken.size === 0 ? LOG_DOMAINS : [...taken]
  return from.filter(domain => !excluded.has(domain))
}

function badLog(line: ConfigLine): Result<never, ConfigFault> {
  const message = `Log wants minSeverity[-maxSeverity] and stdout, stderr, syslog or file PATH, not '${line.value}'.`
  return configFault('bad-value', message, line.place, 'Log')
}
