// How many octets of a handshake's key stream a circuit hop takes, by the cryptography of its relay cells: the keys and
// digest seeds of both directions, and then KH, to which ESTABLISH_INTRO is bound (tor-spec 5.2.2, proposal 359).

/** tor1: AES-128-CTR and SHA-1. cgo: Counter Galois Onion. */
export type RelayCellCrypto = 'tor1' | 'cgo'

const KH = 20

export const KEY_STREAM_LENGTH: Readonly<Record<RelayCellCrypto, number>> = {
  tor1: 20 + 20 + 16 + 16 + KH,
  cgo: 80 + 80 + KH
}
