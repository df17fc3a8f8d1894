// Bare signatures, the one accepted form of a public key, and what is refused in its place.

import assert from 'node:assert/strict'
import {createHash, generateKeyPairSync, verify} from 'node:crypto'
import {test} from 'node:test'
import {concat, fromText} from '../../src/bytes/octets.ts'
import {sha1, sha256} from '../../src/crypto/digest.ts'
import {
  generateRsa,
  rsaFromPem,
  rsaIdentity,
  rsaPublicDer,
  rsaPublicFromDer,
  rsaPublicPem,
  rsaToPem,
  signRsaBare,
  verifyRsaBare
} from '../../src/crypto/rsa.ts'

const key = generateRsa(1024)

test('a bare signature gives back the digest, whatever its length', () => {
  for (const digest of [sha1(fromText('a')), sha256(fromText('a'))]) {
    const signature = signRsaBare(key, digest)
    assert.equal(signature.length, 128)
    assert.deepEqual(verifyRsaBare(key.public, signature), digest)
  }
})

test('a signature that was changed, cut or made by another key gives back nothing equal to the digest', () => {
  const digest = sha1(fromText('a'))
  const signature = signRsaBare(key, digest)
  const changed = Uint8Array.from(signature)
  changed[5] = (changed[5] as number) ^ 1
  for (const wrong of [
    changed,
    signature.subarray(1),
    concat(signature, Uint8Array.of(0)),
    new Uint8Array(128)
  ]) {
    assert.equal(verifyRsaBare(key.public, wrong), undefined)
  }
  assert.notDeepEqual(verifyRsaBare(generateRsa(1024).public, signature), digest)
})

test('the identity is the SHA-1 of the PKCS#1 form', () => {
  const expected = createHash('sha1').update(rsaPublicDer(key.public)).digest()
  assert.deepEqual(rsaIdentity(key.public), new Uint8Array(expected))
})

test('a private key survives its PEM form', () => {
  const pem = rsaToPem(key)
  assert.match(pem, /^-----BEGIN RSA PRIVATE KEY-----/)
  assert.match(rsaPublicPem(key.public), /^-----BEGIN RSA PUBLIC KEY-----/)
  const read = rsaFromPem(pem)
  assert.deepEqual(read?.public.der, key.public.der)
})

test('a public key is read only from the DER it would be written as', () => {
  const der = rsaPublicDer(key.public)
  assert.equal(rsaPublicFromDer(der)?.bits, 1024)
  assert.equal(rsaPublicFromDer(concat(der, Uint8Array.of(0))), undefined)
  assert.equal(rsaPublicFromDer(der.subarray(0, -1)), undefined)
  assert.equal(rsaPublicFromDer(new Uint8Array(0)), undefined)
})

test('an exponent other than 65537 is refused', () => {
  const {publicKey, privateKey} = generateKeyPairSync('rsa', {modulusLength: 1024, publicExponent: 3})
  assert.equal(rsaPublicFromDer(publicKey.export({type: 'pkcs1', format: 'der'})), undefined)
  assert.equal(rsaFromPem(privateKey.export({type: 'pkcs1', format: 'pem'}).toString()), undefined)
})

test('PEM that is encrypted, of another kind of key, or no PEM is refused without asking for a passphrase', () => {
  const {privateKey} = generateKeyPairSync('rsa', {modulusLength: 1024})
  const encrypted = privateKey.export({type: 'pkcs8', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'x'})
  const other = generateKeyPairSync('ed25519').privateKey.export({type: 'pkcs8', format: 'pem'})
  for (const pem of [encrypted.toString(), other.toString(), 'no key'])
    assert.equal(rsaFromPem(pem), undefined)
})

test('a bare signature is not one that names its digest', () => {
  const signature = signRsaBare(key, sha256(fromText('a')))
  assert.equal(verify('sha256', fromText('a'), key.public.handle, signature), false)
})
