// Every metric that there is, by name. Whoever gives values gives them under these names, and the compiler holds them to it.

import {cTorRelayMetrics} from './c-tor-relay-metrics.ts'
import {cTorServiceMetrics} from './c-tor-service-metrics.ts'
import {controlMetrics} from './control-metrics.ts'
import type {HistogramReadings, Metric, Reading} from './metric.ts'
import {
  processMetrics,
  ramsonOriginMetrics,
  ramsonProcessMetrics,
  ramsonRelayMetrics
} from './ramson-metrics.ts'

export const catalog = {
  ...cTorRelayMetrics,
  ...cTorServiceMetrics,
  ...ramsonProcessMetrics,
  ...ramsonRelayMetrics,
  ...ramsonOriginMetrics,
  ...controlMetrics,
  ...processMetrics
} as const

export type MetricName = keyof typeof catalog

/** Values of one moment. A metric without an entry is not told at all. */
export type Readings = {
  readonly [Name in MetricName]?: (typeof catalog)[Name]['kind'] extends 'histogram'
    ? HistogramReadings
    : Reading
}

export function metricOf(name: MetricName): Metric {
  return catalog[name]
}
