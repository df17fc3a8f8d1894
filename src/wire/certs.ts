// CERTS: the certificates by which one side of a link proves who it is. Each is kept as raw octets: which of them must be
// there, and what they have to say, is the channel's business.

import {bytes, type Decoded, enumOf, list, message, struct, u8, u16} from '../codec/codec.ts'
import {ChannelCommand, VARIABLE_CELL} from './channel-cell.ts'

/** Certificate types of CERTS cells and, from 4 on but for 7, of Ed25519 certificates (tor-spec 4.2, cert-spec A.1). */
export const CertType = {
  RSA_LINK: 1,
  RSA_IDENTITY: 2,
  RSA_AUTH: 3,
  IDENTITY_V_SIGNING: 4,
  SIGNING_V_TLS_CERT: 5,
  SIGNING_V_LINK_AUTH: 6,
  RSA_IDENTITY_V_ED25519: 7,
  HS_BLINDED_V_SIGNING: 8,
  HS_INTRO_V_SIGNING: 9,
  NTOR_CROSSCERT: 10,
  HS_INTRO_ENC_V_SIGNING: 11,
  FAMILY_V_IDENTITY: 12
} as const

export const certs = message(
  'CERTS',
  {spec: 'tor-spec 4.2', command: ChannelCommand.CERTS, ...VARIABLE_CELL},
  {certs: list(u8, struct({type: enumOf(u8, CertType), cert: bytes(u16)}))}
)
export type Certs = Decoded<typeof certs>
