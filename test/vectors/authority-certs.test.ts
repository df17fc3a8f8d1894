import assert from 'node:assert/strict'
import {describe, it} from 'node:test'
import {toBase16Upper} from '../../src/bytes/base16.ts'
import {sha256} from '../../src/crypto/digest.ts'
import {parseAuthorityCert, parseAuthorityCerts} from '../../src/netdoc/authority-cert.ts'
import {readVectors} from '../support/package-root.ts'

const {documents} = readVectors<{documents: Record<string, string>}>('authority_certs.json')
const document = (name: string) => documents[name] ?? assert.fail(name)
const names = ['AUTHORITY_CERT_A', 'AUTHORITY_CERT_B', 'AUTHORITY_CERT_C']

describe('authority certificates of the C tor source', () => {
  for (const name of names) {
    it(`${name} verifies`, () => {
      const cert = parseAuthorityCert(document(name))
      assert.ok(cert.ok, JSON.stringify(cert))
      assert.equal(toBase16Upper(cert.value.identity), /^fingerprint (\S+)$/m.exec(document(name))?.[1])
    })
  }

  it('name their signing key by its digest', () => {
    const cert = parseAuthorityCert(document('AUTHORITY_CERT_A'))
    assert.ok(cert.ok)
    assert.equal(toBase16Upper(cert.value.signingKeyDigest), documents['AUTHORITY_SIGNKEY_A_DIGEST'])
    assert.equal(toBase16Upper(sha256(cert.value.signingKey.der)), documents['AUTHORITY_SIGNKEY_A_DIGEST256'])
    assert.equal(cert.value.expires.toISOString(), '2009-12-12T18:07:24.000Z')
  })

  it('are found one behind the other, and a broken one does not hide the next', () => {
    const [a, b, c] = names.map(document) as [string, string, string]
    const result = parseAuthorityCerts(a + b.replace('dir-key-published 2013', 'dir-key-published 2012') + c)
    assert.ok(result.ok)
    assert.equal(result.value.accepted.length, 2)
    assert.deepEqual(
      result.value.refused.map(fault => [fault.code, fault.data?.keyword]),
      [['bad-signature', 'dir-key-certification']]
    )
  })

  it('are refused when any octet that is signed changes', () => {
    const text = document('AUTHORITY_CERT_C')
    const end = text.indexOf('dir-key-certification')
    for (let at = 0; at < end; at += 17) {
      const changed = text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ 1) + text.slice(at + 1)
      assert.ok(!parseAuthorityCert(changed).ok, `offset ${at}`)
    }
  })

  it('are refused with the crosscert of another key', () => {
    const crosscert = /dir-key-crosscert\n-----BEGIN[\s\S]*?-----END [A-Z ]+-----\n/
    const other = crosscert.exec(document('AUTHORITY_CERT_B'))?.[0] ?? assert.fail()
    const result = parseAuthorityCert(document('AUTHORITY_CERT_C').replace(crosscert, other))
    assert.ok(!result.ok && result.fault.code === 'bad-signature')
    assert.equal(result.fault.data?.keyword, 'dir-key-crosscert')
  })
})
