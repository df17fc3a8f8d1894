import {equal, ok} from 'node:assert/strict'
import {describe, it} from 'node:test'
import {parseMetricsPolicy, policyAccepts} from '../../../src/config/metrics-policy.ts'

const line = (value: string) => ({
  name: 'MetricsPortPolicy',
  value,
  mode: 'set' as const,
  place: {source: 'torrc', line: 1}
})

function accepts(policy: readonly string[], ...address: number[]): boolean {
  const rules = parseMetricsPolicy(policy.map(line))
  ok(rules.ok)
  return policyAccepts(rules.value, Uint8Array.from(address))
}

const LOOPBACK_V6 = [...new Array<number>(15).fill(0), 1]

describe('MetricsPortPolicy', () => {
  it('rejects everybody where nothing is written', () => {
    equal(accepts([], 127, 0, 0, 1), false)
  })

  it('lets the first entry that fits decide', () => {
    equal(accepts(['accept 10.0.0.1, reject 10.0.0.0/8, accept *'], 10, 0, 0, 1), true)
    equal(accepts(['accept 10.0.0.1, reject 10.0.0.0/8, accept *'], 10, 0, 0, 2), false)
    equal(accepts(['accept 10.0.0.1', 'reject 10.0.0.0/8', 'accept *'], 192, 0, 2, 1), true)
  })

  it('rejects whom no entry fits', () => {
    equal(accepts(['accept 192.0.2.0/28'], 192, 0, 2, 15), true)
    equal(accepts(['accept 192.0.2.0/28'], 192, 0, 2, 16), false)
  })

  it('takes IPv6 with and without brackets, a prefix length and a port', () => {
    equal(accepts(['accept [::1]'], ...LOOPBACK_V6), true)
    equal(accepts(['accept ::1'], ...LOOPBACK_V6), true)
    equal(accepts(['accept [2001:db8::]/32'], 0x20, 1, 0xd, 0xb8, ...new Array<number>(12).fill(7)), true)
    equal(accepts(['accept [::1]:*'], ...LOOPBACK_V6), true)
    equal(accepts(['accept 127.0.0.1:*'], 127, 0, 0, 1), true)
    equal(accepts(['accept *:*'], 127, 0, 0, 1), true)
    equal(accepts(['accept 127.0.0.1'], ...LOOPBACK_V6), false)
  })

  it('is a fault of the settings where an entry is no rule', () => {
    for (const bad of [
      '127.0.0.1',
      'accept',
      'accept nowhere',
      'allow *',
      'accept 10.0.0.0/33',
      'accept 10.0.0.0/x'
    ]) {
      equal(parseMetricsPolicy([line(bad)]).ok, false, bad)
    }
  })
})
