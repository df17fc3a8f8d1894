// Hexadecimal, as fingerprints and digests are written.

const PATTERN = /^(?:[0-9A-Fa-f]{2})*$/

export function toBase16(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('hex')
}

/** Upper case, as Tor prints fingerprints. */
export function toBase16Upper(octets: Uint8Array): string {
  return toBase16(octets).toUpperCase()
}

/** Undefined when the text is not hexadecimal or has an odd length. */
export function fromBase16(text: string): Uint8Array | undefined {
  return PATTERN.test(text) ? new Uint8Array(Buffer.from(text, 'hex')) : undefined
}
