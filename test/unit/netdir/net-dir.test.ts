import assert from 'node:assert/strict'
import {describe, it} from 'node:test'
import {fromBase16} from '../../../src/bytes/base16.ts'
import {toBase64Unpadded} from '../../../src/bytes/base64.ts'
import {chooseWeighted, secureFraction} from '../../../src/netdir/choose.ts'
import {NetDir} from '../../../src/netdir/net-dir.ts'
import {hasFlag, isSameFamily, type Relay} from '../../../src/netdir/relay.ts'
import {type Position, weighFor} from '../../../src/netdir/weighting.ts'
import {parseAuthorityCert, parseAuthorityCerts} from '../../../src/netdoc/authority-cert.ts'
import type {RelayStatus, VerifiedConsensus} from '../../../src/netdoc/consensus/consensus.ts'
import {parseConsensus} from '../../../src/netdoc/consensus/parse.ts'
import {verifyConsensus} from '../../../src/netdoc/consensus/verify.ts'
import {type Microdescriptor, parseMicrodescriptors} from '../../../src/netdoc/microdescriptor.ts'
import {readLiveDirectory} from '../../support/live-directory.ts'
import {type MadeRelay, makeAuthority, makeConsensus} from '../../support/made-consensus.ts'

const live = readLiveDirectory()
const now = new Date('2026-11-22T12:30:00Z')
const authority = makeAuthority(now, new Date('2027-01-01T00:00:00Z'))

function verified(text: string, certs: string, time: Date): VerifiedConsensus {
  const parsedCerts = parseAuthorityCerts(certs)
  const consensus = parseConsensus(text, 'microdesc')
  assert.ok(parsedCerts.ok && consensus.ok)
  const trust = {
    authorities: consensus.value.voters.map(({identity}) => identity),
    certs: parsedCerts.value.accepted,
    now: time
  }
  const result = verifyConsensus(consensus.value, trust)
  assert.ok(result.ok, JSON.stringify(result))
  return result.value
}

function microdescriptors(text: string): readonly Microdescriptor[] {
  const result = parseMicrodescriptors(text)
  assert.ok(result.ok && result.value.refused.length === 0)
  return result.value.accepted
}

function fill(length: number, value: number): Uint8Array {
  return new Uint8Array(length).fill(value)
}

function made(relays: readonly MadeRelay[], params?: string, weights?: string): VerifiedConsensus {
  const text = makeConsensus({
    flavour: 'microdesc',
    authorities: [authority],
    validAfter: new Date('2026-11-22T12:00:00Z'),
    relays,
    ...(params === undefined ? {} : {params}),
    ...(weights === undefined ? {} : {weights})
  })
  assert.ok(parseAuthorityCert(authority.cert).ok)
  return verified(text, authority.cert, now)
}

/** A relay with a microdescriptor of its own, in a consensus. */
function madeRelay(
  i: number,
  changes: Partial<MadeRelay> & {ed25519?: Uint8Array; family?: string; familyIds?: string} = {}
) {
  const {ed25519 = fill(32, 100 + i), family, familyIds, ...rest} = changes
  const text = [
    'onion-key\n',
    `ntor-onion-key ${toBase64Unpadded(fill(32, i))}\n`,
    family === undefined ? '' : `family ${family}\n`,
    familyIds === undefined ? '' : `family-ids ${familyIds}\n`,
    `id ed25519 ${toBase64Unpadded(ed25519)}\n`
  ].join('')
  const [descriptor] = microdescriptors(text)
  assert.ok(descriptor)
  const relay: MadeRelay = {
    nickname: `relay${i}`,
    identity: fill(20, i),
    descriptorDigest: descriptor.digest,
    flags: ['Fast', 'Running', 'Valid'],
    weight: 'Bandwidth=100',
    ...rest
  }
  return {relay, descriptor}
}

function netDirOf(
  relays: readonly ReturnType<typeof madeRelay>[],
  params?: string,
  weights?: string
): NetDir {
  const consensus = made(
    relays.map(({relay}) => relay),
    params,
    weights
  )
  return NetDir.fromMicrodescriptors(
    consensus,
    relays.map(({descriptor}) => descriptor)
  )
}

describe('the directory of a network of C tor', () => {
  const consensus = verified(
    live.consensuses.microdesc.newest,
    live.authority_certs,
    new Date('2026-11-22T13:54:00Z')
  )
  const known = microdescriptors(live.microdescriptors)
  const netDir = NetDir.fromMicrodescriptors(consensus, known)

  it('knows each relay by both identities', () => {
    assert.equal(netDir.relays.length, 7)
    assert.deepEqual(netDir.missingDescriptors(), [])
    for (const relay of netDir.relays) {
      assert.equal(netDir.relayByIdentity(relay.status.identity), relay)
      assert.equal(netDir.relayByEd25519(relay.ed25519 ?? assert.fail()), relay)
      assert.equal(relay.keys?.ntorOnionKey.length, 32)
    }
    const byName = netDir.relayByIdentity(fromBase16(netDir.relays[0]?.fingerprint ?? '') ?? assert.fail())
    assert.equal(byName, netDir.relays[0])
    assert.equal(netDir.relayByIdentity(fill(20, 0)), undefined)
  })

  it('says which microdescriptors are missing, and takes them when they come', () => {
    const partly = NetDir.fromMicrodescriptors(consensus, known.slice(0, 3))
    assert.equal(partly.missingDescriptors().length, 4)
    assert.equal(partly.relays.filter(relay => relay.keys !== undefined).length, 3)
    const whole = partly.withMicrodescriptors(known.slice(3))
    assert.deepEqual(whole.missingDescriptors(), [])
    assert.equal(partly.missingDescriptors().length, 4)
  })

  it('chooses for a position only relays that the weights allow there', () => {
    for (let i = 0; i < 50; i++) {
      const guard = netDir.choose('guard', secureFraction, relay => hasFlag(relay, 'Guard'))
      assert.ok(guard && hasFlag(guard, 'Guard'))
    }
    assert.equal(
      netDir.choose('middle', secureFraction, () => false),
      undefined
    )
  })
})

describe('a NetDir', () => {
  it('is live within its times and reasonably live a day around them', () => {
    const netDir = netDirOf([])
    const at = (text: string) => new Date(`2026-11-${text}Z`)
    const cases = [
      ['21T11:59:59', false, false],
      ['21T12:00:00', false, true],
      ['22T11:59:59', false, true],
      ['22T12:00:00', true, true],
      ['22T14:59:59', true, true],
      ['22T15:00:00', false, true],
      ['23T14:59:59', false, true],
      ['23T15:00:00', false, false]
    ] as const
    for (const [time, isLive, isReasonablyLive] of cases) {
      assert.deepEqual(
        [netDir.isLive(at(time)), netDir.isReasonablyLive(at(time))],
        [isLive, isReasonablyLive],
        time
      )
    }
  })

  it('moves parameters into their range', () => {
    const netDir = netDirOf([], 'high=500 low=-7')
    assert.equal(netDir.param('high', 1, 0, 100), 100)
    assert.equal(netDir.param('low', 1, 0, 100), 0)
    assert.equal(netDir.param('high', 1, 0, 1000), 500)
    assert.equal(netDir.param('unheard-of', 42, 0, 100), 42)
  })

  it('does not know by Ed25519 identity relays that share one, nor where authorities disagree', () => {
    const shared = fill(32, 200)
    const netDir = netDirOf([
      madeRelay(1, {ed25519: shared}),
      madeRelay(2, {ed25519: shared}),
      madeRelay(3, {flags: ['NoEdConsensus', 'Running']}),
      madeRelay(4)
    ])
    assert.deepEqual(
      netDir.relays.map(relay => relay.ed25519 !== undefined),
      [false, false, false, true]
    )
    assert.equal(netDir.relayByEd25519(shared), undefined)
    assert.equal(netDir.relayByEd25519(fill(32, 103)), undefined)
    assert.equal(netDir.relayByEd25519(fill(32, 104))?.status.nickname, 'relay4')
  })

  it('sees a family where both name each other or have a family key in common', () => {
    const fingerprint = (i: number) => `$${Buffer.from(fill(20, i)).toString('hex').toUpperCase()}`
    const netDir = netDirOf([
      madeRelay(1, {family: `${fingerprint(2)} ${fingerprint(3)}`}),
      madeRelay(2, {family: 'relay1'}),
      madeRelay(3),
      madeRelay(4, {familyIds: 'ed25519:AAAA ed25519:BBBB'}),
      madeRelay(5, {familyIds: 'ed25519:BBBB'})
    ])
    const [one, two, three, four, five] = netDir.relays as [Relay, Relay, Relay, Relay, Relay]
    assert.ok(isSameFamily(one, two) && isSameFamily(two, one))
    assert.ok(!isSameFamily(one, three))
    assert.ok(isSameFamily(four, five) && !isSameFamily(three, four))
    assert.ok(isSameFamily(one, one))
  })

  it('chooses in proportion to the weighted bandwidth', () => {
    const weights =
      'Wbd=0 Wbe=0 Wbg=1 Wbm=1 Wdb=10000 Web=10000 Wgb=10000 Wgd=0 Wgg=5000 Wgm=5000 Wmb=10000 Wmd=0 Wme=0 Wmg=2500 Wmm=10000 Wed=1 Wee=1 Weg=1 Wem=1'
    const guard = madeRelay(1, {flags: ['Guard', 'Running'], weight: 'Bandwidth=400'})
    const middle = madeRelay(2, {weight: 'Bandwidth=300'})
    const exit = madeRelay(3, {flags: ['Exit', 'Running'], weight: 'Bandwidth=5000'})
    const netDir = netDirOf([guard, middle, exit], undefined, weights)
    // 400 * 0.25 against 300 * 1 against 5000 * 0.
    const chosen = (fraction: number) => netDir.choose('middle', () => fraction)?.status.nickname
    assert.deepEqual([0, 0.24, 0.26, 0.999].map(chosen), ['relay1', 'relay1', 'relay2', 'relay2'])
    let ones = 0
    for (let i = 0; i < 1000; i++)
      if (netDir.choose('middle', secureFraction)?.status.nickname === 'relay1') ones++
    assert.ok(ones > 150 && ones < 350, `${ones} of 1000 where 250 are expected`)
  })

  it('chooses by bandwidth alone where a weight is missing', () => {
    const netDir = netDirOf(
      [madeRelay(1, {weight: 'Bandwidth=1'}), madeRelay(2, {weight: 'Bandwidth=3'})],
      undefined,
      'Wmm=0'
    )
    const chosen = (fraction: number) => netDir.choose('middle', () => fraction)?.status.nickname
    assert.deepEqual([0.24, 0.26].map(chosen), ['relay1', 'relay2'])
  })
})

describe('weights', () => {
  it('never put an exit that is no guard at the guard position', () => {
    const weights = new Map(['Wgg', 'Wgm', 'Wgd', 'Wgb', 'Wmb', 'Web', 'Wdb'].map(name => [name, 10_000]))
    const weigh = weighFor('guard', weights, 10_000)
    const relay = (flags: readonly string[]) =>
      ({flags: new Set(flags), bandwidth: 7}) as unknown as RelayStatus
    assert.equal(weigh(relay(['Exit'])), 0)
    assert.equal(weigh(relay(['Exit', 'Guard', 'V2Dir'])), 7)
    assert.equal(weigh(relay(['Exit', 'BadExit', 'Guard'])), 7)
  })

  it('exist for every position', () => {
    const positions: readonly Position[] = ['guard', 'middle', 'exit', 'directory']
    for (const position of positions) {
      const bare = weighFor(position, new Map(), 10_000)
      assert.equal(bare({flags: new Set(), bandwidth: 5} as unknown as RelayStatus), 5)
    }
  })

  it('that are all zero leave the choice even, and no candidate is no choice', () => {
    assert.equal(
      chooseWeighted(
        ['a', 'b'],
        () => 0,
        () => 0.6
      ),
      'b'
    )
    assert.equal(
      chooseWeighted(
        [],
        () => 1,
        () => 0.6
      ),
      undefined
    )
    assert.equal(
      chooseWeighted(
        ['a', 'b', 'c'],
        value => (value === 'c' ? 0 : 0.1),
        () => 1 - 2 ** -53
      ),
      'b'
    )
  })
})
