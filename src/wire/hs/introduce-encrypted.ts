// What a client encrypts to the service in INTRODUCE1: first the hs-ntor envelope, then what is inside it.

import {
  bytes,
  constant,
  type Decoded,
  enumOf,
  format,
  ignored,
  list,
  rest,
  span,
  tagged,
  u8,
  u16,
  u32,
  variant
} from '../../codec/codec.ts'
import {linkSpecifier} from '../link-specifier.ts'

export const IntroduceExtensionType = {CC_REQUEST: 1, PROOF_OF_WORK: 2} as const
export const OnionKeyType = {NTOR: 1} as const

export const introduceEncrypted = format(
  'INTRODUCE encrypted',
  {spec: 'rend-spec-v3 3.3.1'},
  {
    /** X, the client's ephemeral key. */
    clientKey: bytes(32),
    ciphertext: rest({keep: 32}),
    /** Under the MAC, after the message's header. */
    authenticated: span('clientKey', 'ciphertext'),
    mac: bytes(32)
  }
)
export type IntroduceEncrypted = Decoded<typeof introduceEncrypted>

const introduceExtension = tagged(
  {tag: u8, length: u8},
  {
    ccRequest: variant(IntroduceExtensionType.CC_REQUEST, {body: ignored()}),
    proofOfWork: variant(IntroduceExtensionType.PROOF_OF_WORK, {
      /** 1: Equi-X and Blake2b. */
      version: constant(u8, 1),
      nonce: bytes(16),
      effort: u32,
      /** The first octets of the seed that the solution is for. */
      seedHead: bytes(4),
      solution: bytes(16),
      later: ignored()
    })
  }
)

export const introducePlaintext = format(
  'INTRODUCE plaintext',
  {spec: 'rend-spec-v3 3.3', noncanonical: true},
  {
    rendezvousCookie: bytes(20),
    extensions: list(u8, introduceExtension),
    onionKeyType: enumOf(u8, OnionKeyType),
    /** The rendezvous point's onion key; 32 octets where the type is NTOR. */
    onionKey: bytes(u16),
    /** Where the rendezvous point is. */
    linkSpecifiers: list(u8, linkSpecifier),
    padding: rest()
  }
)
export type IntroducePlaintext = Decoded<typeof introducePlaintext>
