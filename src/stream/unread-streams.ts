// What the readers of a relay's streams have not read yet, over all circuits: octets that peers may make this process keep.
// Each stream has its own bound; this is the sum, and who gives way when memory runs low.

import type {RelayStream} from './relay-stream.ts'

export class UnreadStreams {
  readonly #streams = new Set<RelayStream>()

  get octets(): number {
    let octets = 0
    for (const stream of this.#streams) octets += stream.readableLength
    return octets
  }

  /** Watches a stream until it is closed, which may be long after its peer ended it. */
  watch(stream: RelayStream): void {
    this.#streams.add(stream)
    stream.once('close', () => this.#streams.delete(stream))
  }

  /** Ends streams, the one with most unread octets first, until so many are free; tells how many those were. */
  shed(octets: number): number {
    let freed = 0
    const holding = [...this.#streams].filter(stream => stream.readableLength > 0)
    for (const stream of holding.sort((a, b) => b.readableLength - a.readableLength)) {
      if (freed >= octets) break
      freed += stream.readableLength
      this.#streams.delete(stream)
      stream.abandon()
    }
    return freed
  }
}
