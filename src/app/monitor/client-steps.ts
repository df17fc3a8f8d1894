// How long the steps of the way to onion services take, and how they end: fed by what the client tells of each.

import type {Readings} from '../../metrics/catalog.ts'
import {Histogram} from '../../metrics/histogram.ts'
import {ramsonOriginMetrics as metrics} from '../../metrics/ramson-metrics.ts'
import type {ReachPart, ReachProgress} from '../../roles/client/reach-progress.ts'

const PARTS: readonly ReachPart[] = ['descriptor', 'rendezvous', 'introduction', 'meeting']

interface Step {
  done: number
  failed: number
  /** When those that run began, the oldest first: which of them ends is not told, and for a total it does not matter. */
  readonly begunAtMs: number[]
  readonly times: Histogram
}

export class ClientSteps {
  readonly #steps = new Map<ReachPart, Step>(
    PARTS.map(part => [
      part,
      {
        done: 0,
        failed: 0,
        begunAtMs: [],
        times: new Histogram(metrics.ramson_client_step_seconds.bounds ?? [])
      }
    ])
  )

  readonly progress: ReachProgress = (part, state) => {
    const step = this.#steps.get(part)
    if (step === undefined) return
    if (state === 'begun') {
      step.begunAtMs.push(performance.now())
      return
    }
    step[state]++
    const begunAtMs = step.begunAtMs.shift()
    if (begunAtMs !== undefined) step.times.record((performance.now() - begunAtMs) / 1000)
  }

  readings(): Readings {
    const steps = [...this.#steps]
    return {
      ramson_client_steps_total: steps.flatMap(([step, {done, failed}]) => [
        {labels: {step, outcome: 'done'}, value: done},
        {labels: {step, outcome: 'failed'}, value: failed}
      ]),
      ramson_client_step_seconds: steps.map(([step, {times}]) => ({labels: {step}, histogram: times}))
    }
  }
}
