// AUTHENTICATE of type 3, made by the initiator and checked by the responder (tor-spec 4.4.2). Everything before its random
// part follows from the link alone, so the responder makes it too and compares; then the signature shows that whoever has
// the certified authentication key has seen this very TLS session and these very cells.

import {concat, equalConstantTime, fromText} from '../bytes/octets.ts'
import {decode, encode} from '../codec/codec.ts'
import {type Ed25519KeyPair, signEd25519, verifyEd25519} from '../crypto/ed25519.ts'
import {err, ok, type Result} from '../fault/result.ts'
import {AuthType, authenticate, authenticationEd25519} from '../wire/authenticate.ts'
import {type ChannelFault, channelFault} from './fault.ts'
import {type ClaimedRelay, type ProvenRelay, proveClaim} from './peer-certs.ts'

const TYPE_NAME = 'AUTH0003'
const EXPORTER_LABEL = `EXPORTER FOR TOR TLS CLIENT BINDING ${TYPE_NAME}`
const EXPORTED_LENGTH = 32
const RANDOM_LENGTH = 24
const SIGNATURE_LENGTH = 64
const AUTHENTICATION_LENGTH = 352
/** The octets that follow from the link alone: the type and eight fields of 32. */
const EXPECTED_LENGTH = AUTHENTICATION_LENGTH - RANDOM_LENGTH - SIGNATURE_LENGTH

/** One end of the link as AUTHENTICATE names it; `LinkIdentity` and `RelayIdentity` have both identities. */
export interface AuthenticationParty {
  /** SHA-256 of the PKCS#1 RSA identity key. */
  readonly rsaKeySha256: Uint8Array
  readonly ed25519Identity: Uint8Array
}

export interface AuthenticationContext {
  readonly initiator: AuthenticationParty
  readonly responder: AuthenticationParty
  /** SHA-256 over the initiator's cells before AUTHENTICATE, and over the responder's up to AUTH_CHALLENGE. */
  readonly initiatorLog: Uint8Array
  readonly responderLog: Uint8Array
  /** SHA-256 of the TLS certificate that the responder showed. */
  readonly tlsCertSha256: Uint8Array
  readonly exportKeyingMaterial: (
    label: string,
    context: Uint8Array,
    length: number
  ) => Uint8Array | undefined
}

/**
 * The body of our AUTHENTICATE cell.
 * @param random 24 octets
 */
export function authenticateBody(
  context: AuthenticationContext,
  authKey: Ed25519KeyPair,
  random: Uint8Array
): Result<Uint8Array, ChannelFault> {
  const expected = expectedOctets(context)
  if (expected === undefined) return err(channelFault('exporter-unavailable'))
  const signed = concat(expected, random)
  const authentication = concat(signed, signEd25519(authKey, signed))
  return ok(encode(authenticate, {type: AuthType.ED25519_SHA256_RFC5705, authentication}))
}

/**
 * Checks that the body of an AUTHENTICATE cell proves what the initiator claimed: that it has the authentication key, and
 * that the link it signed for is ours.
 */
export function checkAuthenticate(
  body: Uint8Array,
  context: AuthenticationContext,
  claimed: ClaimedRelay
): Result<ProvenRelay, ChannelFault> {
  const cell = decode(authenticate, body)
  if (!cell.ok)
    return err(channelFault('cell-malformed', {command: authenticate.command, detail: cell.fault.code}))
  if (cell.value.type !== AuthType.ED25519_SHA256_RFC5705) return err(channelFault('authenticate-type'))
  const decoded = decode(authenticationEd25519, cell.value.authentication)
  if (!decoded.ok) return err(channelFault('authenticate-length'))
  const {expected: received, signed, signature} = decoded.value
  const expected = expectedOctets(context)
  if (expected === undefined) return err(channelFault('exporter-unavailable'))
  if (!equalConstantTime(received, expected)) return err(channelFault('authenticate-mismatch'))
  if (!verifyEd25519(claimed.authKey, signature, signed))
    return err(channelFault('authenticate-bad-signature'))
  return ok(proveClaim(claimed))
}

function expectedOctets(context: AuthenticationContext): Uint8Array | undefined {
  const {initiator, responder, exportKeyingMaterial} = context
  const tlsSecrets = exportKeyingMaterial(EXPORTER_LABEL, initiator.rsaKeySha256, EXPORTED_LENGTH)
  if (tlsSecrets?.length !== EXPORTED_LENGTH) return undefined
  return encode(authenticationEd25519, {
    type: fromText(TYPE_NAME),
    cid: initiator.rsaKeySha256,
    sid: responder.rsaKeySha256,
    cidEd: initiator.ed25519Identity,
    sidEd: responder.ed25519Identity,
    slog: context.responderLog,
    clog: context.initiatorLog,
    scert: context.tlsCertSha256,
    tlsSecrets,
    rand: new Uint8Array(RANDOM_LENGTH),
    signature: new Uint8Array(SIGNATURE_LENGTH)
  }).subarray(0, EXPECTED_LENGTH)
}
