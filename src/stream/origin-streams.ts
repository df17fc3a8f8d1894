// The streams of a circuit that we built: opened here, each to one hop, or, where we are an onion service, opened by the
// client at the last hop and accepted or refused here.

import type {OriginCircuit, OriginStreams} from '../circuit/origin-circuit.ts'
import {decode, encode} from '../codec/codec.ts'
import {type Fault, localFault, peerFault} from '../fault/fault.ts'
import {err, ok, type Result} from '../fault/result.ts'
import {begin} from '../wire/begin.ts'
import {DestroyReason} from '../wire/destroy.ts'
import {EndReason, end} from '../wire/end.ts'
import {type RelayCellV0, RelayCommand} from '../wire/relay-cell.ts'
import {RelayStream, type StreamCircuit} from './relay-stream.ts'

export type OpenStreamFault =
  | Fault<'stream-refused', {readonly reason: number}>
  | Fault<'circuit-gone' | 'stream-timeout', never>

const STREAM_ID_MAX = 0xffff
const NOTHING = new Uint8Array(0)

/** A circuit that we built, with its streams. */
export interface OwnCircuit {
  readonly circuit: OriginCircuit
  readonly streams: StreamsOfOrigin
}

/** A stream that the other end wants to open. One of `accept` and `refuse` is called, at any time, once. */
export interface IncomingStream {
  /** Of BEGIN: for an onion service a colon and the port, perhaps with a name before it. */
  readonly addressPort: string
  /** Says CONNECTED. What came before that is in the stream already. */
  accept(): RelayStream
  refuse(reason: EndReason): void
}

export interface IncomingOptions {
  /** Streams that may be open or waiting at once; more are refused with RESOURCELIMIT. */
  readonly streamsMax: number
  readonly onStream: (incoming: IncomingStream) => void
}

interface Opened {
  readonly stream: RelayStream
  readonly hop: number
  /** Set until CONNECTED or END came. */
  awaited: ((result: Result<RelayStream, OpenStreamFault>) => void) | undefined
}

export class StreamsOfOrigin implements OriginStreams {
  readonly #circuit: OriginCircuit
  readonly #streams = new Map<number, Opened>()
  #incoming: (IncomingOptions & {readonly hop: number}) | undefined
  #lastId = 0

  constructor(circuit: OriginCircuit) {
    this.#circuit = circuit
  }

  get size(): number {
    return this.#streams.size
  }

  /**
   * Opens a stream at a hop with BEGIN or BEGIN_DIR.
   * @param body of the message that opens it
   * @param timeoutMs after which an answer is no longer waited for
   */
  open(
    hop: number,
    command: number,
    body: Uint8Array,
    timeoutMs?: number
  ): Promise<Result<RelayStream, OpenStreamFault>> {
    const streamId = this.#freeId()
    if (this.#circuit.isClosed || streamId === undefined)
      return Promise.resolve(err(localFault('circuit-gone')))
    const stream = this.#newStream(hop, streamId)
    return new Promise(resolve => {
      const timer =
        timeoutMs === undefined ? undefined : setTimeout(() => this.#timedOut(streamId), timeoutMs)
      const awaited = (result: Result<RelayStream, OpenStreamFault>) => {
        clearTimeout(timer)
        resolve(result)
      }
      this.#streams.set(streamId, {stream, hop, awaited})
      this.#circuit.send(hop, command, streamId, body)
    })
  }

  /** Lets the other end of a rendezvous open streams from now on. */
  listen(hop: number, options: IncomingOptions): void {
    this.#incoming = {...options, hop}
  }

  message(hop: number, message: RelayCellV0): void {
    if (message.command === RelayCommand.BEGIN || message.command === RelayCommand.BEGIN_DIR) {
      this.#begun(hop, message)
      return
    }
    const opened = this.#streams.get(message.streamId)
    // What comes for a stream that is over, or from another hop than the stream's (TROVE-2021-003), is passed over.
    if (opened === undefined || opened.hop !== hop) return
    const {stream} = opened
    switch (message.command) {
      case RelayCommand.CONNECTED:
        opened.awaited?.(ok(stream))
        opened.awaited = undefined
        break
      case RelayCommand.DATA:
        stream.receivedData(message.data)
        break
      case RelayCommand.SENDME:
        stream.receivedSendme()
        break
      case RelayCommand.XOFF:
        stream.receivedXoff(message.data)
        break
      case RelayCommand.XON:
        stream.receivedXon(message.data)
        break
      case RelayCommand.END:
        this.#ended(opened, message)
        break
    }
  }

  ready(): void {
    let waiting = [...this.#streams.values()].map(opened => opened.stream).filter(stream => stream.isWaiting)
    while (waiting.length > 0) waiting = waiting.filter(stream => stream.packageOne())
  }

  closed(): void {
    for (const {stream, awaited} of [...this.#streams.values()]) {
      awaited?.(err(localFault('circuit-gone')))
      stream.circuitClosed()
    }
    this.#streams.clear()
  }

  #timedOut(streamId: number): void {
    const opened = this.#streams.get(streamId)
    opened?.awaited?.(err(localFault('stream-timeout')))
    opened?.stream.destroy()
  }

  #ended(opened: Opened, message: RelayCellV0): void {
    const decoded = decode(end, message.data)
    const reason = decoded.ok ? decoded.value.reason : EndReason.MISC
    opened.awaited?.(err(peerFault('stream-refused', {reason})))
    opened.awaited = undefined
    opened.stream.receivedEnd(reason)
  }

  #begun(hop: number, {command, streamId, data}: RelayCellV0): void {
    const incoming = this.#incoming
    // Only the client at the other end opens streams; no relay on the way does, and nobody where we are the client.
    if (incoming === undefined || hop !== incoming.hop) return
    if (streamId === 0 || this.#streams.has(streamId)) {
      this.#circuit.close(DestroyReason.TORPROTOCOL)
      return
    }
    const decoded = decode(begin, data)
    if (command !== RelayCommand.BEGIN || !decoded.ok) this.#end(hop, streamId, EndReason.TORPROTOCOL)
    else if (this.#streams.size >= incoming.streamsMax) this.#end(hop, streamId, EndReason.RESOURCELIMIT)
    else incoming.onStream(this.#incomingStream(hop, streamId, decoded.value.addressPort))
  }

  #incomingStream(hop: number, streamId: number, addressPort: string): IncomingStream {
    const stream = this.#newStream(hop, streamId)
    this.#streams.set(streamId, {stream, hop, awaited: undefined})
    return {
      addressPort,
      accept: () => {
        if (!stream.destroyed) this.#circuit.send(hop, RelayCommand.CONNECTED, streamId, NOTHING)
        return stream
      },
      refuse: reason => {
        if (stream.destroyed) return
        this.#end(hop, streamId, reason)
        stream.circuitClosed()
      }
    }
  }

  #newStream(hop: number, streamId: number): RelayStream {
    const onOver = (over: RelayStream) => {
      if (this.#streams.get(streamId)?.stream === over) this.#streams.delete(streamId)
    }
    return new RelayStream({streamId, circuit: streamCircuit(this.#circuit, hop), onOver})
  }

  #end(hop: number, streamId: number, reason: EndReason): void {
    this.#circuit.send(hop, RelayCommand.END, streamId, encode(end, {reason, detail: NOTHING}))
  }

  #freeId(): number | undefined {
    for (let tries = 0; tries < STREAM_ID_MAX; tries++) {
      this.#lastId = (this.#lastId % STREAM_ID_MAX) + 1
      if (!this.#streams.has(this.#lastId)) return this.#lastId
    }
    return undefined
  }
}

function streamCircuit(circuit: OriginCircuit, hop: number): StreamCircuit {
  return {
    usesXonXoff: circuit.usesXonXoff(hop),
    get sendable() {
      return circuit.sendable(hop)
    },
    send: (command, streamId, data) => circuit.send(hop, command, streamId, data),
    protocolViolation: () => circuit.close(DestroyReason.TORPROTOCOL)
  }
}
