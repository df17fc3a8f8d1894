// Which consensuses a directory makes diffs from, and how often.

import assert from 'node:assert/strict'
import {test} from 'node:test'
import {diffAgeMs} from '../../src/app/relay-directory.ts'
import {fromText} from '../../src/bytes/octets.ts'
import type {Consensus, ConsensusText} from '../../src/netdoc/consensus/consensus.ts'
import {diffBaseDigest} from '../../src/netdoc/consensus-diff/apply.ts'
import {ConsensusDiffs} from '../../src/roles/relay/directory/consensus-diffs.ts'

const HOUR_MS = 3_600_000

type DatedText = ConsensusText & Pick<Consensus, 'validAfter'>

function text(name: string, validAfterMs = Date.now()): DatedText {
  const octets = fromText(`${name}\ndirectory-signature `)
  return {octets, signedLength: octets.length, validAfter: new Date(validAfterMs)}
}

function madeOf(diffs: ConsensusDiffs, base: ConsensusText): Promise<Uint8Array | undefined> {
  return diffs.find(diffBaseDigest(base))
}

test('diffs start from the last six consensuses, and are made once for each newest one', async () => {
  let made = 0
  const diffs = new ConsensusDiffs((base, target) => {
    made++
    return Promise.resolve(fromText(`${base.octets.length}-${target.octets.length}`))
  })
  const texts = Array.from({length: 10}, (_, i) => text('x'.repeat(i)))
  for (const each of texts) diffs.setTarget(each)
  const found = await Promise.all(texts.map(each => madeOf(diffs, each)))
  assert.deepEqual(
    found.map(diff => diff !== undefined),
    [false, false, false, true, true, true, true, true, true, false]
  )
  assert.equal(made, 6)
  await Promise.all(texts.map(each => madeOf(diffs, each)))
  assert.equal(made, 6)
  diffs.setTarget(text('newest'))
  assert.notDeepEqual(await madeOf(diffs, text('x'.repeat(8))), found[8])
  assert.equal(made, 7)
})

test('a consensus that is set twice is no base of itself', async () => {
  const diffs = new ConsensusDiffs(() => Promise.resolve(fromText('diff')))
  for (const name of ['a', 'b', 'a', 'a']) diffs.setTarget(text(name))
  assert.equal(await madeOf(diffs, text('a')), undefined)
  assert.notEqual(await madeOf(diffs, text('b')), undefined)
})

test('without anything that makes diffs there are none', async () => {
  const diffs = new ConsensusDiffs(undefined)
  diffs.setTarget(text('a'))
  diffs.setTarget(text('b'))
  assert.equal(await madeOf(diffs, text('a')), undefined)
})

test('MaxConsensusAgeForDiffs: no diff starts from an older consensus, also while there is no newer one', async () => {
  let now = 0
  let maxAgeMs = 3 * HOUR_MS
  const diffs = new ConsensusDiffs(() => Promise.resolve(fromText('diff')), {
    nowMs: () => now,
    maxAgeMs: () => maxAgeMs
  })
  const texts = Array.from({length: 5}, (_, hour) => text(`hour ${hour}`, hour * HOUR_MS))
  for (const [hour, each] of texts.entries()) {
    now = hour * HOUR_MS
    diffs.setTarget(each)
  }
  const startsFrom = async () => {
    const found = await Promise.all(texts.map(each => madeOf(diffs, each)))
    return found.flatMap((diff, hour) => (diff === undefined ? [] : [hour]))
  }
  assert.deepEqual(await startsFrom(), [1, 2, 3])
  now = 5 * HOUR_MS
  assert.deepEqual(await startsFrom(), [2, 3])
  maxAgeMs = HOUR_MS
  assert.deepEqual(await startsFrom(), [])
})

test('MaxConsensusAgeForDiffs goes before max-consensus-age-to-cache-for-diff, which counts hours up to 8192', () => {
  const hours = (value: number | undefined, configuredMs: number) =>
    diffAgeMs(() => value, configuredMs) / HOUR_MS
  assert.equal(hours(undefined, 0), 8192)
  assert.equal(hours(12, 0), 12)
  assert.equal(hours(-1, 0), 0)
  assert.equal(hours(9000, 0), 8192)
  assert.equal(hours(12, 2 * HOUR_MS), 2)
  assert.equal(hours(12, 9000 * HOUR_MS), 8192)
})
