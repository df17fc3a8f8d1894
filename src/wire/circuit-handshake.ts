// What travels inside CREATE2 and CREATED2 (and EXTEND2 and EXTENDED2): the two halves of the ntor and ntor-v3 handshakes.

import {bytes, type Decoded, format, rest} from '../codec/codec.ts'

const ED25519_IDENTITY = 32
const RSA_IDENTITY = 20
const KEY = 32
const MAC = 32

export const ntorOnionSkin = format(
  'ntor onion skin',
  {spec: 'tor-spec 5.1.4'},
  {relayIdentity: bytes(RSA_IDENTITY), onionKey: bytes(KEY), clientKey: bytes(KEY)}
)
export type NtorOnionSkin = Decoded<typeof ntorOnionSkin>

export const ntorReply = format(
  'ntor reply',
  {spec: 'tor-spec 5.1.4'},
  {serverKey: bytes(KEY), auth: bytes(MAC)}
)
export type NtorReply = Decoded<typeof ntorReply>

export const ntorV3OnionSkin = format(
  'ntor-v3 onion skin',
  {spec: 'prop 332'},
  {
    relayIdentity: bytes(ED25519_IDENTITY),
    onionKey: bytes(KEY),
    clientKey: bytes(KEY),
    /** AES-256-CTR of the client's extensions. */
    encrypted: rest({keep: MAC}),
    mac: bytes(MAC)
  }
)
export type NtorV3OnionSkin = Decoded<typeof ntorV3OnionSkin>

export const ntorV3Reply = format(
  'ntor-v3 reply',
  {spec: 'prop 332'},
  {
    serverKey: bytes(KEY),
    auth: bytes(MAC),
    /** AES-256-CTR of the relay's extensions. */
    encrypted: rest()
  }
)
export type NtorV3Reply = Decoded<typeof ntorV3Reply>
