// What the defences against denial of service did, in one closed set: the labels of tor_relay_dos_total. Parts of the relay
// that refuse something of their own keep their own totals; here all come together.

import type {CircuitViolation} from '../../../dataplane/contract.ts'

/** Counted by the defence by client address. */
export type AddressOutcome =
  | 'circuit_rejected'
  | 'marked_address'
  | 'marked_address_maxq'
  | 'conn_rejected'
  | 'concurrent_conn_rejected'

export type DosOutcome =
  | AddressOutcome
  | 'circuit_killed_max_cell'
  | 'circuit_killed_max_cell_outq'
  | 'single_hop_refused'
  | 'introduce2_rejected'
  | 'stream_rejected'

export function newAddressCounters(): Record<AddressOutcome, number> {
  return {
    circuit_rejected: 0,
    marked_address: 0,
    marked_address_maxq: 0,
    conn_rejected: 0,
    concurrent_conn_rejected: 0
  }
}

export interface DosTotalsSources {
  readonly addresses: Readonly<Record<AddressOutcome, number>>
  readonly violations: Readonly<Record<CircuitViolation, number>>
  readonly singleHopRefused: number
  readonly introduce2Rejected: number
  readonly streamsRejected: number
}

export function dosTotals(sources: DosTotalsSources): Record<DosOutcome, number> {
  const {addresses, violations} = sources
  const outbound = violations['outbound-queue-full']
  return {
    circuit_rejected: addresses.circuit_rejected,
    circuit_killed_max_cell: violations['queue-full'] + outbound,
    circuit_killed_max_cell_outq: outbound,
    marked_address: addresses.marked_address,
    marked_address_maxq: addresses.marked_address_maxq,
    conn_rejected: addresses.conn_rejected,
    concurrent_conn_rejected: addresses.concurrent_conn_rejected,
    single_hop_refused: sources.singleHopRefused,
    introduce2_rejected: sources.introduce2Rejected,
    stream_rejected: sources.streamsRejected
  }
}
