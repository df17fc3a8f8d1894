// What a peer's CERTS cell says of it (tor-spec 4.2, cert-spec). Needed are types 2, 4 and 7, and besides type 5 from a
// responder or type 6 from an initiator; others, known or unknown, are passed over, in whatever order they come.
//
//   Ed25519 identity ─4─▶ signing key ─5─▶ SHA-256 of the TLS certificate: proves a responder, since TLS proved the key
//                                     └─6─▶ link authentication key: a claim, until AUTHENTICATE is signed with it
//   RSA identity ─2─▶ itself,  ─7─▶ Ed25519 identity
//
// The results hold copies: cells are views that the next chunk overwrites.

import {equal} from '../bytes/octets.ts'
import {decode} from '../codec/codec.ts'
import {sha256} from '../crypto/digest.ts'
import {type CheckedEd25519Cert, checkEd25519Cert, type Ed25519CertFault} from '../crypto/ed25519-cert.ts'
import {rsaIdentity} from '../crypto/rsa.ts'
import {readIdentityCertificate} from '../crypto/x509.ts'
import {type Err, err, ok, type Result} from '../fault/result.ts'
import {CertType, certs} from '../wire/certs.ts'
import {ChannelCommand} from '../wire/channel-cell.ts'
import {CertifiedKeyType} from '../wire/ed25519-cert.ts'
import {checkCrosscert} from './crosscert.ts'
import {type ChannelFault, type ChannelFaultCode, channelFault} from './fault.ts'

/** Both identities of a relay, each vouching for the other. */
export interface RelayIdentity {
  /** PKCS#1 DER, its SHA-1 (20 octets) and its SHA-256 (32 octets). */
  readonly rsaKeyDer: Uint8Array
  readonly rsaIdentity: Uint8Array
  readonly rsaKeySha256: Uint8Array
  /** 32 octets. */
  readonly ed25519Identity: Uint8Array
}

declare const proven: unique symbol

/** The identity of a peer that has shown to be at the other end of this very link. */
export type ProvenRelay = RelayIdentity & {readonly [proven]: true}

/** Whom an initiator says to be: its certificates are whole, but anybody could have copied them. */
export interface ClaimedRelay {
  readonly identity: RelayIdentity
  /** 32 octets: whoever signs AUTHENTICATE with it is that relay. */
  readonly authKey: Uint8Array
}

/** Certificate types with a meaning on a link; each may come at most once. */
const KNOWN = new Set<number>([
  CertType.RSA_LINK,
  CertType.RSA_IDENTITY,
  CertType.RSA_AUTH,
  CertType.IDENTITY_V_SIGNING,
  CertType.SIGNING_V_TLS_CERT,
  CertType.SIGNING_V_LINK_AUTH,
  CertType.RSA_IDENTITY_V_ED25519
])

const CERT_FAULTS: Readonly<Record<Ed25519CertFault['code'], ChannelFaultCode>> = {
  'ed25519-cert-malformed': 'cert-malformed',
  'ed25519-cert-extension': 'cert-malformed',
  'ed25519-cert-type': 'cert-malformed',
  'ed25519-cert-signer': 'cert-wrong-key',
  'ed25519-cert-expired': 'cert-expired',
  'ed25519-cert-signature': 'cert-bad-signature'
}

/**
 * Whom the certificates of a responder prove to be at the other end.
 * @param body of its CERTS cell
 * @param tlsCertDer what it showed in TLS
 */
export function checkResponderCerts(
  body: Uint8Array,
  tlsCertDer: Uint8Array,
  nowSeconds: number
): Result<ProvenRelay, ChannelFault> {
  const chain = checkChain(body, CertType.SIGNING_V_TLS_CERT, CertifiedKeyType.SHA256_X509, nowSeconds)
  if (!chain.ok) return chain
  const {identity, linkKey} = chain.value
  if (!equal(linkKey, sha256(tlsCertDer))) return refuse('cert-wrong-key', CertType.SIGNING_V_TLS_CERT)
  return ok(identity as ProvenRelay)
}

/** Whom the certificates of an initiator claim to be at the other end. */
export function checkInitiatorCerts(
  body: Uint8Array,
  nowSeconds: number
): Result<ClaimedRelay, ChannelFault> {
  const chain = checkChain(body, CertType.SIGNING_V_LINK_AUTH, CertifiedKeyType.ED25519, nowSeconds)
  if (!chain.ok) return chain
  return ok({identity: chain.value.identity, authKey: chain.value.linkKey})
}

/** Turns a claim into proof. Called once AUTHENTICATE was checked, and nowhere else. */
export function proveClaim(claimed: ClaimedRelay): ProvenRelay {
  return claimed.identity as ProvenRelay
}

interface Chain {
  readonly identity: RelayIdentity
  readonly linkKey: Uint8Array
}

function checkChain(
  body: Uint8Array,
  linkType: number,
  linkKeyType: number,
  nowSeconds: number
): Result<Chain, ChannelFault> {
  const sorted = sortCerts(body)
  if (!sorted.ok) return sorted
  const found = sorted.value
  const signing = checkCert(
    found,
    CertType.IDENTITY_V_SIGNING,
    CertifiedKeyType.ED25519,
    undefined,
    nowSeconds
  )
  if (!signing.ok) return signing
  const {certifiedKey: signingKey, signer: ed25519Identity} = signing.value
  const link = checkCert(found, linkType, linkKeyType, signingKey, nowSeconds)
  if (!link.ok) return link
  const identity = checkRsaIdentity(found, ed25519Identity, nowSeconds)
  if (!identity.ok) return identity
  return ok({identity: identity.value, linkKey: link.value.certifiedKey.slice()})
}

type CertsByType = ReadonlyMap<number, Uint8Array>

function sortCerts(body: Uint8Array): Result<CertsByType, ChannelFault> {
  const decoded = decode(certs, body)
  if (!decoded.ok) {
    return err(channelFault('cell-malformed', {command: ChannelCommand.CERTS, detail: decoded.fault.code}))
  }
  const byType = new Map<number, Uint8Array>()
  for (const {type, cert} of decoded.value.certs) {
    if (!KNOWN.has(type)) continue
    if (byType.has(type)) return refuse('cert-duplicate', type)
    byType.set(type, cert)
  }
  return ok(byType)
}

/** @param signer who must have signed; undefined: whoever the certificate names itself */
function checkCert(
  found: CertsByType,
  type: number,
  keyType: number,
  signer: Uint8Array | undefined,
  nowSeconds: number
): Result<CheckedEd25519Cert, ChannelFault> {
  const octets = found.get(type)
  if (octets === undefined) return refuse('cert-missing', type)
  const now = new Date(nowSeconds * 1000)
  const demands = {type, certifiedKeyType: keyType, now}
  const cert = checkEd25519Cert(octets, signer === undefined ? demands : {...demands, signer})
  return cert.ok ? cert : refuse(CERT_FAULTS[cert.fault.code], type)
}

/** The RSA identity of type 2, once it has vouched in type 7 for the Ed25519 identity. */
function checkRsaIdentity(
  found: CertsByType,
  ed25519Identity: Uint8Array,
  nowSeconds: number
): Result<RelayIdentity, ChannelFault> {
  const certificate = found.get(CertType.RSA_IDENTITY)
  if (certificate === undefined) return refuse('cert-missing', CertType.RSA_IDENTITY)
  const crosscert = found.get(CertType.RSA_IDENTITY_V_ED25519)
  if (crosscert === undefined) return refuse('cert-missing', CertType.RSA_IDENTITY_V_ED25519)
  const rsaKey = readIdentityCertificate(certificate, new Date(nowSeconds * 1000))
  if (!rsaKey.ok) {
    return err(
      channelFault('rsa-identity-invalid', {certType: CertType.RSA_IDENTITY, detail: rsaKey.fault.code})
    )
  }
  const vouched = checkCrosscert(crosscert, rsaKey.value, ed25519Identity, nowSeconds)
  if (!vouched.ok) return vouched
  return ok({
    rsaKeyDer: rsaKey.value.der,
    rsaIdentity: rsaIdentity(rsaKey.value),
    rsaKeySha256: sha256(rsaKey.value.der),
    ed25519Identity: ed25519Identity.slice()
  })
}

function refuse(code: ChannelFaultCode, certType: number): Err<ChannelFault> {
  return err(channelFault(code, {certType}))
}
