import assert from 'node:assert/strict'
import {before, describe, it} from 'node:test'
import {toBase16} from '../../../../src/bytes/base16.ts'
import {concat, fromText} from '../../../../src/bytes/octets.ts'
import {ed25519Ready} from '../../../../src/crypto/ed25519.ts'
import {rsaIdentity} from '../../../../src/crypto/rsa.ts'
import {printExtraInfo} from '../../../../src/netdoc/extra-info/print.ts'
import type {RouterDescriptorKeys} from '../../../../src/netdoc/router-descriptor/print.ts'
import type {RouterDescriptor} from '../../../../src/netdoc/router-descriptor/router-descriptor.ts'
import {MeasuredBandwidth} from '../../../../src/roles/authority/measured-bandwidth.ts'
import {takeUpload} from '../../../../src/roles/authority/uploads.ts'
import {ACCEPTANCE_DEFAULTS} from '../../../../src/roles/authority/view/acceptance.ts'
import {KeyPins} from '../../../../src/roles/authority/view/key-pins.ts'
import {
  RelayView,
  type RelayViewDeps,
  type RelayViewOptions
} from '../../../../src/roles/authority/view/relay-view.ts'
import {RelayStability} from '../../../../src/roles/authority/view/stability.ts'
import {makeDescriptor} from '../../../support/made-descriptor.ts'
import {makeRelayKeys} from '../../../support/relay-keys.ts'

const MINUTE_MS = 60_000
const now = new Date('2026-11-22T12:00:00Z')
const later = (ms: number) => new Date(Number(now) + ms)

const options: RelayViewOptions = {
  acceptance: {...ACCEPTANCE_DEFAULTS, allowPrivateAddresses: true, pinKeys: true},
  flags: {
    fastGuarantee: 1024,
    guardBandwidthGuarantee: 1024,
    guardBandwidthFraction: 0.75,
    guardTimeKnownGuarantee: 0,
    guardUptimeGuarantee: 0,
    stableMinUptime: 0,
    stableMeanUptime: 0,
    hsDirMinUptime: 0,
    minFastThreshold: 0,
    minBandwidthConsidered: 0,
    measuredToIgnoreAdvertised: 500
  },
  testing: undefined,
  maxPerAddress: 0,
  testsReachability: true,
  privateNetworks: 'count'
}

let [keys, otherKeys]: RouterDescriptorKeys[] = []

before(async () => {
  await ed25519Ready
  keys = makeRelayKeys(now)
  otherKeys = makeRelayKeys(now)
})

function open(changed: Partial<RelayViewOptions> = {}, deps: Partial<RelayViewDeps> = {}) {
  const journal: string[] = []
  const tests: [string, string][] = []
  const pins = new KeyPins()
  const view = new RelayView(
    {...options, ...changed},
    {
      pins,
      pinned: line => journal.push(line),
      ownIdentity: new Uint8Array(20),
      isAuthority: () => false,
      measured: () => undefined,
      accepted: ({nickname}, test) => tests.push([nickname, test]),
      ...deps
    },
    now
  )
  return {view, journal, tests}
}

const made = (ofKeys = keys, said: Parameters<typeof makeDescriptor>[2] = {}, at = now): RouterDescriptor =>
  makeDescriptor(ofKeys ?? assert.fail(), at, said)

describe('the relays that an authority knows', () => {
  it('are tested when they are new, have moved or woke up, and else in turn', () => {
    const {view, tests} = open()
    assert.equal(view.offer(made(), now), 'accepted')
    assert.equal(view.offer(made(keys, {contact: 'x', isHibernating: true}, later(1000)), now), 'accepted')
    assert.equal(view.offer(made(keys, {contact: 'x'}, later(2000)), now), 'accepted')
    const ipv4 = {address: Uint8Array.of(10, 0, 0, 2), port: 1}
    assert.equal(view.offer(made(keys, {contact: 'x', ipv4}, later(3000)), now), 'accepted')
    assert.deepEqual(
      tests.map(([, test]) => test),
      ['test-now', 'test-in-turn', 'test-now', 'test-now']
    )
  })

  it('are running for three quarters of an hour after they proved both identities at their address', () => {
    const {view} = open()
    const descriptor = made()
    const {identity, ed25519, ipv4} = descriptor
    view.offer(descriptor, now)
    assert.equal(view.isRunning(identity, now), false)
    const reach = (key: Uint8Array, port: number) =>
      view.noteReachable(identity, key, ipv4.address, port, now)
    assert.equal(reach(new Uint8Array(32), ipv4.port), false)
    assert.equal(reach(ed25519, ipv4.port + 1), false)
    assert.equal(view.isRunning(identity, now), false)
    assert.equal(reach(ed25519, ipv4.port), true)
    assert.equal(reach(ed25519, ipv4.port), false, 'no news')
    assert.equal(view.isRunning(identity, later(44 * MINUTE_MS)), true)
    assert.equal(view.isRunning(identity, later(46 * MINUTE_MS)), false)
    view.noteGone(identity, now)
    assert.equal(view.isRunning(identity, now), false, 'is known to be gone')
    assert.equal(reach(ed25519, ipv4.port), true, 'and back again')
  })

  it('keep their pair of identities for ever', () => {
    const {view, journal} = open()
    view.offer(made(), now)
    assert.equal(journal.length, 1)
    const stolen = {...(keys ?? assert.fail()), identity: otherKeys?.identity ?? assert.fail()}
    const {signingCert, signing, ed25519} = keys ?? assert.fail()
    assert.equal(view.offer(made({...stolen, signingCert, signing, ed25519}), now), 'keys-changed')
    const pins = KeyPins.fromJournal(`# x\n\n@opened\n${journal.join('')}bad line\n`)
    assert.equal(pins.size, 1)
    const descriptor = made()
    assert.equal(pins.check(descriptor.identity, descriptor.ed25519), 'matches')
    assert.equal(pins.check(descriptor.identity, new Uint8Array(32)), 'mismatch')
    assert.equal(pins.check(new Uint8Array(20), descriptor.ed25519), 'mismatch')
    assert.equal(pins.check(new Uint8Array(20), new Uint8Array(32)), 'new')
  })

  it('become entries of a vote, sorted, with a microdescriptor for every method', () => {
    const {view} = open()
    const both = [made(keys, {nickname: 'one'}), made(otherKeys, {nickname: 'two'})]
    for (const descriptor of both) {
      view.offer(descriptor, now)
      view.noteReachable(
        descriptor.identity,
        descriptor.ed25519,
        descriptor.ipv4.address,
        descriptor.ipv4.port,
        now
      )
    }
    const {relays, microdescriptors} = view.opinion(now)
    const sorted = both.map(({identity}) => toBase16(identity)).sort()
    assert.deepEqual(
      relays.map(({identity}) => toBase16(identity)),
      sorted
    )
    for (const relay of relays) {
      assert.deepEqual(
        [...relay.flags].sort(),
        ['Fast', 'Guard', 'HSDir', 'Running', 'Stable', 'V2Dir', 'Valid'],
        relay.nickname
      )
      assert.deepEqual(relay.microdescriptors[0]?.methods, [34, 35])
      assert.equal(relay.bandwidth, 500)
      assert.equal(relay.policy, 'reject 1-65535')
      assert.equal(relay.version, 'Tor 0.4.9.11')
    }
    assert.equal(microdescriptors.length, 2)
    assert.equal(view.opinion(later(25 * 60 * MINUTE_MS)).relays.length, 0)
    assert.equal(view.size, 0)
  })

  it('are Sybils beyond what one address may have, the least useful first', () => {
    const {view} = open({maxPerAddress: 1})
    const [good, bad] = [made(keys, {nickname: 'good'}), made(otherKeys, {nickname: 'bad'})]
    view.offer(bad, now)
    view.offer(good, now)
    view.noteReachable(good.identity, good.ed25519, good.ipv4.address, good.ipv4.port, now)
    const flags = new Map(view.opinion(now).relays.map(({nickname, flags: each}) => [nickname, [...each]]))
    assert.deepEqual(flags.get('bad'), ['Sybil'])
    assert.ok(flags.get('good')?.includes('Valid'))
  })

  it('are voted on with what somebody measured, authorities without', () => {
    const fingerprint = toBase16(rsaIdentity(keys?.identity.public ?? assert.fail())).toUpperCase()
    const text = `${Number(now) / 1000}\nversion=1.4.0\n=====\nnode_id=$${fingerprint} bw=777\nnode_id=x bw=1\n`
    const measured = MeasuredBandwidth.parse(text, now)
    const {view} = open({}, {measured: identity => measured.of(identity)})
    view.offer(made(), now)
    assert.equal(view.opinion(now).relays[0]?.measured, 777)
    const authority = open({}, {measured: identity => measured.of(identity), isAuthority: () => true}).view
    authority.offer(made(), now)
    assert.equal(authority.opinion(now).relays[0]?.measured, undefined)
    const stale = MeasuredBandwidth.parse(text, later(4 * 24 * 60 * MINUTE_MS))
    assert.equal(stale.of(rsaIdentity(keys?.identity.public ?? assert.fail())), undefined)
  })
})

describe('an upload', () => {
  const take = (body: Uint8Array, offered: RouterDescriptor[] = [], extras: string[] = []) =>
    takeUpload(body, {
      offer: descriptor => {
        offered.push(descriptor)
        return 'accepted'
      },
      descriptor: identity => offered.find(each => toBase16(each.identity) === toBase16(identity)),
      gotExtraInfo: ({nickname}) => extras.push(nickname)
    })

  it('brings a descriptor and the extra-info that it names', () => {
    const relayKeys = keys ?? assert.fail()
    const extraInfo = printExtraInfo({nickname: 'made', published: now}, relayKeys)
    const other = printExtraInfo({nickname: 'made', published: later(1000)}, relayKeys)
    const descriptor = made(keys, {extraInfo})
    const [offered, extras]: [RouterDescriptor[], string[]] = [[], []]
    assert.equal(take(concat(descriptor.octets, extraInfo.octets, other.octets), offered, extras), 'accepted')
    assert.deepEqual([offered.length, extras], [1, ['made']])
  })

  it('is refused as a whole for what is worst in it', () => {
    const spoiled = fromText(
      Buffer.from(made().octets).toString('latin1').replace('uptime 86400', 'uptime 86401')
    )
    assert.equal(take(spoiled), 'unreadable')
    assert.equal(take(concat(made().octets, spoiled)), 'unreadable')
    assert.equal(take(fromText('hello\n')), 'nothing-in-it')
    assert.equal(take(new Uint8Array(0)), 'unreadable')
    assert.equal(take(new Uint8Array(200_000).fill(10)), 'unreadable')
  })
})

describe('how steady a relay was', () => {
  it('is the share of time that it was up, and how long it stays up', () => {
    const [relay, stability] = [new Uint8Array(20), new RelayStability(0)]
    stability.note(relay, true, 1000)
    stability.note(relay, false, 4000)
    stability.note(relay, true, 5000)
    assert.deepEqual(stability.of(relay, 8000), {
      fractionalUptime: 6 / 7,
      timeKnown: 7000,
      meanUptime: 3000
    })
    assert.equal(stability.hasSeenEnough(4 * 3600), false)
    assert.equal(stability.hasSeenEnough(4 * 3600 + 1), true)
  })

  it('counts the past for less every half day', () => {
    const [relay, stability] = [new Uint8Array(20), new RelayStability(0)]
    stability.note(relay, true, 0)
    stability.of(relay, 43_200)
    stability.fade(43_200)
    assert.equal(stability.of(relay, 43_200).timeKnown, 43_200 * 0.95)
    stability.retain(() => false)
    assert.deepEqual(stability.of(relay, 43_200), {fractionalUptime: 0, timeKnown: 0, meanUptime: 0})
  })
})
