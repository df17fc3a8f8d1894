// One line of text as C tor writes it: `Nov 22 13:20:00.000 [notice] {OR} message`, in local time, the milliseconds rounded
// down to LogTimeGranularity, the domain only where LogMessageDomains asks for it.

import type {LogDomain, Severity} from './severity.ts'

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

export interface LogMessage {
  readonly severity: Severity
  readonly domain: LogDomain
  readonly text: string
  readonly time: Date
}

/** `time` rounded down to a multiple of the granularity. */
export function coarseTime(time: Date, granularityMs: number): Date {
  return new Date(Math.floor(time.getTime() / granularityMs) * granularityMs)
}

/** Without the line feed. `time` is taken as it is. */
export function formatLine({severity, domain, text, time}: LogMessage, domains: 'shown' | 'hidden'): string {
  const label = domains === 'shown' ? ` {${domain.toUpperCase()}}` : ''
  return `${timestamp(time)} [${severity}]${label} ${printable(text)}`
}

function timestamp(time: Date): string {
  const two = (value: number) => String(value).padStart(2, '0')
  const date = `${MONTHS[time.getMonth()]} ${two(time.getDate())}`
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`
  return `${date} ${clock}.${String(time.getMilliseconds()).padStart(3, '0')}`
}

/** Whatever got into a message, it stays one line and moves no cursor. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, character => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
