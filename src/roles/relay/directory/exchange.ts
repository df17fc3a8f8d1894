// One request and its answer on one stream, and the time they may take.
//
//   open ─▶ (request within requestMs) ─▶ route ─▶ coding ─▶ head and pieces of the body, at the reader's pace ─▶ end
//
// A stream has one exchange, whose outcome is counted once. The body goes out in pieces, so that each one taken shows
// that the reader is still there; nothing is copied, and many exchanges may be sending the same octets.

import type {ServerResponse} from 'node:http'
import type {Duplex} from 'node:stream'
import type {DirectoryPeer} from '../../../stream/relay-streams.ts'
import type {DirectoryOutcome} from './answer.ts'
import type {EncodedAnswer} from './encode-answer.ts'

export interface ExchangeLimits {
  /** Until the whole request is here. */
  readonly requestMs: number
  /** Without the reader taking a piece of the answer. */
  readonly stallMs: number
}

export interface ExchangeDeps {
  readonly limits: ExchangeLimits
  readonly onOutcome: (outcome: DirectoryOutcome) => void
  readonly onClosed: () => void
}

/** Octets of a piece: the reader has to take so many within `stallMs`. */
const PIECE = 65_536

export class Exchange {
  readonly peer: DirectoryPeer
  readonly #stream: Duplex
  readonly #deps: ExchangeDeps
  #timer: NodeJS.Timeout | undefined
  #isRequested = false
  #isCounted = false
  #release: () => void = () => {}

  constructor(stream: Duplex, peer: DirectoryPeer, deps: ExchangeDeps) {
    this.peer = peer
    this.#stream = stream
    this.#deps = deps
    this.#allow(deps.limits.requestMs)
    // On a circuit the end of what the peer sends is the end of the stream: nobody reads any more.
    stream.once('end', () => stream.destroy())
    // And once our answer is written nothing that comes is read.
    stream.once('finish', () => stream.destroy())
    stream.once('close', () => this.#closed())
    // An error ends the stream and means nothing else here.
    stream.on('error', () => {})
  }

  /** A request has begun: what follows it on the stream is no request any more. */
  get isRequested(): boolean {
    return this.#isRequested
  }

  requested(): void {
    this.#isRequested = true
  }

  /** Sends the answer as fast as it is read, and ends the stream. */
  send(answer: EncodedAnswer, response: ServerResponse): void {
    if (this.#stream.destroyed) {
      answer.release()
      return
    }
    this.#release = answer.release
    // HTTP/1.0: one request a stream, and no chunks.
    response.shouldKeepAlive = false
    response.writeHead(answer.status, answer.reason, [...answer.headers])
    response.once('finish', () => this.#count(answer.outcome))
    const pieces = cut(answer.body)
    const pump = () => {
      this.#allow(this.#deps.limits.stallMs)
      for (let piece = pieces.next(); piece.done !== true; piece = pieces.next()) {
        if (!response.write(piece.value)) return
      }
      response.off('drain', pump).end()
    }
    response.on('drain', pump)
    pump()
  }

  /** Ends the stream without a route's answer, with `line` as all that the peer hears. */
  drop(outcome: DirectoryOutcome, line: string): void {
    this.#count(outcome)
    if (line === '') this.#stream.destroy()
    else this.#stream.end(line)
  }

  #allow(ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#count('timeout')
      this.#stream.destroy()
    }, ms).unref()
  }

  #count(outcome: DirectoryOutcome): void {
    if (!this.#isCounted) this.#deps.onOutcome(outcome)
    this.#isCounted = true
  }

  #closed(): void {
    clearTimeout(this.#timer)
    if (this.#isRequested) this.#count('cut-off')
    this.#release()
    this.#deps.onClosed()
  }
}

function* cut(body: readonly Uint8Array[]): Generator<Uint8Array, void, undefined> {
  for (const part of body) {
    for (let at = 0; at < part.length; at += PIECE) yield part.subarray(at, at + PIECE)
  }
}
