// Certificates we make are the ones we accept, and every way a certificate can disappoint is told apart.

import assert from 'node:assert/strict'
import {before, test} from 'node:test'
import {concat} from '../../src/bytes/octets.ts'
import {encode} from '../../src/codec/codec.ts'
import {type Ed25519KeyPair, ed25519Ready, generateEd25519, signEd25519} from '../../src/crypto/ed25519.ts'
import {checkEd25519Cert, type Ed25519CertDemands, makeEd25519Cert} from '../../src/crypto/ed25519-cert.ts'
import {CertType} from '../../src/wire/certs.ts'
import {type CertExtension, CertifiedKeyType, ed25519Cert} from '../../src/wire/ed25519-cert.ts'

const now = new Date('2026-11-22T12:30:00Z')
const type = CertType.IDENTITY_V_SIGNING
const demands: Ed25519CertDemands = {type, now}
let identity: Ed25519KeyPair
let signing: Ed25519KeyPair

before(async () => {
  await ed25519Ready
  identity = generateEd25519()
  signing = generateEd25519()
})

function made(expiresAt: Date, includeSigner = true): Uint8Array {
  return makeEd25519Cert({type, expiresAt, certifiedKey: signing.public, signer: identity, includeSigner})
}

/** A certificate with any extensions, signed all the same. */
function madeWith(extensions: readonly CertExtension[]): Uint8Array {
  const cert = encode(ed25519Cert, {
    type,
    expirationHours: Math.ceil(now.getTime() / 3_600_000) + 1,
    keyType: CertifiedKeyType.ED25519,
    certifiedKey: signing.public,
    extensions,
    signature: new Uint8Array(64)
  })
  const body = cert.subarray(0, cert.length - 64)
  return concat(body, signEd25519(identity, body))
}

function refused(cert: Uint8Array, code: string, asked = demands): void {
  const checked = checkEd25519Cert(cert, asked)
  assert.equal(checked.ok ? 'accepted' : checked.fault.code, code)
}

function accepted(cert: Uint8Array, asked = demands): void {
  const checked = checkEd25519Cert(cert, asked)
  assert.equal(checked.ok ? 'accepted' : checked.fault.code, 'accepted')
}

test('a certificate is valid through the hour that its expiry was rounded up to', () => {
  const cert = made(new Date(now.getTime() + 1))
  const checked = checkEd25519Cert(cert, demands)
  assert.ok(checked.ok)
  assert.deepEqual(checked.value.expiresAt, new Date('2026-11-22T13:00:00Z'))
  assert.deepEqual(checked.value.certifiedKey, signing.public)
  assert.deepEqual(checked.value.signer, identity.public)
  accepted(cert, {type, now: new Date('2026-11-22T13:00:00Z')})
  refused(cert, 'ed25519-cert-expired', {type, now: new Date('2026-11-22T13:00:00.001Z')})
})

test('the embedded signer must be the expected one, and be there where nothing else names it', () => {
  const later = new Date(now.getTime() + 1000)
  accepted(made(later), {...demands, signer: identity.public})
  accepted(made(later, false), {...demands, signer: identity.public})
  accepted(made(later), {...demands, signer: identity.public, embedded: 'required'})
  refused(made(later), 'ed25519-cert-signer', {...demands, signer: signing.public})
  refused(made(later, false), 'ed25519-cert-signer')
  refused(made(later, false), 'ed25519-cert-signer', {
    ...demands,
    signer: identity.public,
    embedded: 'required'
  })
})

test('a certificate of another type or for another kind of key is refused', () => {
  const cert = made(new Date(now.getTime() + 1000))
  refused(cert, 'ed25519-cert-type', {type: CertType.SIGNING_V_LINK_AUTH, now})
  refused(cert, 'ed25519-cert-type', {...demands, certifiedKeyType: CertifiedKeyType.SHA256_X509})
})

test('an unknown extension is ignored unless it affects validation (cert-spec 2.2)', () => {
  const signer = {type: 4, flags: 0, data: identity.public}
  const critical = {type: 4, flags: 1, data: identity.public}
  const unknown = {type: 99, flags: 0, data: Uint8Array.of(1, 2, 3)}
  accepted(madeWith([unknown, signer]))
  accepted(madeWith([critical]))
  refused(madeWith([signer, {...unknown, flags: 1}]), 'ed25519-cert-extension')
  accepted(madeWith([signer, {...unknown, flags: 0xfe}]))
})

test('two signers or one of the wrong size are refused', () => {
  const signer = {type: 4, flags: 0, data: identity.public}
  refused(madeWith([signer, signer]), 'ed25519-cert-extension')
  refused(madeWith([{...signer, data: identity.public.subarray(1)}]), 'ed25519-cert-extension')
})

test('a certificate changed in any octet, cut at any length or with octets after it is refused', () => {
  const cert = made(new Date(now.getTime() + 1000))
  for (let at = 0; at < cert.length; at++) {
    const changed = Uint8Array.from(cert)
    changed[at] = (changed[at] as number) ^ 1
    assert.equal(checkEd25519Cert(changed, {...demands, signer: identity.public}).ok, false, `octet ${at}`)
    refused(cert.subarray(0, at), 'ed25519-cert-malformed')
  }
  refused(concat(cert, Uint8Array.of(0)), 'ed25519-cert-malformed')
})
