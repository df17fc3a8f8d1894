// Onion services as controllers name them: the address without `.onion`.

import {parseOnionAddress} from '../../crypto/hs/onion-address.ts'

/** In lower case; undefined for what is no address of version 3. */
export function onionId(text: string): string | undefined {
  const id = text.toLowerCase()
  return onionIdentity(id) === undefined ? undefined : id
}

/** The Ed25519 identity of `id`, 32 octets. */
export function onionIdentity(id: string): Uint8Array | undefined {
  return id.includes('.') ? undefined : parseOnionAddress(id.toLowerCase())
}
