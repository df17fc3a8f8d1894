// The cross-certificate of CERTS type 7: a relay's RSA identity vouches for its Ed25519 identity, so that whoever knows
// the relay by one of the two can trust the other (cert-spec 2.3).

import {equal, fromText} from '../bytes/octets.ts'
import {decode, encode} from '../codec/codec.ts'
import {sha256} from '../crypto/digest.ts'
import {type RsaPrivateKey, type RsaPublicKey, signRsaBare, verifyRsaBare} from '../crypto/rsa.ts'
import {err, ok, type Result} from '../fault/result.ts'
import {CertType} from '../wire/certs.ts'
import {rsaEd25519Crosscert} from '../wire/rsa-ed25519-crosscert.ts'
import {type ChannelFault, type ChannelFaultCode, channelFault} from './fault.ts'

const SIGNED_PREFIX = fromText('Tor TLS RSA/Ed25519 cross-certificate')
const SECONDS_PER_HOUR = 3600
/** Octets before the signature and its length. */
const SIGNED_LENGTH = 36

/**
 * @param ed25519Identity 32 octets
 * @param expiresSeconds since 1970; rounded up to the hour
 */
export function makeCrosscert(
  rsaIdentity: RsaPrivateKey,
  ed25519Identity: Uint8Array,
  expiresSeconds: number
): Uint8Array {
  const unsigned = {
    ed25519Key: ed25519Identity,
    expirationHours: Math.ceil(expiresSeconds / SECONDS_PER_HOUR)
  }
  const signed = encode(rsaEd25519Crosscert, {...unsigned, signature: new Uint8Array(0)}).subarray(
    0,
    SIGNED_LENGTH
  )
  return encode(rsaEd25519Crosscert, {
    ...unsigned,
    signature: signRsaBare(rsaIdentity, sha256(SIGNED_PREFIX, signed))
  })
}

/** Whether the RSA identity vouches, now, for exactly this Ed25519 identity. */
export function checkCrosscert(
  octets: Uint8Array,
  rsaIdentity: RsaPublicKey,
  ed25519Identity: Uint8Array,
  nowSeconds: number
): Result<true, ChannelFault> {
  const decoded = decode(rsaEd25519Crosscert, octets)
  if (!decoded.ok) return refuse('cert-malformed')
  const {ed25519Key, expirationHours, signed, signature} = decoded.value
  if (!equal(ed25519Key, ed25519Identity)) return refuse('cert-wrong-key')
  if (expirationHours * SECONDS_PER_HOUR < nowSeconds) return refuse('cert-expired')
  const digest = verifyRsaBare(rsaIdentity, signature)
  if (digest === undefined || !equal(digest, sha256(SIGNED_PREFIX, signed)))
    return refuse('cert-bad-signature')
  return ok(true)
}

function refuse(code: ChannelFaultCode): Result<true, ChannelFault> {
  return err(channelFault(code, {certType: CertType.RSA_IDENTITY_V_ED25519}))
}
