// CREATE_FAST (tor-spec 5.1.5, 5.2.1): a circuit's first hop without public-key work, for clients that do not know our
// onion key yet and so rely on the channel alone. Twenty random octets from each side.

import {randomBytes} from 'node:crypto'
import {concat, equalConstantTime, wipe} from '../bytes/octets.ts'
import {peerFault} from '../fault/fault.ts'
import {err, ok, type Result} from '../fault/result.ts'
import {kdfTor} from './kdf.ts'
import type {OnionSkinAnswer, OnionSkinAnswerFault, OnionSkinFault} from './onion-skin.ts'

export const CREATE_FAST_LENGTH = 20

/** The octets of a CREATE_FAST. */
export function openCreateFast(): Uint8Array {
  return new Uint8Array(randomBytes(CREATE_FAST_LENGTH))
}

/** `reply` is the body of CREATED_FAST, Y | KH (40 octets); `keyMaterial` has `keyLength` octets and starts after KH. */
export function answerCreateFast(
  x: Uint8Array,
  keyLength: number,
  y: Uint8Array = randomBytes(CREATE_FAST_LENGTH)
): Result<OnionSkinAnswer, OnionSkinFault> {
  if (x.length !== CREATE_FAST_LENGTH) return err(peerFault('onion-skin-length'))
  const {keyHash, keyMaterial} = derive(x, y, keyLength)
  return ok({reply: concat(y, keyHash), keyMaterial})
}

/** Checks KH in the body of CREATED_FAST and gives `keyLength` octets of key material. */
export function completeCreateFast(
  x: Uint8Array,
  reply: Uint8Array,
  keyLength: number
): Result<Uint8Array, OnionSkinAnswerFault> {
  if (reply.length !== 2 * CREATE_FAST_LENGTH) return err(peerFault('handshake-answer-length'))
  const {keyHash, keyMaterial} = derive(x, reply.subarray(0, CREATE_FAST_LENGTH), keyLength)
  if (!equalConstantTime(keyHash, reply.subarray(CREATE_FAST_LENGTH))) {
    return err(peerFault('handshake-answer-auth'))
  }
  return ok(keyMaterial)
}

function derive(
  x: Uint8Array,
  y: Uint8Array,
  keyLength: number
): {keyHash: Uint8Array; keyMaterial: Uint8Array} {
  const secret = concat(x, y)
  const stream = kdfTor(secret, CREATE_FAST_LENGTH + keyLength)
  wipe(secret)
  return {
    keyHash: stream.slice(0, CREATE_FAST_LENGTH),
    keyMaterial: stream.slice(CREATE_FAST_LENGTH)
  }
}
