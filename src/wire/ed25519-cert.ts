// Tor's Ed25519 certificates: one key vouches, until an hour, for another key or for the digest of something.

import {
  bytes,
  constant,
  type Decoded,
  enumOf,
  format,
  framed,
  list,
  rest,
  span,
  struct,
  u8,
  u16,
  u32
} from '../codec/codec.ts'
import {CertType} from './certs.ts'

/** cert-spec A.2. */
export const CertifiedKeyType = {ED25519: 1, SHA256_RSA: 2, SHA256_X509: 3} as const
/** cert-spec 2.2. */
export const CertExtensionType = {SIGNING_KEY: 4} as const
/** An extension with this flag, when it is not understood, makes the certificate worthless. */
export const CertExtensionFlag = {AFFECTS_VALIDATION: 1} as const

/** The length in front counts the data alone, not the type and the flags. */
const extension = framed(u16, struct({type: enumOf(u8, CertExtensionType), flags: u8, data: rest()}), 2)
export type CertExtension = Decoded<typeof extension>

export const ed25519Cert = format(
  'Ed25519 certificate',
  {spec: 'cert-spec 2.1'},
  {
    version: constant(u8, 1),
    type: enumOf(u8, CertType),
    /** Hours since 1970. */
    expirationHours: u32,
    keyType: enumOf(u8, CertifiedKeyType),
    certifiedKey: bytes(32),
    extensions: list(u8, extension),
    signed: span('version', 'extensions'),
    signature: bytes(64)
  }
)
export type Ed25519Cert = Decoded<typeof ed25519Cert>
