// A data plane by itself, driven by a generated stream of commands and cells over real links, and everything it says and
// sends written down: per circuit what it was told, per channel the control cells, per channel and circ_id the octets that
// came out. The same stream through another plane has to give the same record.
//
//   round: commands ─▶ settled ─▶ cells on all links, cut anywhere ─▶ settled
//
// Who plays the control plane here does what the real one does: a circuit that breaks a rule is closed.

import {createHash} from 'node:crypto'
import {type DataPlaneDeps, openDataPlane, type PlaneChoice} from '../../src/app/data-plane.ts'
import {encodeCell} from '../../src/channel/cell-framer.ts'
import {plainRelayCrypto} from '../../src/crypto/relay-crypto/plain.ts'
import type {RelayDirection} from '../../src/crypto/relay-crypto/relay-direction.ts'
import type {ChannelHandle, CircuitHandle, DataPlane, DataPlaneEvents} from '../../src/dataplane/contract.ts'
import type {LinkEndpoint} from '../../src/dataplane/link-endpoint.ts'
import {ChannelCommand} from '../../src/wire/channel-cell.ts'
import {FIXED_BODY, RawLink} from './raw-link.ts'
import {delay, waitUntil} from './wait-until.ts'

const SOON = {timeoutMs: 20_000, everyMs: 5}
/** Nothing has happened for so long: a plane has done what it had to. */
const QUIET_MS = 80

export type PlaneRecord = ReadonlyMap<string, readonly string[]>

/** Numbers that look random and are the same every time. */
export class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** A whole number from 0 up to but not including `bound`. */
  below(bound: number): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0
    return Math.floor((this.#state / 2 ** 32) * bound)
  }

  octets(length: number): Uint8Array {
    return Uint8Array.from({length}, () => this.below(256))
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)] as Item
  }
}

/** The origin's end of a circuit: what it sends is sealed and encrypted for the one hop that is the plane. */
export interface Origin {
  readonly circuit: CircuitHandle
  readonly link: number
  readonly circId: number
  readonly outbound: RelayDirection
  next: {readonly link: number; readonly circId: number} | undefined
  isSpliced: boolean
  earlyCells: number
}

export class RecordedPlane implements DataPlaneEvents {
  readonly plane: DataPlane
  readonly links: RawLink[] = []
  readonly versions: number[] = []
  readonly channels: ChannelHandle[] = []
  readonly record = new Map<string, string[]>()
  readonly #linkOf = new Map<ChannelHandle, number>()
  #lastChangeMs = performance.now()

  constructor(choice: PlaneChoice, endpoint: LinkEndpoint) {
    const deps: DataPlaneDeps = {events: this, endpoint}
    const options = {circuitCellsMax: 2500, rate: 0, burst: 0, unverifiedMax: 100}
    this.plane = openDataPlane(choice, options, deps)
  }

  /** Opens one link after the other, so that each has its number. */
  async open(versions: readonly number[]): Promise<void> {
    const {port} = await this.plane.listen({host: '127.0.0.1', port: 0})
    for (const version of versions) {
      const number = this.links.length
      const {link} = await RawLink.handshake(port, [version])
      this.links.push(link)
      this.versions.push(version)
      await waitUntil('the channel opens', SOON, () => this.channels.length > number)
      void this.#readOn(link, number)
    }
  }

  /** Waits until nothing has come out of the plane for a while. */
  async settle(): Promise<void> {
    this.#lastChangeMs = performance.now()
    while (performance.now() - this.#lastChangeMs < QUIET_MS) await delay(10)
  }

  /** Cells of a link as octets, cut into pieces anywhere. */
  send(
    number: number,
    cells: readonly {circId: number; command: number; body: Uint8Array}[],
    dice: Dice
  ): void {
    const version = this.versions[number] ?? 4
    const octets = Buffer.concat(
      cells.map(({circId, command, body}) => encodeCell(version, circId, command, body))
    )
    for (let at = 0; at < octets.length; ) {
      const piece = octets.subarray(at, at + 1 + dice.below(2000))
      this.links[number]?.send(piece)
      at += piece.length
    }
  }

  async close(): Promise<void> {
    for (const link of this.links) link.close()
    await this.plane.close()
  }

  // ── what the plane tells ──────────────────────────────────────────────────────────────────────────────────────────

  channelOpened({channel, linkVersion}: Parameters<DataPlaneEvents['channelOpened']>[0]): void {
    this.#linkOf.set(channel, this.channels.length)
    this.#note(`link ${this.channels.length}`, `opened ${linkVersion}`)
    this.channels.push(channel)
  }

  connectFailed(): void {
    throw new Error('nothing was connected')
  }

  channelClosed(channel: ChannelHandle): void {
    this.#note(`link ${this.#linkOf.get(channel)}`, 'closed')
  }

  controlCell(channel: ChannelHandle, circId: number, command: number, body: Uint8Array): void {
    this.#note(`link ${this.#linkOf.get(channel)}`, `cell ${circId} ${command} ${digest(body)}`)
  }

  recognized(circuit: CircuitHandle, early: boolean, body: Uint8Array, tag: Uint8Array): void {
    this.#note(`circuit ${circuit}`, `recognized ${early} ${digest(body)} ${digest(tag)}`)
  }

  originatedTag(circuit: CircuitHandle, tag: Uint8Array): void {
    this.#note(`circuit ${circuit}`, `originated ${digest(tag)}`)
  }

  originCell(circuit: CircuitHandle, body: Uint8Array): void {
    this.#note(`circuit ${circuit}`, `origin cell ${digest(body)}`)
  }

  violation(circuit: CircuitHandle, violation: string): void {
    this.#note(`circuit ${circuit}`, `violation ${violation}`)
    this.plane.closeCircuit(circuit)
  }

  drained(): void {}

  async #readOn(link: RawLink, number: number): Promise<void> {
    for (;;) {
      const cell = await link.cellOrClose(10 * SOON.timeoutMs)
      if (cell === undefined) return
      const key = `out ${number} ${cell.circuitId}`
      this.#note(key, `${cell.command} ${digest(cell.body)}`)
    }
  }

  #note(key: string, what: string): void {
    this.#lastChangeMs = performance.now()
    const notes = this.record.get(key) ?? []
    notes.push(what)
    this.record.set(key, notes)
  }
}

/** A circuit of an origin on a link, opened in the plane with keys from the dice. */
export function openOrigin(
  {plane, channels}: RecordedPlane,
  circuit: CircuitHandle,
  link: number,
  circId: number,
  dice: Dice
): Origin {
  const material = dice.octets(72)
  const outbound = plainRelayCrypto.open('tor1', material.slice(0, 20), material.slice(40, 56))
  const channel = channels[link] as ChannelHandle
  plane.openRelayCircuit(circuit, channel, circId, {algorithm: 'tor1', material})
  return {circuit, link, circId, outbound, next: undefined, isSpliced: false, earlyCells: 0}
}

/** A relay cell of the origin: for the plane to recognize, or for whoever is beyond it. */
export function outboundCell({circId, outbound}: Origin, dice: Dice, kind: 'ours' | 'through' | 'early') {
  const body = dice.octets(FIXED_BODY)
  if (kind === 'through') body[1] = 1
  else {
    body.fill(0, 1, 3)
    body.fill(0, 5, 9)
    outbound.seal(body)
  }
  outbound.crypt(body)
  const command = kind === 'early' ? ChannelCommand.RELAY_EARLY : ChannelCommand.RELAY
  return {circId, command, body}
}

function digest(octets: Uint8Array): string {
  return createHash('sha1').update(octets).digest('hex').slice(0, 16)
}
