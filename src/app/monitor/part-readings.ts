// What the parts of a data plane did, each by itself or all together.

import type {Counted, DataPlane} from '../../dataplane/contract.ts'
import type {Readings} from '../../metrics/catalog.ts'
import type {HistogramReading} from '../../metrics/metric.ts'
import {ramsonRelayMetrics as metrics} from '../../metrics/ramson-metrics.ts'

export function partReadings({parts, outboxWaitsMs}: Pick<DataPlane, 'parts' | 'outboxWaitsMs'>): Readings {
  const bounds = (name: 'ramson_outbox_wait_seconds' | 'ramson_shard_ring_messages') =>
    metrics[name].bounds ?? []
  return {
    ramson_shard_busy_seconds_total: parts.map(({busyMs}, shard) => ({
      labels: {shard: `${shard}`},
      value: busyMs / 1000
    })),
    ramson_outbox_wait_seconds: total(outboxWaitsMs, bounds('ramson_outbox_wait_seconds'), 1000),
    ramson_shard_ring_messages: total(
      parts.map(({ringBatch}) => ringBatch),
      bounds('ramson_shard_ring_messages'),
      1
    )
  }
}

/** `unit`: how many of theirs are one of ours. */
function total(each: readonly Counted[], bounds: readonly number[], unit: number): HistogramReading {
  const sum = (of: (one: Counted) => number) => each.reduce((all, one) => all + of(one), 0)
  return {
    atMost: bounds.map((_, i) => sum(({atMost}) => atMost[i] ?? 0)),
    count: sum(({count}) => count),
    sum: sum(one => one.sum) / unit
  }
}
