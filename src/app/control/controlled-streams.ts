// Streams of applications as a controller sees and steers them. A stream to an onion service finds its own circuit, so a
// controller can let it go on, or name the circuit that leads there already.

import type {ControlledStream, ControlledStreams, StreamFault} from '../../control/node.ts'
import {localFault} from '../../fault/fault.ts'
import {err, ok, type Result} from '../../fault/result.ts'
import type {ClientStream, ClientStreams} from '../client-streams.ts'
import type {Controllable} from './controllable.ts'

export class StreamsOfNode implements ControlledStreams {
  readonly #node: Controllable
  readonly #streams: ClientStreams

  constructor(node: Controllable) {
    this.#node = node
    this.#streams = node.side.streams
  }

  list(): readonly ControlledStream[] {
    return this.#streams.list().map(stream => this.describe(stream))
  }

  has(id: number): boolean {
    return this.#streams.get(id) !== undefined
  }

  attach(id: number, circuit: number): Result<undefined, StreamFault> {
    const stream = this.#streams.get(id)
    if (stream === undefined) return fault('no-such-stream', `Unknown stream "${id}"`)
    const wanted = circuit === 0 ? undefined : this.#node.core.own.get(circuit)?.circuit
    if (
      circuit !== 0 &&
      (wanted === undefined || this.#node.side.client.circuitTo(stream.target) !== wanted)
    ) {
      return fault('cannot-attach', 'Unable to attach stream')
    }
    if (this.#streams.attach(id)) return ok(undefined)
    return fault('not-waiting', 'Connection is not managed by controller.')
  }

  redirect(id: number, host: string, port: number | undefined): Result<undefined, StreamFault> {
    return this.#streams.redirect(id, host, port)
      ? ok(undefined)
      : fault('not-waiting', 'Connection is not managed by controller.')
  }

  close(id: number): Result<undefined, StreamFault> {
    this.#streams.close(id)
    return ok(undefined)
  }

  describe({id, status, target: {address, port}, circuit}: ClientStream): ControlledStream {
    const own = circuit && this.#node.core.own.find(circuit)
    return {id, status, circuit: own?.id ?? 0, target: `${address}:${port}`}
  }
}

function fault(code: StreamFault['code'], message: string): Result<never, StreamFault> {
  return err(localFault(code, {message}))
}
