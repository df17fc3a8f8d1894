// What the status page shows of a private network: asked of the nodes when somebody looks, but for cells a second, which a
// timer samples.

import type {NetDir} from '../../netdir/net-dir.ts'
import type {Status, StatusNode} from '../status/status.ts'
import type {Notices} from './notices.ts'
import type {Steps} from './steps.ts'

/** One node, as the status page asks it. */
export interface NodeGauge {
  readonly name: string
  readonly kind: StatusNode['kind']
  /** Of a relay: 40 hexadecimal digits. */
  readonly fingerprint: string | undefined
  readonly channels: () => number
  readonly circuits: () => number
  /** Received and sent since the start. */
  readonly cells: () => number
  readonly roles: () => readonly string[]
}

export interface LiveStatusDeps {
  readonly about: string
  readonly steps: Steps
  readonly notices: Notices
  /** Names of the nodes as they are to be shown; they come to be as they please. */
  readonly order: readonly string[]
  /** The consensus that gives the relays their flags. */
  readonly netDir: () => NetDir | undefined
  readonly facts: () => readonly (readonly [string, string])[]
}

const SAMPLE_MS = 1000

interface Sampled {
  readonly gauge: NodeGauge
  cells: number
  atMs: number
  perSecond: number
}

export class LiveStatus {
  readonly #deps: LiveStatusDeps
  readonly #nodes: Sampled[] = []
  readonly #startedAtMs = Date.now()
  readonly #sampler: NodeJS.Timeout

  constructor(deps: LiveStatusDeps) {
    this.#deps = deps
    this.#sampler = setInterval(() => this.#sample(), SAMPLE_MS)
    this.#sampler.unref()
  }

  add(gauge: NodeGauge): void {
    const {order} = this.#deps
    this.#nodes.push({gauge, cells: gauge.cells(), atMs: performance.now(), perSecond: 0})
    this.#nodes.sort((a, b) => order.indexOf(a.gauge.name) - order.indexOf(b.gauge.name))
  }

  stop(): void {
    clearInterval(this.#sampler)
  }

  status(): Status {
    const {about, steps, notices, facts} = this.#deps
    const flags = this.#flags()
    return {
      title: 'A private onion network',
      about,
      startedAtMs: this.#startedAtMs,
      steps: steps.list(),
      nodes: this.#nodes.map(({gauge, perSecond}) => ({
        name: gauge.name,
        kind: gauge.kind,
        roles: gauge.roles(),
        flags: (gauge.fingerprint !== undefined && flags.get(gauge.fingerprint)) || [],
        channels: gauge.channels(),
        circuits: gauge.circuits(),
        cells: gauge.cells(),
        cellsPerSecond: perSecond
      })),
      facts: facts(),
      notices: notices.list()
    }
  }

  #sample(): void {
    for (const node of this.#nodes) {
      const cells = node.gauge.cells()
      const atMs = performance.now()
      node.perSecond = ((cells - node.cells) * 1000) / Math.max(1, atMs - node.atMs)
      node.cells = cells
      node.atMs = atMs
    }
  }

  #flags(): ReadonlyMap<string, readonly string[]> {
    const relays = this.#deps.netDir()?.relays ?? []
    return new Map(relays.map(({fingerprint, status}) => [fingerprint, [...status.flags].sort()]))
  }
}
