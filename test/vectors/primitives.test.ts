// Key derivation, key agreement, signatures and MACs against published values and against an independent implementation.

import assert from 'node:assert/strict'
import {before, test} from 'node:test'
import {ed25519} from '@noble/curves/ed25519.js'
import {toBase16} from '../../src/bytes/base16.ts'
import {fromText} from '../../src/bytes/octets.ts'
import {macSha3} from '../../src/crypto/digest.ts'
import {ed25519FromSeed, ed25519Ready, signEd25519, verifyEd25519} from '../../src/crypto/ed25519.ts'
import {hkdfSha256, kdfTor} from '../../src/crypto/kdf.ts'
import {x25519, x25519Public} from '../../src/crypto/x25519.ts'
import {hex} from '../support/hex.ts'
import {readVectors} from '../support/package-root.ts'

interface Kdf {
  input_ascii: string
  output: string
}

before(() => ed25519Ready)

test('KDF-TOR concatenates SHA-1 digests of the secret and a counter (tor-spec 5.2.1)', () => {
  const {kdf_tor_sha1} = readVectors<{kdf_tor_sha1: {vectors: Kdf[]}}>('kdf.json')
  assert.ok(kdf_tor_sha1.vectors.length > 0)
  for (const {input_ascii, output} of kdf_tor_sha1.vectors) {
    assert.equal(toBase16(kdfTor(fromText(input_ascii), output.length / 2)), output)
  }
})

test('ntor expands its secret with HKDF-SHA256 (tor-spec 5.2.2)', () => {
  const {hkdf_sha256_ntor} = readVectors<{
    hkdf_sha256_ntor: {salt_ascii: string; info_ascii: string; vectors: Kdf[]}
  }>('kdf.json')
  const salt = fromText(hkdf_sha256_ntor.salt_ascii)
  const info = fromText(hkdf_sha256_ntor.info_ascii)
  assert.ok(hkdf_sha256_ntor.vectors.length > 0)
  for (const {input_ascii, output} of hkdf_sha256_ntor.vectors) {
    assert.equal(toBase16(hkdfSha256(fromText(input_ascii), salt, info, output.length / 2)), output)
  }
})

test('X25519 agrees with RFC 7748 6.1', () => {
  const {vectors} = readVectors<{vectors: Record<'a' | 'A' | 'b' | 'B' | 'shared', string>[]}>('x25519.json')
  assert.ok(vectors.length > 0)
  for (const vector of vectors) {
    assert.equal(toBase16(x25519Public(hex(vector.a))), vector.A)
    assert.equal(toBase16(x25519Public(hex(vector.b))), vector.B)
    for (const [secret, peer] of [
      [vector.a, vector.B],
      [vector.b, vector.A]
    ] as const) {
      const shared = x25519(hex(secret), hex(peer))
      assert.equal(shared === undefined ? undefined : toBase16(shared), vector.shared)
    }
  }
})

test('Ed25519 signs and verifies the reference vectors through expanded keys', () => {
  const {vectors} = readVectors<{
    vectors: Record<'secret_seed' | 'public_key' | 'signature' | 'message', string>[]
  }>('ed25519_sign.json')
  assert.ok(vectors.length > 0)
  for (const vector of vectors) {
    const key = ed25519FromSeed(hex(vector.secret_seed))
    const message = hex(vector.message)
    assert.equal(toBase16(key.public), vector.public_key)
    const signature = signEd25519(key, message)
    assert.equal(toBase16(signature), vector.signature)
    assert.ok(verifyEd25519(key.public, signature, message))
    assert.ok(ed25519.verify(signature, message, key.public, {zip215: false}))
    assert.equal(verifyEd25519(key.public, signature, message, Uint8Array.of(0)), false)
  }
})

test('The onion-service MAC is SHA3-256 over the length of the key, the key and the message (rend-spec-v3 0.3)', () => {
  const {vectors} = readVectors<{vectors: {key_ascii: string; message_ascii: string; mac: string}[]}>(
    'hs_mac_sha3.json'
  )
  assert.ok(vectors.length > 0)
  for (const {key_ascii, message_ascii, mac} of vectors) {
    assert.equal(toBase16(macSha3(fromText(key_ascii), fromText(message_ascii))), mac)
  }
})
