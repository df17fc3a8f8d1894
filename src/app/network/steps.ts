// The steps that a private network takes before eyes, with the time of each: the network itself, and the six of the
// onion-service protocol. They overlap where the protocol's do. Every change is an event.

import type {StatusStep, StepState} from '../status/status.ts'

/** By number. */
export const STEP_TITLES = [
  'network',
  'introduction points',
  'descriptor published',
  'descriptor fetched',
  'rendezvous point',
  'introduction',
  'meeting'
] as const

export type StepNumber = 0 | 1 | 2 | 3 | 4 | 5 | 6

export interface StepEvent {
  readonly step: StepNumber
  readonly title: string
  readonly state: Exclude<StepState, 'waiting'>
  /** How long the step took, or has taken so far. */
  readonly ms: number
  readonly detail: string
}

interface Step {
  state: StepState
  begunAtMs: number
  ms: number | undefined
  detail: string
}

export class Steps {
  readonly #steps: Step[] = STEP_TITLES.map(() => ({
    state: 'waiting',
    begunAtMs: 0,
    ms: undefined,
    detail: ''
  }))
  readonly #tell: (event: StepEvent) => void
  readonly #nowMs: () => number

  constructor(tell: (event: StepEvent) => void, nowMs: () => number = () => performance.now()) {
    this.#tell = tell
    this.#nowMs = nowMs
  }

  /** Ignored for a step that is under way or over: what happens after the first time is not news. */
  begin(number: StepNumber, detail: string): void {
    const step = this.#steps[number]
    if (step?.state !== 'waiting') return
    step.state = 'running'
    step.begunAtMs = this.#nowMs()
    this.#set(number, step, detail)
  }

  /** What is being done within the step. */
  detail(number: StepNumber, detail: string): void {
    const step = this.#steps[number]
    if (step?.state === 'running' && step.detail !== detail) this.#set(number, step, detail)
  }

  done(number: StepNumber, detail: string): void {
    this.#end(number, 'done', detail)
  }

  failed(number: StepNumber, detail: string): void {
    this.#end(number, 'failed', detail)
  }

  isDone(number: StepNumber): boolean {
    return this.#steps[number]?.state === 'done'
  }

  /** The step that is under way, or the one that would be next. */
  get current(): StepNumber {
    const number = this.#steps.findIndex(step => step.state !== 'done')
    return (number < 0 ? STEP_TITLES.length - 1 : number) as StepNumber
  }

  /** For the status page. */
  list(): StatusStep[] {
    return this.#steps.map(({state, ms, begunAtMs, detail}, number) => ({
      number,
      title: STEP_TITLES[number] ?? '',
      state,
      ms: state === 'running' ? this.#nowMs() - begunAtMs : ms,
      detail
    }))
  }

  #end(number: StepNumber, state: 'done' | 'failed', detail: string): void {
    const step = this.#steps[number]
    if (step === undefined || step.state === 'done' || step.state === 'failed') return
    if (step.state === 'waiting') step.begunAtMs = this.#nowMs()
    step.state = state
    this.#set(number, step, detail)
  }

  #set(number: StepNumber, step: Step, detail: string): void {
    step.detail = detail
    step.ms = this.#nowMs() - step.begunAtMs
    const title = STEP_TITLES[number] ?? ''
    if (step.state !== 'waiting') this.#tell({step: number, title, state: step.state, ms: step.ms, detail})
  }
}
