// Exit policy lines of router descriptors: `accept 10.0.0.0/8:80-90`, `reject *:*` (dir-spec 2.1.1). Only IPv4 patterns
// may stand there; IPv6 has the summary line `ipv6-policy`.

import {parseIpv4} from './address.ts'
import {parseDecimal} from './argument.ts'
import {type PortRange, parsePortRange} from './port-policy.ts'

export interface ExitRule {
  readonly kind: 'accept' | 'reject'
  /** Undefined stands for every address; `private` for all that are not public. */
  readonly network: {readonly address: Uint8Array; readonly bits: number} | 'private' | undefined
  readonly ports: PortRange
}

const EVERY_PORT: PortRange = {first: 1, last: 65535}

export function parseExitRule(kind: 'accept' | 'reject', pattern: string): ExitRule | undefined {
  const colon = pattern.lastIndexOf(':')
  if (colon < 0) return undefined
  const portText = pattern.slice(colon + 1)
  const ports = portText === '*' ? EVERY_PORT : parsePortRange(portText)
  if (ports === undefined) return undefined
  const addressText = pattern.slice(0, colon)
  if (addressText === '*' || addressText === '*4') return {kind, network: undefined, ports}
  if (addressText === 'private') return {kind, network: 'private', ports}
  const network = parseNetwork(addressText)
  return network === undefined ? undefined : {kind, network, ports}
}

function parseNetwork(text: string): {readonly address: Uint8Array; readonly bits: number} | undefined {
  const [addressText = '', maskText, ...rest] = text.split('/')
  const address = parseIpv4(addressText)
  if (address === undefined || rest.length > 0) return undefined
  if (maskText === undefined) return {address, bits: 32}
  const bits = parseDecimal(maskText, 0, 32) ?? maskBits(maskText)
  return bits === undefined ? undefined : {address, bits}
}

/** The length of a mask in the old dotted form; undefined when its ones are not all in front. */
function maskBits(text: string): number | undefined {
  const octets = parseIpv4(text)
  if (octets === undefined) return undefined
  const bits = Array.from(octets, octet => octet.toString(2).padStart(8, '0')).join('')
  if (!/^1*0*$/.test(bits)) return undefined
  const zero = bits.indexOf('0')
  return zero < 0 ? 32 : zero
}

/** True when the first rule that could let anything out is preceded by one that refuses everything. */
export function refusesEverything(rules: readonly ExitRule[]): boolean {
  for (const rule of rules) {
    if (rule.kind === 'accept') return false
    if (rule.network === undefined && rule.ports.first === 1 && rule.ports.last === 65535) return true
  }
  return false
}
