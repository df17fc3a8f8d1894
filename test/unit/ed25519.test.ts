// What a verifier must refuse so that all verifiers agree, and that parts are signed as their concatenation.

import assert from 'node:assert/strict'
import {createPrivateKey, sign} from 'node:crypto'
import {before, test} from 'node:test'
import {ed25519} from '@noble/curves/ed25519.js'
import {concat, fromText} from '../../src/bytes/octets.ts'
import {
  type Ed25519KeyPair,
  ed25519FromExpanded,
  ed25519FromSeed,
  ed25519Ready,
  generateEd25519,
  isEd25519Public,
  signEd25519,
  verifyEd25519
} from '../../src/crypto/ed25519.ts'
import {BugError} from '../../src/fault/fault.ts'

const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n
const message = fromText('message')

function littleEndian(value: bigint): Uint8Array {
  return Uint8Array.from({length: 32}, (_, i) => Number((value >> BigInt(8 * i)) & 255n))
}

function fromLittleEndian(octets: Uint8Array): bigint {
  return octets.reduceRight((sum, octet) => (sum << 8n) | BigInt(octet), 0n)
}

before(() => ed25519Ready)

test('a key from a seed signs what node:crypto signs with that seed', () => {
  const seed = new Uint8Array(32).fill(7)
  const jwk = {
    kty: 'OKP',
    crv: 'Ed25519',
    d: Buffer.from(seed).toString('base64url'),
    x: Buffer.from(ed25519FromSeed(seed).public).toString('base64url')
  }
  const expected = sign(null, message, createPrivateKey({key: jwk, format: 'jwk'}))
  assert.deepEqual(signEd25519(ed25519FromSeed(seed), message), new Uint8Array(expected))
})

test('an expanded key keeps its public half', () => {
  const key = generateEd25519()
  assert.deepEqual(ed25519FromExpanded(key.expanded).public, key.public)
})

test('parts are signed as their concatenation', () => {
  const key = generateEd25519()
  const signature = signEd25519(key, fromText('mes'), fromText('sage'))
  assert.deepEqual(signature, signEd25519(key, message))
  assert.ok(verifyEd25519(key.public, signature, fromText('m'), fromText('essage')))
})

test('a signature whose S is not reduced is refused', () => {
  const key = generateEd25519()
  const signature = signEd25519(key, message)
  const s = fromLittleEndian(signature.subarray(32))
  const malleable = concat(signature.subarray(0, 32), littleEndian(s + ORDER))
  assert.ok(verifyEd25519(key.public, signature, message))
  assert.equal(verifyEd25519(key.public, malleable, message), false)
})

test('the identity, points of small order and non-canonical encodings are no public keys', () => {
  const smallOrder = [
    littleEndian(1n),
    littleEndian(0n),
    littleEndian(2n ** 255n - 20n),
    Uint8Array.from(Buffer.from('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a', 'hex'))
  ]
  for (const octets of smallOrder) assert.equal(isEd25519Public(octets), false)
  assert.equal(isEd25519Public(littleEndian(2n ** 255n - 18n)), false)
  assert.equal(isEd25519Public(generateEd25519().public.subarray(1)), false)
  assert.ok(isEd25519Public(generateEd25519().public))
})

test('a signature of all zeros does not verify under a key of small order', () => {
  const identity = littleEndian(1n)
  assert.equal(verifyEd25519(identity, concat(identity, new Uint8Array(32)), message), false)
})

test('a signature that verifies under a key with a torsion component is refused', () => {
  const key = generateEd25519()
  const torsion = ed25519.Point.fromHex(
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
    true
  )
  const mixed = ed25519.Point.fromBytes(key.public).add(torsion).toBytes()
  const forged: Ed25519KeyPair = {expanded: key.expanded, public: mixed}
  // An eighth of all challenges cancels the torsion, and a verifier without the group check accepts those.
  const accepted = Array.from({length: 64}, (_, i) => Uint8Array.of(i)).filter(text => {
    const signature = signEd25519(forged, text)
    assert.equal(verifyEd25519(mixed, signature, text), false)
    return ed25519.verify(signature, text, mixed, {zip215: true})
  })
  assert.ok(accepted.length > 0)
  assert.equal(isEd25519Public(mixed), false)
})

test('wrong lengths are bugs in keys of ours and refusals in what a peer sent', () => {
  assert.throws(() => ed25519FromExpanded(new Uint8Array(63)), BugError)
  assert.throws(() => ed25519FromSeed(new Uint8Array(33)), BugError)
  const key = generateEd25519()
  assert.equal(verifyEd25519(key.public, new Uint8Array(63), message), false)
  assert.equal(verifyEd25519(new Uint8Array(31), new Uint8Array(64), message), false)
})
