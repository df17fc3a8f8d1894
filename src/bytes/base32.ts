// RFC 4648 base32 in lower case without padding, as onion addresses are written.

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'

export function toBase32(octets: Uint8Array): string {
  let out = ''
  let bits = 0
  let held = 0
  for (const octet of octets) {
    held = (held << 8) | octet
    bits += 8
    while (bits >= 5) {
      bits -= 5
      out += ALPHABET[(held >>> bits) & 31]
    }
    held &= (1 << bits) - 1
  }
  if (bits > 0) out += ALPHABET[(held << (5 - bits)) & 31]
  return out
}

/** Accepts either case; undefined on any other character or on non-zero left-over bits. */
export function fromBase32(text: string): Uint8Array | undefined {
  const out = new Uint8Array(Math.floor((text.length * 5) / 8))
  let bits = 0
  let held = 0
  let at = 0
  for (const character of text.toLowerCase()) {
    const value = ALPHABET.indexOf(character)
    if (value < 0) return undefined
    held = (held << 5) | value
    bits += 5
    if (bits >= 8) {
      bits -= 8
      out[at++] = held >>> bits
      held &= (1 << bits) - 1
    }
  }
  return held === 0 && bits < 5 ? out : undefined
}
