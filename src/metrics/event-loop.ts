// How busy the event loop of the main thread is: how late a timer comes, and the share of the time that it works.

import {type EventLoopUtilization, performance} from 'node:perf_hooks'
import {Histogram} from './histogram.ts'
import {ramsonProcessMetrics} from './ramson-metrics.ts'

/** So seldom that it costs nothing, so often that a scrape interval holds a hundred. */
const EVERY_MS = 100

export class EventLoop {
  readonly lag = new Histogram(ramsonProcessMetrics.ramson_event_loop_lag_seconds.bounds ?? [])
  readonly #timer: NodeJS.Timeout
  #dueAtMs = performance.now() + EVERY_MS
  #before: EventLoopUtilization = performance.eventLoopUtilization()

  constructor() {
    this.#timer = setInterval(() => {
      const nowMs = performance.now()
      this.lag.record(Math.max(0, nowMs - this.#dueAtMs) / 1000)
      this.#dueAtMs = nowMs + EVERY_MS
    }, EVERY_MS)
    this.#timer.unref()
  }

  /** 0 to 1, since this was last asked. */
  utilization(): number {
    const now = performance.eventLoopUtilization()
    const {utilization} = performance.eventLoopUtilization(now, this.#before)
    this.#before = now
    return utilization
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}
