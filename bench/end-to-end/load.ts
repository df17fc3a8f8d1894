// The load itself is native (native/load/load_run.h): this takes the links of a run away from node:tls, tells which flows go
// over them, and lets the load work in slices, between which timers and messages of this process have their turn.
//
//   flows ─▶ Load.take ─▶ pump or pace ─▶ runs by itself ─▶ stop, drained ─▶ close

import {setImmediate as turn} from 'node:timers/promises'
import {type Addon, NativeLoadFault} from '../../src/crypto/binding.ts'
import {randomOctets} from '../../src/crypto/random.ts'
import {CELL, type CellLink, type TakenLink} from './cell-link.ts'
import {requireAddon} from './circuit.ts'
import type {Flow} from './flow.ts'

export interface PumpOptions {
  /** Cells of one write. */
  readonly writeCells: number
  /** Cells of one TLS record. */
  readonly recordCells: number
  /** Cells of one circuit in a row. */
  readonly run: number
  /** Cells of one link that may be under way. */
  readonly window: number
}

const SLICE_MS = 5
const [SENT, RECEIVED, MEASURED, LATE, FAULT, DETAIL] = [0, 1, 2, 3, 4, 5]
const COUNTS = 6

export class Load {
  readonly #addon: Addon
  readonly #handle: readonly [number, number]
  readonly #report = new Float64Array(COUNTS)
  #isClosed = false
  #worker: Promise<void> | undefined

  private constructor(addon: Addon, handle: readonly [number, number]) {
    this.#addon = addon
    this.#handle = handle
  }

  /** Takes the links that the flows use; nobody else may use them any more, nor the flows' directions. */
  static async take(flows: readonly Flow[]): Promise<Load> {
    const addon = requireAddon()
    const handle = new Uint32Array(2)
    const kernel = addon.kernels.indexOf(addon.kernel)
    must(addon.loadOpen(kernel, randomOctets(CELL), handle), 'this system has no native load generator')
    const load = new Load(addon, [handle[0] as number, handle[1] as number])
    try {
      await load.#take(flows)
    } catch (error) {
      await load.close()
      throw error
    }
    return load
  }

  /** Keeps every link full on which flows go in. */
  pump({writeCells, recordCells, run, window}: PumpOptions): void {
    const settings = Uint32Array.of(writeCells, recordCells, run, window)
    must(this.#addon.loadPump(...this.#handle, settings), 'no such pump')
    this.#worker = this.#work()
  }

  /** Sends single cells over all flows in turn, at even distances, for so long. */
  pace(cellsPerSecond: number, warmUpMs: number, measuredMs: number): void {
    const settings = Float64Array.of(cellsPerSecond, warmUpMs, measuredMs)
    must(this.#addon.loadPace(...this.#handle, settings), 'no such pace')
    this.#worker = this.#work()
  }

  get received(): number {
    return this.#report[RECEIVED] as number
  }

  /** Cells of a pace sent after the warm-up. */
  get measured(): number {
    return this.#report[MEASURED] as number
  }

  /** Those of them that were sent too late. */
  get late(): number {
    return this.#report[LATE] as number
  }

  /** In milliseconds, of the measured cells. */
  delays(): Float64Array {
    const delays = new Float64Array(this.#addon.loadDelays(...this.#handle, new Float64Array(0)))
    this.#addon.loadDelays(...this.#handle, delays)
    return delays
  }

  /** Nothing more is sent. Resolves when everything that was has come. @throws where it does not come in time, or wrong */
  async drained(timeoutMs: number): Promise<void> {
    this.#addon.loadStop(...this.#handle)
    const deadline = performance.now() + timeoutMs
    while (this.#fault === undefined && this.received < (this.#report[SENT] as number)) {
      if (performance.now() > deadline) throw new Error('cells were lost')
      await turn()
    }
    if (this.#fault !== undefined) throw this.#fault
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#worker
    this.#addon.loadClose(...this.#handle)
  }

  async #take(flows: readonly Flow[]): Promise<void> {
    const links = [...new Set(flows.flatMap(({from, to}) => [from, to]))]
    const places = new Map<CellLink, number>()
    for (const taken of await Promise.all(links.map(async link => ({link, ...(await link.takeOver())}))))
      places.set(taken.link, this.#add(taken))
    const placeOf = (link: CellLink) => places.get(link) as number
    for (const {from, fromId, to, toId, layers} of flows) {
      const place = Uint32Array.of(placeOf(from), fromId, placeOf(to), toId)
      must(this.#addon.loadFlow(...this.#handle, place, Uint32Array.from(layers.flat())), 'no such flow')
    }
  }

  #add({connection, held}: TakenLink): number {
    const {descriptor, suite, isServer, secrets, sequences, behind} = connection
    const place = this.#addon.loadLink(
      ...this.#handle,
      Uint32Array.of(descriptor, suite, isServer ? 1 : 0),
      secrets,
      Float64Array.from(sequences),
      held,
      behind
    )
    secrets.fill(0)
    if (place >= 0) return place
    this.#addon.closeDescriptor(descriptor)
    throw new Error('a link that cannot be taken')
  }

  async #work(): Promise<void> {
    while (!this.#isClosed && this.#fault === undefined) {
      this.#addon.loadRun(...this.#handle, SLICE_MS, this.#report)
      await turn()
    }
  }

  get #fault(): Error | undefined {
    const text = faultText(this.#report[FAULT] as number, this.#report[DETAIL] as number)
    return text === undefined ? undefined : new Error(text)
  }
}

function faultText(fault: number, detail: number): string | undefined {
  switch (fault) {
    case NativeLoadFault.NONE:
      return undefined
    case NativeLoadFault.LINK_CLOSED:
      return 'the relay closed a link under load'
    case NativeLoadFault.BAD_RECORD:
      return 'the relay broke off TLS under load'
    case NativeLoadFault.CIRCUIT_CLOSED:
      return `the relay closed a circuit: ${detail}`
    case NativeLoadFault.STRANGE_CIRCUIT:
      return 'a relay cell on a circuit that carries nothing'
    case NativeLoadFault.BLOCKED:
      return 'a link took no more cells at its pace'
    default:
      return 'a cell came out other than it went in'
  }
}

function must(status: number | undefined, message: string): void {
  if (status !== undefined) throw new Error(message)
}
