import assert from 'node:assert/strict'
import {before, describe, it} from 'node:test'
import {ed25519Ready} from '../../../../src/crypto/ed25519.ts'
import type {RouterDescriptor} from '../../../../src/netdoc/router-descriptor/router-descriptor.ts'
import {
  type FlagSettings,
  flagThresholds,
  printThresholds,
  type RankedRelay
} from '../../../../src/roles/authority/view/flag-thresholds.ts'
import {flagsOf, type RelaySituation, type TestingFlags} from '../../../../src/roles/authority/view/flags.ts'
import {RelaySet} from '../../../../src/roles/authority/view/relay-set.ts'
import {makeDescriptor} from '../../../support/made-descriptor.ts'
import {makeRelayKeys} from '../../../support/relay-keys.ts'

const DAY = 86_400
const now = new Date('2026-11-22T12:00:00Z')

/** As C tor has them outside testing networks. */
const settings: FlagSettings = {
  fastGuarantee: 100 * 1024,
  guardBandwidthGuarantee: 2 * 1024 * 1024,
  guardBandwidthFraction: 0.75,
  guardTimeKnownGuarantee: 8 * DAY,
  guardUptimeGuarantee: 0.98,
  stableMinUptime: 30 * DAY,
  stableMeanUptime: 5 * DAY,
  hsDirMinUptime: 4 * DAY,
  minFastThreshold: 0,
  minBandwidthConsidered: 4000,
  measuredToIgnoreAdvertised: 500
}

function ranked(bandwidth: number, days: number, more: Partial<RankedRelay> = {}): RankedRelay {
  const stability = {fractionalUptime: 0.99, timeKnown: days * DAY, meanUptime: days * DAY}
  return {isActive: true, isExit: false, bandwidth, isMeasured: false, uptime: days * DAY, stability, ...more}
}

/** Ten relays: 100 to 1,000 kilobytes a second, known and up for 1 to 10 days. */
const ten = Array.from({length: 10}, (_, i) => ranked((i + 1) * 100, i + 1))

describe('the lines between relays and better relays', () => {
  it('are drawn at the median, the eighth and where the settings say', () => {
    const thresholds = flagThresholds(ten, settings, true)
    assert.equal(thresholds.stableUptime, 5 * DAY)
    assert.equal(thresholds.stableMeanUptime, 5 * DAY)
    assert.equal(thresholds.guardTimeKnown, 2 * DAY)
    assert.equal(thresholds.guardBandwidthWithExits, 800)
    assert.equal(thresholds.fastBandwidth, 102)
    assert.equal(flagThresholds(ten, {...settings, fastGuarantee: 0}, true).fastBandwidth, 200)
  })

  it('are not moved by relays that are down, slow, or not measured where most are', () => {
    const others = [ranked(9000, 90, {isActive: false}), ranked(1, 90)]
    assert.deepEqual(flagThresholds([...ten, ...others], settings, true), flagThresholds(ten, settings, true))
    const measured = ten.map(relay => ({...relay, isMeasured: true}))
    const few = {...settings, measuredToIgnoreAdvertised: 9}
    const both = flagThresholds([...measured, ranked(9000, 90)], few, true)
    assert.equal(both.ignoresAdvertised, true)
    assert.equal(both.guardBandwidthWithExits, 800)
  })

  it('tell exits from others for guards', () => {
    const exits = [
      ranked(9000, 9, {isExit: true}),
      ranked(9000, 9, {isExit: true}),
      ranked(9000, 9, {isExit: true})
    ]
    const thresholds = flagThresholds([...ten, ...exits], settings, true)
    assert.equal(thresholds.guardBandwidthWithExits, 1000)
    assert.equal(thresholds.guardBandwidthWithoutExits, 800)
  })

  it('are zero where there is nobody', () => {
    assert.match(
      printThresholds(flagThresholds([], settings, false)),
      /^stable-uptime=0 stable-mtbf=0 fast-speed=0 /
    )
  })
})

describe('a relay is', () => {
  let descriptor: RouterDescriptor
  const thresholds = flagThresholds(ten, settings, true)

  before(async () => {
    await ed25519Ready
    descriptor = makeDescriptor(makeRelayKeys(now), now, {nickname: 'flagged'})
  })

  const situation = (more: Partial<RelaySituation> = {}): RelaySituation => ({
    ...ranked(900, 9),
    descriptor,
    isAuthority: false,
    isRunning: true,
    isSybil: false,
    ...more
  })
  const flags = (more: Partial<RelaySituation> = {}, testing?: TestingFlags) =>
    [...flagsOf(situation(more), {settings, thresholds, testing, now})].sort()

  it('all that a good relay can be', () => {
    assert.deepEqual(flags(), ['Fast', 'Guard', 'HSDir', 'Running', 'Stable', 'V2Dir', 'Valid'])
    assert.ok(flags({isExit: true, isAuthority: true}).includes('Exit'))
    assert.ok(flags({isAuthority: true}).includes('Authority'))
  })

  it('no Guard when it is slower, younger or less steady than most', () => {
    assert.equal(flags({bandwidth: 700}).includes('Guard'), false)
    const stability = {fractionalUptime: 0.5, timeKnown: 9 * DAY, meanUptime: 9 * DAY}
    assert.equal(flags({stability}).includes('Guard'), false)
    assert.equal(
      flags({stability: {...stability, fractionalUptime: 1, timeKnown: DAY}}).includes('Guard'),
      false
    )
  })

  it('no HSDir before it was up for long enough, and then only as a directory', () => {
    assert.equal(flags({uptime: 3 * DAY}).includes('HSDir'), false)
    assert.equal(flags({descriptor: {...descriptor, isTunnelledDirServer: false}}).includes('HSDir'), false)
    assert.equal(flags({descriptor: {...descriptor, isHiddenServiceDir: false}}).includes('HSDir'), false)
  })

  it('Stable by its uptime as long as the authority has not seen enough', () => {
    const young = {...thresholds, hasSeenEnough: false}
    const stability = {fractionalUptime: 1, timeKnown: 0, meanUptime: 0}
    const rules = {settings, thresholds: young, testing: undefined, now}
    assert.ok(flagsOf(situation({stability}), rules).has('Stable'))
    assert.equal(flagsOf(situation({stability, uptime: DAY}), rules).has('Stable'), false)
    assert.equal(flags({stability}).includes('Stable'), false)
  })

  it('nothing but a Sybil when it is one', () => {
    assert.deepEqual(flags({isSybil: true, isAuthority: true}), ['Sybil'])
  })

  it('stale when it has not published for 18 hours', () => {
    const published = new Date(Number(now) - 19 * 3600_000)
    assert.ok(flags({descriptor: {...descriptor, published}}).includes('StaleDesc'))
  })

  it('what a testing network says, and strictly so where it says that', () => {
    const flag = (relays: string, isStrict = false) => ({relays: new RelaySet(relays), isStrict})
    const given: TestingFlags = {exit: flag('flagged'), guard: flag('*'), hsDir: flag('other', true)}
    const got = flags({bandwidth: 1}, given)
    assert.ok(got.includes('Exit') && got.includes('Guard'))
    assert.equal(flags({}, given).includes('HSDir'), false)
  })
})

describe('a set of relays', () => {
  const relay = {
    nickname: 'Some',
    identity: new Uint8Array(20).fill(0xab),
    ipv4: {address: Uint8Array.of(10, 1, 2, 3)}
  }

  for (const [text, has] of [
    ['some', true],
    ['x, Some', true],
    ['AB'.repeat(20), true],
    [`$${'ab'.repeat(20)}~name`, true],
    ['10.1.0.0/16', true],
    ['10.1.2.3', true],
    ['*', true],
    ['10.2.0.0/16', false],
    ['CD'.repeat(20), false],
    ['{de}', false],
    ['10.1.0.0/99', false],
    ['', false]
  ] as const) {
    it(`${text || 'without members'} ${has ? 'has' : 'has not'} the relay`, () => {
      assert.equal(new RelaySet(text).has(relay), has)
    })
  }
})
