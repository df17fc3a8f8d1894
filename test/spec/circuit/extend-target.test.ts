import assert from 'node:assert/strict'
import {test} from 'node:test'
import {type ExtendRules, extendTarget} from '../../../src/circuit/extend-target.ts'
import type {LinkSpecifier} from '../../../src/wire/link-specifier.ts'

const octets = (value: number, length: number) => new Uint8Array(length).fill(value)
const ipv4 = (last: number, port = 9001): LinkSpecifier => ({
  kind: 'ipv4',
  address: Uint8Array.of(8, 8, 8, last),
  port
})
const ipv6: LinkSpecifier = {kind: 'ipv6', address: octets(0x26, 16), port: 9001}
const rsa = (value: number): LinkSpecifier => ({kind: 'rsaIdentity', identity: octets(value, 20)})
const ed25519 = (value: number): LinkSpecifier => ({kind: 'ed25519Identity', identity: octets(value, 32)})

const rules: ExtendRules = {
  ownRsaIdentity: octets(1, 20),
  ownEd25519Identity: octets(1, 32),
  allowPrivateAddresses: false,
  canUseIpv6: true,
  listedEd25519: () => undefined
}
const previous = {kind: 'relay', rsaIdentity: octets(2, 20), ed25519Identity: octets(2, 32)} as const

function refusal(specifiers: readonly LinkSpecifier[], changed: Partial<ExtendRules> = {}): string {
  const target = extendTarget(specifiers, previous, {...rules, ...changed})
  return target.ok ? 'accepted' : target.fault.code
}

test('tor-spec 5.3: an EXTEND2 with both identities and an address names a relay', () => {
  const target = extendTarget([ipv4(1), rsa(3), ed25519(3)], previous, rules)
  assert.ok(target.ok)
  assert.deepEqual(target.value, {
    rsaIdentity: octets(3, 20),
    ed25519Identity: octets(3, 32),
    addresses: [{octets: Uint8Array.of(8, 8, 8, 1), port: 9001}]
  })
})

test('tor-spec 5.1.2: exactly one legacy identity and at most one Ed25519 identity', () => {
  assert.equal(refusal([ipv4(1), ed25519(3)]), 'no-rsa-identity')
  assert.equal(refusal([ipv4(1), rsa(3), rsa(3)]), 'two-identities')
  assert.equal(refusal([ipv4(1), rsa(3), ed25519(3), ed25519(4)]), 'two-identities')
  assert.equal(refusal([ipv4(1), rsa(0), ed25519(3)]), 'zero-identity')
})

test('tor-spec 5.1.2: at least one address; of a kind the first counts; unknown specifiers are passed over', () => {
  assert.equal(refusal([rsa(3), ed25519(3)]), 'no-address')
  const unknown: LinkSpecifier = {kind: 'unknown', tag: 77, body: octets(9, 5)}
  const target = extendTarget([unknown, ipv4(1), ipv4(2), ipv6, rsa(3)], previous, rules)
  assert.ok(target.ok)
  assert.deepEqual(
    target.value.addresses.map(address => address.octets.at(-1)),
    [1, 0x26]
  )
  const withoutIpv6 = extendTarget([ipv4(1), ipv6, rsa(3)], previous, {...rules, canUseIpv6: false})
  assert.ok(withoutIpv6.ok && withoutIpv6.value.addresses.length === 1)
  assert.equal(refusal([ipv6, rsa(3)], {canUseIpv6: false}), 'no-address')
})

test('a port of zero and a private address are refused, the latter unless ExtendAllowPrivateAddresses', () => {
  assert.equal(refusal([ipv4(1, 0), rsa(3)]), 'zero-port')
  const local: LinkSpecifier = {kind: 'ipv4', address: Uint8Array.of(127, 0, 0, 1), port: 9001}
  assert.equal(refusal([local, rsa(3)]), 'private-address')
  assert.equal(refusal([local, rsa(3)], {allowPrivateAddresses: true}), 'accepted')
})

test('TROVE-2017-012: never to ourselves, by either identity', () => {
  assert.equal(refusal([ipv4(1), rsa(1), ed25519(3)]), 'to-ourselves')
  assert.equal(refusal([ipv4(1), rsa(3), ed25519(1)]), 'to-ourselves')
})

test('tor-spec 5.3: never back to the hop that the circuit came from, by either identity', () => {
  assert.equal(refusal([ipv4(1), rsa(2), ed25519(3)]), 'to-previous-hop')
  assert.equal(refusal([ipv4(1), rsa(3), ed25519(2)]), 'to-previous-hop')
})

test('an Ed25519 identity that is left out or zero is filled in from the consensus', () => {
  const listedEd25519 = () => octets(7, 32)
  for (const specifiers of [
    [ipv4(1), rsa(3)],
    [ipv4(1), rsa(3), ed25519(0)]
  ]) {
    const target = extendTarget(specifiers, previous, {...rules, listedEd25519})
    assert.ok(target.ok)
    assert.deepEqual(target.value.ed25519Identity, octets(7, 32))
  }
  assert.equal(refusal([ipv4(1), rsa(3)], {listedEd25519: () => octets(1, 32)}), 'to-ourselves')
})

test('the target outlives the cell: its octets are copies', () => {
  const cell = new Uint8Array(52).fill(5)
  const specifiers: LinkSpecifier[] = [
    ipv4(1),
    {kind: 'rsaIdentity', identity: cell.subarray(0, 20)},
    {kind: 'ed25519Identity', identity: cell.subarray(20)}
  ]
  const target = extendTarget(specifiers, undefined, rules)
  cell.fill(0)
  assert.ok(target.ok)
  assert.deepEqual(target.value.rsaIdentity, octets(5, 20))
  assert.deepEqual(target.value.ed25519Identity, octets(5, 32))
})
