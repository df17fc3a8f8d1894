// An exit policy by ports alone (dir-spec 3.8.2): what authorities put into consensuses and microdescriptors, so that
// clients need not read a policy's addresses. Ports count as refused where more than two /8 networks' worth of public
// addresses are refused before an `accept *` reaches them.

import {equal} from '../bytes/octets.ts'
import type {ExitRule} from './exit-policy.ts'
import {type PortRange, printPortRange} from './port-policy.ts'

const LAST_PORT = 65535
/** Addresses that may be refused on a port that is still called accepted. */
const REFUSED_MAX = 2 ** 25
/** Characters of the longest summary; a longer one is cut, and then says too little rather than too much. */
const SUMMARY_MAX = 1000

/** Networks that are no part of the Internet: refusing them says nothing about a port. */
const PRIVATE_NETWORKS: readonly {readonly address: Uint8Array; readonly bits: number}[] = [
  {address: Uint8Array.of(0, 0, 0, 0), bits: 8},
  {address: Uint8Array.of(169, 254, 0, 0), bits: 16},
  {address: Uint8Array.of(127, 0, 0, 0), bits: 8},
  {address: Uint8Array.of(192, 168, 0, 0), bits: 16},
  {address: Uint8Array.of(10, 0, 0, 0), bits: 8},
  {address: Uint8Array.of(172, 16, 0, 0), bits: 12}
]

interface Segment {
  readonly first: number
  refused: number
  isAccepted: boolean
}

/** `accept 80,443` or `reject 1-1023`, whichever is shorter. */
export function summarizePolicy(rules: readonly ExitRule[]): string {
  const segments = cutSegments(rules)
  for (const rule of rules) apply(rule, segments)
  const accepted = mergedRanges(segments, true)
  const rejected = mergedRanges(segments, false)
  if (accepted === '') return 'reject 1-65535'
  if (rejected === '') return 'accept 1-65535'
  const room = SUMMARY_MAX - 'accept '.length
  if (accepted.length > room && rejected.length > room) {
    return `accept ${accepted.slice(0, accepted.lastIndexOf(',', room))}`
  }
  return rejected.length < accepted.length ? `reject ${rejected}` : `accept ${accepted}`
}

/** True when the policy lets ports 80 and 443 out to at least one /8 network each: what makes an exit. */
export function isGeneralExit(rules: readonly ExitRule[], privateNetworks: 'count' | 'ignored'): boolean {
  return [80, 443].every(port => reachesSlash8(rules, port, privateNetworks))
}

function cutSegments(rules: readonly ExitRule[]): Segment[] {
  const starts = new Set([1])
  for (const {ports} of rules) {
    starts.add(ports.first)
    if (ports.last < LAST_PORT) starts.add(ports.last + 1)
  }
  return [...starts].sort((a, b) => a - b).map(first => ({first, refused: 0, isAccepted: false}))
}

function apply({kind, network, ports}: ExitRule, segments: readonly Segment[]): void {
  const bits = network === undefined ? 0 : network === 'private' ? undefined : network.bits
  if (bits === undefined) return
  if (kind === 'accept' && bits !== 0) return
  if (kind === 'reject' && typeof network === 'object' && isPrivateNetwork(network)) return
  for (const segment of segments) {
    if (segment.first < ports.first || segment.first > ports.last) continue
    if (kind === 'reject') segment.refused += 2 ** (32 - bits)
    else if (segment.refused <= REFUSED_MAX) segment.isAccepted = true
  }
}

function isPrivateNetwork({address, bits}: {readonly address: Uint8Array; readonly bits: number}): boolean {
  return PRIVATE_NETWORKS.some(network => network.bits === bits && equal(network.address, address))
}

function mergedRanges(segments: readonly Segment[], isAccepted: boolean): string {
  const ranges: PortRange[] = []
  for (const [i, segment] of segments.entries()) {
    if (segment.isAccepted !== isAccepted) continue
    const last = (segments[i + 1]?.first ?? LAST_PORT + 1) - 1
    const before = ranges.at(-1)
    if (before?.last === segment.first - 1) ranges[ranges.length - 1] = {first: before.first, last}
    else ranges.push({first: segment.first, last})
  }
  return ranges.map(printPortRange).join(',')
}

/** /8 networks that reach into private ones; 224 and above are no unicast addresses. */
function isPrivateSlash8(network: number): boolean {
  return network === 0 || network === 10 || network === 127
}

function reachesSlash8(
  rules: readonly ExitRule[],
  port: number,
  privateNetworks: 'count' | 'ignored'
): boolean {
  const refused = new Set<number>()
  for (const {kind, network, ports} of expandPrivate(rules)) {
    if (port < ports.first || port > ports.last) continue
    for (const slash8 of touchedSlash8(network)) {
      if (refused.has(slash8) || (privateNetworks === 'ignored' && isPrivateSlash8(slash8))) continue
      if (kind === 'reject') refused.add(slash8)
      else if ((network?.bits ?? 0) <= 8) return true
    }
  }
  return false
}

interface PlainRule {
  readonly kind: ExitRule['kind']
  readonly network: {readonly address: Uint8Array; readonly bits: number} | undefined
  readonly ports: PortRange
}

function expandPrivate(rules: readonly ExitRule[]): readonly PlainRule[] {
  return rules.flatMap(({kind, network, ports}) =>
    network === 'private'
      ? PRIVATE_NETWORKS.map(each => ({kind, network: each, ports}))
      : [{kind, network, ports}]
  )
}

function touchedSlash8(network: PlainRule['network']): Iterable<number> {
  if (network === undefined || network.bits === 0) return Array(256).keys()
  const first = network.address[0] as number
  if (network.bits >= 8) return [first]
  const size = 2 ** (8 - network.bits)
  const start = first - (first % size)
  return Array.from({length: size}, (_, i) => start + i)
}
