import assert from 'node:assert/strict'
import {it} from 'node:test'
import {partReadings} from '../../../../src/app/monitor/part-readings.ts'
import {outboxWaitOf, PART_BOUNDS, partOf} from '../../../../src/dataplane/shard/plane-part.ts'
import {SHARD_COUNTERS} from '../../../../src/dataplane/shard/records.ts'
import {catalog} from '../../../../src/metrics/catalog.ts'
import {STEP_BOUNDS_MS} from '../../../../src/roles/service/service-counters.ts'

const plane = (...shards: Readonly<Record<string, number>>[]) => {
  const counters = shards.map(counts => ({get: (name: string) => counts[name] ?? 0}))
  return {parts: counters.map(partOf), outboxWaitsMs: counters.map(outboxWaitOf)}
}

it('what shards count in one bucket each becomes one histogram of all of them', () => {
  const readings = partReadings(
    plane(
      {outboxWaitUpTo1: 5, outboxWaitUpTo25: 2, outboxWaitLonger: 1, outboxWaited: 3040, busyMs: 1500},
      {outboxWaitUpTo1: 1, ringBatchUpTo8: 3, ringBatchLonger: 1, ringWorkedOff: 610}
    )
  )
  assert.deepEqual(readings, {
    ramson_shard_busy_seconds_total: [
      {labels: {shard: '0'}, value: 1.5},
      {labels: {shard: '1'}, value: 0}
    ],
    ramson_outbox_wait_seconds: {atMost: [6, 6, 8, 8, 8, 8], count: 9, sum: 3.04},
    ramson_shard_ring_messages: {atMost: [0, 3, 3, 3], count: 4, sum: 610}
  })
})

it('histograms have the bounds that those who count go by', () => {
  const seconds = (ms: readonly number[]) => ms.map(each => each / 1000)
  assert.deepEqual(catalog.ramson_outbox_wait_seconds.bounds, seconds(PART_BOUNDS.outboxWaitMs))
  assert.deepEqual(catalog.ramson_shard_ring_messages.bounds, PART_BOUNDS.ringBatch)
  assert.deepEqual(catalog.ramson_service_step_seconds.bounds, seconds(STEP_BOUNDS_MS))
})

it('every bound of a shard has its counter, in the order of the bounds', () => {
  for (const [name, bounds] of [
    ['outboxWait', PART_BOUNDS.outboxWaitMs],
    ['ringBatch', PART_BOUNDS.ringBatch]
  ] as const) {
    const buckets = SHARD_COUNTERS.filter(counter => new RegExp(`^${name}(?:UpTo|Longer)`).test(counter))
    assert.deepEqual(buckets, [...bounds.map(bound => `${name}UpTo${bound}`), `${name}Longer`])
  }
})
