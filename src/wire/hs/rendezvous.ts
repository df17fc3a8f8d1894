// The messages by which a client and a service meet at a relay.

import {bytes, type Decoded, format, ignored, message, rest} from '../../codec/codec.ts'
import {MAX_RELAY_DATA, RELAY_MESSAGE, RelayCommand} from '../relay-cell.ts'

export const establishRendezvous = message(
  'ESTABLISH_RENDEZVOUS',
  // Alone among the messages of onion services it may have no octets after its last field.
  {spec: 'rend-spec-v3 4.1', command: RelayCommand.ESTABLISH_RENDEZVOUS, limit: MAX_RELAY_DATA},
  {rendezvousCookie: bytes(20)}
)
export type EstablishRendezvous = Decoded<typeof establishRendezvous>

export const rendezvousEstablished = message(
  'RENDEZVOUS_ESTABLISHED',
  {
    spec: 'rend-spec-v3 4.1',
    command: RelayCommand.RENDEZVOUS_ESTABLISHED,
    limit: MAX_RELAY_DATA,
    noncanonical: true
  },
  {body: ignored()}
)
export type RendezvousEstablished = Decoded<typeof rendezvousEstablished>

export const rendezvous1 = message(
  'RENDEZVOUS1',
  {spec: 'rend-spec-v3 4.2', command: RelayCommand.RENDEZVOUS1, limit: MAX_RELAY_DATA},
  {
    rendezvousCookie: bytes(20),
    /** What the relay passes on as RENDEZVOUS2 without looking at it. */
    handshakeInfo: rest()
  }
)
export type Rendezvous1 = Decoded<typeof rendezvous1>

export const rendezvous2 = message(
  'RENDEZVOUS2',
  {spec: 'rend-spec-v3 4.2', command: RelayCommand.RENDEZVOUS2, limit: MAX_RELAY_DATA},
  {handshakeInfo: rest()}
)
export type Rendezvous2 = Decoded<typeof rendezvous2>

/** The service's half of the hs-ntor handshake, in handshakeInfo; some services pad it. */
export const rendezvousHandshake = format(
  'rendezvous handshake',
  {spec: 'rend-spec-v3 4.2', ...RELAY_MESSAGE},
  {serviceKey: bytes(32), auth: bytes(32)}
)
export type RendezvousHandshake = Decoded<typeof rendezvousHandshake>
