// INTRODUCE1 from a client, INTRODUCE2 to the service with the same body, and INTRODUCE_ACK back to the client.

import {bytes, type Decoded, enumOf, list, message, rest, span, u8, u16, zeros} from '../../codec/codec.ts'
import {MAX_RELAY_DATA, RELAY_MESSAGE, RelayCommand} from '../relay-cell.ts'
import {IntroAuthKeyType} from './establish-intro.ts'
import {extension} from './extension.ts'

/** The most octets in an INTRODUCE1. It leaves room for every relay cell format, so that the introduction point does not
 * let a client find out which one the service's circuit uses. */
export const MAX_INTRODUCE1 = 490

/** rend-spec-v3 3.2.2. */
export const IntroduceAckStatus = {SUCCESS: 0, UNKNOWN_ID: 1, BAD_FORMAT: 2, CANNOT_RELAY: 3} as const

const introduce = {
  /** Not zero only in the messages of version 2 clients. */
  legacyKeyId: zeros(20),
  authKeyType: enumOf(u8, IntroAuthKeyType),
  /** Names the introduction circuit; 32 octets where the type is ED25519. */
  authKey: bytes(u16),
  extensions: list(u8, extension),
  /** Under the MAC at the end of `encrypted`, together with what is before that MAC. */
  header: span('legacyKeyId', 'extensions'),
  /** For the service alone; introduceEncrypted says what it holds. */
  encrypted: rest({min: 1})
} as const

export const introduce1 = message(
  'INTRODUCE1',
  {spec: 'rend-spec-v3 3.2.1', command: RelayCommand.INTRODUCE1, limit: MAX_INTRODUCE1},
  introduce
)
export type Introduce1 = Decoded<typeof introduce1>

export const introduce2 = message(
  'INTRODUCE2',
  {spec: 'rend-spec-v3 3.3', command: RelayCommand.INTRODUCE2, limit: MAX_RELAY_DATA},
  introduce
)
export type Introduce2 = Decoded<typeof introduce2>

export const introduceAck = message(
  'INTRODUCE_ACK',
  {spec: 'rend-spec-v3 3.2.2', command: RelayCommand.INTRODUCE_ACK, ...RELAY_MESSAGE},
  {status: enumOf(u16, IntroduceAckStatus), extensions: list(u8, extension)}
)
export type IntroduceAck = Decoded<typeof introduceAck>
