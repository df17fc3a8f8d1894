// Our CERTS cells. Each holds the four certificates that a peer with Ed25519 support looks at: the RSA identity, the signing
// key, the link key in use, and the tie between the two identities (tor-spec 4.2).

import {encode} from '../codec/codec.ts'
import {CertType, certs} from '../wire/certs.ts'
import type {TlsLinkCert} from './link-cert.ts'
import type {LinkIdentity} from './link-identity.ts'

/** The body of the CERTS cell by which a responder shows who owns the TLS certificate. */
export function responderCertsBody(identity: LinkIdentity, tlsLinkCert: TlsLinkCert): Uint8Array {
  return certsBody(identity, CertType.SIGNING_V_TLS_CERT, tlsLinkCert.linkCert)
}

/** The body of the CERTS cell by which an initiator shows who owns the key that will sign AUTHENTICATE. */
export function initiatorCertsBody(identity: LinkIdentity): Uint8Array {
  return certsBody(identity, CertType.SIGNING_V_LINK_AUTH, identity.authCert)
}

// Types 1 and 3 are left out: with an Ed25519 chain nobody looks at them.
function certsBody(identity: LinkIdentity, linkType: number, linkCert: Uint8Array): Uint8Array {
  return encode(certs, {
    certs: [
      {type: CertType.RSA_IDENTITY, cert: identity.rsaIdentityCert},
      {type: CertType.IDENTITY_V_SIGNING, cert: identity.signingCert},
      {type: linkType, cert: linkCert},
      {type: CertType.RSA_IDENTITY_V_ED25519, cert: identity.crosscert}
    ]
  })
}
