import assert from 'node:assert/strict'
import {test} from 'node:test'
import {loadConfig} from '../../../src/config/relay-config.ts'
import {parseTorrcText} from '../../../src/config/torrc-text.ts'
import {type ConsensusParam, type DosSettings, dosParams} from '../../../src/roles/relay/dos/dos-params.ts'
import {queueLimits} from '../../../src/roles/relay/dos/queue-limits.ts'

const AUTO: DosSettings = {
  circuitCreation: {
    enabled: 'auto',
    minConnections: 0,
    ratePerSecond: 0,
    burst: 0,
    defenseType: 0,
    defenseTimePeriodMs: 0
  },
  connection: {
    enabled: 'auto',
    maxConcurrentCount: 0,
    defenseType: 0,
    connectRatePerSecond: 0,
    connectBurst: 0,
    connectDefenseTimePeriodMs: 0
  }
}
const INT32_MAX = 2 ** 31 - 1
const HOUR_MS = 3600_000

const silent = () => undefined
const consensus = (params: Readonly<Record<string, number>>) => (name: string) => params[name]

test('param-spec: without consensus and torrc every defence is off, with the values that the specification gives', () => {
  assert.deepEqual(dosParams(silent, AUTO), {
    circuitCreation: {
      isEnabled: false,
      minConnections: 3,
      limit: {rate: 3, burst: 90},
      defence: 'refuse',
      periodMs: HOUR_MS,
      outboundQueueFullMax: 3
    },
    connection: {
      isEnabled: false,
      concurrentMax: 100,
      limit: {rate: 20, burst: 40},
      defence: 'refuse',
      periodMs: 24 * HOUR_MS
    }
  })
})

test('param-spec: the consensus turns the defences on and sets their values', () => {
  const params = dosParams(
    consensus({
      DoSCircuitCreationEnabled: 1,
      DoSCircuitCreationMinConnections: 2,
      DoSCircuitCreationRate: 5,
      DoSCircuitCreationBurst: 50,
      DoSCircuitCreationDefenseType: 1,
      DoSCircuitCreationDefenseTimePeriod: 60,
      DoSConnectionEnabled: 1,
      DoSConnectionMaxConcurrentCount: 7,
      DoSConnectionDefenseType: 1,
      DoSConnectionConnectRate: 1,
      DoSConnectionConnectBurst: 4,
      DoSConnectionConnectDefenseTimePeriod: 30,
      dos_num_circ_max_outq: 9
    }),
    AUTO
  )
  assert.deepEqual(params, {
    circuitCreation: {
      isEnabled: true,
      minConnections: 2,
      limit: {rate: 5, burst: 50},
      defence: 'none',
      periodMs: 60_000,
      outboundQueueFullMax: 9
    },
    connection: {
      isEnabled: true,
      concurrentMax: 7,
      limit: {rate: 1, burst: 4},
      defence: 'none',
      periodMs: 30_000
    }
  })
})

test('torrc goes before the consensus, value by value', () => {
  const params = dosParams(
    consensus({
      DoSCircuitCreationEnabled: 1,
      DoSCircuitCreationRate: 5,
      DoSCircuitCreationBurst: 50,
      DoSConnectionEnabled: 0
    }),
    {
      circuitCreation: {...AUTO.circuitCreation, enabled: false, burst: 10, defenseTimePeriodMs: 2000},
      connection: {...AUTO.connection, enabled: true, maxConcurrentCount: 5, defenseType: 1}
    }
  )
  assert.equal(params.circuitCreation.isEnabled, false)
  assert.deepEqual(params.circuitCreation.limit, {rate: 5, burst: 10})
  assert.equal(params.circuitCreation.periodMs, 2000)
  assert.equal(params.connection.isEnabled, true)
  assert.equal(params.connection.concurrentMax, 5)
  assert.equal(params.connection.defence, 'none')
})

test('param-spec: values outside of their bounds are taken as the bound', () => {
  const low = dosParams(() => -5, AUTO)
  assert.equal(low.circuitCreation.isEnabled, false)
  assert.equal(low.circuitCreation.minConnections, 1)
  assert.deepEqual(low.circuitCreation.limit, {rate: 1, burst: 1})
  assert.equal(low.circuitCreation.defence, 'none')
  assert.equal(low.circuitCreation.periodMs, 0)
  assert.equal(low.circuitCreation.outboundQueueFullMax, 0)
  assert.equal(low.connection.concurrentMax, 1)
  assert.equal(low.connection.periodMs, 10_000)
  const high = dosParams(() => 2 ** 40, AUTO)
  assert.equal(high.circuitCreation.isEnabled, true)
  assert.equal(high.circuitCreation.defence, 'refuse')
  assert.equal(high.connection.concurrentMax, INT32_MAX)
})

const ofQueues = (param: ConsensusParam) => {
  const {circuitCellsMax, outboundCellsMax} = queueLimits(param, undefined)
  return [circuitCellsMax, outboundCellsMax]
}

test('circ_max_cell_queue_size is 2500 and at least 50, and outbound takes the same where it has no value of its own', () => {
  assert.deepEqual(ofQueues(silent), [2500, 2500])
  assert.deepEqual(ofQueues(consensus({circ_max_cell_queue_size: 1})), [50, 50])
  assert.deepEqual(ofQueues(consensus({circ_max_cell_queue_size: 300})), [300, 300])
  assert.deepEqual(ofQueues(consensus({circ_max_cell_queue_size_out: 20})), [2500, 50])
  assert.equal(ofQueues(() => 2 ** 40)[0], INT32_MAX)
})

test('CircuitPriorityHalflife goes before CircuitPriorityHalflifeMsec of the consensus, which goes before 30 seconds', () => {
  const halfLife = (param: ConsensusParam, torrc: string) => {
    const lines = parseTorrcText(`ORPort 1\n${torrc}`, 'torrc')
    assert.ok(lines.ok)
    const config = loadConfig({torrc: lines.value})
    assert.ok(config.ok)
    return queueLimits(param, config.value.priorityHalfLifeMs).priorityHalfLifeMs
  }
  const voted = consensus({CircuitPriorityHalflifeMsec: 5000})
  assert.equal(halfLife(silent, ''), 30_000)
  assert.equal(halfLife(voted, ''), 5000)
  assert.equal(halfLife(voted, 'CircuitPriorityHalflife -1'), 5000)
  assert.equal(halfLife(voted, 'CircuitPriorityHalflife 2.5'), 2500)
  assert.equal(halfLife(voted, 'CircuitPriorityHalflife 0.0001'), 1, 'no less than a millisecond')
  assert.equal(halfLife(voted, 'CircuitPriorityHalflife 0'), 30_000, 'too short: as C tor takes it')
  assert.equal(halfLife(voted, 'CircuitPriorityHalflife 1e12'), INT32_MAX)
  assert.equal(halfLife(consensus({CircuitPriorityHalflifeMsec: 0}), ''), 1)
})
