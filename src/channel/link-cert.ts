// What ties the certificate that TLS shows to our Ed25519 identity. The data plane draws a new TLS key and certificate
// every two hours or sooner and makes one of these with it; connections opened before keep the one they began with.

import {sha256} from '../crypto/digest.ts'
import {makeEd25519Cert} from '../crypto/ed25519-cert.ts'
import {CertType} from '../wire/certs.ts'
import {CertifiedKeyType} from '../wire/ed25519-cert.ts'
import {LINK_KEY_LIFETIME_SECONDS, type LinkIdentity} from './link-identity.ts'

/** A TLS context, key and certificate, is used for new connections for no longer than this. */
export const MAX_TLS_CONTEXT_AGE_SECONDS = 2 * 3600

export interface TlsLinkCert {
  /** The certificate that TLS shows, DER, and its SHA-256. */
  readonly tlsCertDer: Uint8Array
  readonly tlsCertSha256: Uint8Array
  /** CERTS type 5. */
  readonly linkCert: Uint8Array
}

/** Has the signing key vouch for a TLS certificate, for two days from now. */
export function makeTlsLinkCert(
  identity: LinkIdentity,
  tlsCertDer: Uint8Array,
  nowSeconds: number
): TlsLinkCert {
  const tlsCertSha256 = sha256(tlsCertDer)
  return {
    tlsCertDer,
    tlsCertSha256,
    linkCert: makeEd25519Cert({
      type: CertType.SIGNING_V_TLS_CERT,
      expiresAt: new Date((nowSeconds + LINK_KEY_LIFETIME_SECONDS) * 1000),
      certifiedKeyType: CertifiedKeyType.SHA256_X509,
      certifiedKey: tlsCertSha256,
      signer: identity.signingKey,
      includeSigner: false
    })
  }
}
