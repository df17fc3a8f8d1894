// Traffic over circuits that are made. A flow is one direction of one circuit, or of two that meet: cells go in at one link
// and come out of another, where each one is decrypted as the relay should have encrypted it and compared with what was sent.

import type {CellLink} from './cell-link.ts'
import type {Circuit, Direction} from './circuit.ts'

export interface Flow {
  readonly from: CellLink
  readonly fromId: number
  readonly to: CellLink
  readonly toId: number
  /** The relay's layers, in the order in which they come off. */
  readonly layers: readonly Direction[]
}

export function flowUp(circuit: Circuit): Flow {
  const hop = mustHop(circuit)
  return {from: circuit.link, fromId: circuit.id, to: hop.link, toId: hop.id, layers: [circuit.forward]}
}

export function flowDown(circuit: Circuit): Flow {
  const hop = mustHop(circuit)
  return {from: hop.link, fromId: hop.id, to: circuit.link, toId: circuit.id, layers: [circuit.backward]}
}

/** From one circuit into the one that it has met. */
export function flowAcross(from: Circuit, to: Circuit): Flow {
  const layers = [from.forward, to.backward]
  return {from: from.link, fromId: from.id, to: to.link, toId: to.id, layers}
}

/** Over a link without a relay on it. */
export function flowDirect(from: CellLink, to: CellLink): Flow {
  const id = 0x80000001
  return {from, fromId: id, to, toId: id, layers: []}
}

function mustHop({hop}: Circuit): NonNullable<Circuit['hop']> {
  if (hop === undefined) throw new Error('the circuit was not extended')
  return hop
}
