import assert from 'node:assert/strict'
import {describe, it} from 'node:test'
import {makeCommit} from '../../../../src/netdoc/vote/shared-random-commit.ts'
import {computeSharedRandom} from '../../../../src/roles/authority/shared-random/compute.ts'
import {
  parseSharedRandomMemory,
  printSharedRandomMemory
} from '../../../../src/roles/authority/shared-random/memory.ts'
import {
  type SharedRandomMemory,
  SharedRandomState
} from '../../../../src/roles/authority/shared-random/state.ts'

const INTERVAL = 10
const RUN = 24 * INTERVAL
/** A run of the protocol begins here. */
const START = 1_700_000_160 - (1_700_000_160 % RUN)
const [us, them, stranger] = [1, 2, 3].map(octet => new Uint8Array(20).fill(octet)) as [
  Uint8Array,
  Uint8Array,
  Uint8Array
]

function open(now: number, memory?: SharedRandomMemory) {
  const kept: SharedRandomMemory[] = []
  let drawn = 0
  const state = new SharedRandomState(now, memory, {
    identity: us,
    authorities: [us, them],
    intervalSeconds: () => INTERVAL,
    random: () => new Uint8Array(32).fill(++drawn),
    changed: changed => kept.push(changed)
  })
  return {state, kept}
}

const theirs = makeCommit(them, START, new Uint8Array(32).fill(9))
const promised = {...theirs, reveal: undefined}

describe('the shared random protocol', () => {
  it('commits in the first half of a run and shows no reveal there', () => {
    const {state} = open(START)
    state.prepareRound(START + INTERVAL)
    assert.equal(state.phase, 'commit')
    const {commits, current, previous} = state.forVote
    assert.equal(commits.length, 1)
    assert.equal(commits[0]?.reveal, undefined)
    assert.equal(state.commits[0]?.reveal?.length, 56)
    assert.equal(current ?? previous, undefined)
  })

  it('reveals in the second half, under the same commit', () => {
    const {state} = open(START)
    state.prepareRound(START + INTERVAL)
    const before = state.forVote.commits[0]?.commit
    state.prepareRound(START + 12 * INTERVAL)
    assert.equal(state.phase, 'reveal')
    assert.equal(state.forVote.commits[0]?.commit, before)
    assert.ok(state.forVote.commits[0]?.reveal)
  })

  it('takes the first commit of each authority that it knows, from that authority alone', () => {
    const {state} = open(START)
    state.prepareRound(START + INTERVAL)
    state.receive(stranger, [{...promised, identity: stranger}])
    state.receive(us, [promised])
    assert.equal(state.commits.length, 1)
    state.receive(them, [theirs])
    assert.equal(state.commits.length, 1, 'a reveal has no place in the commit phase')
    state.receive(them, [promised])
    state.receive(them, [{...makeCommit(them, START, new Uint8Array(32)), reveal: undefined}])
    assert.deepEqual(state.commits[1], promised)
  })

  it('takes a reveal that keeps what was promised, and no other', () => {
    const {state} = open(START)
    state.prepareRound(START + INTERVAL)
    state.receive(them, [promised])
    state.prepareRound(START + 12 * INTERVAL)
    const lie = makeCommit(them, START, new Uint8Array(32).fill(8))
    state.receive(them, [{...promised, reveal: lie.reveal}])
    state.receive(them, [lie])
    assert.equal(state.commits[1]?.reveal, undefined)
    state.receive(them, [theirs])
    assert.equal(state.commits[1]?.reveal, theirs.reveal)
  })

  it('makes a value of the reveals when the next run begins, and commits anew', () => {
    const {state} = open(START)
    state.prepareRound(START + INTERVAL)
    state.receive(them, [promised])
    state.prepareRound(START + 12 * INTERVAL)
    state.receive(them, [theirs])
    const {commits} = state
    state.prepareRound(START + RUN)
    assert.equal(state.isFresh, true)
    assert.deepEqual(state.forVote.current, computeSharedRandom(commits, undefined))
    assert.equal(state.forVote.current?.reveals, 2)
    assert.equal(state.commits.length, 1)
    assert.notEqual(state.commits[0]?.commit, commits[0]?.commit)
  })

  it('goes by the consensus, whatever it computed itself', () => {
    const {state} = open(START + 12 * INTERVAL)
    state.prepareRound(START + 13 * INTERVAL)
    state.prepareRound(START + RUN)
    const agreed = {reveals: 5, value: new Uint8Array(32).fill(5)}
    state.adopt({previous: undefined, current: agreed})
    assert.equal(state.isFresh, false)
    state.prepareRound(START + RUN + 12 * INTERVAL)
    state.prepareRound(START + 2 * RUN)
    assert.deepEqual(state.forVote.previous, agreed)
  })

  it('goes on after a restart with the number that it committed to', () => {
    const first = open(START)
    first.state.prepareRound(START + INTERVAL)
    const memory = first.kept.at(-1) ?? assert.fail()
    const text = printSharedRandomMemory(memory, 'ramson 0.1.0', new Date(0))
    const read = parseSharedRandomMemory(text) ?? assert.fail(text)
    assert.deepEqual(read, memory)
    const second = open(START + 2 * INTERVAL, read)
    second.state.prepareRound(START + 12 * INTERVAL)
    assert.equal(second.state.forVote.commits[0]?.reveal, first.state.commits[0]?.reveal)
  })

  it('forgets what is older than its run, and what cannot be read', () => {
    const memory = {
      validAfter: START - RUN,
      validUntil: START - 1,
      commits: [theirs],
      previous: undefined,
      current: {reveals: 1, value: new Uint8Array(32)}
    }
    const {state} = open(START, memory)
    assert.equal(state.commits.length, 0)
    assert.equal(state.forVote.current, undefined)
    assert.equal(parseSharedRandomMemory(''), undefined)
    const text = printSharedRandomMemory(memory, 'x', new Date(0))
    assert.equal(parseSharedRandomMemory(text.replace('Version 1', 'Version 2')), undefined)
  })
})
