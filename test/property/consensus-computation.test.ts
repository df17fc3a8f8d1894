// Whatever authorities vote for, the consensus does not depend on the order of their votes, is one that every reader can
// read, and lists no relay that most do not list. The votes are real ones, changed at random.

import assert from 'node:assert/strict'
import {describe, it} from 'node:test'
import fc from 'fast-check'
import {toBase16} from '../../src/bytes/base16.ts'
import {generateRsa} from '../../src/crypto/rsa.ts'
import {parseConsensus} from '../../src/netdoc/consensus/parse.ts'
import {printConsensus, printConsensusToSign, signConsensus} from '../../src/netdoc/consensus/print.ts'
import {parseVote} from '../../src/netdoc/vote/parse.ts'
import type {Vote, VotedRelay} from '../../src/netdoc/vote/vote.ts'
import {bandwidthWeights} from '../../src/roles/authority/consensus/bandwidth-weights.ts'
import {computeConsensus} from '../../src/roles/authority/consensus/compute.ts'
import {lowMedian, mostFrequentText} from '../../src/roles/authority/consensus/tally.ts'
import {readVectors} from '../support/package-root.ts'

const RUNS = 150
const SEED = 20261122
const {votes: texts} = readVectors<{votes: string[]}>('voting.json')
const votes: readonly Vote[] = texts.map(text => {
  const vote = parseVote(text)
  assert.ok(vote.ok)
  return vote.value
})
const signingKey = generateRsa(1024)

const FLAGS = [
  'BadExit',
  'Exit',
  'Fast',
  'Guard',
  'HSDir',
  'MiddleOnly',
  'Running',
  'Stable',
  'V2Dir',
  'Valid'
]
const octet = fc.integer({min: 0, max: 3})

const changes: fc.Arbitrary<Partial<VotedRelay>> = fc.record(
  {
    flags: fc.subarray(FLAGS).map(flags => new Set([...flags, 'Running', 'Valid'])),
    bandwidth: fc.option(fc.nat(0xffffffff), {nil: undefined}),
    measured: fc.option(fc.nat(0xffffffff), {nil: undefined}),
    descriptorDigest: octet.map(value => new Uint8Array(20).fill(value)),
    published: octet.map(value => new Date(value * 1000)),
    ed25519: fc.oneof(
      octet.map(value => new Uint8Array(32).fill(value)),
      fc.constant('none' as const),
      fc.constant(undefined)
    ),
    version: fc.constantFrom('Tor 0.4.9.11', 'Tor 0.4.8.9', 'odd', undefined),
    protocols: fc.constantFrom('Link=4-5', 'Link=3-5 Relay=2', ''),
    policy: fc.constantFrom('accept 80', 'reject 1-65535', undefined),
    ipv6: fc.option(
      octet.map(value => ({address: new Uint8Array(16).fill(value + 1), port: value})),
      {nil: undefined}
    ),
    nickname: fc.constantFrom('a', 'b')
  },
  {requiredKeys: []}
)

const changedVote = (vote: Vote) =>
  fc
    .tuple(
      fc.array(fc.option(changes, {nil: undefined}), {
        minLength: vote.relays.length,
        maxLength: vote.relays.length
      }),
      fc.subarray([...vote.relays.keys()]),
      fc.subarray([33, 34, 35, 36]),
      fc.subarray(['Running', ...FLAGS]).map(flags => [...new Set([...flags, 'Running', 'Valid'])].sort())
    )
    .map(([changed, kept, methods, knownFlags]): Vote => {
      const relays = vote.relays
        .map((relay, i) => ({...relay, ...changed[i]}))
        .filter((_relay, i) => kept.includes(i))
        .map(relay => ({
          ...relay,
          flags: new Set([...relay.flags].filter(flag => knownFlags.includes(flag)))
        }))
      return {...vote, relays, methods, knownFlags}
    })

const electorate = fc.tuple(...votes.map(changedVote)).chain(all =>
  fc.record({
    votes: fc.constant(all),
    order: fc.shuffledSubarray(all, {minLength: all.length}),
    authorityCount: fc.integer({min: 3, max: 5})
  })
)

describe('a consensus that is computed from votes', () => {
  it('is the same in whatever order they come, and can be read', () => {
    fc.assert(
      fc.property(electorate, ({votes: all, order, authorityCount}) => {
        const options = {authorityCount, isSharedRandomFresh: false}
        const content = computeConsensus(all, options)
        assert.deepEqual(computeConsensus(order, options), content)
        for (const flavour of ['ns', 'microdesc'] as const) {
          const toSign = printConsensusToSign(content, flavour)
          const identity = all[0]?.voter.identity ?? assert.fail()
          const signature = signConsensus(toSign, flavour, identity, signingKey)
          const parsed = parseConsensus(printConsensus(toSign, [signature]), flavour)
          // A relay for which nobody votes on protocols has a line without any, which readers take.
          assert.ok(parsed.ok, JSON.stringify(parsed))
        }
        for (const {identity, flags} of content.relays) {
          const name = toBase16(identity)
          const listing = all.filter(({relays}) => relays.some(each => toBase16(each.identity) === name))
          assert.ok(listing.length > authorityCount / 2, name)
          assert.ok(!flags.includes('MiddleOnly') || !flags.includes('Guard'))
        }
      }),
      {numRuns: RUNS, seed: SEED}
    )
  })
})

describe('bandwidth weights', () => {
  it('share out all of what each kind of relay has, and never more', () => {
    const kilobytes = fc.bigInt({min: 1n, max: 10n ** 9n})
    fc.assert(
      fc.property(kilobytes, kilobytes, kilobytes, kilobytes, (guard, middle, exit, both) => {
        const weights = new Map(
          (bandwidthWeights({guard, middle, exit, both}, 10_000) ?? []).map(
            pair => pair.split('=') as [string, string]
          )
        )
        if (weights.size === 0) return
        const of = (name: string) => Number(weights.get(name))
        for (const value of weights.values()) assert.ok(Number(value) >= 0 && Number(value) <= 10_000)
        assert.ok(Math.abs(of('Wgg') + of('Wmg') - 10_000) <= 10)
        assert.ok(Math.abs(of('Wee') + of('Wme') - 10_000) <= 10)
        assert.ok(Math.abs(of('Wgd') + of('Wmd') + of('Wed') - 10_000) <= 10)
      }),
      {numRuns: 2000, seed: SEED}
    )
  })
})

describe('what most say', () => {
  it('is the lower median of numbers', () => {
    assert.equal(lowMedian([3, 1, 2]), 2)
    assert.equal(lowMedian([4, 3, 1, 2]), 2)
    assert.equal(lowMedian([7]), 7)
  })

  it('is of texts that stand equally often the one that sorts last', () => {
    assert.equal(mostFrequentText(['a', 'b', 'b', 'a']), 'b')
    assert.equal(mostFrequentText(['a', 'b', 'a']), 'a')
    assert.equal(mostFrequentText([]), undefined)
  })
})
