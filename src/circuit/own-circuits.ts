// The circuits that we built, from the wish for one to its end, for whoever wants to see them: the control port, and counts.
// They are known by a number of their own, which no peer ever sees.
//
//   watch ─▶ LAUNCHED ─ a hop more ─▶ EXTENDED … ─▶ BUILT ─▶ CLOSED
//                    └────────────── FAILED
//
// A circuit leaves the table with FAILED or CLOSED, so the table is as large as what there is.

import {localFault} from '../fault/fault.ts'
import type {Result} from '../fault/result.ts'
import type {BuildFault, BuildWatch, PathHop} from './open-circuit.ts'
import type {OriginCircuit, OriginCircuitFault} from './origin-circuit.ts'

/** What a circuit is for, in the words of control-spec 4.1.1. */
export type OwnCircuitPurpose =
  | 'GENERAL'
  | 'CONTROLLER'
  | 'TESTING'
  | 'HS_CLIENT_HSDIR'
  | 'HS_CLIENT_INTRO'
  | 'HS_CLIENT_REND'
  | 'HS_SERVICE_HSDIR'
  | 'HS_SERVICE_INTRO'
  | 'HS_SERVICE_REND'

export type OwnCircuitStatus = 'LAUNCHED' | 'EXTENDED' | 'BUILT' | 'FAILED' | 'CLOSED'

export interface OwnCircuitEntry {
  readonly id: number
  /** Every relay that it is to have. */
  readonly path: readonly PathHop[]
  readonly purpose: OwnCircuitPurpose
  readonly status: OwnCircuitStatus
  /** Of `path`, from the first on. */
  readonly hopsBuilt: number
  readonly createdAt: Date
  readonly fault: BuildFault | undefined
  /** Undefined until its channel is there. */
  readonly circuit: OriginCircuit | undefined
}

interface Entry extends OwnCircuitEntry {
  path: readonly PathHop[]
  purpose: OwnCircuitPurpose
  status: OwnCircuitStatus
  hopsBuilt: number
  fault: BuildFault | undefined
  circuit: OriginCircuit | undefined
}

type Listener = (entry: OwnCircuitEntry) => void
type PurposeListener = (entry: OwnCircuitEntry, before: OwnCircuitPurpose) => void

export class OwnCircuits {
  readonly #entries = new Map<number, Entry>()
  readonly #listeners = new Set<Listener>()
  readonly #purposeListeners = new Set<PurposeListener>()
  #lastId = 0
  #built = 0

  /** Circuits that came about since the start. */
  get built(): number {
    return this.#built
  }

  list(): readonly OwnCircuitEntry[] {
    return [...this.#entries.values()]
  }

  get(id: number): OwnCircuitEntry | undefined {
    return this.#entries.get(id)
  }

  find(circuit: OriginCircuit): OwnCircuitEntry | undefined {
    for (const entry of this.#entries.values()) if (entry.circuit === circuit) return entry
    return undefined
  }

  setPurpose(id: number, purpose: OwnCircuitPurpose): void {
    const entry = this.#entries.get(id)
    if (entry === undefined || entry.purpose === purpose) return
    const before = entry.purpose
    entry.purpose = purpose
    for (const listener of this.#purposeListeners) listener(entry, before)
  }

  /** Hears of every circuit that is for something else from now on. */
  onPurposeChange(listener: PurposeListener): () => void {
    this.#purposeListeners.add(listener)
    return () => this.#purposeListeners.delete(listener)
  }

  /** Hears of every change of status, when it has happened. */
  onChange(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** @param build is called at once */
  async watch(
    path: readonly PathHop[],
    purpose: OwnCircuitPurpose,
    build: (watch: BuildWatch) => Promise<Result<OriginCircuit, BuildFault>>
  ): Promise<Result<OriginCircuit, BuildFault>> {
    const entry: Entry = {
      id: ++this.#lastId,
      path,
      purpose,
      status: 'LAUNCHED',
      hopsBuilt: 0,
      createdAt: new Date(),
      fault: undefined,
      circuit: undefined
    }
    this.#entries.set(entry.id, entry)
    this.#tell(entry)
    const built = await build(this.#watchOf(entry))
    if (!built.ok) this.#end(entry, 'FAILED', built.fault)
    else this.#settle(entry, built.value)
    return built
  }

  /** More hops for a circuit that is there; it is BUILT again, or over. */
  async lengthen(
    id: number,
    hops: readonly PathHop[],
    extend: (circuit: OriginCircuit, watch: BuildWatch) => Promise<Result<void, BuildFault>>
  ): Promise<void> {
    const entry = this.#entries.get(id)
    if (entry?.circuit === undefined) return
    entry.path = [...entry.path, ...hops]
    const {circuit} = entry
    const extended = await extend(circuit, this.#watchOf(entry))
    if (!extended.ok) circuit.close()
    this.#settle(entry, circuit)
  }

  #settle(entry: Entry, circuit: OriginCircuit): void {
    // It may have closed just when it was done, or because it could not be made longer.
    if (circuit.isClosed) this.#end(entry, 'CLOSED', entry.fault ?? localFault('circuit-closed'))
    else this.#becomes(entry, 'BUILT')
  }

  #watchOf(entry: Entry): BuildWatch {
    return {
      opened: circuit => {
        entry.circuit = circuit
        circuit.onClose((fault: OriginCircuitFault) => {
          entry.fault = fault
          if (entry.status === 'BUILT') this.#end(entry, 'CLOSED', fault)
        })
      },
      extended: () => {
        entry.hopsBuilt++
        this.#becomes(entry, 'EXTENDED')
      }
    }
  }

  #becomes(entry: Entry, status: OwnCircuitStatus): void {
    if (status === 'BUILT') this.#built++
    entry.status = status
    this.#tell(entry)
  }

  #end(entry: Entry, status: 'FAILED' | 'CLOSED', fault: BuildFault): void {
    if (!this.#entries.delete(entry.id)) return
    entry.fault = fault
    this.#becomes(entry, status)
  }

  #tell(entry: OwnCircuitEntry): void {
    for (const listener of this.#listeners) listener(entry)
  }
}
