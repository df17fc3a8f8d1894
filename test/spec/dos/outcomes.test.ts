import assert from 'node:assert/strict'
import {test} from 'node:test'
import {newCircuitCounters} from '../../../src/circuit/circuit-counters.ts'
import {dosTotals, newAddressCounters} from '../../../src/roles/relay/dos/dos-outcomes.ts'
import {readVectors} from '../../support/package-root.ts'

interface Reference {
  readonly metrics: Readonly<Record<string, {readonly series: readonly string[]}>>
}

test('the outcomes of the defences are the labels of tor_relay_dos_total, in its order', () => {
  const {metrics} = readVectors<Reference>('metrics_reference.json')
  const {violations} = newCircuitCounters()
  const totals = dosTotals({
    addresses: newAddressCounters(),
    violations,
    singleHopRefused: 0,
    introduce2Rejected: 0,
    streamsRejected: 0
  })
  assert.deepEqual(
    Object.keys(totals).map(type => `{type="${type}"}`),
    metrics['tor_relay_dos_total']?.series
  )
})

test('each part of the relay counts what it refused itself, and a circuit that overflowed outbound counts as killed, too', () => {
  const {violations} = newCircuitCounters()
  const totals = dosTotals({
    addresses: {
      circuit_rejected: 1,
      marked_address: 2,
      marked_address_maxq: 3,
      conn_rejected: 4,
      concurrent_conn_rejected: 5
    },
    violations: {...violations, 'queue-full': 10, 'outbound-queue-full': 7, 'memory-pressure': 100},
    singleHopRefused: 8,
    introduce2Rejected: 9,
    streamsRejected: 11
  })
  assert.deepEqual(totals, {
    circuit_rejected: 1,
    circuit_killed_max_cell: 17,
    circuit_killed_max_cell_outq: 7,
    marked_address: 2,
    marked_address_maxq: 3,
    conn_rejected: 4,
    concurrent_conn_rejected: 5,
    single_hop_refused: 8,
    introduce2_rejected: 9,
    stream_rejected: 11
  })
})
