// ESTABLISH_INTRO and its answer: a service turns the last relay of a circuit into its introduction point.

import {
  bytes,
  type Decoded,
  enumOf,
  list,
  message,
  span,
  struct,
  tagged,
  u8,
  u16,
  u64,
  variant
} from '../../codec/codec.ts'
import {RELAY_MESSAGE, RelayCommand} from '../relay-cell.ts'
import {extension} from './extension.ts'

/** rend-spec-v3 3.1.1; 0 and 1 were version 2 services. */
export const IntroAuthKeyType = {LEGACY0: 0, LEGACY1: 1, ED25519: 2} as const
export const EstablishIntroExtensionType = {DOS_PARAMS: 1} as const
/** What the introduction point is to allow per second, and in a burst. */
export const DosParamType = {INTRODUCE2_RATE_PER_SEC: 1, INTRODUCE2_BURST_PER_SEC: 2} as const

/** A DOS_PARAMS that does not hold together is passed over like an extension that nobody knows. */
const establishIntroExtension = tagged(
  {tag: u8, length: u8, misfit: 'raw'},
  {
    dosParams: variant(EstablishIntroExtensionType.DOS_PARAMS, {
      params: list(u8, struct({type: enumOf(u8, DosParamType), value: u64}))
    })
  }
)

export const establishIntro = message(
  'ESTABLISH_INTRO',
  {spec: 'rend-spec-v3 3.1.1', command: RelayCommand.ESTABLISH_INTRO, ...RELAY_MESSAGE},
  {
    authKeyType: enumOf(u8, IntroAuthKeyType),
    /** 32 octets where the type is ED25519. */
    authKey: bytes(u16),
    extensions: list(u8, establishIntroExtension),
    /** Under HANDSHAKE_AUTH, a MAC whose key is the circuit's KH. */
    authenticated: span('authKeyType', 'extensions'),
    handshakeAuth: bytes(32),
    /** Under the signature, after the text `Tor establish-intro cell v1`. */
    signed: span('authKeyType', 'handshakeAuth'),
    signature: bytes(u16)
  }
)
export type EstablishIntro = Decoded<typeof establishIntro>

export const introEstablished = message(
  'INTRO_ESTABLISHED',
  {spec: 'rend-spec-v3 3.1.1', command: RelayCommand.INTRO_ESTABLISHED, ...RELAY_MESSAGE},
  {extensions: list(u8, extension)}
)
export type IntroEstablished = Decoded<typeof introEstablished>
