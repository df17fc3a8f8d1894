// Revision counters against C tor's own test values, and against what rend-spec-v3 F asks of them.

import assert from 'node:assert/strict'
import {test} from 'node:test'
import {ed25519Ready, generateEd25519} from '../../src/crypto/ed25519.ts'
import {
  encryptRevisionCounter,
  MAX_REVISION_SECONDS,
  revisionCounterKey
} from '../../src/crypto/hs/revision-counter.ts'
import {hex} from '../support/hex.ts'
import {readVectors} from '../support/package-root.ts'

const {key, vectors} = readVectors<{key: string; vectors: {v: number; r: string}[]}>(
  'ope_revision_counter.json'
)
const octets = hex(key)

test('rend-spec-v3 F.2: the counters of C tor', () => {
  assert.ok(vectors.length > 0)
  for (const {v, r} of vectors) assert.equal(encryptRevisionCounter(octets, v), BigInt(r), `second ${v}`)
})

test('rend-spec-v3 F.1: a later second has a larger counter', () => {
  let before = 0n
  for (let second = 1; second <= 2000; second++) {
    const counter = encryptRevisionCounter(octets, second)
    assert.ok(counter > before)
    before = counter
  }
  assert.ok(encryptRevisionCounter(octets, MAX_REVISION_SECONDS) > before)
  assert.throws(() => encryptRevisionCounter(octets, 0))
  assert.throws(() => encryptRevisionCounter(octets, MAX_REVISION_SECONDS + 1))
})

test('rend-spec-v3 F.2: each blinded key has a key of its own', async () => {
  await ed25519Ready
  const [a, b] = [generateEd25519(), generateEd25519()]
  assert.deepEqual(revisionCounterKey(a), revisionCounterKey(a))
  assert.notDeepEqual(revisionCounterKey(a), revisionCounterKey(b))
})
