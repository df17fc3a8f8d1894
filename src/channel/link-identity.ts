// Who we are on a link: the RSA and Ed25519 identities with every certificate that CERTS needs but the one for the TLS
// certificate of the moment (link-cert.ts). Made at the start and whenever the signing key or the link authentication key
// is renewed; handshakes only read it. The Ed25519 master key may be offline: its public half and the certificate that it
// gave to the signing key are enough.

import {sha256} from '../crypto/digest.ts'
import {type Ed25519KeyPair, generateEd25519} from '../crypto/ed25519.ts'
import {makeEd25519Cert} from '../crypto/ed25519-cert.ts'
import {type RsaPrivateKey, rsaIdentity} from '../crypto/rsa.ts'
import {CertType} from '../wire/certs.ts'
import {makeCrosscert} from './crosscert.ts'

const DAY_SECONDS = 24 * 3600

/** How long the key that signs AUTHENTICATE, and the certificate for a TLS certificate, stay valid. */
export const LINK_KEY_LIFETIME_SECONDS = 2 * DAY_SECONDS

export interface LinkIdentity {
  /** PKCS#1 DER, its SHA-1 (20 octets) and its SHA-256 (32 octets). */
  readonly rsaKeyDer: Uint8Array
  readonly rsaIdentity: Uint8Array
  readonly rsaKeySha256: Uint8Array
  /** 32 octets: the master key. */
  readonly ed25519Identity: Uint8Array
  /** Certified by the master key; signs certificates for link keys. */
  readonly signingKey: Ed25519KeyPair
  /** Certified by the signing key; signs AUTHENTICATE. */
  readonly authKey: Ed25519KeyPair
  /** CERTS types 2, 4, 6 and 7. */
  readonly rsaIdentityCert: Uint8Array
  readonly signingCert: Uint8Array
  readonly authCert: Uint8Array
  readonly crosscert: Uint8Array
}

export interface LinkIdentityKeys {
  readonly rsaKey: RsaPrivateKey
  /** The self-signed X.509 certificate of the RSA identity, DER. */
  readonly rsaIdentityCertDer: Uint8Array
  /** 32 octets. */
  readonly ed25519Identity: Uint8Array
  readonly signingKey: Ed25519KeyPair
  /** Type 4, with the master key embedded. */
  readonly signingCert: Uint8Array
  /** When `signingCert` expires, in seconds since 1970: the cross-certificate is made to last as long. */
  readonly signingCertExpiresSeconds: number
}

/** Draws a fresh link authentication key and makes the certificates around it. */
export function makeLinkIdentity(keys: LinkIdentityKeys, nowSeconds: number): LinkIdentity {
  const {rsaKey, ed25519Identity, signingKey} = keys
  const authKey = generateEd25519()
  return {
    rsaKeyDer: rsaKey.public.der,
    rsaIdentity: rsaIdentity(rsaKey.public),
    rsaKeySha256: sha256(rsaKey.public.der),
    ed25519Identity,
    signingKey,
    authKey,
    rsaIdentityCert: keys.rsaIdentityCertDer,
    signingCert: keys.signingCert,
    authCert: makeEd25519Cert({
      type: CertType.SIGNING_V_LINK_AUTH,
      expiresAt: new Date((nowSeconds + LINK_KEY_LIFETIME_SECONDS) * 1000),
      certifiedKey: authKey.public,
      signer: signingKey,
      includeSigner: false
    }),
    crosscert: makeCrosscert(rsaKey, ed25519Identity, keys.signingCertExpiresSeconds)
  }
}
