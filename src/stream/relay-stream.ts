// One stream on a circuit, as a Node Duplex: what is written goes out in DATA messages as far as the circuit's and the
// stream's flow control let it; what comes in is read at the reader's pace.
//
//   write ─▶ pending octets ─(circuit sendable, stream window or no XOFF)─▶ DATA … ─▶ END when finished
//   DATA ─▶ push ─▶ reader;  every 50th read: stream SENDME, or XOFF and XON with congestion control
//
// Owns its pending octets. The table that it is in (streams-of-circuit) hands it messages and takes it out when it ends.

import {Duplex} from 'node:stream'
import {decode, encode} from '../codec/codec.ts'
import {EndReason, end} from '../wire/end.ts'
import {MAX_RELAY_DATA, RelayCommand} from '../wire/relay-cell.ts'
import {sendme} from '../wire/sendme.ts'
import {xoff, xon} from '../wire/xon-xoff.ts'
import {StreamWindow} from './stream-window.ts'

/** What a stream needs of the circuit, or of the hop of a circuit, that it runs on. */
export interface StreamCircuit {
  /** True with congestion control. */
  readonly usesXonXoff: boolean
  /** DATA messages that the circuit may send now. */
  readonly sendable: number
  send(command: number, streamId: number, data: Uint8Array): void
  /** The peer broke the protocol so that the circuit cannot go on. */
  protocolViolation(): void
}

/** Octets read from the circuit but not yet by the reader, after which XOFF goes out (cc_xoff_exit, in cells). */
const XOFF_AT_OCTETS = 500 * MAX_RELAY_DATA
/** What may come after XOFF because it was under way; who sends more does not heed it. */
const UNREAD_OCTETS_MAX = 8 * 2 ** 20

/** Octets of DATA messages. */
export interface StreamTraffic {
  readonly sent: number
  readonly received: number
}

export interface RelayStreamOptions {
  readonly streamId: number
  readonly circuit: StreamCircuit
  /** Called once, when the stream is over on our side. */
  readonly onOver: (stream: RelayStream) => void
  /** Hears of each XON and XOFF that goes out, and of the octets that wait to be read then. */
  readonly onFlowControl?: ((message: 'xon' | 'xoff', unread: number) => void) | undefined
  /** Hears of each DATA message that goes out, and of the octets in it. */
  readonly onPackaged?: ((octets: number) => void) | undefined
}

export class RelayStream extends Duplex {
  readonly streamId: number
  #sentOctets = 0
  #receivedOctets = 0
  readonly #circuit: StreamCircuit
  readonly #onOver: (stream: RelayStream) => void
  readonly #onFlowControl: RelayStreamOptions['onFlowControl']
  readonly #onPackaged: RelayStreamOptions['onPackaged']
  readonly #window = new StreamWindow()
  #pending: Uint8Array | undefined
  #written: (() => void) | undefined
  #peerSaidXoff = false
  #saidXoff = false
  #ended = false

  constructor(options: RelayStreamOptions) {
    super({allowHalfOpen: true, autoDestroy: true})
    this.streamId = options.streamId
    this.#circuit = options.circuit
    this.#onOver = options.onOver
    this.#onFlowControl = options.onFlowControl
    this.#onPackaged = options.onPackaged
    // A stream that ends with an error is the reader's affair; without a listener it must not end the process.
    this.on('error', () => {})
  }

  /** Since the beginning. */
  get traffic(): StreamTraffic {
    return {sent: this.#sentOctets, received: this.#receivedOctets}
  }

  /** True when octets wait that only flow control holds back. */
  get isWaiting(): boolean {
    return this.#pending !== undefined
  }

  // ── from the circuit ──────────────────────────────────────────────────────────────────────────────────────────────

  /** A DATA message; its octets are copied. */
  receivedData(data: Uint8Array): void {
    if (!this.#circuit.usesXonXoff && !this.#window.received()) {
      this.#circuit.protocolViolation()
      return
    }
    this.#receivedOctets += data.length
    if (data.length > 0) this.push(Buffer.from(data))
    if (this.readableLength > UNREAD_OCTETS_MAX) this.abandon()
    else if (this.#circuit.usesXonXoff) this.#considerXoff()
    // What the reader has not taken is not acknowledged, so the peer stops at 500 messages; `_read` makes up for it.
    else if (this.readableLength < this.readableHighWaterMark) this.#acknowledge()
  }

  receivedSendme(): void {
    if (this.#circuit.usesXonXoff || !this.#window.acknowledged()) this.#circuit.protocolViolation()
    else this.packageData()
  }

  receivedXoff(data: Uint8Array): void {
    if (!this.#circuit.usesXonXoff || !decode(xoff, data).ok) this.#circuit.protocolViolation()
    else this.#peerSaidXoff = true
  }

  receivedXon(data: Uint8Array): void {
    if (!this.#circuit.usesXonXoff || !decode(xon, data).ok) {
      this.#circuit.protocolViolation()
      return
    }
    this.#peerSaidXoff = false
    this.packageData()
  }

  /** The peer ended the stream: no END goes back. */
  receivedEnd(reason: number): void {
    this.#ended = true
    if (reason === EndReason.DONE) {
      this.push(null)
      // The peer reads no more, so neither do we write.
      this.#over()
    } else this.destroy()
  }

  /** The circuit is gone. */
  circuitClosed(): void {
    this.#ended = true
    this.destroy()
  }

  /** Ends the stream because it takes more room than it may, and drops what is unread. */
  abandon(): void {
    this.#sendEnd(EndReason.RESOURCELIMIT)
    this.destroy()
  }

  /** Sends one DATA message if anything waits and may go. True: there is more that may go. */
  packageOne(): boolean {
    const pending = this.#pending
    if (pending === undefined || !this.#maySend()) return false
    const data = pending.subarray(0, MAX_RELAY_DATA)
    this.#pending = pending.length > data.length ? pending.subarray(data.length) : undefined
    if (!this.#circuit.usesXonXoff) this.#window.sent()
    this.#sentOctets += data.length
    this.#onPackaged?.(data.length)
    this.#circuit.send(RelayCommand.DATA, this.streamId, data)
    if (this.#pending !== undefined) return this.#maySend()
    const written = this.#written
    this.#written = undefined
    written?.()
    return false
  }

  /** Sends as many DATA messages as may go now. */
  packageData(): void {
    while (this.packageOne()) {}
  }

  // ── Duplex ────────────────────────────────────────────────────────────────────────────────────────────────────────

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    if (this.#ended) {
      done(new Error('stream is over'))
      return
    }
    if (chunk.length === 0) {
      done()
      return
    }
    this.#pending = chunk
    this.#written = done
    this.packageData()
  }

  override _final(done: () => void): void {
    this.#sendEnd(EndReason.DONE)
    done()
    this.#over()
    // Nothing comes after our END: both halves are done, once the writer has heard 'finish'.
    setImmediate(() => this.destroy())
  }

  override _read(): void {
    if (this.#ended) return
    if (!this.#circuit.usesXonXoff) this.#acknowledge()
    else if (this.#saidXoff) {
      this.#saidXoff = false
      this.#onFlowControl?.('xon', this.readableLength)
      this.#circuit.send(RelayCommand.XON, this.streamId, encode(xon, {kbpsEwma: 0}))
    }
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#sendEnd(error === null ? EndReason.DONE : EndReason.MISC)
    this.#pending = undefined
    this.#written = undefined
    this.#over()
    done(error)
  }

  #maySend(): boolean {
    if (this.#circuit.sendable <= 0) return false
    return this.#circuit.usesXonXoff ? !this.#peerSaidXoff : this.#window.sendable > 0
  }

  #acknowledge(): void {
    if (this.#ended) return
    for (let due = this.#window.due(); due > 0; due--) {
      this.#circuit.send(RelayCommand.SENDME, this.streamId, encode(sendme, {kind: 'v0'}))
    }
  }

  #considerXoff(): void {
    if (this.#saidXoff || this.readableLength < XOFF_AT_OCTETS) return
    this.#saidXoff = true
    this.#onFlowControl?.('xoff', this.readableLength)
    this.#circuit.send(RelayCommand.XOFF, this.streamId, encode(xoff, {}))
  }

  #sendEnd(reason: EndReason): void {
    if (this.#ended) return
    this.#ended = true
    this.#circuit.send(RelayCommand.END, this.streamId, encode(end, {reason, detail: new Uint8Array(0)}))
  }

  #over(): void {
    this.#onOver(this)
  }
}
