// Octets written as hexadecimal in a test or a vector.

import {fromBase16} from '../../src/bytes/base16.ts'

/** Throws on anything but hexadecimal, so that a typing error in a test cannot pass for an empty value. */
export function hex(text: string): Uint8Array {
  const out = fromBase16(text)
  if (out === undefined) throw new Error(`not hexadecimal: ${text}`)
  return out
}
