// cert type 2 of CERTS: whatever a peer puts there, reading it gives a key or a fault and never throws.

import assert from 'node:assert/strict'
import {before, test} from 'node:test'
import fc from 'fast-check'
import {generateRsa} from '../../src/crypto/rsa.ts'
import {makeTlsCertificates, readIdentityCertificate} from '../../src/crypto/x509.ts'

const NOW = new Date('2026-11-22T12:34:56Z')
let certificate: Uint8Array

before(async () => {
  const made = await makeTlsCertificates({identity: generateRsa(1024), now: NOW})
  certificate = made.identityCertDer
})

test('a certificate with any one octet changed is refused', () => {
  for (let at = 0; at < certificate.length; at++) {
    for (const flip of [0x01, 0x04, 0x80, 0xff]) {
      const changed = certificate.slice()
      changed[at] = (changed[at] as number) ^ flip
      assert.equal(readIdentityCertificate(changed, NOW).ok, false, `octet ${at} ^ ${flip}`)
    }
  }
})

test('a certificate cut short or followed by more is refused', () => {
  for (let length = 0; length < certificate.length; length += 7) {
    assert.equal(readIdentityCertificate(certificate.subarray(0, length), NOW).ok, false)
  }
  const longer = new Uint8Array(certificate.length + 1)
  longer.set(certificate)
  assert.equal(readIdentityCertificate(longer, NOW).ok, false)
})

test('octets out of nowhere are refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({maxLength: 2000}), octets => {
      assert.equal(readIdentityCertificate(octets, NOW).ok, false)
    }),
    {seed: 20261122, numRuns: 200}
  )
})
