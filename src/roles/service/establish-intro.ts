// ESTABLISH_INTRO (rend-spec-v3 3.1.1) as the service sends it: its authentication key, a MAC that ties the message to the
// circuit, a signature that ties it to the key, and, where the operator wants one, a limit on introductions.

import {concat, fromText} from '../../bytes/octets.ts'
import {encode} from '../../codec/codec.ts'
import {macSha3} from '../../crypto/digest.ts'
import {type Ed25519KeyPair, signEd25519} from '../../crypto/ed25519.ts'
import {DosParamType, establishIntro, IntroAuthKeyType} from '../../wire/hs/establish-intro.ts'

const SIGNATURE_PREFIX = fromText('Tor establish-intro cell v1')
const MAC_LENGTH = 32
const SIGNATURE_LENGTH = 64
/** The length of the signature comes before it and is not signed. */
const SIGNATURE_LENGTH_FIELD = 2

/** Introductions that the introduction point lets through, a second and at once. */
export interface IntroductionLimit {
  readonly rate: number
  readonly burst: number
}

export interface EstablishIntroOptions {
  readonly authKey: Ed25519KeyPair
  /** KH of the introduction point's hop. */
  readonly keyHash: Uint8Array
  /** Undefined: nothing is asked for, for the consensus decides or the relay cannot. */
  readonly limit: IntroductionLimit | undefined
}

export function makeEstablishIntro({authKey, keyHash, limit}: EstablishIntroOptions): Uint8Array {
  const fields = {
    authKeyType: IntroAuthKeyType.ED25519,
    authKey: authKey.public,
    extensions: limit === undefined ? [] : [dosParams(limit)]
  }
  const draft = encode(establishIntro, {
    ...fields,
    handshakeAuth: new Uint8Array(MAC_LENGTH),
    signature: new Uint8Array(SIGNATURE_LENGTH)
  })
  // What the MAC covers is everything before it, which the draft has as the message will.
  const signedLength = draft.length - SIGNATURE_LENGTH - SIGNATURE_LENGTH_FIELD
  const authenticated = draft.subarray(0, signedLength - MAC_LENGTH)
  const handshakeAuth = macSha3(keyHash, authenticated)
  const signature = signEd25519(authKey, SIGNATURE_PREFIX, concat(authenticated, handshakeAuth))
  return encode(establishIntro, {...fields, handshakeAuth, signature})
}

function dosParams({rate, burst}: IntroductionLimit) {
  return {
    kind: 'dosParams',
    params: [
      {type: DosParamType.INTRODUCE2_RATE_PER_SEC, value: BigInt(rate)},
      {type: DosParamType.INTRODUCE2_BURST_PER_SEC, value: BigInt(burst)}
    ]
  } as const
}
