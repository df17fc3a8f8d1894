// The hs-ntor handshake (rend-spec-v3 3.3.2, 4.2.1): a client and an onion service agree on keys through two relays that
// learn nothing of them. The client's half also carries its message to the service.
//
//   client:  openHsNtor ─▶ encryptIntroduce ─▶ INTRODUCE1 … RENDEZVOUS2 ─▶ completeHsNtor
//   service: INTRODUCE2 ─▶ decryptIntroduce ─▶ answerHsNtor ─▶ RENDEZVOUS1
//
// Functions are pure except for the ephemeral keys they draw, so a worker can run the service's side.

import {createCipheriv} from 'node:crypto'
import {concat, equalConstantTime, fromText, wipe} from '../../bytes/octets.ts'
import {decode, encode} from '../../codec/codec.ts'
import {type Fault, peerFault} from '../../fault/fault.ts'
import {err, ok, type Result} from '../../fault/result.ts'
import {introduceEncrypted} from '../../wire/hs/introduce-encrypted.ts'
import {rendezvousHandshake} from '../../wire/hs/rendezvous.ts'
import {macSha3, shake256} from '../digest.ts'
import {generateX25519Key, type X25519Key, x25519} from '../x25519.ts'

/** Df 32, Db 32, Kf 32, Kb 32 octets: the hop between client and service (rend-spec-v3 4.2.1). */
export const HS_KEY_MATERIAL_LENGTH = 128

const KEY_LENGTH = 32
const MAC_LENGTH = 32

const PROTOID_TEXT = 'tor-hs-ntor-curve25519-sha3-256-1'
const PROTOID = fromText(PROTOID_TEXT)
const T_HSENC = fromText(`${PROTOID_TEXT}:hs_key_extract`)
const T_HSVERIFY = fromText(`${PROTOID_TEXT}:hs_verify`)
const T_HSMAC = fromText(`${PROTOID_TEXT}:hs_mac`)
const M_HSEXPAND = fromText(`${PROTOID_TEXT}:hs_key_expand`)
const SERVER = fromText('Server')

export type HsNtorFault = Fault<'hs-ntor-length' | 'hs-ntor-weak-point' | 'hs-ntor-mac', never>

/** What a client knows of one introduction point from the descriptor. */
export interface HsNtorService {
  /** The introduction point's authentication key, Ed25519. */
  readonly authKey: Uint8Array
  /** B: the service's encryption key at this introduction point, X25519. */
  readonly encryptionKey: Uint8Array
  readonly subcredential: Uint8Array
}

/** What a service holds for one introduction point. */
export interface HsNtorServiceKeys {
  readonly authKey: Uint8Array
  readonly encryptionKey: X25519Key
  /** Of every time period whose descriptor is still out: the client may have come by any of them. */
  readonly subcredentials: readonly Uint8Array[]
}

/** What the client keeps until RENDEZVOUS2. */
export interface HsNtorClientState {
  readonly service: HsNtorService
  readonly ephemeral: X25519Key
  /** EXP(B, x). */
  readonly shared: Uint8Array
}

/** A fault means that the descriptor's encryption key is no key. */
export function openHsNtor(
  service: HsNtorService,
  ephemeral: X25519Key = generateX25519Key()
): Result<HsNtorClientState, HsNtorFault> {
  const shared = x25519(ephemeral, service.encryptionKey)
  return shared === undefined ? err(peerFault('hs-ntor-weak-point')) : ok({service, ephemeral, shared})
}

/** The ENCRYPTED field of an INTRODUCE1 whose octets before that field are `header`. */
export function encryptIntroduce(
  {service, ephemeral, shared}: HsNtorClientState,
  header: Uint8Array,
  plaintext: Uint8Array
): Uint8Array {
  const {authKey, encryptionKey, subcredential} = service
  const keys = introduceKeys(shared, authKey, ephemeral.public, encryptionKey, subcredential)
  const clientKey = ephemeral.public
  const ciphertext = crypt(keys.encryptionKey, plaintext)
  const mac = macSha3(keys.macKey, header, clientKey, ciphertext)
  return encode(introduceEncrypted, {clientKey, ciphertext, mac})
}

/** What the client said, and its X for the answer. Tries each subcredential. */
export function decryptIntroduce(
  {authKey, encryptionKey, subcredentials}: HsNtorServiceKeys,
  header: Uint8Array,
  encrypted: Uint8Array
): Result<{readonly plaintext: Uint8Array; readonly clientKey: Uint8Array}, HsNtorFault> {
  const decoded = decode(introduceEncrypted, encrypted)
  if (!decoded.ok) return err(peerFault('hs-ntor-length'))
  const {clientKey, ciphertext, authenticated, mac} = decoded.value
  const shared = x25519(encryptionKey, clientKey)
  if (shared === undefined) return err(peerFault('hs-ntor-weak-point'))
  for (const subcredential of subcredentials) {
    const keys = introduceKeys(shared, authKey, clientKey, encryptionKey.public, subcredential)
    if (equalConstantTime(macSha3(keys.macKey, header, authenticated), mac)) {
      return ok({plaintext: crypt(keys.encryptionKey, ciphertext), clientKey: clientKey.slice()})
    }
  }
  return err(peerFault('hs-ntor-mac'))
}

/** The service's half: what goes into RENDEZVOUS1 after the cookie, and the keys of the hop to the client. */
export function answerHsNtor(
  {authKey, encryptionKey}: HsNtorServiceKeys,
  clientKey: Uint8Array,
  ephemeral: X25519Key = generateX25519Key()
): Result<{readonly handshakeInfo: Uint8Array; readonly keyMaterial: Uint8Array}, HsNtorFault> {
  const withEphemeral = x25519(ephemeral, clientKey)
  const withService = x25519(encryptionKey, clientKey)
  if (withEphemeral === undefined || withService === undefined) return err(peerFault('hs-ntor-weak-point'))
  const {auth, keyMaterial} = rendezvousKeys({
    withEphemeral,
    withService,
    authKey,
    encryptionKey: encryptionKey.public,
    clientKey,
    serviceKey: ephemeral.public
  })
  return ok({
    handshakeInfo: encode(rendezvousHandshake, {serviceKey: ephemeral.public, auth}),
    keyMaterial
  })
}

/** The client's end: checks the service's half and gives the keys of the hop to the service. */
export function completeHsNtor(
  {service, ephemeral, shared}: HsNtorClientState,
  handshakeInfo: Uint8Array
): Result<Uint8Array, HsNtorFault> {
  const decoded = decode(rendezvousHandshake, handshakeInfo)
  if (!decoded.ok) return err(peerFault('hs-ntor-length'))
  const {serviceKey, auth} = decoded.value
  const withEphemeral = x25519(ephemeral, serviceKey)
  if (withEphemeral === undefined) return err(peerFault('hs-ntor-weak-point'))
  const derived = rendezvousKeys({
    withEphemeral,
    withService: shared,
    authKey: service.authKey,
    encryptionKey: service.encryptionKey,
    clientKey: ephemeral.public,
    serviceKey
  })
  return equalConstantTime(derived.auth, auth) ? ok(derived.keyMaterial) : err(peerFault('hs-ntor-mac'))
}

function introduceKeys(
  shared: Uint8Array,
  authKey: Uint8Array,
  clientKey: Uint8Array,
  encryptionKey: Uint8Array,
  subcredential: Uint8Array
): {readonly encryptionKey: Uint8Array; readonly macKey: Uint8Array} {
  const keys = shake256(
    KEY_LENGTH + MAC_LENGTH,
    shared,
    authKey,
    clientKey,
    encryptionKey,
    PROTOID,
    T_HSENC,
    M_HSEXPAND,
    subcredential
  )
  return {encryptionKey: keys.subarray(0, KEY_LENGTH), macKey: keys.subarray(KEY_LENGTH)}
}

function rendezvousKeys(of: {
  readonly withEphemeral: Uint8Array
  readonly withService: Uint8Array
  readonly authKey: Uint8Array
  readonly encryptionKey: Uint8Array
  readonly clientKey: Uint8Array
  readonly serviceKey: Uint8Array
}): {readonly auth: Uint8Array; readonly keyMaterial: Uint8Array} {
  const {authKey, encryptionKey, clientKey, serviceKey} = of
  const secret = concat(
    of.withEphemeral,
    of.withService,
    authKey,
    encryptionKey,
    clientKey,
    serviceKey,
    PROTOID
  )
  const keySeed = macSha3(secret, T_HSENC)
  const verify = macSha3(secret, T_HSVERIFY)
  const authInput = concat(verify, authKey, encryptionKey, serviceKey, clientKey, PROTOID, SERVER)
  const auth = macSha3(authInput, T_HSMAC)
  const keyMaterial = shake256(HS_KEY_MATERIAL_LENGTH, keySeed, M_HSEXPAND)
  wipe(secret)
  wipe(keySeed)
  return {auth, keyMaterial}
}

/** AES-256-CTR from a zero counter; every key encrypts one message. */
function crypt(key: Uint8Array, message: Uint8Array): Uint8Array {
  return new Uint8Array(createCipheriv('aes-256-ctr', key, new Uint8Array(16)).update(message))
}
