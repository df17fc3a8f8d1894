// What the status page shows, as plain data. Counts and states only: nothing here names a client, a circuit, a cookie or a
// key, because a page is easily left open.

export type StepState = 'waiting' | 'running' | 'done' | 'failed'

/** One step of something that takes several, with what came of it. */
export interface StatusStep {
  readonly number: number
  readonly title: string
  readonly state: StepState
  /** How long it took, or has taken so far. */
  readonly ms: number | undefined
  readonly detail: string
}

export interface StatusNode {
  readonly name: string
  readonly kind: 'authority' | 'relay' | 'service' | 'client'
  /** What it does at the moment, such as `introduction point ×2`. */
  readonly roles: readonly string[]
  /** Flags that the consensus gives it. */
  readonly flags: readonly string[]
  readonly channels: number
  readonly circuits: number
  /** Since the start. */
  readonly cells: number
  readonly cellsPerSecond: number
}

/** A named list of facts that change, such as the queues of a relay. */
export interface StatusPanel {
  readonly title: string
  readonly rows: readonly StatusRow[]
}

export interface StatusRow {
  readonly name: string
  readonly value: string
  /** Whether that is as it should be; left out where it is neither. */
  readonly state?: 'good' | 'bad' | 'busy'
  /** How full something is, 0 to 1. */
  readonly part?: number
}

export interface StatusNotice {
  readonly atMs: number
  readonly severity: string
  readonly text: string
}

export interface Status {
  readonly title: string
  /** Version, data plane, kernel. */
  readonly about: string
  readonly startedAtMs: number
  readonly steps: readonly StatusStep[]
  readonly nodes: readonly StatusNode[]
  /** Name and value, such as the address of the onion service, in order. */
  readonly facts: readonly (readonly [string, string])[]
  readonly notices: readonly StatusNotice[]
  readonly panels?: readonly StatusPanel[]
}
