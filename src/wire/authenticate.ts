// AUTHENTICATE: the initiator's proof, and the octets that its signature covers.

import {bytes, type Decoded, enumOf, format, message, span, u16} from '../codec/codec.ts'
import {ChannelCommand, VARIABLE_CELL} from './channel-cell.ts'

/** tor-spec 4.4. Type 1 is gone from the network and 2 was never used. */
export const AuthType = {
  RSA_SHA256_TLSSECRET: 1,
  ED25519_SHA256_RFC5705: 3
} as const

export const authenticate = message(
  'AUTHENTICATE',
  {spec: 'tor-spec 4.4', command: ChannelCommand.AUTHENTICATE, ...VARIABLE_CELL},
  {type: enumOf(u16, AuthType), authentication: bytes(u16)}
)
export type Authenticate = Decoded<typeof authenticate>

/** What an AUTHENTICATE of type 3 carries. */
export const authenticationEd25519 = format(
  'Ed25519 authentication',
  {spec: 'tor-spec 4.4.2', limit: 352},
  {
    /** `AUTH0003`. */
    type: bytes(8),
    /** SHA-256 of the initiator's and the responder's RSA identity keys. */
    cid: bytes(32),
    sid: bytes(32),
    /** Ed25519 identity keys of the two. */
    cidEd: bytes(32),
    sidEd: bytes(32),
    /** SHA-256 of what the responder and the initiator have sent. */
    slog: bytes(32),
    clog: bytes(32),
    /** SHA-256 of the responder's TLS certificate. */
    scert: bytes(32),
    /** Exported from TLS, with CID as the context. */
    tlsSecrets: bytes(32),
    rand: bytes(24),
    /** All that goes before RAND follows from the link, so the responder makes it itself and compares. */
    expected: span('type', 'tlsSecrets'),
    signed: span('type', 'rand'),
    signature: bytes(64)
  }
)
export type AuthenticationEd25519 = Decoded<typeof authenticationEd25519>
