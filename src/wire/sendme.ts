// SENDME: room for more cells, on a circuit (stream id 0) or on one stream.

import {bytes, choice, constant, type Decoded, ignored, message, u8, u16} from '../codec/codec.ts'
import {RELAY_MESSAGE, RelayCommand} from './relay-cell.ts'

export const sendme = message(
  'SENDME',
  // Version 0 may be written with or without its number; what follows it is not looked at.
  {spec: 'tor-spec 7.3', command: RelayCommand.SENDME, ...RELAY_MESSAGE, noncanonical: true},
  choice(pickVersion, {
    v0: {body: ignored()},
    v1: {
      version: constant(u8, 1),
      /** Digest of the cell that used up the window: 20 octets with tor1, 16 with CGO. */
      tag: bytes(u16, {min: 16, max: 20})
    },
    unknown: {version: u8, body: ignored()}
  })
)
export type Sendme = Decoded<typeof sendme>

function pickVersion(body: Uint8Array): 'v0' | 'v1' | 'unknown' {
  const version = body[0] ?? 0
  if (version === 0) return 'v0'
  return version === 1 ? 'v1' : 'unknown'
}
