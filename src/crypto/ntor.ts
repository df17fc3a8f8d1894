// The ntor circuit handshake (tor-spec 5.1.4): the client names a relay by RSA identity and onion key and sends an
// ephemeral key; the relay answers with one of its own and a proof that it holds the onion key. Functions are pure
// except for the ephemeral keys they draw, so a worker can answer skins in batches.

import {concat, equal, equalConstantTime, fromText, wipe} from '../bytes/octets.ts'
import {decode, encode} from '../codec/codec.ts'
import {peerFault} from '../fault/fault.ts'
import {err, ok, type Result} from '../fault/result.ts'
import {ntorOnionSkin, ntorReply} from '../wire/circuit-handshake.ts'
import {hmacSha256} from './digest.ts'
import {hkdfExpandSha256} from './kdf.ts'
import type {OnionKeys} from './onion-keys.ts'
import type {OnionSkinAnswer, OnionSkinAnswerFault, OnionSkinFault} from './onion-skin.ts'
import {generateX25519Key, type X25519Key, x25519} from './x25519.ts'

const PROTOID_TEXT = 'ntor-curve25519-sha256-1'
const PROTOID = fromText(PROTOID_TEXT)
const SERVER = fromText('Server')
const T_MAC = fromText(`${PROTOID_TEXT}:mac`)
const T_KEY = fromText(`${PROTOID_TEXT}:key_extract`)
const T_VERIFY = fromText(`${PROTOID_TEXT}:verify`)
const M_EXPAND = fromText(`${PROTOID_TEXT}:key_expand`)

/** Whom an onion skin is for. */
export interface NtorRelay {
  /** SHA-1 RSA identity, 20 octets. */
  readonly identity: Uint8Array
  readonly onionKey: Uint8Array
}

/** What the client keeps between its onion skin and the answer. */
export interface NtorClientState {
  readonly relay: NtorRelay
  readonly ephemeral: X25519Key
}

/** The onion skin (84 octets) for a CREATE2 or EXTEND2 of handshake type 2. */
export function openNtor(
  relay: NtorRelay,
  ephemeral: X25519Key = generateX25519Key()
): {onionSkin: Uint8Array; state: NtorClientState} {
  const onionSkin = encode(ntorOnionSkin, {
    relayIdentity: relay.identity,
    onionKey: relay.onionKey,
    clientKey: ephemeral.public
  })
  return {onionSkin, state: {relay, ephemeral}}
}

/**
 * The relay's side. `keyLength` octets of key material come with the reply of 64 octets.
 * An unknown onion key and a point of small order are refused only after all the work is done.
 */
export function answerNtor(
  onionSkin: Uint8Array,
  identity: Uint8Array,
  keys: OnionKeys,
  keyLength: number,
  ephemeral: X25519Key = generateX25519Key()
): Result<OnionSkinAnswer, OnionSkinFault> {
  const decoded = decode(ntorOnionSkin, onionSkin)
  if (!decoded.ok) return err(peerFault('onion-skin-length'))
  const {relayIdentity, onionKey, clientKey} = decoded.value
  if (!equal(relayIdentity, identity)) return err(peerFault('onion-skin-other-relay'))

  const {key, known} = keys.choose(onionKey)
  const withEphemeral = x25519(ephemeral, clientKey)
  const withOnionKey = x25519(key, clientKey)
  if (withEphemeral === undefined || withOnionKey === undefined)
    return err(peerFault('onion-skin-weak-point'))
  const {auth, keyMaterial} = derive(
    withEphemeral,
    withOnionKey,
    {identity, onionKey},
    clientKey,
    ephemeral.public,
    keyLength
  )
  if (!known) return err(peerFault('onion-skin-unknown-key'))
  return ok({reply: encode(ntorReply, {serverKey: ephemeral.public, auth}), keyMaterial})
}

/** The client's side of the answer: `keyLength` octets of key material. */
export function completeNtor(
  state: NtorClientState,
  reply: Uint8Array,
  keyLength: number
): Result<Uint8Array, OnionSkinAnswerFault> {
  const decoded = decode(ntorReply, reply)
  if (!decoded.ok) return err(peerFault('handshake-answer-length'))
  const {serverKey} = decoded.value
  const withEphemeral = x25519(state.ephemeral, serverKey)
  const withOnionKey = x25519(state.ephemeral, state.relay.onionKey)
  if (withEphemeral === undefined || withOnionKey === undefined) {
    return err(peerFault('handshake-answer-weak-point'))
  }
  const {auth, keyMaterial} = derive(
    withEphemeral,
    withOnionKey,
    state.relay,
    state.ephemeral.public,
    serverKey,
    keyLength
  )
  if (!equalConstantTime(auth, decoded.value.auth)) return err(peerFault('handshake-answer-auth'))
  return ok(keyMaterial)
}

function derive(
  withEphemeral: Uint8Array,
  withOnionKey: Uint8Array,
  {identity, onionKey}: NtorRelay,
  clientKey: Uint8Array,
  serverKey: Uint8Array,
  keyLength: number
): {auth: Uint8Array; keyMaterial: Uint8Array} {
  const secret = concat(withEphemeral, withOnionKey, identity, onionKey, clientKey, serverKey, PROTOID)
  const keySeed = hmacSha256(T_KEY, secret)
  const verify = hmacSha256(T_VERIFY, secret)
  const auth = hmacSha256(T_MAC, verify, identity, onionKey, serverKey, clientKey, PROTOID, SERVER)
  const keyMaterial = hkdfExpandSha256(keySeed, M_EXPAND, keyLength)
  for (const octets of [secret, keySeed, withEphemeral, withOnionKey]) wipe(octets)
  return {auth, keyMaterial}
}
