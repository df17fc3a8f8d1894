import assert from 'node:assert/strict'
import {afterEach, before, beforeEach, describe, it, mock} from 'node:test'
import {toBase16} from '../../../../src/bytes/base16.ts'
import {fromText, toLatin1} from '../../../../src/bytes/octets.ts'
import {ed25519Ready} from '../../../../src/crypto/ed25519.ts'
import {generateRsa, type RsaPrivateKey} from '../../../../src/crypto/rsa.ts'
import {type AuthorityCert, parseAuthorityCert} from '../../../../src/netdoc/authority-cert.ts'
import {printAuthorityCert} from '../../../../src/netdoc/authority-cert-print.ts'
import type {Consensus, ConsensusFlavour} from '../../../../src/netdoc/consensus/consensus.ts'
import {parseConsensus} from '../../../../src/netdoc/consensus/parse.ts'
import {countSignatures} from '../../../../src/netdoc/consensus/verify.ts'
import {EarlyVote} from '../../../../src/roles/authority/early-vote.ts'
import {RECOMMENDED_PROTOCOLS} from '../../../../src/roles/authority/recommended-protocols.ts'
import {authorityRoutes} from '../../../../src/roles/authority/routes.ts'
import {ACCEPTANCE_DEFAULTS} from '../../../../src/roles/authority/view/acceptance.ts'
import {KeyPins} from '../../../../src/roles/authority/view/key-pins.ts'
import {RelayView} from '../../../../src/roles/authority/view/relay-view.ts'
import {Election} from '../../../../src/roles/authority/voting/election.ts'
import type {ElectionEvent} from '../../../../src/roles/authority/voting/election-deps.ts'
import {makeDescriptor} from '../../../support/made-descriptor.ts'
import {makeRelayKeys} from '../../../support/relay-keys.ts'

/** A second after a grid line of ten seconds. */
const START = Date.parse('2026-11-22T12:00:01Z')
const TIMING = {intervalSeconds: 10, voteSeconds: 2, distSeconds: 2}

interface MadeKeys {
  readonly signingKey: RsaPrivateKey
  readonly cert: AuthorityCert
}

const keys: MadeKeys[] = []
let view: RelayView

before(async () => {
  await ed25519Ready
  for (let i = 0; i < 3; i++) {
    const [identityKey, signingKey] = [generateRsa(2048), generateRsa(2048)]
    const [published, expires] = [new Date(START - 1000), new Date(START + 86_400_000)]
    const cert = parseAuthorityCert(printAuthorityCert({identityKey, signingKey, published, expires}))
    assert.ok(cert.ok)
    keys.push({signingKey, cert: cert.value})
  }
  const now = new Date(START)
  const flags = {
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
  }
  view = new RelayView(
    {
      acceptance: {...ACCEPTANCE_DEFAULTS, allowPrivateAddresses: true, pinKeys: true},
      flags,
      testing: undefined,
      maxPerAddress: 0,
      testsReachability: false,
      privateNetworks: 'count'
    },
    {
      pins: new KeyPins(),
      pinned: () => {},
      ownIdentity: new Uint8Array(20),
      isAuthority: () => false,
      measured: () => undefined,
      accepted: () => {}
    },
    now
  )
  assert.equal(view.offer(makeDescriptor(makeRelayKeys(now), now), now), 'accepted')
})

/** One authority of several that reach one another in memory. */
class Member {
  readonly events: ElectionEvent[] = []
  readonly published: Record<ConsensusFlavour, Uint8Array>[] = []
  readonly election: Election
  /** What the others send does not arrive. */
  isDeaf = false
  #live: Consensus | undefined

  constructor(index: number, members: readonly Member[], count: number) {
    const own = keys[index] ?? assert.fail()
    const others = () => members.filter(member => member !== this)
    this.election = new Election(
      {
        timing: {...TIMING, initial: TIMING, offsetSeconds: 0, intervalsValid: 3},
        authorities: keys.slice(0, count).map(({cert}) => cert.identity),
        platform: {
          clientVersions: undefined,
          serverVersions: undefined,
          protocols: RECOMMENDED_PROTOCOLS,
          params: new Map([['a', 1]]),
          voter: {
            nickname: `auth${index}`,
            identity: own.cert.identity,
            hostname: '127.0.0.1',
            ipv4: Uint8Array.of(127, 0, 0, 1),
            dirPort: 1,
            orPort: 2,
            contact: 'caf\u00c3\u00a9'
          }
        },
        knowsReachabilityAt: 0
      },
      {
        keys: () => own,
        opinion: now => view.opinion(now),
        sharedRandom: undefined,
        peers: {
          post: (path, body) => {
            for (const other of others()) if (!other.isDeaf) other.hear('POST', path, body)
          },
          fetch: async path =>
            others().flatMap(other => other.hear('GET', path.replace(/\.z$/, ''), new Uint8Array(0)) ?? [])
        },
        liveConsensus: () => this.#live,
        publish: documents => {
          this.published.push(documents)
          const parsed = parseConsensus(documents.ns, 'ns')
          assert.ok(parsed.ok, JSON.stringify(parsed))
          this.#live = parsed.value
        },
        gotCert: () => {},
        isHeldBack: () => false,
        log: event => this.events.push(event),
        nowMs: Date.now
      }
    )
  }

  hear(method: 'GET' | 'POST', path: string, body: Uint8Array): Uint8Array | undefined {
    const {election} = this
    const routes = authorityRoutes({election, upload: () => 'accepted', identity: new Uint8Array(20)})
    const route = routes.find(
      each =>
        each.method === method && (each.match === 'exact' ? path === each.path : path.startsWith(each.path))
    )
    const answer = route?.handle({path, body})
    return answer?.status === 200 ? Buffer.concat(answer.body ?? []) : undefined
  }

  outcomes(kind: ElectionEvent['kind']): readonly ElectionEvent[] {
    return this.events.filter(event => event.kind === kind)
  }
}

function assemble(count: number): readonly Member[] {
  const members: Member[] = []
  for (let i = 0; i < count; i++) members.push(new Member(i, members, count))
  return members
}

function signatures(document: Uint8Array, flavour: ConsensusFlavour): number {
  const parsed = parseConsensus(document, flavour)
  assert.ok(parsed.ok, JSON.stringify(parsed))
  const certs = keys.map(({cert}) => cert)
  const authorities = parsed.value.voters.map(({identity}) => identity)
  return countSignatures(parsed.value, {authorities, certs, now: new Date(START)}).good
}

/** Second by second, so that what one does between timers is heard by the others in time. */
async function pass(seconds: number): Promise<void> {
  for (let i = 0; i < seconds * 4; i++) {
    mock.timers.tick(250)
    await Promise.resolve()
    await Promise.resolve()
  }
}

describe('an election', () => {
  beforeEach(() => mock.timers.enable({apis: ['setTimeout', 'Date'], now: START}))
  afterEach(() => mock.timers.reset())

  it('of three ends in one consensus with three signatures, round after round', async () => {
    const members = assemble(3)
    for (const {election} of members) election.start()
    await pass(21)
    for (const {election} of members) election.stop()
    const [first] = members
    for (const {published, events} of members) {
      assert.equal(published.length, 2, JSON.stringify(events))
      assert.deepEqual(published, first?.published)
    }
    for (const flavour of ['ns', 'microdesc'] as const) {
      const parsed = parseConsensus(first?.published[0]?.[flavour] ?? assert.fail(), flavour)
      assert.ok(parsed.ok)
      assert.equal(parsed.value.validAfter.toISOString(), '2026-11-22T12:00:10.000Z')
      assert.equal(parsed.value.relays.length, 1)
      assert.equal(parsed.value.method, 35)
      assert.deepEqual([...parsed.value.params], [['a', 1]])
      assert.equal(signatures(first?.published[1]?.[flavour] ?? assert.fail(), flavour), 3)
    }
  })

  it('fetches the votes and signatures that were not sent to it', async () => {
    const members = assemble(3)
    const [deaf = assert.fail()] = members
    deaf.isDeaf = true
    for (const {election} of members) election.start()
    await pass(10)
    for (const {election} of members) election.stop()
    const document = deaf.published[0]?.ns ?? assert.fail(JSON.stringify(deaf.events))
    assert.equal(signatures(document, 'ns'), 3)
  })

  it('goes on with two of three, and not with one', async () => {
    const [first = assert.fail(), second = assert.fail()] = assemble(3)
    first.election.start()
    second.election.start()
    await pass(10)
    second.election.stop()
    assert.equal(first.published.length, 1)
    await pass(10)
    first.election.stop()
    assert.equal(first.published.length, 1)
    assert.equal(first.outcomes('too-few-votes').length, 1)
  })

  it('takes no vote by strangers, for another round, or too late', async () => {
    const members = assemble(3)
    const [first = assert.fail(), second = assert.fail(), third = assert.fail()] = members
    first.isDeaf = true
    second.election.start()
    await pass(6)
    second.election.stop()
    const vote = second.election.vote(keys[1]?.cert.identity ?? assert.fail(), 'pending') ?? assert.fail()
    assert.equal(first.election.receiveVotes(vote), 'stored')
    assert.equal(first.election.receiveVotes(vote), 'duplicate')
    assert.equal(first.election.receiveVotes(fromText('network-status-version 3\n')), 'unreadable')
    const lone = new Member(0, [], 1)
    assert.equal(lone.election.receiveVotes(vote), 'unknown-authority')
    await pass(2)
    assert.equal(new Member(0, [], 3).election.receiveVotes(vote), 'too-late')
    await pass(4)
    assert.equal(new Member(0, [], 3).election.receiveVotes(vote), 'other-round')
    assert.equal(third.election.receiveSignatures(fromText('x')), 'unreadable')
  })

  it('keeps signatures that come before its own consensus, up to a bound', async () => {
    const members = assemble(3)
    const [first = assert.fail(), second = assert.fail()] = members
    for (const {election} of members) election.start()
    await pass(7.5)
    for (const {election} of members) election.stop()
    const detached = second.election.detachedSignatures ?? assert.fail()
    assert.equal(first.election.receiveSignatures(detached), 'nothing-new')
    const late = new Member(0, [], 3)
    const outcomes = Array.from({length: 8}, () => late.election.receiveSignatures(detached))
    assert.deepEqual(outcomes, [...new Array<string>(6).fill('queued'), 'nothing-new', 'nothing-new'])
    await pass(10)
    assert.equal(new Member(0, [], 3).election.receiveSignatures(detached), 'other-round')
  })

  it('of one authority alone can be held at once, and goes on by the clock', async () => {
    const [lone = assert.fail()] = assemble(1)
    lone.election.start()
    lone.election.voteEarly()
    assert.equal(lone.published.length, 1)
    const parsed = parseConsensus(lone.published[0]?.microdesc ?? assert.fail(), 'microdesc')
    assert.ok(parsed.ok)
    assert.equal(parsed.value.validAfter.toISOString(), '2026-11-22T12:00:00.000Z')
    lone.election.voteEarly()
    assert.equal(lone.published.length, 1, 'not twice for one interval')
    await pass(10)
    lone.election.stop()
    assert.equal(lone.published.length, 2)
    const contact = toLatin1(lone.published[1]?.ns ?? assert.fail())
    assert.match(contact, /^contact caf\u00c3\u00a9$/m)
  })

  it('shows its votes to whoever asks, for a round longer than they count', async () => {
    const [lone = assert.fail()] = assemble(1)
    const identity = keys[0]?.cert.identity ?? assert.fail()
    const ask = (path: string) => lone.hear('GET', `/tor/status-vote/${path}`, new Uint8Array(0))
    lone.election.start()
    await pass(7.5)
    assert.ok(ask(`next/${toBase16(identity)}`))
    assert.ok(ask('next/consensus'))
    assert.ok(ask('next/consensus-microdesc'))
    assert.ok(ask('next/consensus-signatures'))
    assert.equal(ask(`current/${toBase16(identity)}`), undefined)
    await pass(2)
    lone.election.stop()
    assert.equal(ask('next/consensus'), undefined)
    assert.ok(ask(`current/${toBase16(identity)}`))
    assert.equal(ask(`current/${'0'.repeat(40)}`), undefined)
  })
})

describe('an early vote', () => {
  beforeEach(() => mock.timers.enable({apis: ['setTimeout', 'Date'], now: START}))
  afterEach(() => mock.timers.reset())

  function watch(expected: number | undefined) {
    const state = {running: 0, votes: 0, hasConsensus: false}
    const early = new EarlyVote(expected, {
      running: () => state.running,
      hasConsensus: () => state.hasConsensus,
      vote: () => {
        state.votes++
        state.hasConsensus = true
      },
      nowMs: Date.now
    })
    return {state, early}
  }

  it('waits for as many relays as it was told of, half a minute at most', () => {
    const {state, early} = watch(3)
    state.running = 2
    early.news()
    mock.timers.tick(5000)
    assert.deepEqual([state.votes, early.isWaiting], [0, true])
    state.running = 3
    early.news()
    assert.deepEqual([state.votes, early.isWaiting], [1, false])
    const other = watch(3)
    other.state.running = 2
    assert.equal(other.early.isWaiting, true)
    mock.timers.tick(30_000)
    assert.equal(other.early.isWaiting, false)
  })

  it('waits until no more come where nobody knows how many there are', () => {
    const {state, early} = watch(undefined)
    early.news()
    assert.equal(early.isWaiting, true, 'a network without relays')
    for (let i = 0; i < 3; i++) {
      state.running++
      early.news()
      mock.timers.tick(900)
    }
    assert.equal(state.votes, 0)
    mock.timers.tick(200)
    assert.equal(state.votes, 1)
    early.news()
    mock.timers.tick(5000)
    assert.equal(state.votes, 1)
  })
})
