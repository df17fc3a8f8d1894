// The streams of one circuit at a relay without exits: BEGIN_DIR is served, BEGIN and RESOLVE are answered with the
// refusal that the spec gives them, and what belongs to no stream is passed over.

import type {Duplex} from 'node:stream'
import type {CircuitStreams, RelayCircuit} from '../circuit/relay-circuit.ts'
import {decode, encode} from '../codec/codec.ts'
import {DestroyReason} from '../wire/destroy.ts'
import {EndReason, end} from '../wire/end.ts'
import {type RelayCellV0, RelayCommand} from '../wire/relay-cell.ts'
import {resolved} from '../wire/resolve.ts'
import {RelayStream, type StreamCircuit} from './relay-stream.ts'
import type {StreamCounters} from './stream-counters.ts'
import type {UnreadStreams} from './unread-streams.ts'

/** Streams that one circuit may have open at once; C tor's clients open one or two to a directory. */
const STREAMS_MAX = 64

const NOTHING = new Uint8Array(0)

/** Who asks a directory. */
export interface DirectoryPeer {
  /** The request came over more than one hop, so that nobody here knows who asks (tor-behaviour: HSDir). */
  readonly isAnonymous: boolean
  /** Address of the channel's peer, for the header that tells a relay its own address; undefined when anonymous. */
  readonly address: Uint8Array | undefined
  /** The request came over a connection of its own, not over a circuit. */
  readonly isDirect?: boolean
}

/** Whether a stream may begin. */
export type StreamVerdict = 'admit' | 'refuse' | 'close-circuit'

export interface RelayStreamsDeps {
  /** Serves HTTP on a BEGIN_DIR stream; undefined when this relay is no directory. */
  readonly openDirectory: ((stream: Duplex, peer: DirectoryPeer) => void) | undefined
  readonly counters: StreamCounters
  /** Told of every stream that opens. */
  readonly unread?: UnreadStreams | undefined
  /** Of one circuit: asked for each BEGIN and RESOLVE. */
  readonly limitStreams?: (() => () => StreamVerdict) | undefined
}

export class RelayStreams implements CircuitStreams {
  readonly #circuit: RelayCircuit
  readonly #deps: RelayStreamsDeps
  readonly #streams = new Map<number, RelayStream>()
  /** Made when it is first needed: most circuits never are. */
  #limit: (() => StreamVerdict) | undefined

  constructor(circuit: RelayCircuit, deps: RelayStreamsDeps) {
    this.#circuit = circuit
    this.#deps = deps
  }

  get size(): number {
    return this.#streams.size
  }

  message(message: RelayCellV0): void {
    const {command, streamId, data} = message
    switch (command) {
      case RelayCommand.BEGIN:
        this.#deps.counters.begin++
        this.#begin(streamId)
        break
      case RelayCommand.RESOLVE:
        this.#deps.counters.resolve++
        this.#resolve(streamId)
        break
      case RelayCommand.BEGIN_DIR:
        this.#deps.counters.beginDir++
        this.#beginDir(streamId)
        break
      case RelayCommand.DATA:
        this.#streams.get(streamId)?.receivedData(data)
        break
      case RelayCommand.SENDME:
        this.#streams.get(streamId)?.receivedSendme()
        break
      case RelayCommand.XOFF:
        this.#streams.get(streamId)?.receivedXoff(data)
        break
      case RelayCommand.XON:
        this.#streams.get(streamId)?.receivedXon(data)
        break
      case RelayCommand.END:
        this.#ended(streamId, data)
        break
    }
  }

  ready(): void {
    // One message from each in turn, so that no stream starves another.
    let waiting = [...this.#streams.values()].filter(stream => stream.isWaiting)
    while (waiting.length > 0) waiting = waiting.filter(stream => stream.packageOne())
  }

  closed(): void {
    for (const stream of [...this.#streams.values()]) stream.circuitClosed()
  }

  #begin(streamId: number): void {
    const verdict = this.#verdict()
    if (verdict === 'close-circuit') this.#circuit.close(DestroyReason.RESOURCELIMIT)
    // RESOURCELIMIT would make a client avoid us for as long as its consensus lasts.
    else if (verdict === 'refuse') this.#end(streamId, EndReason.MISC)
    else this.#end(streamId, this.#circuit.isSingleHop ? EndReason.TORPROTOCOL : EndReason.EXITPOLICY)
  }

  #resolve(streamId: number): void {
    const verdict = this.#verdict()
    if (verdict === 'close-circuit') this.#circuit.close(DestroyReason.RESOURCELIMIT)
    else this.#refuseResolve(streamId, verdict === 'refuse' ? 'errorTransient' : 'error')
  }

  #verdict(): StreamVerdict {
    this.#limit ??= this.#deps.limitStreams?.()
    return this.#limit?.() ?? 'admit'
  }

  #beginDir(streamId: number): void {
    const {openDirectory} = this.#deps
    // A circuit that a role has claimed carries no streams (TROVE-2017-005).
    if (openDirectory === undefined || this.#circuit.purpose !== 'none') {
      this.#end(streamId, EndReason.NOTDIRECTORY)
      return
    }
    if (streamId === 0 || this.#streams.has(streamId)) {
      this.#circuit.close(DestroyReason.TORPROTOCOL)
      return
    }
    if (this.#streams.size >= STREAMS_MAX) {
      this.#end(streamId, EndReason.RESOURCELIMIT)
      return
    }
    const onOver = (stream: RelayStream) => {
      if (this.#streams.get(streamId) === stream) this.#streams.delete(streamId)
    }
    const {counters} = this.#deps
    const onFlowControl = (message: 'xon' | 'xoff', unread: number) => {
      counters[message]++
      counters[`${message}Octets`] += unread
    }
    const onPackaged = (octets: number) => {
      counters.dataMessages++
      counters.dataOctets += octets
    }
    const circuit = streamCircuit(this.#circuit)
    const stream = new RelayStream({streamId, circuit, onOver, onFlowControl, onPackaged})
    this.#streams.set(streamId, stream)
    this.#deps.unread?.watch(stream)
    this.#circuit.send(RelayCommand.CONNECTED, streamId, NOTHING)
    const isAnonymous = !this.#circuit.isSingleHop
    openDirectory(stream, {
      isAnonymous,
      address: isAnonymous ? undefined : this.#circuit.prevChannel?.address
    })
  }

  #ended(streamId: number, data: Uint8Array): void {
    const decoded = decode(end, data)
    if (!decoded.ok) this.#circuit.close(DestroyReason.TORPROTOCOL)
    else this.#streams.get(streamId)?.receivedEnd(decoded.value.reason)
  }

  #end(streamId: number, reason: EndReason): void {
    this.#circuit.send(RelayCommand.END, streamId, encode(end, {reason, detail: NOTHING}))
  }

  #refuseResolve(streamId: number, kind: 'error' | 'errorTransient'): void {
    const answers = [{answer: {kind, detail: NOTHING}, ttl: 0}] as const
    this.#circuit.send(RelayCommand.RESOLVED, streamId, encode(resolved, {answers: [...answers]}))
  }
}

function streamCircuit(circuit: RelayCircuit): StreamCircuit {
  return {
    usesXonXoff: circuit.flow.usesXonXoff,
    get sendable() {
      return circuit.sendable
    },
    send: (command, streamId, data) => circuit.send(command, streamId, data),
    protocolViolation: () => circuit.close(DestroyReason.TORPROTOCOL)
  }
}
