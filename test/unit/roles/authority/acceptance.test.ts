import assert from 'node:assert/strict'
import {before, describe, it} from 'node:test'
import {ed25519Ready} from '../../../../src/crypto/ed25519.ts'
import type {
  RouterDescriptorContent,
  RouterDescriptorKeys
} from '../../../../src/netdoc/router-descriptor/print.ts'
import {
  ACCEPTANCE_DEFAULTS,
  type AcceptanceContext,
  type AcceptanceRules,
  judge,
  UPLOAD_REPLIES
} from '../../../../src/roles/authority/view/acceptance.ts'
import {makeDescriptor} from '../../../support/made-descriptor.ts'
import {makeRelayKeys} from '../../../support/relay-keys.ts'

const HOUR_MS = 3600_000
const now = new Date('2026-11-22T12:00:00Z')
const rules: AcceptanceRules = {...ACCEPTANCE_DEFAULTS, allowPrivateAddresses: false, pinKeys: true}
const unknown: AcceptanceContext = {known: undefined, pin: 'new', isOurs: false, relayCount: 0, now}
const PUBLIC = {address: Uint8Array.of(1, 2, 3, 4), port: 9001}

describe('an authority takes a descriptor', () => {
  let keys: RouterDescriptorKeys

  before(async () => {
    await ed25519Ready
    keys = makeRelayKeys(now)
  })

  const made = (ageMs: number, said: Partial<RouterDescriptorContent> = {}) =>
    makeDescriptor(keys, new Date(Number(now) - ageMs), {ipv4: PUBLIC, ...said})

  it('that is new and in order', () => {
    assert.equal(judge(made(0), rules, unknown), 'accepted')
    assert.equal(judge(made(0, {platform: 'ramson 0.1.0 on Linux'}), rules, unknown), 'accepted')
  })

  it('within twelve hours of the future and a day of the past', () => {
    assert.equal(judge(made(-11 * HOUR_MS), rules, unknown), 'accepted')
    assert.equal(judge(made(-13 * HOUR_MS), rules, unknown), 'from-the-future')
    assert.equal(judge(made(23 * HOUR_MS), rules, unknown), 'accepted')
    assert.equal(judge(made(25 * HOUR_MS), rules, unknown), 'too-old')
  })

  it('with a TAP key, as long as consensuses need one', () => {
    const without = {...made(0), onionKeyTap: undefined}
    assert.equal(judge(without, rules, unknown), 'no-tap-key')
  })

  it('of a C tor that is not too old and says which it is', () => {
    assert.equal(judge(made(0, {platform: 'Tor 0.4.7.16 on Linux'}), rules, unknown), 'old-version')
    assert.equal(judge(made(0, {platform: 'Tor 0.4.8.0-alpha-dev on Linux'}), rules, unknown), 'accepted')
    assert.equal(judge(made(0, {platform: 'Tor of old on Linux'}), rules, unknown), 'bad-platform')
  })

  it('at a public address, or any where private ones are allowed', () => {
    const ipv4 = {address: Uint8Array.of(10, 0, 0, 1), port: 9001}
    assert.equal(judge(made(0, {ipv4}), rules, unknown), 'private-address')
    assert.equal(judge(made(0, {ipv4}), {...rules, allowPrivateAddresses: true}, unknown), 'accepted')
    const address = Uint8Array.of(0xfd, ...new Array<number>(15).fill(1))
    assert.equal(judge(made(0, {ipv6: {address, port: 9001}}), rules, unknown), 'private-address')
  })

  it('whose two identities are known together, unless pinning is off', () => {
    const changed = {...unknown, pin: 'mismatch'} as const
    assert.equal(judge(made(0), rules, changed), 'keys-changed')
    assert.equal(judge(made(0), {...rules, pinKeys: false}, changed), 'accepted')
  })

  it('that is newer than the known one and says something else', () => {
    const known = made(HOUR_MS)
    const context = {...unknown, known, pin: 'matches'} as const
    assert.equal(judge(known, rules, context), 'already-known')
    assert.equal(judge(made(2 * HOUR_MS), rules, context), 'not-newer')
    assert.equal(judge(made(0), rules, context), 'nothing-changed')
    assert.equal(judge(made(0), rules, {...context, isOurs: true}), 'accepted')
    assert.equal(judge(made(0, {contact: 'somebody'}), rules, context), 'accepted')
    assert.equal(judge(made(0, {isHibernating: true}), rules, context), 'accepted')
  })

  it('that says the same when bandwidth doubled, two hours passed, or the relay was restarted', () => {
    const context = {...unknown, known: made(HOUR_MS), pin: 'matches'} as const
    const bandwidth = (observed: number) => ({rate: 1_000_000, burst: 1_000_000, observed})
    assert.equal(judge(made(0, {bandwidth: bandwidth(900_000)}), rules, context), 'nothing-changed')
    assert.equal(judge(made(0, {bandwidth: bandwidth(1_100_000)}), rules, context), 'accepted')
    assert.equal(judge(made(0), rules, {...context, known: made(3 * HOUR_MS)}), 'accepted')
    assert.equal(judge(made(0, {uptime: 60}), rules, context), 'accepted')
  })

  it('up to a bound of relays', () => {
    assert.equal(judge(made(0), {...rules, relaysMax: 2}, {...unknown, relayCount: 2}), 'too-many')
  })

  it('and tells C tor relays that a descriptor is not new without refusing it', () => {
    for (const outcome of ['already-known', 'not-newer', 'nothing-changed', 'expired-keys'] as const) {
      assert.equal(UPLOAD_REPLIES[outcome].kind, 'not-new')
    }
    assert.equal(UPLOAD_REPLIES['keys-changed'].kind, 'refused')
  })
})
