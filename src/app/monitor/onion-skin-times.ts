// How long onion skins wait and take, as histograms: fed by the pool with every batch.

import {Histogram} from '../../metrics/histogram.ts'
import {ramsonRelayMetrics as metrics} from '../../metrics/ramson-metrics.ts'

export class OnionSkinTimes {
  readonly wait = new Histogram(metrics.ramson_onion_skin_wait_seconds.bounds ?? [])
  readonly service = new Histogram(metrics.ramson_onion_skin_service_seconds.bounds ?? [])
  readonly batch = new Histogram(metrics.ramson_onion_skin_batch_skins.bounds ?? [])
  /** Workers that died. */
  failures = 0

  measured(waitedMs: readonly number[], servedMs: number): void {
    this.batch.record(waitedMs.length)
    for (const ms of waitedMs) {
      this.wait.record(ms / 1000)
      this.service.record(servedMs / waitedMs.length / 1000)
    }
  }
}
