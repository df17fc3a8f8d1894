// Exit policy summaries: `accept 80,443` or `reject 1-1023` (dir-spec 3.8.2), in consensuses and microdescriptors.

export interface PortRange {
  readonly first: number
  readonly last: number
}

export interface PortPolicy {
  readonly kind: 'accept' | 'reject'
  readonly ranges: readonly PortRange[]
}

const RANGE = /^(\d{1,5})(?:-(\d{1,5}))?$/

export function parsePortPolicy(line: string): PortPolicy | undefined {
  const [kind, list, ...rest] = line.trimEnd().split(/[ \t]+/)
  if ((kind !== 'accept' && kind !== 'reject') || list === undefined || rest.length > 0) return undefined
  const ranges: PortRange[] = []
  for (const text of list.split(',')) {
    const range = parsePortRange(text)
    if (range === undefined) return undefined
    ranges.push(range)
  }
  return {kind, ranges}
}

/** `80` or `80-90`; ports from 1 to 65535. */
export function parsePortRange(text: string): PortRange | undefined {
  const match = RANGE.exec(text)
  if (match === null) return undefined
  const first = Number(match[1])
  const last = Number(match[2] ?? match[1])
  return first < 1 || last > 65535 || first > last ? undefined : {first, last}
}

export function printPortPolicy({kind, ranges}: PortPolicy): string {
  return `${kind} ${ranges.map(printPortRange).join(',')}`
}

export function printPortRange({first, last}: PortRange): string {
  return first === last ? `${first}` : `${first}-${last}`
}

export function allowsPort(policy: PortPolicy, port: number): boolean {
  const listed = policy.ranges.some(range => port >= range.first && port <= range.last)
  return listed === (policy.kind === 'accept')
}

/** True when no port at all is allowed. */
export function rejectsEverything(policy: PortPolicy): boolean {
  return policy.kind === 'reject' && policy.ranges.some(range => range.first === 1 && range.last === 65535)
}
