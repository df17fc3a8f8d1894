// What circuits of ours carried since they were last asked, as the event CIRC_BW has it: octets of cells, and how much of
// them was messages and how much the room around these.

import type {CircuitTraffic, OriginCircuit} from '../../circuit/origin-circuit.ts'
import {MAX_RELAY_DATA, RELAY_BODY} from '../../wire/relay-cell.ts'

const NOTHING: CircuitTraffic = {cellsSent: 0, cellsReceived: 0, octetsSent: 0, octetsReceived: 0}

export class CircuitTrafficWatch {
  readonly #before = new WeakMap<OriginCircuit, CircuitTraffic>()

  /** Undefined where it was nothing. */
  since(circuit: OriginCircuit): string | undefined {
    const before = this.#before.get(circuit) ?? NOTHING
    const {cellsSent, cellsReceived, octetsSent, octetsReceived} = circuit.traffic
    if (cellsSent === before.cellsSent && cellsReceived === before.cellsReceived) return undefined
    this.#before.set(circuit, {...circuit.traffic})
    const received = share(cellsReceived - before.cellsReceived, octetsReceived - before.octetsReceived)
    const sent = share(cellsSent - before.cellsSent, octetsSent - before.octetsSent)
    return [
      `READ=${received.octets} WRITTEN=${sent.octets} TIME=${new Date().toISOString().replace('Z', '000')}`,
      `DELIVERED_READ=${received.delivered} OVERHEAD_READ=${received.overhead}`,
      `DELIVERED_WRITTEN=${sent.delivered} OVERHEAD_WRITTEN=${sent.overhead}`
    ].join(' ')
  }
}

function share(cells: number, delivered: number) {
  return {octets: cells * RELAY_BODY, delivered, overhead: cells * MAX_RELAY_DATA - delivered}
}
