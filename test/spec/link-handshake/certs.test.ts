// tor-spec 4.2 and cert-spec: which certificates a CERTS cell must hold and what they must say.

import assert from 'node:assert/strict'
import {X509Certificate} from 'node:crypto'
import {before, describe, it} from 'node:test'
import {concat} from '../../../src/bytes/octets.ts'
import {initiatorCertsBody, responderCertsBody} from '../../../src/channel/certs-cell.ts'
import {makeCrosscert} from '../../../src/channel/crosscert.ts'
import type {ChannelFault} from '../../../src/channel/fault.ts'
import {checkInitiatorCerts, checkResponderCerts} from '../../../src/channel/peer-certs.ts'
import {decode, encode} from '../../../src/codec/codec.ts'
import {generateEd25519} from '../../../src/crypto/ed25519.ts'
import {type Ed25519CertOptions, makeEd25519Cert} from '../../../src/crypto/ed25519-cert.ts'
import {generateRsa} from '../../../src/crypto/rsa.ts'
import {makeTlsCertificates} from '../../../src/crypto/x509.ts'
import type {Result} from '../../../src/fault/result.ts'
import {CertType, certs} from '../../../src/wire/certs.ts'
import {CertifiedKeyType} from '../../../src/wire/ed25519-cert.ts'
import {makeRelay, NOW, type Relay} from './ends.ts'

const {
  RSA_LINK,
  RSA_IDENTITY,
  RSA_AUTH,
  IDENTITY_V_SIGNING,
  SIGNING_V_TLS_CERT,
  SIGNING_V_LINK_AUTH,
  RSA_IDENTITY_V_ED25519
} = CertType

const HOUR = 3600
const DAY = 24 * HOUR
const SOON = new Date((NOW + DAY) * 1000)
const PAST = new Date((NOW - HOUR) * 1000)

interface Entry {
  readonly type: number
  readonly cert: Uint8Array
}

let relay: Relay
let stranger: Relay

before(async () => {
  relay = await makeRelay()
  stranger = await makeRelay()
})

/** One role's certificates and the check that its peer makes of them. */
const ROLES = {
  responder: {
    body: () => responderCertsBody(relay.identity, relay.tlsLinkCert),
    linkType: SIGNING_V_TLS_CERT,
    check: (body: Uint8Array, now = NOW): Result<unknown, ChannelFault> =>
      checkResponderCerts(body, relay.tlsLinkCert.tlsCertDer, now)
  },
  initiator: {
    body: () => initiatorCertsBody(relay.identity),
    linkType: SIGNING_V_LINK_AUTH,
    check: (body: Uint8Array, now = NOW): Result<unknown, ChannelFault> => checkInitiatorCerts(body, now)
  }
}

function entriesOf(body: Uint8Array): Entry[] {
  const decoded = decode(certs, body)
  assert.ok(decoded.ok)
  return decoded.value.certs.map(({type, cert}) => ({type, cert}))
}

function bodyOf(entries: readonly Entry[]): Uint8Array {
  return encode(certs, {certs: entries})
}

/** The signing key's certificate for its link key, with changes. */
function linkCert(linkType: number, changes: Partial<Ed25519CertOptions> = {}): Uint8Array {
  const forTls = linkType === SIGNING_V_TLS_CERT
  return makeEd25519Cert({
    type: linkType,
    expiresAt: SOON,
    certifiedKeyType: forTls ? CertifiedKeyType.SHA256_X509 : CertifiedKeyType.ED25519,
    certifiedKey: forTls ? relay.tlsLinkCert.tlsCertSha256 : relay.identity.authKey.public,
    signer: relay.identity.signingKey,
    includeSigner: false,
    ...changes
  })
}

function signingCert(changes: Partial<Ed25519CertOptions> = {}): Uint8Array {
  return makeEd25519Cert({
    type: IDENTITY_V_SIGNING,
    expiresAt: SOON,
    certifiedKey: relay.identity.signingKey.public,
    signer: relay.masterKey,
    includeSigner: true,
    ...changes
  })
}

/** An extension that must be understood, put behind the ones a certificate has. The certificate is signed anew. */
function withCriticalExtension(signed: Uint8Array): Uint8Array {
  const cert = signed.slice(0, -64)
  cert[39] = (cert[39] as number) + 1
  return concat(cert, new Uint8Array([0, 1, 0x77, 1, 0xaa]), new Uint8Array(64))
}

for (const [role, {body, linkType, check}] of Object.entries(ROLES)) {
  describe(`The certificates of a ${role}`, () => {
    const replaced = (type: number, cert: Uint8Array) =>
      bodyOf(entriesOf(body()).map(entry => (entry.type === type ? {type, cert} : entry)))
    const refused = (octets: Uint8Array, code: string, certType?: number) => {
      const result = check(octets)
      assert.equal(result.ok, false)
      if (result.ok) return
      assert.equal(result.fault.code, code)
      assert.equal(result.fault.blame, 'peer')
      if (certType !== undefined) assert.equal(result.fault.data?.certType, certType)
    }

    it('are four, and suffice', () => {
      assert.deepEqual(
        entriesOf(body()).map(({type}) => type),
        [RSA_IDENTITY, IDENTITY_V_SIGNING, linkType, RSA_IDENTITY_V_ED25519]
      )
      assert.equal(check(body()).ok, true)
    })

    it('may come in any order, among others of known and unknown types that are not looked at', () => {
      const entries = entriesOf(body()).reverse()
      const junk = new Uint8Array([1, 2, 3])
      const others = [RSA_LINK, RSA_AUTH, 0, 8, 77, 255].map(type => ({type, cert: junk}))
      assert.equal(check(bodyOf([...others, ...entries])).ok, true)
      const unknownTwice = {type: 200, cert: junk}
      assert.equal(check(bodyOf([unknownTwice, unknownTwice, ...entries])).ok, true)
    })

    for (const type of [RSA_IDENTITY, IDENTITY_V_SIGNING, linkType, RSA_IDENTITY_V_ED25519]) {
      it(`are refused without type ${type}`, () => {
        refused(bodyOf(entriesOf(body()).filter(entry => entry.type !== type)), 'cert-missing', type)
      })

      it(`are refused when type ${type} is not readable`, () => {
        const code = type === RSA_IDENTITY ? 'rsa-identity-invalid' : 'cert-malformed'
        refused(replaced(type, new Uint8Array(0)), code, type)
        const cert = entriesOf(body()).find(entry => entry.type === type)?.cert ?? new Uint8Array(0)
        refused(replaced(type, cert.subarray(0, 20)), code, type)
      })
    }

    it('are refused when any type that has a meaning comes twice, needed or not', () => {
      for (const type of [RSA_LINK, RSA_AUTH, 2, 4, 5, 6, 7]) {
        const twice = {type, cert: new Uint8Array([9])}
        refused(
          bodyOf([...entriesOf(body()).filter(entry => entry.type !== type), twice, twice]),
          'cert-duplicate',
          type
        )
      }
    })

    it('are refused when none came, or the cell has no whole list', () => {
      refused(bodyOf([]), 'cert-missing')
      refused(new Uint8Array(0), 'cell-malformed')
      for (const length of [1, 2, 3, 4, 50, body().length - 1])
        refused(body().subarray(0, length), 'cell-malformed')
    })

    it('may be followed by octets of a later version', () => {
      assert.equal(check(concat(body(), new Uint8Array(5))).ok, true)
    })

    it('are refused when the signing key or the link key is past its time', () => {
      refused(
        replaced(IDENTITY_V_SIGNING, signingCert({expiresAt: PAST})),
        'cert-expired',
        IDENTITY_V_SIGNING
      )
      refused(replaced(linkType, linkCert(linkType, {expiresAt: PAST})), 'cert-expired', linkType)
      assert.equal(check(body(), NOW + 2 * DAY - HOUR).ok, true)
      assert.equal(check(body(), NOW + 2 * DAY + HOUR).ok, false)
    })

    it('are refused when a key other than the one above has signed', () => {
      const other = generateEd25519()
      refused(replaced(linkType, linkCert(linkType, {signer: other})), 'cert-bad-signature', linkType)
      const forged = signingCert()
      forged[forged.length - 1] = (forged[forged.length - 1] as number) ^ 1
      refused(replaced(IDENTITY_V_SIGNING, forged), 'cert-bad-signature', IDENTITY_V_SIGNING)
    })

    it('are refused when the signing key has no master key in its certificate', () => {
      refused(
        replaced(IDENTITY_V_SIGNING, signingCert({includeSigner: false})),
        'cert-wrong-key',
        IDENTITY_V_SIGNING
      )
    })

    it('are refused when the link key certificate names another signer than the signing key', () => {
      const cert = linkCert(linkType, {signer: generateEd25519(), includeSigner: true})
      refused(replaced(linkType, cert), 'cert-wrong-key', linkType)
    })

    it('are refused when a certificate says another type than the cell, or certifies another kind of key', () => {
      refused(replaced(IDENTITY_V_SIGNING, signingCert({type: 8})), 'cert-malformed', IDENTITY_V_SIGNING)
      const keyType = CertifiedKeyType.SHA256_RSA
      refused(replaced(linkType, linkCert(linkType, {certifiedKeyType: keyType})), 'cert-malformed', linkType)
    })

    it('are refused when an extension that must be understood is not', () => {
      refused(replaced(linkType, withCriticalExtension(linkCert(linkType))), 'cert-malformed', linkType)
    })

    it('are refused when the RSA identity vouches for another Ed25519 identity, or no longer', () => {
      const {rsaKey, masterKey} = relay
      const forOther = makeCrosscert(rsaKey, stranger.masterKey.public, NOW + DAY)
      refused(replaced(RSA_IDENTITY_V_ED25519, forOther), 'cert-wrong-key', RSA_IDENTITY_V_ED25519)
      const expired = makeCrosscert(rsaKey, masterKey.public, NOW - 2 * HOUR)
      refused(replaced(RSA_IDENTITY_V_ED25519, expired), 'cert-expired', RSA_IDENTITY_V_ED25519)
    })

    it('are refused when another RSA key vouches, or when the cross-certificate has anything behind it', () => {
      const {masterKey, rsaKey} = relay
      const byOther = makeCrosscert(stranger.rsaKey, masterKey.public, NOW + DAY)
      refused(replaced(RSA_IDENTITY_V_ED25519, byOther), 'cert-bad-signature', RSA_IDENTITY_V_ED25519)
      const good = makeCrosscert(rsaKey, masterKey.public, NOW + DAY)
      assert.equal(check(replaced(RSA_IDENTITY_V_ED25519, good)).ok, true)
      const longer = concat(good, new Uint8Array(1))
      refused(replaced(RSA_IDENTITY_V_ED25519, longer), 'cert-malformed', RSA_IDENTITY_V_ED25519)
      const changed = good.slice()
      changed[35] = (changed[35] as number) ^ 1
      refused(replaced(RSA_IDENTITY_V_ED25519, changed), 'cert-bad-signature', RSA_IDENTITY_V_ED25519)
    })

    it('are refused when the RSA identity is not of 1024 bits', async () => {
      const rsaKey = generateRsa(2048)
      const made = await makeTlsCertificates({identity: rsaKey, now: new Date(NOW * 1000)})
      refused(replaced(RSA_IDENTITY, made.identityCertDer), 'rsa-identity-invalid', RSA_IDENTITY)
    })

    it('are refused when the RSA identity certificate is not its exact DER', () => {
      const {rsaIdentityCert} = relay.identity
      const pem = new TextEncoder().encode(new X509Certificate(rsaIdentityCert).toString())
      refused(replaced(RSA_IDENTITY, pem), 'rsa-identity-invalid', RSA_IDENTITY)
      refused(
        replaced(RSA_IDENTITY, concat(rsaIdentityCert, new Uint8Array(1))),
        'rsa-identity-invalid',
        RSA_IDENTITY
      )
    })

    it('are refused when they are those of two relays mixed', () => {
      refused(
        replaced(RSA_IDENTITY, stranger.identity.rsaIdentityCert),
        'cert-bad-signature',
        RSA_IDENTITY_V_ED25519
      )
      refused(replaced(IDENTITY_V_SIGNING, stranger.identity.signingCert), 'cert-bad-signature', linkType)
    })

    it('give copies, not views of the cell', () => {
      const octets = body()
      const result = check(octets)
      const before = JSON.stringify(result)
      octets.fill(0)
      assert.equal(JSON.stringify(result), before)
    })
  })
}

describe('The certificates of a responder', () => {
  it('are refused on a link whose TLS certificate is another one', () => {
    const body = responderCertsBody(relay.identity, relay.tlsLinkCert)
    const result = checkResponderCerts(body, stranger.tlsLinkCert.tlsCertDer, NOW)
    assert.equal(!result.ok && result.fault.code, 'cert-wrong-key')
  })
})
