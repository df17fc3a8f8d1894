// The cross-certificate (type 7 in CERTS) by which a relay's RSA identity vouches for its Ed25519 identity.

import {bytes, type Decoded, format, span, u8, u32} from '../codec/codec.ts'

export const rsaEd25519Crosscert = format(
  'RSA to Ed25519 cross-certificate',
  {spec: 'cert-spec 2.3'},
  {
    ed25519Key: bytes(32),
    /** Hours since 1970. */
    expirationHours: u32,
    /** Covered by the signature, after the text `Tor TLS RSA/Ed25519 cross-certificate`. */
    signed: span('ed25519Key', 'expirationHours'),
    signature: bytes(u8)
  }
)
export type RsaEd25519Crosscert = Decoded<typeof rsaEd25519Crosscert>
