// The certificates we make, looked at from outside, and those of peers that must be refused.

import assert from 'node:assert/strict'
import {createPrivateKey, generateKeyPairSync, X509Certificate} from 'node:crypto'
import {before, test} from 'node:test'
import {connect, createServer, type TLSSocket} from 'node:tls'
import {concat} from '../../src/bytes/octets.ts'
import {generateRsa} from '../../src/crypto/rsa.ts'
import {
  chooseLifetime,
  makeTlsCertificates,
  readIdentityCertificate,
  type TlsCertificates
} from '../../src/crypto/x509.ts'

const DAY_MS = 86_400_000
const now = new Date('2026-11-22T12:34:56Z')
const identity = generateRsa(1024)
let made: TlsCertificates

before(async () => {
  made = await makeTlsCertificates({identity, now})
})

test('the link certificate holds an RSA-2048 key and is signed by the identity with SHA-256 (tor-spec 2.1)', () => {
  const link = new X509Certificate(made.linkCertDer)
  assert.equal(link.publicKey.asymmetricKeyDetails?.modulusLength, 2048)
  assert.ok(link.verify(identity.public.handle))
  assert.ok(link.checkPrivateKey(createPrivateKey(made.linkKeyPem)))
  assert.match(link.subject, /^CN=www\.[a-z2-7]{8,20}\.net$/)
  assert.match(link.issuer, /^CN=www\.[a-z2-7]{8,20}\.com$/)
  assert.match(link.serialNumber, /^[4-7][0-9A-F]{15}$/)
  assert.deepEqual(new Uint8Array(new X509Certificate(made.linkCertPem).raw), made.linkCertDer)
})

test('the identity certificate is self-signed, RSA-1024 and shares the issuer of the link certificate', () => {
  const certificate = new X509Certificate(made.identityCertDer)
  assert.equal(certificate.subject, certificate.issuer)
  assert.equal(certificate.issuer, new X509Certificate(made.linkCertDer).issuer)
  assert.ok(certificate.verify(certificate.publicKey))
  const read = readIdentityCertificate(made.identityCertDer, now)
  assert.ok(read.ok)
  assert.deepEqual(read.value.der, identity.public.der)
})

test('both certificates are X.509 version 3 without extensions', () => {
  for (const der of [made.linkCertDer, made.identityCertDer]) {
    // The version is the first field of the body, [0] EXPLICIT INTEGER 2; extensions would be [3] at its end.
    assert.ok(Buffer.from(der).includes(Buffer.from('a003020102', 'hex')))
    const legacy = new X509Certificate(der).toLegacyObject()
    assert.equal(legacy.ext_key_usage, undefined)
    assert.equal(legacy.subjectaltname, undefined)
    assert.equal(legacy.ca, false)
  }
})

test('certificates begin on a day boundary in the past and keep at least a day', () => {
  for (const days of [1, 2, 3, 5, 365]) {
    for (let round = 0; round < 50; round++) {
      const {notBefore, notAfter} = chooseLifetime(now, days)
      assert.equal(notBefore.getTime() % DAY_MS, 0)
      assert.ok(notBefore <= now)
      assert.equal(notAfter.getTime() - notBefore.getTime(), days * DAY_MS)
      assert.ok(days < 3 || notAfter.getTime() - now.getTime() >= DAY_MS)
    }
  }
})

test('a lifetime that was asked for is kept', async () => {
  const {linkCertDer} = await makeTlsCertificates({identity, now, lifetimeDays: 30})
  const {validFrom, validTo} = new X509Certificate(linkCertDer)
  assert.equal(Date.parse(validTo) - Date.parse(validFrom), 30 * DAY_MS)
})

test('node:tls serves the link certificate and a client sees its octets', async () => {
  const server = createServer({key: made.linkKeyPem, cert: made.linkCertPem})
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  const socket: TLSSocket = connect({port: address.port, host: '127.0.0.1', rejectUnauthorized: false})
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve)
      socket.once('error', reject)
    })
    assert.deepEqual(new Uint8Array(socket.getPeerCertificate().raw), made.linkCertDer)
  } finally {
    socket.destroy()
    await new Promise(resolve => server.close(resolve))
  }
})

function refused(der: Uint8Array, at: Date, code: string): void {
  const read = readIdentityCertificate(der, at)
  assert.equal(read.ok ? 'accepted' : read.fault.code, code)
}

test('an identity certificate with another key size or key type is refused', async () => {
  const large = await makeTlsCertificates({identity: generateRsa(2048), now})
  refused(large.identityCertDer, now, 'x509-not-rsa-1024')
  refused(made.linkCertDer, now, 'x509-not-rsa-1024')
})

test('an identity certificate whose signature is not its own is refused', () => {
  const changed = Uint8Array.from(made.identityCertDer)
  changed[changed.length - 1] = (changed[changed.length - 1] as number) ^ 1
  refused(changed, now, 'x509-not-self-signed')
})

test('an identity certificate outside its time, tolerances included, is refused', () => {
  const {validFrom, validTo} = new X509Certificate(made.identityCertDer)
  const ends = Date.parse(validTo)
  const begins = Date.parse(validFrom)
  refused(made.identityCertDer, new Date(ends + 2 * DAY_MS + 1), 'x509-expired')
  refused(made.identityCertDer, new Date(begins - 30 * DAY_MS - 1), 'x509-not-yet-valid')
  assert.ok(readIdentityCertificate(made.identityCertDer, new Date(ends + 2 * DAY_MS)).ok)
  assert.ok(readIdentityCertificate(made.identityCertDer, new Date(begins - 30 * DAY_MS)).ok)
})

test('what is not exactly the DER of a certificate is refused', () => {
  const der = made.identityCertDer
  refused(concat(der, Uint8Array.of(0)), now, 'x509-malformed')
  refused(new Uint8Array(0), now, 'x509-malformed')
  refused(new TextEncoder().encode(new X509Certificate(der).toString()), now, 'x509-malformed')
  for (let length = 0; length < der.length; length += 7)
    refused(der.subarray(0, length), now, 'x509-malformed')
  const key = generateKeyPairSync('ed25519').publicKey.export({type: 'spki', format: 'der'})
  refused(key, now, 'x509-malformed')
})
