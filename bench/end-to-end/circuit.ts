// One circuit of the load generator through the relay under test, made in the real protocol: CREATE_FAST from a client's
// link, then EXTEND2 to a next hop of the generator, or a rendezvous. While circuits are made each end of them takes its
// cells one by one; traffic later reads whole chunks and takes only the keys from here.

import {concat, writeU32} from '../../src/bytes/octets.ts'
import {type Decoded, decode, encode} from '../../src/codec/codec.ts'
import {type Addon, loadAddon} from '../../src/crypto/binding.ts'
import {completeCreateFast, openCreateFast} from '../../src/crypto/create-fast.ts'
import {randomOctets} from '../../src/crypto/random.ts'
import {ChannelCommand} from '../../src/wire/channel-cell.ts'
import {create2, created2, createdFast, createFast, HandshakeType} from '../../src/wire/create.ts'
import {extend2} from '../../src/wire/extend2.ts'
import {establishRendezvous, rendezvous1} from '../../src/wire/hs/rendezvous.ts'
import {MAX_RELAY_DATA, RelayCommand, relayCellV0} from '../../src/wire/relay-cell.ts'
import {CELL, type CellLink, type Peer} from './cell-link.ts'
import type {NextHop} from './next-hop.ts'

const {CREATE_FAST, CREATED_FAST, CREATE2, CREATED2, RELAY, RELAY_EARLY, DESTROY, PADDING} = ChannelCommand
const TOR1 = 0
const KEYS_LENGTH = 72
const NTOR_SKIN = 84
const NTOR_REPLY = 64
const CLIENT_KEY_AT = 52
const ANSWER_TIMEOUT_MS = 60_000

/** Slot and generation of a direction in the addon. */
export type Direction = readonly [number, number]
type Body = Uint8Array

export function requireAddon(): Addon {
  const {addon, reason} = loadAddon()
  if (addon === undefined) throw new Error(`the load generator needs the addon: ${reason}`)
  return addon
}

export function cellOf(circId: number, command: number, body: Uint8Array): Uint8Array {
  const cell = new Uint8Array(CELL)
  writeU32(cell, 0, circId)
  cell[4] = command
  cell.set(body, 5)
  return cell
}

/** Answers by circuit on one link, while circuits are made. */
export class Desk {
  readonly link: CellLink
  readonly #waiting = new Map<number, (command: number, body: Body) => void>()
  #nextId = 0x80000001

  constructor(link: CellLink) {
    this.link = link
    link.cells = (_, octets, first, count) => {
      for (let i = 0, at = first; i < count; i++, at += CELL) {
        const command = octets[at + 4] as number
        if (command !== PADDING)
          this.#waiting.get(octets.readUInt32BE(at))?.(command, octets.subarray(at + 5, at + CELL))
      }
    }
  }

  newId(): number {
    return this.#nextId++
  }

  /** The next cell on a circuit, copied; rejects when it is not the one that was meant. */
  answer(circId: number, wanted: number): Promise<Body> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no answer on a circuit')), ANSWER_TIMEOUT_MS)
      this.#waiting.set(circId, (command, body) => {
        clearTimeout(timer)
        this.#waiting.delete(circId)
        if (command === wanted) resolve(new Uint8Array(body))
        else reject(new Error(`command ${command}, reason ${body[0]}, in place of ${wanted}`))
      })
    })
  }
}

export class Circuit {
  readonly link: CellLink
  readonly id: number
  readonly forward: Direction
  readonly backward: Direction
  /** Where the next hop has it, once extended. */
  hop: {readonly link: CellLink; readonly id: number} | undefined
  readonly #desk: Desk
  readonly #addon = requireAddon()

  private constructor(desk: Desk, id: number, keys: Uint8Array) {
    this.#desk = desk
    this.link = desk.link
    this.id = id
    this.forward = openDirection(this.#addon, keys.subarray(0, 20), keys.subarray(40, 56))
    this.backward = openDirection(this.#addon, keys.subarray(20, 40), keys.subarray(56, 72))
  }

  static async create(desk: Desk): Promise<Circuit> {
    const id = desk.newId()
    const x = openCreateFast()
    desk.link.write(cellOf(id, CREATE_FAST, encode(createFast, {x})))
    const answer = must(decode(createdFast, await desk.answer(id, CREATED_FAST)))
    const keys = completeCreateFast(x, concat(answer.y, answer.keyHash), KEYS_LENGTH)
    if (!keys.ok) throw new Error(keys.fault.code)
    return new Circuit(desk, id, keys.value)
  }

  /** Extends to a next hop; `arrivals` learns from the mark in the onion skin which circuit came there. */
  async extend(hop: NextHop, arrivals: Arrivals): Promise<void> {
    const mark = arrivals.newMark()
    const skin = concat(hop.rsaIdentity, randomOctets(NTOR_SKIN - 20))
    writeU32(skin, CLIENT_KEY_AT, mark)
    const data = encode(extend2, {
      linkSpecifiers: linkSpecifiersOf(hop),
      handshakeType: HandshakeType.NTOR,
      onionSkin: skin
    })
    const answered = this.message(RelayCommand.EXTENDED2)
    this.send(RelayCommand.EXTEND2, data, RELAY_EARLY)
    await answered
    this.hop = arrivals.take(mark)
  }

  /** Waits at the relay for whoever knows the cookie. */
  async establishRendezvous(rendezvousCookie: Uint8Array): Promise<void> {
    const answered = this.message(RelayCommand.RENDEZVOUS_ESTABLISHED)
    this.send(RelayCommand.ESTABLISH_RENDEZVOUS, encode(establishRendezvous, {rendezvousCookie}))
    await answered
  }

  /** Joins this circuit to the one that waits. */
  async meet(other: Circuit, rendezvousCookie: Uint8Array): Promise<void> {
    const met = other.message(RelayCommand.RENDEZVOUS2)
    const data = encode(rendezvous1, {rendezvousCookie, handshakeInfo: randomOctets(64)})
    this.send(RelayCommand.RENDEZVOUS1, data)
    await met
  }

  send(command: Decoded<typeof relayCellV0>['command'], data: Uint8Array, outer: number = RELAY): void {
    const body = encode(relayCellV0, {
      command,
      recognized: 0,
      streamId: 0,
      digest: new Uint8Array(4),
      data,
      padding: new Uint8Array(MAX_RELAY_DATA - data.length)
    })
    const [slot, generation] = this.forward
    if (this.#addon.seal(slot, generation, body) !== undefined) throw new Error('a stale direction')
    this.#addon.crypt(slot, generation, body)
    this.link.write(cellOf(this.id, outer, body))
  }

  /** The next message of the relay on this circuit, which must be this one. */
  async message(wanted: number): Promise<void> {
    const body = await this.#desk.answer(this.id, RELAY)
    const [slot, generation] = this.backward
    this.#addon.crypt(slot, generation, body)
    if (this.#addon.recognize(slot, generation, body) !== true)
      throw new Error('a relay cell that is not for us')
    if (body[0] !== wanted) throw new Error(`relay message ${body[0]} in place of ${wanted}`)
  }

  close(): void {
    this.#addon.close(...this.forward)
    this.#addon.close(...this.backward)
  }
}

/** What comes to the next hops while circuits are made. */
export class Arrivals {
  readonly links: CellLink[] = []
  readonly #arrived = new Map<number, {link: CellLink; id: number}>()
  #marks = 0

  newMark(): number {
    return ++this.#marks
  }

  take(mark: number): {readonly link: CellLink; readonly id: number} {
    const arrived = this.#arrived.get(mark)
    if (arrived === undefined) throw new Error('EXTENDED2 without a CREATE2 before it')
    this.#arrived.delete(mark)
    return arrived
  }

  welcome(link: CellLink): void {
    this.links.push(link)
    link.cells = (_, octets, first, count) => {
      for (let i = 0, at = first; i < count; i++, at += CELL) {
        const command = octets[at + 4]
        if (command === DESTROY) throw new Error('the relay closed a circuit while others were made')
        if (command !== CREATE2) continue
        const id = octets.readUInt32BE(at)
        const {onionSkin} = must(decode(create2, octets.subarray(at + 5, at + CELL)))
        const mark = Buffer.from(onionSkin).readUInt32BE(CLIENT_KEY_AT)
        this.#arrived.set(mark, {link, id})
        link.write(cellOf(id, CREATED2, encode(created2, {reply: randomOctets(NTOR_REPLY)})))
      }
    }
  }
}

export function must<T>(result: {readonly ok: true; readonly value: T} | {readonly ok: false}): T {
  if (!result.ok) throw new Error('the relay sent what does not parse')
  return result.value
}

function openDirection(addon: Addon, seed: Uint8Array, key: Uint8Array): Direction {
  const handle = new Uint32Array(2)
  const kernel = addon.kernels.indexOf(addon.kernel)
  if (addon.open(TOR1, seed, key, kernel, handle) !== undefined) throw new Error('no direction to be had')
  return [handle[0] as number, handle[1] as number]
}

function linkSpecifiersOf({port, rsaIdentity, ed25519Identity}: Peer) {
  return [
    {kind: 'ipv4', address: Uint8Array.of(127, 0, 0, 1), port},
    {kind: 'rsaIdentity', identity: rsaIdentity},
    {kind: 'ed25519Identity', identity: ed25519Identity}
  ] as const
}
