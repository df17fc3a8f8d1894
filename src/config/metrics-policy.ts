// `MetricsPortPolicy`: who may ask for the metrics. Lines are read in order and the first that fits decides; whoever none
// fits is rejected, because metrics of a relay tell too much to be public.

import {ok, type Result} from '../fault/result.ts'
import {parseAddress} from './address.ts'
import {type ConfigFault, configFault} from './fault.ts'
import type {ConfigLine} from './torrc-text.ts'

export interface AddressRule {
  readonly action: 'accept' | 'reject'
  /** Undefined: every address. */
  readonly range: {readonly octets: readonly number[]; readonly bits: number} | undefined
}

const NAME = 'MetricsPortPolicy'

/** `accept 127.0.0.1, accept 10.0.0.0/8, reject *`, over any number of lines. A port, where one is written, means nothing. */
export function parseMetricsPolicy(lines: readonly ConfigLine[]): Result<AddressRule[], ConfigFault> {
  const rules: AddressRule[] = []
  for (const line of lines) {
    for (const entry of line.value.split(',').map(word => word.trim())) {
      if (entry === '') continue
      const rule = parseRule(entry)
      if (rule === undefined) {
        return configFault(
          'bad-value',
          `${NAME} ${entry}: not accept or reject and an address.`,
          line.place,
          NAME
        )
      }
      rules.push(rule)
    }
  }
  return ok(rules)
}

/** `address`: 4 or 16 octets. */
export function policyAccepts(rules: readonly AddressRule[], address: Uint8Array): boolean {
  const rule = rules.find(({range}) => range === undefined || contains(range, address))
  return rule?.action === 'accept'
}

function parseRule(entry: string): AddressRule | undefined {
  const match = /^(accept|reject)\s+(\S+)$/i.exec(entry)
  const action = match?.[1]?.toLowerCase()
  const written = match?.[2]?.replace(/:(\*|\d+(-\d+)?)$/, '') ?? ''
  if (action !== 'accept' && action !== 'reject') return undefined
  if (match?.[2] === '*' || written === '*') return {action, range: undefined}
  const [host = '', bitsText] = splitBits(match?.[2] ?? '', written)
  const address = parseAddress(host)
  if (address === undefined) return undefined
  const most = address.octets.length * 8
  const bits = bitsText === undefined ? most : Number(bitsText)
  if (!Number.isInteger(bits) || bits < 0 || bits > most) return undefined
  return {action, range: {octets: address.octets, bits}}
}

/** An IPv6 address without brackets has colons of its own, so it is tried whole first. */
function splitBits(whole: string, withoutPort: string): [host: string, bits?: string] {
  const bare = whole.includes('[') || whole.includes('.') ? withoutPort : whole
  const slash = bare.lastIndexOf('/')
  return slash < 0 ? [bare] : [bare.slice(0, slash), bare.slice(slash + 1)]
}

function contains({octets, bits}: {octets: readonly number[]; bits: number}, address: Uint8Array): boolean {
  if (octets.length !== address.length) return false
  const whole = bits >> 3
  for (let i = 0; i < whole; i++) if (octets[i] !== address[i]) return false
  const rest = bits & 7
  if (rest === 0) return true
  const mask = (0xff << (8 - rest)) & 0xff
  return ((octets[whole] ?? 0) & mask) === ((address[whole] ?? 0) & mask)
}
