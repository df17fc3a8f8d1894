// A relay's certificates as C tor made them: the Ed25519 chain, the cross-certificate and the identity certificate.

import assert from 'node:assert/strict'
import {before, test} from 'node:test'
import {toBase16} from '../../src/bytes/base16.ts'
import {decode} from '../../src/codec/codec.ts'
import {ed25519Ready} from '../../src/crypto/ed25519.ts'
import {checkEd25519Cert} from '../../src/crypto/ed25519-cert.ts'
import {rsaPublicDer} from '../../src/crypto/rsa.ts'
import {readIdentityCertificate} from '../../src/crypto/x509.ts'
import {CertType, certs} from '../../src/wire/certs.ts'
import {CertifiedKeyType} from '../../src/wire/ed25519-cert.ts'
import {hex} from '../support/hex.ts'
import {readVectors} from '../support/package-root.ts'

interface Vectors {
  valid_at: string
  relay_signing_key: string
  relay_identity_key: string
  ed25519_certs: {type: number; cert: string; expires: string; tls_cert_sha256?: string}[]
  rsa_crosscert_type7: {rsa_identity_pkcs1_der: string}
  certs_cell_body_responder: string
}

const vectors = readVectors<Vectors>('certs.json')
const now = new Date(vectors.valid_at)

function certOfType(type: number): Vectors['ed25519_certs'][number] {
  const found = vectors.ed25519_certs.find(cert => cert.type === type)
  assert.ok(found !== undefined)
  return found
}

before(() => ed25519Ready)

test('type 4: the identity, embedded, certifies the signing key (cert-spec A.1)', () => {
  const {cert, expires} = certOfType(CertType.IDENTITY_V_SIGNING)
  const checked = checkEd25519Cert(hex(cert), {type: CertType.IDENTITY_V_SIGNING, now})
  assert.ok(checked.ok)
  assert.equal(toBase16(checked.value.certifiedKey), vectors.relay_signing_key)
  assert.equal(toBase16(checked.value.signer), vectors.relay_identity_key)
  assert.deepEqual(checked.value.expiresAt, new Date(expires))
})

test('type 5: the signing key certifies the SHA-256 of the TLS certificate (cert-spec A.1)', () => {
  const {cert, expires, tls_cert_sha256} = certOfType(CertType.SIGNING_V_TLS_CERT)
  const checked = checkEd25519Cert(hex(cert), {
    type: CertType.SIGNING_V_TLS_CERT,
    certifiedKeyType: CertifiedKeyType.SHA256_X509,
    signer: hex(vectors.relay_signing_key),
    now
  })
  assert.ok(checked.ok)
  assert.equal(toBase16(checked.value.certifiedKey), tls_cert_sha256)
  assert.deepEqual(checked.value.expiresAt, new Date(expires))
})

test('type 2 in a CERTS cell carries the RSA identity that the cross-certificate was made with (tor-spec 4.2)', () => {
  const body = decode(certs, hex(vectors.certs_cell_body_responder))
  assert.ok(body.ok)
  const identity = body.value.certs.find(({type}) => type === CertType.RSA_IDENTITY)
  assert.ok(identity !== undefined)
  const key = readIdentityCertificate(identity.cert, now)
  assert.ok(key.ok)
  assert.equal(toBase16(rsaPublicDer(key.value)), vectors.rsa_crosscert_type7.rsa_identity_pkcs1_der)
})
