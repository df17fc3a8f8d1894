// Streams from clients to the applications behind the service: BEGIN names one of its ports, a connection to that port's
// target is opened, and octets go both ways until either end is done. Flow control goes through: an application that reads
// slowly slows its client down, and no other.
//
//   BEGIN ─▶ within the limit? ─▶ port known? ─▶ TCP or Unix connect ─▶ CONNECTED ─▶ DATA ⇄ octets ─▶ END

import {connect, type Socket} from 'node:net'
import type {IncomingStream, OwnCircuit} from '../../stream/origin-streams.ts'
import type {RelayStream} from '../../stream/relay-stream.ts'
import {DestroyReason} from '../../wire/destroy.ts'
import {EndReason} from '../../wire/end.ts'
import type {PortTraffic, ServiceCounters} from './service-counters.ts'

export type PortTarget =
  | {readonly kind: 'tcp'; readonly host: string; readonly port: number}
  | {readonly kind: 'unix'; readonly path: string}
  /** Gets each stream itself, and everything that comes with it. */
  | {readonly kind: 'function'; readonly connected: (stream: RelayStream) => void}

/** Begins a connection to an application. */
export type ConnectTarget = (target: Exclude<PortTarget, {readonly kind: 'function'}>) => Socket

export interface ServicePort {
  readonly virtualPort: number
  readonly target: PortTarget
}

export interface PortStreamsOptions {
  /** Several with one virtual port take turns at random. */
  readonly ports: readonly ServicePort[]
  /** Streams that one circuit may have open at once; 0: as many as there are stream ids. */
  readonly maxStreams: number
  readonly whenMaxStreams: 'close-circuit' | 'refuse-stream'
}

const CONNECT_TIMEOUT_MS = 30_000
const STREAM_IDS = 65_535
const PORT = /:(\d{1,5})$/

/** What a client hears of a connection that did not come about. */
const END_REASONS: Readonly<Record<string, EndReason>> = {
  ECONNREFUSED: EndReason.CONNECTREFUSED,
  ENOENT: EndReason.CONNECTREFUSED,
  EACCES: EndReason.CONNECTREFUSED,
  ETIMEDOUT: EndReason.TIMEOUT,
  EHOSTUNREACH: EndReason.NOROUTE,
  ENETUNREACH: EndReason.NOROUTE,
  EMFILE: EndReason.RESOURCELIMIT,
  ENFILE: EndReason.RESOURCELIMIT,
  ENOBUFS: EndReason.RESOURCELIMIT
}

/** Takes the streams that the client at `hop` opens, for as long as the circuit lives. */
export function servePorts(
  {circuit, streams}: OwnCircuit,
  hop: number,
  options: PortStreamsOptions,
  counters: ServiceCounters,
  connectTarget: ConnectTarget = connectPlainly
): void {
  const {maxStreams, whenMaxStreams} = options
  streams.listen(hop, {
    streamsMax: STREAM_IDS,
    onStream: incoming => {
      // The stream that asks is in the table already.
      const isTooMany = maxStreams > 0 && streams.size > maxStreams
      const port = isTooMany ? undefined : choosePort(options.ports, incoming.addressPort)
      if (port === undefined) {
        // The same for both, and the same as a connection that an application closed at once: whoever tries ports learns
        // little from it.
        incoming.refuse(EndReason.DONE)
        if (isTooMany && whenMaxStreams === 'close-circuit') circuit.close(DestroyReason.FINISHED)
      } else join(incoming, port, counters, connectTarget)
    }
  })
}

function choosePort(ports: readonly ServicePort[], addressPort: string): ServicePort | undefined {
  const wanted = Number(PORT.exec(addressPort)?.[1])
  const matching = ports.filter(({virtualPort}) => virtualPort === wanted)
  return matching[Math.floor(Math.random() * matching.length)]
}

function join(
  incoming: IncomingStream,
  {target, virtualPort}: ServicePort,
  counters: ServiceCounters,
  connectTarget: ConnectTarget
): void {
  if (target.kind === 'function') {
    const stream = incoming.accept()
    // What is thrown there is not ours to catch, nor may it stop us in the middle of a cell.
    process.nextTick(() => target.connected(stream))
    return
  }
  const socket = connectTarget(target)
  const refuse = (reason: EndReason) => {
    socket.destroy()
    incoming.refuse(reason)
  }
  const timer = setTimeout(() => refuse(EndReason.TIMEOUT), CONNECT_TIMEOUT_MS)
  const refused = (error: NodeJS.ErrnoException) => {
    clearTimeout(timer)
    refuse(END_REASONS[error.code ?? ''] ?? EndReason.MISC)
  }
  socket.once('error', refused)
  socket.once('connect', () => {
    clearTimeout(timer)
    socket.off('error', refused)
    if (target.kind === 'tcp') socket.setNoDelay(true)
    splice(socket, incoming.accept(), trafficOf(counters, virtualPort))
  })
}

const connectPlainly: ConnectTarget = target =>
  target.kind === 'unix' ? connect(target.path) : connect(target.port, target.host)

function splice(socket: Socket, stream: RelayStream, traffic: PortTraffic): void {
  socket.on('error', error => stream.destroy(error))
  // END closes both directions. What came before it may still have to be written.
  stream.once('end', () => socket.destroySoon())
  stream.once('close', () => socket.destroySoon())
  // One that said all it had to say has ended the stream, which may still have much of it to send.
  socket.once('close', () => {
    if (!socket.readableEnded) stream.destroy()
  })
  if (stream.destroyed) {
    socket.destroy()
    return
  }
  socket.on('data', (chunk: Buffer) => {
    traffic.fromApplication += chunk.length
  })
  stream.on('data', (chunk: Buffer) => {
    traffic.toApplication += chunk.length
  })
  stream.pipe(socket)
  socket.pipe(stream)
}

function trafficOf({traffic}: ServiceCounters, port: number): PortTraffic {
  const known = traffic.get(port)
  if (known !== undefined) return known
  const made = {toApplication: 0, fromApplication: 0}
  traffic.set(port, made)
  return made
}
