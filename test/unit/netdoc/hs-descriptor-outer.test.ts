import assert from 'node:assert/strict'
import {before, describe, it} from 'node:test'
import {fromText, toLatin1} from '../../../src/bytes/octets.ts'
import {type Ed25519KeyPair, ed25519Ready, generateEd25519} from '../../../src/crypto/ed25519.ts'
import {makeEd25519Cert} from '../../../src/crypto/ed25519-cert.ts'
import {parseOuterHsDescriptor} from '../../../src/netdoc/hs-descriptor/outer.ts'
import {
  type OuterHsDescriptorContent,
  printOuterHsDescriptor
} from '../../../src/netdoc/hs-descriptor/print-outer.ts'
import {CertType} from '../../../src/wire/certs.ts'

const now = new Date('2026-11-22T12:00:00Z')
const HOUR_MS = 60 * 60 * 1000
let blinded: Ed25519KeyPair
let content: OuterHsDescriptorContent

function certOf(
  expiresAt: Date,
  type: number = CertType.HS_BLINDED_V_SIGNING,
  includeSigner = true
): Uint8Array {
  return makeEd25519Cert({
    type,
    expiresAt,
    certifiedKey: content.signing.public,
    signer: blinded,
    includeSigner
  })
}

before(async () => {
  await ed25519Ready
  blinded = generateEd25519()
  const signing = generateEd25519()
  content = {
    lifetimeMinutes: 180,
    signingCert: new Uint8Array(0),
    signing,
    revisionCounter: 42n,
    superencrypted: new Uint8Array(10_000).fill(7)
  }
  content = {...content, signingCert: certOf(new Date(now.getTime() + 54 * HOUR_MS))}
})

function codeOf(changes: Partial<OuterHsDescriptorContent>, maxLength?: number): string {
  const limits = maxLength === undefined ? {now} : {now, maxLength}
  const result = parseOuterHsDescriptor(printOuterHsDescriptor({...content, ...changes}), limits)
  return result.ok ? 'ok' : `${result.fault.code} ${result.fault.data?.keyword ?? ''}`.trim()
}

describe('the outer wrapper of an onion service descriptor (rend-spec-v3 2.4)', () => {
  it('says whose it is, how new and for how long', () => {
    const printed = printOuterHsDescriptor(content)
    const result = parseOuterHsDescriptor(printed, {now})
    assert.ok(result.ok)
    assert.deepEqual(result.value.blindedKey, blinded.public)
    assert.deepEqual(result.value.signingKey, content.signing.public)
    assert.equal(result.value.revisionCounter, 42n)
    assert.equal(result.value.lifetimeMinutes, 180)
    assert.deepEqual(result.value.superencrypted, content.superencrypted)
    assert.deepEqual(result.value.octets, printed)
  })

  it('lives for 720 minutes at most', () => {
    assert.equal(codeOf({lifetimeMinutes: 720}), 'ok')
    assert.equal(codeOf({lifetimeMinutes: 721}), 'bad-argument descriptor-lifetime')
    // 2^32 / 60, rounded up: minutes that become few seconds where 32 bits are all there is.
    assert.equal(codeOf({lifetimeMinutes: 71_582_789}), 'bad-argument descriptor-lifetime')
  })

  it('has a revision counter of 64 bits', () => {
    assert.equal(codeOf({revisionCounter: 2n ** 64n - 1n}), 'ok')
    assert.equal(codeOf({revisionCounter: 2n ** 64n}), 'bad-argument revision-counter')
    assert.equal(codeOf({revisionCounter: -1n}), 'bad-argument revision-counter')
  })

  it('encrypts something', () => {
    assert.equal(codeOf({superencrypted: new Uint8Array(49)}), 'ok')
    assert.equal(codeOf({superencrypted: new Uint8Array(48)}), 'bad-argument superencrypted')
    assert.equal(codeOf({superencrypted: new Uint8Array(0)}), 'bad-argument superencrypted')
  })

  it('is no longer than the consensus allows', () => {
    const {length} = printOuterHsDescriptor(content)
    assert.equal(codeOf({}, length), 'ok')
    assert.equal(codeOf({}, length - 1), 'document-too-large')
    assert.equal(codeOf({superencrypted: new Uint8Array(40_000)}), 'document-too-large')
  })

  it('has a certificate of type 8 that embeds the blinded key and has not long expired', () => {
    const later = new Date(now.getTime() + HOUR_MS)
    const bad = 'bad-certificate descriptor-signing-key-cert'
    assert.equal(codeOf({signingCert: certOf(later, CertType.IDENTITY_V_SIGNING)}), bad)
    assert.equal(codeOf({signingCert: certOf(later, CertType.HS_BLINDED_V_SIGNING, false)}), bad)
    assert.equal(codeOf({signingCert: certOf(new Date(now.getTime() - 55 * HOUR_MS))}), bad)
    assert.equal(codeOf({signingCert: certOf(new Date(now.getTime() - 53 * HOUR_MS))}), 'ok')
  })

  it('is signed by the key that the certificate names', () => {
    assert.equal(codeOf({signing: generateEd25519()}), 'bad-signature signature')
    const text = toLatin1(printOuterHsDescriptor(content))
    for (const changed of [
      text.replace('counter 42', 'counter 43'),
      `\n${text}`,
      text.replace('signature ', 'opt signature ')
    ]) {
      assert.ok(!parseOuterHsDescriptor(fromText(changed), {now}).ok)
    }
    assert.ok(!parseOuterHsDescriptor(text.replace('hs-descriptor 3', 'hs-descriptor 4'), {now}).ok)
  })
})
