// The origin's side of the circuit handshakes, as one thing: an onion skin to send and a way to read the answer.

import {concat} from '../bytes/octets.ts'
import {CREATE_FAST_LENGTH, completeCreateFast, openCreateFast} from '../crypto/create-fast.ts'
import {completeNtor, openNtor} from '../crypto/ntor.ts'
import type {OnionSkinAnswerFault} from '../crypto/onion-skin.ts'
import {KEY_MATERIAL_LENGTH, KH_LENGTH} from '../dataplane/relay-keys.ts'
import {ok, type Result} from '../fault/result.ts'
import {HandshakeType} from '../wire/create.ts'

const KEYS_LENGTH = KEY_MATERIAL_LENGTH.tor1 + KH_LENGTH

export interface OriginHandshake {
  /** undefined: CREATE_FAST, which only a first hop can have. */
  readonly handshakeType: number | undefined
  readonly onionSkin: Uint8Array
  /** `reply`: body of CREATED_FAST, or HDATA of CREATED2 and EXTENDED2. The keys of the hop, then KH. */
  complete(reply: Uint8Array): Result<Uint8Array, OnionSkinAnswerFault>
}

export function createFastHandshake(): OriginHandshake {
  const x = openCreateFast()
  return {
    handshakeType: undefined,
    onionSkin: x,
    complete: reply => {
      const keys = completeCreateFast(x, reply, KEY_MATERIAL_LENGTH.tor1)
      // tor-spec 5.2.1: KH comes before the keys in the key stream, and the reply has it.
      return keys.ok ? ok(concat(keys.value, reply.subarray(CREATE_FAST_LENGTH))) : keys
    }
  }
}

/** @param relay its SHA-1 RSA identity (20 octets) and its ntor onion key (32 octets) */
export function ntorHandshake(relay: {rsaIdentity: Uint8Array; ntorOnionKey: Uint8Array}): OriginHandshake {
  const {onionSkin, state} = openNtor({identity: relay.rsaIdentity, onionKey: relay.ntorOnionKey})
  return {
    handshakeType: HandshakeType.NTOR,
    onionSkin,
    complete: reply => completeNtor(state, reply, KEYS_LENGTH)
  }
}
