// Which consensuses a directory makes diffs from, and how often.

import assert from 'node:assert/strict'
import {test} from 'node:test'
import {fromText} from '../../src/bytes/octets.ts'
import type {ConsensusText} from '../../src/netdoc/consensus/consensus.ts'
import {diffBaseDigest} from '../../src/netdoc/consensus-diff/apply.ts'
import {ConsensusDiffs} from '../../src/roles/relay/directory/consensus-diffs.ts'

function text(name: string): ConsensusText {
  const octets = fromText(`${name}\ndirectory-signature `)
  return {octets, signedLength: octets.length}
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
