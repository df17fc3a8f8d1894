// The X.509 certificates of a relay (tor-spec 2.1, 4.2): one that TLS presents, for a fresh RSA-2048 link key, and the
// self-signed one that carries the RSA-1024 identity inside a CERTS cell. TLS must present RSA-2048: C tor complains about
// every connection to a link key of another kind. Names, serials and dates are random in the shape that C tor gives them,
// so that the certificate does not single a relay out.
//
// Making certificates needs a large library that only start and rotation use, so it is loaded on first use, after the
// metadata shim it insists on. Reading a peer's certificate needs node:crypto alone.

import {
  createPublicKey,
  type KeyObject,
  randomBytes,
  randomInt,
  webcrypto,
  X509Certificate
} from 'node:crypto'
import {toBase16} from '../bytes/base16.ts'
import {toBase32} from '../bytes/base32.ts'
import {equal} from '../bytes/octets.ts'
import {type Fault, peerFault} from '../fault/fault.ts'
import {err, ok, type Result} from '../fault/result.ts'
import {drawRsa} from './key-generation.ts'
import {type RsaPrivateKey, type RsaPublicKey, rsaPublicFromHandle} from './rsa.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const LINK_KEY_BITS = 2048
const IDENTITY_KEY_BITS = 1024
const IDENTITY_LIFETIME_DAYS = 365
const SERIAL_LENGTH = 8

// How far a peer's clock may be off before its identity certificate is out of its time, as C tor has it.
const AFTER_END_MS = 2 * DAY_MS
const BEFORE_START_MS = 30 * DAY_MS

const SIGNATURE = {name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256'}

export interface TlsCertificates {
  /** What node:tls takes: PKCS#8 key and certificate of the link. */
  readonly linkKeyPem: string
  readonly linkCertPem: string
  /** What CERTS and the SHA-256 in the Ed25519 link certificate are made from. */
  readonly linkCertDer: Uint8Array
  readonly identityCertDer: Uint8Array
}

export interface TlsCertificatesOptions {
  readonly identity: RsaPrivateKey
  readonly now: Date
  /** SSLKeyLifetime in days; 5 to 365 at random when left out. */
  readonly lifetimeDays?: number
}

export type X509Fault = Fault<
  'x509-malformed' | 'x509-not-rsa-1024' | 'x509-not-self-signed' | 'x509-expired' | 'x509-not-yet-valid',
  never
>

/** Draws a new link key and names, and signs both certificates with the identity. */
export async function makeTlsCertificates(options: TlsCertificatesOptions): Promise<TlsCertificates> {
  const {identity, now, lifetimeDays = randomInt(5, 366)} = options
  // Not in the main thread, since a rotation must not hold up the links that are open.
  const linkKey = await drawRsa(LINK_KEY_BITS)
  const issuer = randomHostName('com')
  const signingKey = await toCryptoKey(identity.handle)
  const linkCert = await makeCertificate({
    subject: randomHostName('net'),
    issuer,
    publicKey: createPublicKey(linkKey),
    signingKey,
    lifetime: chooseLifetime(now, lifetimeDays)
  })
  const identityCert = await makeCertificate({
    subject: issuer,
    issuer,
    publicKey: identity.public.handle,
    signingKey,
    lifetime: chooseLifetime(now, IDENTITY_LIFETIME_DAYS)
  })
  return {
    linkKeyPem: linkKey.export({type: 'pkcs8', format: 'pem'}).toString(),
    linkCertPem: new X509Certificate(linkCert).toString(),
    linkCertDer: linkCert,
    identityCertDer: identityCert
  }
}

/** The RSA identity in a peer's type 2 certificate: exactly 1024 bits, signed by itself, at a time it is valid. */
export function readIdentityCertificate(der: Uint8Array, now: Date): Result<RsaPublicKey, X509Fault> {
  const certificate = readCertificate(der)
  if (certificate === undefined) return err(peerFault('x509-malformed'))
  const {key, selfSigned, validFromMs, validToMs} = certificate
  if (key?.bits !== IDENTITY_KEY_BITS) return err(peerFault('x509-not-rsa-1024'))
  if (!selfSigned) return err(peerFault('x509-not-self-signed'))
  if (now.getTime() > validToMs + AFTER_END_MS) return err(peerFault('x509-expired'))
  if (now.getTime() < validFromMs - BEFORE_START_MS) return err(peerFault('x509-not-yet-valid'))
  return ok(key)
}

/**
 * When a certificate of so many days made now says that it begins and ends: it begins on a day boundary somewhere in the
 * past, such that at least a day is left of it.
 */
export function chooseLifetime(now: Date, days: number): {notBefore: Date; notAfter: Date} {
  const today = Math.floor(now.getTime() / DAY_MS)
  const daysAgo = days <= 2 ? 0 : randomInt(0, days - 1)
  const notBefore = (today - daysAgo) * DAY_MS
  return {notBefore: new Date(notBefore), notAfter: new Date(notBefore + days * DAY_MS)}
}

interface ReadCertificate {
  /** Undefined where it is no RSA key that Tor would use. */
  readonly key: RsaPublicKey | undefined
  readonly selfSigned: boolean
  readonly validFromMs: number
  readonly validToMs: number
}

function readCertificate(der: Uint8Array): ReadCertificate | undefined {
  // Not only the constructor throws on what a peer made up: so does asking for a key that OpenSSL cannot decode.
  try {
    const certificate = new X509Certificate(der)
    // The constructor also takes PEM, which a CERTS cell must not hold; comparing with the DER that comes out excludes it,
    // and with it every encoding that is not the one the fingerprint is taken over.
    if (!equal(certificate.raw, der)) return undefined
    const {publicKey, validFrom, validTo} = certificate
    const validFromMs = Date.parse(validFrom)
    const validToMs = Date.parse(validTo)
    if (Number.isNaN(validFromMs) || Number.isNaN(validToMs)) return undefined
    const key = rsaPublicFromHandle(publicKey)
    return {
      key,
      // A key of another size is refused anyway, and may be chosen to make this slow.
      selfSigned: key?.bits === IDENTITY_KEY_BITS && certificate.verify(publicKey),
      validFromMs,
      validToMs
    }
  } catch {
    return undefined
  }
}

interface Content {
  readonly subject: string
  readonly issuer: string
  readonly publicKey: KeyObject
  readonly signingKey: webcrypto.CryptoKey
  readonly lifetime: {readonly notBefore: Date; readonly notAfter: Date}
}

async function makeCertificate(content: Content): Promise<Uint8Array> {
  await import('reflect-metadata')
  const {X509CertificateGenerator} = await import('@peculiar/x509')
  const {subject, issuer, publicKey, signingKey, lifetime} = content
  const certificate = await X509CertificateGenerator.create(
    {
      serialNumber: randomSerial(),
      subject: `CN=${subject}`,
      issuer: `CN=${issuer}`,
      notBefore: lifetime.notBefore,
      notAfter: lifetime.notAfter,
      publicKey: await toCryptoKey(publicKey),
      signingKey,
      signingAlgorithm: SIGNATURE
    },
    webcrypto as Parameters<typeof X509CertificateGenerator.create>[1]
  )
  return new Uint8Array(certificate.rawData)
}

function toCryptoKey(key: KeyObject): Promise<webcrypto.CryptoKey> {
  return key.type === 'private'
    ? webcrypto.subtle.importKey('pkcs8', key.export({type: 'pkcs8', format: 'der'}), SIGNATURE, false, [
        'sign'
      ])
    : webcrypto.subtle.importKey('spki', key.export({type: 'spki', format: 'der'}), SIGNATURE, true, [
        'verify'
      ])
}

/** `www.`, 8 to 20 characters of base32, and the domain. */
function randomHostName(domain: 'com' | 'net'): string {
  return `www.${toBase32(randomBytes(13)).slice(0, randomInt(8, 21))}.${domain}`
}

/** Eight octets in hexadecimal, positive and without a leading zero octet, so that it always fills eight in DER. */
function randomSerial(): string {
  const octets = randomBytes(SERIAL_LENGTH)
  octets[0] = ((octets[0] as number) & 0x7f) | 0x40
  return toBase16(octets)
}
