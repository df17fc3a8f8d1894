// The CERTS cell and the certificates of a C tor relay (certs.json), as far as their layout goes.

import assert from 'node:assert/strict'
import {test} from 'node:test'
import {toBase16} from '../../src/bytes/base16.ts'
import {decode, encode} from '../../src/codec/codec.ts'
import {CertType, certs} from '../../src/wire/certs.ts'
import {CertExtensionType, CertifiedKeyType, ed25519Cert} from '../../src/wire/ed25519-cert.ts'
import {rsaEd25519Crosscert} from '../../src/wire/rsa-ed25519-crosscert.ts'
import {hex} from '../support/hex.ts'
import {readVectors} from '../support/package-root.ts'

interface Vectors {
  readonly relay_signing_key: string
  readonly relay_identity_key: string
  readonly ed25519_certs: readonly {type: number; cert: string; expires: string}[]
  readonly rsa_crosscert_type7: {readonly ed25519_identity: string; readonly crosscert: string}
  readonly certs_cell_body_responder: string
}

const vectors = readVectors<Vectors>('certs.json')
const HOUR_MS = 3_600_000

test('a CERTS cell holds certificates, each with its type and length', () => {
  const octets = hex(vectors.certs_cell_body_responder)
  const decoded = decode(certs, octets)
  assert.ok(decoded.ok)
  assert.deepEqual(
    decoded.value.certs.map(({type}) => type),
    [
      CertType.RSA_LINK,
      CertType.RSA_IDENTITY,
      CertType.IDENTITY_V_SIGNING,
      CertType.SIGNING_V_TLS_CERT,
      CertType.RSA_IDENTITY_V_ED25519
    ]
  )
  const byType = new Map(decoded.value.certs.map(({type, cert}) => [type, toBase16(cert)]))
  for (const {type, cert} of vectors.ed25519_certs) assert.equal(byType.get(type), cert)
  assert.equal(byType.get(CertType.RSA_IDENTITY_V_ED25519), vectors.rsa_crosscert_type7.crosscert)
  assert.deepEqual(encode(certs, decoded.value), octets)
})

for (const {type, cert, expires} of vectors.ed25519_certs) {
  test(`an Ed25519 certificate of type ${type} names its key, its hour of expiry and its extensions`, () => {
    const octets = hex(cert)
    const decoded = decode(ed25519Cert, octets)
    assert.ok(decoded.ok)
    const {value} = decoded
    assert.equal(value.type, type)
    assert.equal(value.expirationHours * HOUR_MS, Date.parse(expires))
    assert.deepEqual(value.signed, octets.subarray(0, -64))
    assert.deepEqual(value.signature, octets.subarray(-64))
    if (type === CertType.IDENTITY_V_SIGNING) {
      assert.equal(value.keyType, CertifiedKeyType.ED25519)
      assert.equal(toBase16(value.certifiedKey), vectors.relay_signing_key)
      const extensions = value.extensions.map(({type, flags, data}) => ({type, flags, data: toBase16(data)}))
      const signingKey = {type: CertExtensionType.SIGNING_KEY, flags: 0, data: vectors.relay_identity_key}
      assert.deepEqual(extensions, [signingKey])
    } else {
      assert.equal(value.keyType, CertifiedKeyType.SHA256_X509)
      assert.deepEqual(value.extensions, [])
    }
    assert.deepEqual(encode(ed25519Cert, value), octets)
  })
}

test('an RSA to Ed25519 cross-certificate has nothing after its signature', () => {
  const octets = hex(vectors.rsa_crosscert_type7.crosscert)
  const decoded = decode(rsaEd25519Crosscert, octets)
  assert.ok(decoded.ok)
  assert.equal(toBase16(decoded.value.ed25519Key), vectors.rsa_crosscert_type7.ed25519_identity)
  assert.deepEqual(decoded.value.signed, octets.subarray(0, 36))
  assert.equal(decoded.value.signature.length, 128)
  assert.deepEqual(encode(rsaEd25519Crosscert, decoded.value), octets)
  const longer = decode(rsaEd25519Crosscert, Uint8Array.of(...octets, 0))
  assert.ok(!longer.ok)
  assert.equal(longer.fault.code, 'trailing')
})
