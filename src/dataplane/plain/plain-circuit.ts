// A circuit as the plain plane sees it: where its cells come in, where they go on, and the hop's cryptography.

import type {CircuitHandle} from '../contract.ts'
import {CircuitQueue} from './outbox.ts'
import type {PlainChannel} from './plain-channel.ts'
import type {RelayLayer} from './relay-layer.ts'

/** One end of a circuit on one channel, with the queue of the cells that wait to leave there. */
export class CircuitEnd {
  readonly channel: PlainChannel
  readonly circId: number
  readonly queue: CircuitQueue

  constructor(circuit: PlainCircuit, channel: PlainChannel, circId: number) {
    this.channel = channel
    this.circId = circId
    this.queue = new CircuitQueue(circuit.handle)
  }
}

export class PlainCircuit {
  readonly handle: CircuitHandle
  /** Undefined on circuits that we built: every hop's cryptography is then the control plane's. */
  readonly layer: RelayLayer | undefined
  /** Towards the origin; on circuits that we built, towards the first hop. */
  prev: CircuitEnd | undefined
  next: CircuitEnd | undefined
  splicedWith: PlainCircuit | undefined
  relayEarlyCells = 0

  constructor(handle: CircuitHandle, layer: RelayLayer | undefined) {
    this.handle = handle
    this.layer = layer
  }
}
