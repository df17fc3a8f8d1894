// The two encrypted layers of an onion service descriptor as octets, inside the armour of their text.

import {bytes, type Decoded, format, rest} from '../../codec/codec.ts'

export const descriptorLayer = format(
  'descriptor layer',
  {spec: 'rend-spec-v3 2.5.3'},
  {
    salt: bytes(16),
    /** AES-256-CTR of the layer's text. */
    ciphertext: rest({min: 1, keep: 32}),
    mac: bytes(32)
  }
)
export type DescriptorLayer = Decoded<typeof descriptorLayer>
