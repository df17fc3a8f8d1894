// Running digests over the octets of a link handshake in each direction, header of every cell included. AUTHENTICATE binds
// its signature to both, so that nobody between the two ends can have added, dropped or changed a cell (tor-spec 4.4.2).

import {createHash, type Hash} from 'node:crypto'

/** What a state may ask of the transcript: SHA-256 over all cells so far, 32 octets. */
export interface TranscriptDigests {
  received(): Uint8Array
  sent(): Uint8Array
}

export class Transcript implements TranscriptDigests {
  readonly #received = createHash('sha256')
  readonly #sent = createHash('sha256')

  noteReceived(octets: Uint8Array): void {
    this.#received.update(octets)
  }

  noteSent(octets: Uint8Array): void {
    this.#sent.update(octets)
  }

  received(): Uint8Array {
    return digestSoFar(this.#received)
  }

  sent(): Uint8Array {
    return digestSoFar(this.#sent)
  }
}

function digestSoFar(running: Hash): Uint8Array {
  return new Uint8Array(running.copy().digest())
}
