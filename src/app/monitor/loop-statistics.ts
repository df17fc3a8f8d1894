// What the event loop of the main thread did since the last heartbeat, for MainloopStats. Node counts; nothing is asked of it
// but when a heartbeat is due. C tor counts how its loop returned, of which a loop of libuv knows no errors: what says as much
// is how often it turned, what it found to do, and how much of the time it worked.

import {type EventLoopUtilization, performance} from 'node:perf_hooks'

interface LoopTotals {
  readonly turns: number
  readonly events: number
  readonly utilization: EventLoopUtilization
}

export class LoopStatistics {
  #before: LoopTotals = totals()

  /** Call it once a period. */
  line(): string {
    const now = totals()
    const {turns, events, utilization} = this.#before
    const {utilization: share} = performance.eventLoopUtilization(now.utilization, utilization)
    this.#before = now
    return (
      `Main event loop since the last heartbeat: ${now.turns - turns} turns with ${now.events - events} events, ` +
      `working ${(100 * share).toFixed(1)}% of the time.`
    )
  }
}

function totals(): LoopTotals {
  const {loopCount, events} = performance.nodeTiming.uvMetricsInfo
  return {turns: loopCount, events, utilization: performance.eventLoopUtilization()}
}
