// RFC 4648 base64, with the padding kept or left off as each directory keyword has it.

const PADDED = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
const UNPADDED = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2,3})?$/

function view(octets: Uint8Array): Buffer {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length)
}

export function toBase64(octets: Uint8Array): string {
  return view(octets).toString('base64')
}

export function toBase64Unpadded(octets: Uint8Array): string {
  return toBase64(octets).replace(/=+$/, '')
}

/** Padding may be there or not; any other character, or a length that no encoding has, gives undefined. */
export function fromBase64(text: string): Uint8Array | undefined {
  return PADDED.test(text) || UNPADDED.test(text) ? new Uint8Array(Buffer.from(text, 'base64')) : undefined
}
