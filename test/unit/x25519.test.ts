// Agreement between both forms of a secret, and refusal of points that give an all-zero secret.

import assert from 'node:assert/strict'
import {test} from 'node:test'
import {x25519 as oracle} from '@noble/curves/ed25519.js'
import {
  generateX25519,
  generateX25519Key,
  importX25519,
  x25519,
  x25519Public
} from '../../src/crypto/x25519.ts'
import {BugError} from '../../src/fault/fault.ts'

test('an imported key and its octets give the same secret as an independent implementation', () => {
  const ours = generateX25519()
  const theirs = generateX25519()
  const expected = oracle.getSharedSecret(ours.secret, theirs.public)
  assert.deepEqual(x25519(ours.secret, theirs.public), expected)
  assert.deepEqual(x25519(importX25519(ours.secret), theirs.public), expected)
  assert.deepEqual(x25519Public(ours.secret), ours.public)
  assert.deepEqual(importX25519(ours.secret).public, ours.public)
})

test('an ephemeral key agrees with its peer', () => {
  const ephemeral = generateX25519Key()
  const peer = generateX25519()
  assert.deepEqual(x25519(ephemeral, peer.public), x25519(peer.secret, ephemeral.public))
})

test('a point of small order gives no secret', () => {
  const secret = generateX25519().secret
  const one = new Uint8Array(32)
  one[0] = 1
  const orderEight = Buffer.from('e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800', 'hex')
  const fieldPrime = Uint8Array.from({length: 32}, (_, i) => (i === 0 ? 0xed : i === 31 ? 0x7f : 0xff))
  for (const point of [new Uint8Array(32), one, new Uint8Array(orderEight), fieldPrime]) {
    assert.equal(x25519(secret, point), undefined)
  }
})

test('the top bit of a public key is ignored and values above the field prime are reduced (RFC 7748 5)', () => {
  const ours = generateX25519()
  const theirs = generateX25519()
  const marked = Uint8Array.from(theirs.public)
  marked[31] = (marked[31] as number) | 0x80
  assert.deepEqual(x25519(ours.secret, marked), x25519(ours.secret, theirs.public))
})

test('a public key of another length is refused; a secret of another length is a bug', () => {
  const {secret, public: ownPublic} = generateX25519()
  for (const length of [0, 31, 33]) assert.equal(x25519(secret, new Uint8Array(length).fill(9)), undefined)
  assert.throws(() => x25519(secret.subarray(1), ownPublic), BugError)
})
