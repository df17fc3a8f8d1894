// INTRODUCE2 (rend-spec-v3 3.3): what a client had an introduction point carry to us, read and judged.
//
//   decode ─▶ our key? ─▶ seen before? ─▶ hs-ntor: MAC, decrypt ─▶ remembered ─▶ decode ─▶ a relay we can go to?
//
// The replay cache goes by the part that only the client can have made. Whoever changes the rest, the header, breaks the
// MAC (TROVE-2017-009).

import {equal} from '../../bytes/octets.ts'
import type {PathHop} from '../../circuit/open-circuit.ts'
import {type NamedHopRules, namedHop} from '../../circuit/path-hop.ts'
import {decode} from '../../codec/codec.ts'
import {decryptIntroduce, type HsNtorServiceKeys} from '../../crypto/hs/hs-ntor.ts'
import {X25519_LENGTH} from '../../crypto/x25519.ts'
import {type Fault, peerFault} from '../../fault/fault.ts'
import {err, ok, type Result} from '../../fault/result.ts'
import {IntroAuthKeyType} from '../../wire/hs/establish-intro.ts'
import {introduce2} from '../../wire/hs/introduce.ts'
import {introducePlaintext, OnionKeyType} from '../../wire/hs/introduce-encrypted.ts'
import type {ReplayCache} from './replay-cache.ts'
import type {IntroductionRejection} from './service-counters.ts'

/** A client waits at a rendezvous point. */
export interface Introduction {
  readonly rendezvousPoint: PathHop
  readonly rendezvousCookie: Uint8Array
  /** X, for the answer of the handshake. */
  readonly clientKey: Uint8Array
  readonly wantsCongestionControl: boolean
}

export interface Introduce2Options extends NamedHopRules {
  readonly keys: HsNtorServiceKeys
  /** Of the introduction point that the message came by. */
  readonly replays: ReplayCache
  /** A client that asks for what our descriptor does not offer is refused. */
  readonly offersCongestionControl: boolean
}

export function readIntroduce2(
  body: Uint8Array,
  options: Introduce2Options
): Result<Introduction, Fault<IntroductionRejection, never>> {
  const {keys, replays} = options
  const decoded = decode(introduce2, body)
  if (!decoded.ok) return err(peerFault('invalid_introduce2'))
  const {authKeyType, authKey, header, encrypted} = decoded.value
  if (authKeyType !== IntroAuthKeyType.ED25519 || !equal(authKey, keys.authKey)) {
    return err(peerFault('bad_auth_key'))
  }
  if (replays.has(encrypted)) return err(peerFault('replay'))
  const decrypted = decryptIntroduce(keys, header, encrypted)
  if (!decrypted.ok) {
    return err(peerFault(decrypted.fault.code === 'hs-ntor-mac' ? 'subcredential' : 'invalid_introduce2'))
  }
  replays.add(encrypted)
  const {plaintext, clientKey} = decrypted.value
  const read = decode(introducePlaintext, plaintext)
  if (!read.ok) return err(peerFault('invalid_introduce2'))
  const {rendezvousCookie, onionKeyType, onionKey, linkSpecifiers, extensions} = read.value
  if (onionKeyType !== OnionKeyType.NTOR || onionKey.length !== X25519_LENGTH) {
    return err(peerFault('invalid_introduce2'))
  }
  const wantsCongestionControl = extensions.some(({kind}) => kind === 'ccRequest')
  if (wantsCongestionControl && !options.offersCongestionControl) return err(peerFault('invalid_introduce2'))
  const rendezvousPoint = namedHop(linkSpecifiers, onionKey.slice(), options)
  if (rendezvousPoint === undefined) return err(peerFault('invalid_introduce2'))
  return ok({rendezvousPoint, rendezvousCookie: rendezvousCookie.slice(), clientKey, wantsCongestionControl})
}
