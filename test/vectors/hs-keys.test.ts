// Blinded keys, subcredentials, addresses, time periods and places on the hash ring.

import assert from 'node:assert/strict'
import {before, test} from 'node:test'
import {ed25519} from '@noble/curves/ed25519.js'
import {toBase16} from '../../src/bytes/base16.ts'
import {
  ed25519FromExpanded,
  ed25519FromSeed,
  ed25519Ready,
  signEd25519,
  verifyEd25519
} from '../../src/crypto/ed25519.ts'
import {blindingParameter, blindKeyPair, blindPublic, subcredential} from '../../src/crypto/hs/blinding.ts'
import {disasterSharedRandom, hsdirIndex, hsIndex} from '../../src/crypto/hs/hash-ring.ts'
import {parseOnionAddress, printOnionAddress} from '../../src/crypto/hs/onion-address.ts'
import {
  DEFAULT_TIME_PERIOD_RULES,
  nextTimePeriod,
  timePeriodAt,
  timePeriodStart
} from '../../src/crypto/hs/time-period.ts'
import {hex} from '../support/hex.ts'
import {readVectors} from '../support/package-root.ts'

type Strings<Field extends string> = Record<Field, string>

before(() => ed25519Ready)

test('keys are blinded as the reference implementation blinds them (rend-spec-v3 A.2)', () => {
  const {vectors} = readVectors<{
    vectors: Strings<
      | 'secret_seed'
      | 'expanded_secret_key'
      | 'public_key'
      | 'blinding_param'
      | 'blinded_secret_key'
      | 'blinded_public_key'
      | 'self_signature'
    >[]
  }>('ed25519_blinding.json')
  assert.ok(vectors.length > 0)
  for (const vector of vectors) {
    const key = ed25519FromSeed(hex(vector.secret_seed))
    assert.equal(toBase16(key.expanded), vector.expanded_secret_key)
    assert.equal(toBase16(key.public), vector.public_key)
    assert.equal(toBase16(signEd25519(key, key.public)), vector.self_signature)
    const parameter = hex(vector.blinding_param)
    const blinded = blindKeyPair(key, parameter)
    assert.equal(toBase16(blinded.expanded), vector.blinded_secret_key)
    assert.equal(toBase16(blinded.public), vector.blinded_public_key)
    assert.deepEqual(blindPublic(key.public, parameter), blinded.public)
    assert.deepEqual(ed25519FromExpanded(blinded.expanded).public, blinded.public)
    const signature = signEd25519(blinded, parameter)
    assert.ok(verifyEd25519(blinded.public, signature, parameter))
    assert.ok(ed25519.verify(signature, parameter, blinded.public))
  }
})

test('a service is blinded by its time period, and has its subcredential from that (rend-spec-v3 2.1, A.2)', () => {
  const {vectors} = readVectors<{
    vectors: (Strings<
      | 'identity_public_key'
      | 'identity_secret_key_expanded'
      | 'blinding_param'
      | 'blinded_public_key'
      | 'blinded_secret_key_expanded'
      | 'subcredential'
    > & {time_period: number; period_length_minutes: number})[]
  }>('hs_blinding.json')
  assert.ok(vectors.length > 0)
  for (const vector of vectors) {
    const period = {number: vector.time_period, lengthMinutes: vector.period_length_minutes}
    const key = ed25519FromExpanded(hex(vector.identity_secret_key_expanded))
    assert.equal(toBase16(key.public), vector.identity_public_key)
    const parameter = blindingParameter(key.public, period)
    assert.equal(toBase16(parameter), vector.blinding_param)
    const blinded = blindKeyPair(key, parameter)
    assert.equal(toBase16(blinded.public), vector.blinded_public_key)
    assert.equal(toBase16(blinded.expanded), vector.blinded_secret_key_expanded)
    assert.equal(toBase16(subcredential(key.public, blinded.public)), vector.subcredential)
  }
})

test('an address is the identity, a checksum and the version in base32 (rend-spec-v3 6)', () => {
  const {vectors} = readVectors<{vectors: Strings<'ed25519_public_key' | 'address_without_suffix'>[]}>(
    'onion_address.json'
  )
  assert.ok(vectors.length > 0)
  for (const {ed25519_public_key, address_without_suffix} of vectors) {
    const identity = hex(ed25519_public_key)
    assert.equal(printOnionAddress(identity), `${address_without_suffix}.onion`)
    assert.deepEqual(parseOnionAddress(address_without_suffix), identity)
    assert.deepEqual(parseOnionAddress(`www.${address_without_suffix.toUpperCase()}.onion`), identity)
  }
})

test('time periods are counted from 1970 and begin at noon (rend-spec-v3 2.2.1)', () => {
  const {vectors} = readVectors<{
    vectors: {utc: string; period_num: number; next_period_start?: string}[]
  }>('time_period.json')
  assert.ok(vectors.length > 0)
  for (const {utc, period_num, next_period_start} of vectors) {
    const period = timePeriodAt(new Date(utc), DEFAULT_TIME_PERIOD_RULES)
    assert.equal(period.number, period_num)
    if (next_period_start === undefined) continue
    const start = timePeriodStart(nextTimePeriod(period), DEFAULT_TIME_PERIOD_RULES)
    assert.deepEqual(start, new Date(next_period_start))
  }
})

interface Ring {
  hs_index: (Strings<'blinded_public_key' | 'expect'> & {
    replica: number
    period_length_minutes: number
    period_num: number
  })[]
  hsdir_index: (Strings<'node_ed25519_id' | 'shared_random_value' | 'expect'> & {
    period_length_minutes: number
    period_num: number
  })[]
  disaster_srv: {period_num: number; period_length_minutes: number; expect: string}[]
}

test('descriptors and HSDirs have their places on the ring (rend-spec-v3 2.2.3)', () => {
  const ring = readVectors<Ring>('hsdir_index.json')
  assert.ok(ring.hs_index.length > 0 && ring.hsdir_index.length > 0 && ring.disaster_srv.length > 0)
  for (const row of ring.hs_index) {
    const period = {number: row.period_num, lengthMinutes: row.period_length_minutes}
    assert.equal(toBase16(hsIndex(hex(row.blinded_public_key), row.replica, period)), row.expect)
  }
  for (const row of ring.hsdir_index) {
    const period = {number: row.period_num, lengthMinutes: row.period_length_minutes}
    const index = hsdirIndex(hex(row.node_ed25519_id), hex(row.shared_random_value), period)
    assert.equal(toBase16(index), row.expect)
  }
  for (const row of ring.disaster_srv) {
    const period = {number: row.period_num, lengthMinutes: row.period_length_minutes}
    assert.equal(toBase16(disasterSharedRandom(period)), row.expect)
  }
})
