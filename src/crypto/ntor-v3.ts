// The ntor-v3 handshake (proposal 332): ntor in which each side also sends the other an encrypted message. The client's
// message is readable by whoever holds the onion key; the relay's has forward secrecy. For circuits the messages are
// extension lists and the verification string is 'circuit extend'.
//
// The relay's side has one decision in the middle: what to answer to the client's message. It is handed in as a pure
// function, so that the whole handshake can run in a worker.

import {createCipheriv} from 'node:crypto'
import {concat, equal, equalConstantTime, fromText, wipe} from '../bytes/octets.ts'
import {decode, encode} from '../codec/codec.ts'
import {peerFault} from '../fault/fault.ts'
import {err, ok, type Result} from '../fault/result.ts'
import {ntorV3OnionSkin, ntorV3Reply} from '../wire/circuit-handshake.ts'
import {lengthOf, sha3_256, shake256} from './digest.ts'
import type {OnionKeys} from './onion-keys.ts'
import type {OnionSkinAnswer, OnionSkinAnswerFault, OnionSkinFault} from './onion-skin.ts'
import {generateX25519Key, type X25519Key, x25519} from './x25519.ts'

/** The verification string of CREATE2 and EXTEND2. */
export const CIRCUIT_EXTEND = fromText('circuit extend')

const KEY_LENGTH = 32

const PROTOID_TEXT = 'ntor3-curve25519-sha3_256-1'
const PROTOID = fromText(PROTOID_TEXT)
const SERVER = fromText('Server')

/** A domain separator with its length before it, as every hash and KDF of this handshake begins. */
function tweak(name: string): Uint8Array {
  const text = fromText(`${PROTOID_TEXT}:${name}`)
  return concat(lengthOf(text), text)
}

const T_MSGKDF = tweak('kdf_phase1')
const T_MSGMAC = tweak('msg_mac')
const T_KEY_SEED = tweak('key_seed')
const T_VERIFY = tweak('verify')
const T_FINAL = tweak('kdf_final')
const T_AUTH = tweak('auth_final')

/** Whom an onion skin is for. */
export interface NtorV3Relay {
  /** Ed25519 identity, 32 octets. */
  readonly identity: Uint8Array
  readonly onionKey: Uint8Array
}

/** What the client keeps between its onion skin and the answer. */
export interface NtorV3ClientState {
  readonly relay: NtorV3Relay
  readonly verification: Uint8Array
  readonly ephemeral: X25519Key
  readonly withOnionKey: Uint8Array
  readonly mac: Uint8Array
}

/** What the relay makes of a client's message: its own message, the length of key material, and what was agreed on. */
export interface NtorV3Decision<Agreed> {
  readonly message: Uint8Array
  readonly keyLength: number
  readonly agreed: Agreed
}

/** Undefined when the handshake must fail. Gets octets that are valid during the call only. */
export type NtorV3Decide<Agreed> = (clientMessage: Uint8Array) => NtorV3Decision<Agreed> | undefined

/** The onion skin for a CREATE2 or EXTEND2 of handshake type 3. A fault means that the relay's onion key is no key. */
export function openNtorV3(
  relay: NtorV3Relay,
  message: Uint8Array,
  verification: Uint8Array = CIRCUIT_EXTEND,
  ephemeral: X25519Key = generateX25519Key()
): Result<{onionSkin: Uint8Array; state: NtorV3ClientState}, OnionSkinFault> {
  const withOnionKey = x25519(ephemeral, relay.onionKey)
  if (withOnionKey === undefined) return err(peerFault('onion-skin-weak-point'))
  const {encryptionKey, macKey} = phaseOne(withOnionKey, relay, ephemeral.public, verification)
  const encrypted = crypt(encryptionKey, message)
  const mac = messageMac(macKey, relay, ephemeral.public, encrypted)
  const onionSkin = encode(ntorV3OnionSkin, {
    relayIdentity: relay.identity,
    onionKey: relay.onionKey,
    clientKey: ephemeral.public,
    encrypted,
    mac
  })
  return ok({onionSkin, state: {relay, verification, ephemeral, withOnionKey, mac}})
}

/** The relay's side: checks the client's message, lets `decide` answer it, and derives as many octets as that says. */
export function answerNtorV3<Agreed>(
  onionSkin: Uint8Array,
  identity: Uint8Array,
  keys: OnionKeys,
  decide: NtorV3Decide<Agreed>,
  verification: Uint8Array = CIRCUIT_EXTEND,
  ephemeral: X25519Key = generateX25519Key()
): Result<OnionSkinAnswer & {readonly agreed: Agreed}, OnionSkinFault> {
  const decoded = decode(ntorV3OnionSkin, onionSkin)
  if (!decoded.ok) return err(peerFault('onion-skin-length'))
  const {relayIdentity, onionKey, clientKey, encrypted, mac} = decoded.value
  if (!equal(relayIdentity, identity)) return err(peerFault('onion-skin-other-relay'))

  const relay = {identity, onionKey}
  const {key, known} = keys.choose(onionKey)
  const withOnionKey = x25519(key, clientKey)
  if (withOnionKey === undefined) return err(peerFault('onion-skin-weak-point'))
  const {encryptionKey, macKey} = phaseOne(withOnionKey, relay, clientKey, verification)
  const genuine = equalConstantTime(messageMac(macKey, relay, clientKey, encrypted), mac)
  if (!known) return err(peerFault('onion-skin-unknown-key'))
  if (!genuine) return err(peerFault('onion-skin-mac'))

  const decision = decide(crypt(encryptionKey, encrypted))
  if (decision === undefined) return err(peerFault('onion-skin-extensions'))

  const withEphemeral = x25519(ephemeral, clientKey)
  if (withEphemeral === undefined) return err(peerFault('onion-skin-weak-point'))
  const {verify, stream} = phaseTwo(
    withEphemeral,
    withOnionKey,
    relay,
    clientKey,
    ephemeral.public,
    verification,
    decision.keyLength
  )
  const answer = crypt(stream.subarray(0, KEY_LENGTH), decision.message)
  const auth = authentication(verify, relay, ephemeral.public, clientKey, mac, answer)
  return ok({
    reply: encode(ntorV3Reply, {serverKey: ephemeral.public, auth, encrypted: answer}),
    keyMaterial: stream.slice(KEY_LENGTH),
    agreed: decision.agreed
  })
}

/** The client's side of the answer: the relay's message, and a key stream of the length that this message calls for. */
export function completeNtorV3(
  state: NtorV3ClientState,
  answer: Uint8Array,
  keyLength: (message: Uint8Array) => number
): Result<{message: Uint8Array; keyMaterial: Uint8Array}, OnionSkinAnswerFault> {
  const decoded = decode(ntorV3Reply, answer)
  if (!decoded.ok) return err(peerFault('handshake-answer-length'))
  const {serverKey, auth, encrypted} = decoded.value
  const withEphemeral = x25519(state.ephemeral, serverKey)
  if (withEphemeral === undefined) return err(peerFault('handshake-answer-weak-point'))
  const {relay, ephemeral, withOnionKey, verification, mac} = state
  const derive = (length: number) =>
    phaseTwo(withEphemeral, withOnionKey, relay, ephemeral.public, serverKey, verification, length)
  const first = derive(0)
  const expected = authentication(first.verify, relay, serverKey, ephemeral.public, mac, encrypted)
  if (!equalConstantTime(expected, auth)) return err(peerFault('handshake-answer-auth'))
  const message = crypt(first.stream.subarray(0, KEY_LENGTH), encrypted)
  return ok({message, keyMaterial: derive(keyLength(message)).stream.slice(KEY_LENGTH)})
}

function phaseOne(
  withOnionKey: Uint8Array,
  {identity, onionKey}: NtorV3Relay,
  clientKey: Uint8Array,
  verification: Uint8Array
): {encryptionKey: Uint8Array; macKey: Uint8Array} {
  const keys = shake256(
    2 * KEY_LENGTH,
    T_MSGKDF,
    withOnionKey,
    identity,
    clientKey,
    onionKey,
    PROTOID,
    lengthOf(verification),
    verification
  )
  return {encryptionKey: keys.subarray(0, KEY_LENGTH), macKey: keys.subarray(KEY_LENGTH)}
}

function messageMac(
  macKey: Uint8Array,
  {identity, onionKey}: NtorV3Relay,
  clientKey: Uint8Array,
  encrypted: Uint8Array
): Uint8Array {
  return sha3_256(T_MSGMAC, lengthOf(macKey), macKey, identity, onionKey, clientKey, encrypted)
}

/** `stream` is the key of the relay's message followed by `keyLength` octets. */
function phaseTwo(
  withEphemeral: Uint8Array,
  withOnionKey: Uint8Array,
  {identity, onionKey}: NtorV3Relay,
  clientKey: Uint8Array,
  serverKey: Uint8Array,
  verification: Uint8Array,
  keyLength: number
): {verify: Uint8Array; stream: Uint8Array} {
  const secret = concat(
    withEphemeral,
    withOnionKey,
    identity,
    onionKey,
    clientKey,
    serverKey,
    PROTOID,
    lengthOf(verification),
    verification
  )
  const keySeed = sha3_256(T_KEY_SEED, secret)
  const verify = sha3_256(T_VERIFY, secret)
  const stream = shake256(KEY_LENGTH + keyLength, T_FINAL, keySeed)
  wipe(secret)
  wipe(keySeed)
  return {verify, stream}
}

function authentication(
  verify: Uint8Array,
  {identity, onionKey}: NtorV3Relay,
  serverKey: Uint8Array,
  clientKey: Uint8Array,
  mac: Uint8Array,
  encrypted: Uint8Array
): Uint8Array {
  return sha3_256(
    T_AUTH,
    verify,
    identity,
    onionKey,
    serverKey,
    clientKey,
    mac,
    lengthOf(encrypted),
    encrypted,
    PROTOID,
    SERVER
  )
}

/** AES-256-CTR from a zero counter; every key encrypts one message. */
function crypt(key: Uint8Array, message: Uint8Array): Uint8Array {
  return new Uint8Array(createCipheriv('aes-256-ctr', key, new Uint8Array(16)).update(message))
}
