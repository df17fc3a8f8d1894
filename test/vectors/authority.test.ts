import assert from 'node:assert/strict'
import {describe, it} from 'node:test'
import {fromBase16, toBase16} from '../../src/bytes/base16.ts'
import {toBase64} from '../../src/bytes/base64.ts'
import {concat} from '../../src/bytes/octets.ts'
import {sha3_256} from '../../src/crypto/digest.ts'
import {parseExitRule} from '../../src/netdoc/exit-policy.ts'
import {summarizePolicy} from '../../src/netdoc/policy-summary.ts'
import {parseTime} from '../../src/netdoc/time.ts'
import {isKept, makeCommit, parseCommit} from '../../src/netdoc/vote/shared-random-commit.ts'
import {bandwidthWeights} from '../../src/roles/authority/consensus/bandwidth-weights.ts'
import {computeSharedRandom} from '../../src/roles/authority/shared-random/compute.ts'
import {phaseAt} from '../../src/roles/authority/shared-random/phase.ts'
import {intervalStartAfter} from '../../src/roles/authority/voting/schedule.ts'
import {readVectors} from '../support/package-root.ts'

const vectors = readVectors<{
  policySummaries: readonly {policy: readonly string[]; summary: string}[]
  bandwidthWeights: readonly {
    case: string
    guard: number
    middle: number
    exit: number
    both: number
    weights: readonly string[] | null
  }[]
  votingSchedule: readonly (readonly [number, number, number, number])[]
  sharedRandom: {
    encoding: {seconds: number; randomIsSha3Of: string; reveal: string; commit: string}
    value: {
      revealed: readonly {identity: string; hashedReveal: string; reveal: string}[]
      previous: string
      reveals: number
      value: string
    }
    phases: readonly (readonly [string, string])[]
  }
}>('authority.json')

const hex = (text: string) => fromBase16(text) ?? assert.fail(text)

describe('policy summaries of the C tor source', () => {
  for (const {policy, summary} of vectors.policySummaries) {
    it(`${policy.slice(0, 4).join(', ')}${policy.length > 4 ? ' …' : ''}`, () => {
      const rules = policy.map(rule => {
        const [kind = '', pattern = ''] = rule.split(' ')
        return parseExitRule(kind === 'accept' ? 'accept' : 'reject', pattern) ?? assert.fail(rule)
      })
      assert.equal(summarizePolicy(rules), summary)
    })
  }
})

describe('bandwidth weights of the C tor source', () => {
  for (const {case: name, guard, middle, exit, both, weights} of vectors.bandwidthWeights) {
    it(`${name}: ${guard}, ${middle}, ${exit}, ${both}`, () => {
      const totals = {guard: BigInt(guard), middle: BigInt(middle), exit: BigInt(exit), both: BigInt(both)}
      assert.deepEqual(bandwidthWeights(totals, 10_000), weights ?? undefined)
    })
  }
})

describe('voting intervals of the C tor source', () => {
  for (const [now, interval, offset, start] of vectors.votingSchedule) {
    it(`the next one after ${now} of ${interval} s, moved by ${offset} s, begins at ${start}`, () => {
      assert.equal(intervalStartAfter(now, interval, offset), start)
    })
  }
})

describe('shared random numbers of the C tor source', () => {
  it('are committed to and revealed', () => {
    const {seconds, randomIsSha3Of, reveal, commit} = vectors.sharedRandom.encoding
    const made = makeCommit(new Uint8Array(20), seconds, sha3_256(hex(randomIsSha3Of)))
    assert.equal(made.reveal, reveal)
    assert.equal(made.commit, commit)
    assert.equal(isKept(commit, reveal), true)
    assert.equal(isKept(commit, reveal.replace('Gchda', 'Gchdb')), false)
    assert.deepEqual(parseCommit(['1', 'sha3-256', '00'.repeat(20), commit, reveal]), made)
    assert.equal(parseCommit(['2', 'sha3-256', '00'.repeat(20), commit]), undefined)
    assert.equal(parseCommit(['1', 'sha256', '00'.repeat(20), commit]), undefined)
    assert.equal(parseCommit(['1', 'sha3-256', '00'.repeat(20), `${commit}AAAA`]), undefined)
  })

  it('become a value, in the order of their hashes and without what was not revealed', () => {
    const {revealed, previous, reveals, value} = vectors.sharedRandom.value
    const commits = revealed.map(({identity, hashedReveal, reveal}) => ({
      identity: hex(identity),
      commit: toBase64(concat(new Uint8Array(8), hex(hashedReveal))),
      reveal
    }))
    const unrevealed = {...(commits[0] ?? assert.fail()), identity: hex('44'.repeat(20)), reveal: undefined}
    const shared = computeSharedRandom([...commits.toReversed(), unrevealed], {
      reveals: 42,
      value: hex(previous)
    })
    assert.equal(shared.reveals, reveals)
    assert.equal(toBase16(shared.value), value)
  })

  for (const [time, phase] of vectors.sharedRandom.phases) {
    it(`${time} is in the ${phase} phase of an hourly network`, () => {
      assert.equal(phaseAt(Number(parseTime(time)) / 1000, 3600), phase)
    })
  }
})
