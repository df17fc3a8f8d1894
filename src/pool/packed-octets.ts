// Many short octet strings as one, for the way between threads: each array of octets that a message holds costs as much to
// hand over as what is in it takes to compute.

export interface PackedOctets {
  /** All pieces, one behind the other. */
  readonly octets: Uint8Array
  readonly lengths: readonly number[]
}

/** Copies. */
export function packOctets(pieces: readonly Uint8Array[]): PackedOctets {
  const lengths = pieces.map(({length}) => length)
  const octets = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    octets.set(piece, at)
    at += piece.length
  }
  return {octets, lengths}
}

/** Views of the packed octets, in order. */
export function unpackOctets({octets, lengths}: PackedOctets): Uint8Array[] {
  let at = 0
  return lengths.map(length => {
    at += length
    return octets.subarray(at - length, at)
  })
}
