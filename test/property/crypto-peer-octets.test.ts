// Octets of a peer never make the cryptography throw, whether they are noise or something real with a bit changed.

import assert from 'node:assert/strict'
import {before, test} from 'node:test'
import fc from 'fast-check'
import {answerCircuitExtensions} from '../../src/crypto/circuit-extensions.ts'
import {answerCreateFast, completeCreateFast} from '../../src/crypto/create-fast.ts'
import {ed25519Ready, generateEd25519, signEd25519, verifyEd25519} from '../../src/crypto/ed25519.ts'
import {checkEd25519Cert, makeEd25519Cert} from '../../src/crypto/ed25519-cert.ts'
import {decryptIntroduce} from '../../src/crypto/hs/hs-ntor.ts'
import {parseOnionAddress, printOnionAddress} from '../../src/crypto/hs/onion-address.ts'
import {answerNtor, completeNtor, openNtor} from '../../src/crypto/ntor.ts'
import {answerNtorV3, completeNtorV3, openNtorV3} from '../../src/crypto/ntor-v3.ts'
import {OnionKeys} from '../../src/crypto/onion-keys.ts'
import {
  generateRsa,
  rsaPublicDer,
  rsaPublicFromDer,
  signRsaBare,
  verifyRsaBare
} from '../../src/crypto/rsa.ts'
import {makeTlsCertificates, readIdentityCertificate} from '../../src/crypto/x509.ts'
import {generateX25519, importX25519, x25519} from '../../src/crypto/x25519.ts'
import {CertType} from '../../src/wire/certs.ts'

const now = new Date('2026-11-22T12:00:00Z')
const policy = {congestionControl: {sendmeIncrement: 31}, cgo: 'granted'} as const
const rsaIdentity = new Uint8Array(20).fill(1)
const edIdentity = new Uint8Array(32).fill(2)
const onionKey = generateX25519()
const keys = new OnionKeys([onionKey.secret])
const rsa = generateRsa(1024)

before(() => ed25519Ready)

/** Noise of any length, and `real` with one octet changed, cut short or with octets after it. */
function octetsNear(real: Uint8Array): fc.Arbitrary<Uint8Array> {
  const changed = fc.tuple(fc.nat(real.length - 1), fc.integer({min: 1, max: 255})).map(([at, mask]) => {
    const out = Uint8Array.from(real)
    out[at] = (out[at] as number) ^ mask
    return out
  })
  const cut = fc.nat(real.length - 1).map(length => real.slice(0, length))
  const longer = fc.uint8Array({minLength: 1, maxLength: 40}).map(tail => Uint8Array.from([...real, ...tail]))
  return fc.oneof(fc.uint8Array({maxLength: 2 * real.length}), changed, cut, longer)
}

/** `takes` answers whether it accepted the octets; none of those near `real` may be. */
function acceptsNothingNear(real: Uint8Array, takes: (octets: Uint8Array) => boolean, numRuns = 150): void {
  assert.ok(takes(real), 'the real one is accepted')
  fc.assert(
    fc.property(octetsNear(real), octets => {
      assert.equal(takes(octets), false)
    }),
    {numRuns}
  )
}

/** As above, where some changes do not matter. */
function neverThrowsNear(real: Uint8Array, takes: (octets: Uint8Array) => unknown, numRuns = 150): void {
  fc.assert(
    fc.property(octetsNear(real), octets => {
      takes(octets)
    }),
    {numRuns}
  )
}

test('onion skins of ntor', () => {
  const {onionSkin, state} = openNtor({identity: rsaIdentity, onionKey: onionKey.public})
  // Another client key is as good as this one, so only the identities and lengths are certain to be refused.
  neverThrowsNear(onionSkin, octets => answerNtor(octets, rsaIdentity, keys, 92))
  const answer = answerNtor(onionSkin, rsaIdentity, keys, 92)
  assert.ok(answer.ok)
  acceptsNothingNear(answer.value.reply, octets => completeNtor(state, octets, 92).ok)
})

test('onion skins of ntor-v3', () => {
  const opened = openNtorV3({identity: edIdentity, onionKey: onionKey.public}, Uint8Array.of(1, 1, 0))
  assert.ok(opened.ok)
  const {onionSkin, state} = opened.value
  const decide = (message: Uint8Array) => answerCircuitExtensions(message, policy)
  acceptsNothingNear(onionSkin, octets => answerNtorV3(octets, edIdentity, keys, decide).ok)
  const answer = answerNtorV3(onionSkin, edIdentity, keys, decide)
  assert.ok(answer.ok)
  acceptsNothingNear(answer.value.reply, octets => completeNtorV3(state, octets, () => 92).ok)
})

test('the extensions in them', () => {
  neverThrowsNear(Uint8Array.of(2, 1, 0, 3, 2, 2, 6), octets => answerCircuitExtensions(octets, policy), 1000)
})

test('CREATE_FAST and its answer', () => {
  const x = new Uint8Array(20).fill(3)
  const answer = answerCreateFast(x, 92)
  assert.ok(answer.ok)
  neverThrowsNear(x, octets => answerCreateFast(octets, 92))
  acceptsNothingNear(answer.value.reply, octets => completeCreateFast(x, octets, 92).ok)
})

test('public keys of X25519 and RSA', () => {
  neverThrowsNear(onionKey.public, octets => x25519(onionKey.secret, octets))
  neverThrowsNear(rsaPublicDer(rsa.public), octets => {
    const key = rsaPublicFromDer(octets)
    if (key !== undefined) assert.deepEqual(rsaPublicDer(key), octets)
  })
})

test('signatures of Ed25519 and RSA', () => {
  const key = generateEd25519()
  const message = new Uint8Array(32).fill(4)
  acceptsNothingNear(signEd25519(key, message), octets => verifyEd25519(key.public, octets, message))
  acceptsNothingNear(key.public, octets => verifyEd25519(octets, signEd25519(key, message), message))
  acceptsNothingNear(signRsaBare(rsa, message), octets => {
    const digest = verifyRsaBare(rsa.public, octets)
    return digest !== undefined && Buffer.compare(digest, message) === 0
  })
})

test('Ed25519 certificates', () => {
  const signer = generateEd25519()
  const type = CertType.IDENTITY_V_SIGNING
  const cert = makeEd25519Cert({
    type,
    expiresAt: new Date(now.getTime() + 3_600_000),
    certifiedKey: generateEd25519().public,
    signer,
    includeSigner: true
  })
  acceptsNothingNear(cert, octets => checkEd25519Cert(octets, {type, signer: signer.public, now}).ok)
})

test('identity certificates', async () => {
  const {identityCertDer} = await makeTlsCertificates({identity: rsa, now})
  acceptsNothingNear(identityCertDer, octets => readIdentityCertificate(octets, now).ok)
})

test('the encrypted part of INTRODUCE2', () => {
  const serviceKeys = {
    authKey: edIdentity,
    encryptionKey: importX25519(onionKey.secret),
    subcredentials: [edIdentity]
  }
  neverThrowsNear(new Uint8Array(246).fill(9), octets => {
    assert.equal(decryptIntroduce(serviceKeys, rsaIdentity, octets).ok, false)
  })
})

test('onion addresses', () => {
  const address = printOnionAddress(generateEd25519().public)
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.base64String(), fc.constantFrom(address)), text => {
      const identity = parseOnionAddress(text)
      if (identity !== undefined) assert.equal(printOnionAddress(identity), address)
    })
  )
})
