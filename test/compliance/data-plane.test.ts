// The native data plane does what the plain one does, on any number of shards, whether their links are native or of
// node:tls: from the same commands and cells all make the same events and the same octets, in the same order per circuit.
// Between circuits there is no order to keep.

import assert from 'node:assert/strict'
import {before, describe, it} from 'node:test'
import type {PlaneChoice} from '../../src/app/data-plane.ts'
import {paddingParams} from '../../src/channel/padding.ts'
import {loadAddon} from '../../src/crypto/binding.ts'
import type {CircuitHandle} from '../../src/dataplane/contract.ts'
import {LinkEndpoint} from '../../src/dataplane/link-endpoint.ts'
import {ChannelCommand} from '../../src/wire/channel-cell.ts'
import {makeLinkKeys} from '../support/link-keys.ts'
import {
  Dice,
  type Origin,
  openOrigin,
  outboundCell,
  type PlaneRecord,
  RecordedPlane
} from '../support/recorded-plane.ts'

const VERSIONS = [4, 5, 3, 4, 5, 4]
const ROUNDS = 6
const CIRCUITS_A_ROUND = 8
const CELLS_A_ROUND = 300
const SEEDS = [1, 20]
/** RELAY_EARLY cells that a circuit may carry (tor-spec 5.6). */
const EARLY_MAX = 8

type Cell = {readonly circId: number; readonly command: number; readonly body: Uint8Array}

let endpoint: LinkEndpoint

before(async () => {
  const keys = await makeLinkKeys()
  endpoint = await LinkEndpoint.open({
    keys: () => keys,
    ownAddresses: () => [Uint8Array.of(127, 0, 0, 1)],
    paddingParams: () => paddingParams(() => undefined),
    nowSeconds: () => Math.floor(Date.now() / 1000),
    certificateDays: undefined
  })
})

class Run {
  readonly #dice: Dice
  readonly #recorded: RecordedPlane
  readonly #origins: Origin[] = []
  /** Circuits that the plane itself has built, by link and circ_id of their first hop. */
  readonly #own: {readonly circuit: CircuitHandle; readonly link: number; readonly circId: number}[] = []
  #lastHandle = 0
  /** Fits the narrow circ_ids of link version 3, too. */
  #lastCircId = 0x100
  #lostLink: number | undefined

  constructor(choice: PlaneChoice, seed: number) {
    this.#dice = new Dice(seed)
    this.#recorded = new RecordedPlane(choice, endpoint)
  }

  async record(): Promise<PlaneRecord> {
    await this.#recorded.open(VERSIONS)
    for (let round = 0; round < ROUNDS; round++) {
      this.#commands()
      await this.#recorded.settle()
      this.#cells()
      await this.#recorded.settle()
      this.#violations()
      await this.#recorded.settle()
      if (round === ROUNDS - 3) {
        // A peer goes, and with it the circuits that came from it and the next hop of others.
        this.#lostLink = this.#dice.below(VERSIONS.length)
        this.#recorded.links[this.#lostLink]?.close()
        await this.#recorded.settle()
      }
    }
    await this.#recorded.close()
    return this.#recorded.record
  }

  #commands(): void {
    const {plane, channels} = this.#recorded
    const dice = this.#dice
    for (let i = 0; i < CIRCUITS_A_ROUND; i++) {
      const handle = ++this.#lastHandle as CircuitHandle
      const link = dice.below(VERSIONS.length)
      const circId = ++this.#lastCircId
      if (dice.below(5) === 0) {
        plane.openOriginCircuit(handle, channels[link] as never, circId)
        this.#own.push({circuit: handle, link, circId})
      } else this.#origins.push(openOrigin(this.#recorded, handle, link, circId, dice))
    }
    for (const origin of this.#alive()) {
      const choice = dice.below(10)
      const body = dice.octets(509)
      body.fill(0, 1, 3)
      body.fill(0, 5, 9)
      if (choice < 4) plane.originate(origin.circuit, body, {wantTag: choice < 2})
      else if (choice < 7 && !origin.isSpliced && origin.next === undefined) {
        origin.next = {link: dice.below(VERSIONS.length), circId: ++this.#lastCircId}
        plane.linkNext(origin.circuit, channels[origin.next.link] as never, origin.next.circId)
      } else if (choice === 7) {
        const other = dice.pick(this.#origins)
        if ((other === origin || other.isSpliced || origin.isSpliced || other.next) ?? origin.next) continue
        other.isSpliced = true
        origin.isSpliced = true
        plane.splice(origin.circuit, other.circuit)
      } else if (choice === 8 && origin.next !== undefined) {
        plane.unlinkNext(origin.circuit)
        origin.next = undefined
      } else if (choice === 9 && dice.below(3) === 0) {
        plane.closeCircuit(origin.circuit)
        this.#origins.splice(this.#origins.indexOf(origin), 1)
      }
    }
    for (const {circuit} of this.#own)
      plane.sendOriginCell(circuit, dice.octets(509), {early: dice.below(2) === 0})
    for (const channel of channels) {
      plane.sendCell(channel, ++this.#lastCircId, ChannelCommand.DESTROY, dice.octets(1))
    }
  }

  #cells(): void {
    const dice = this.#dice
    const streams: Cell[][] = VERSIONS.map(() => [])
    const alive = this.#alive()
    for (let i = 0; i < CELLS_A_ROUND; i++) {
      const kind = dice.below(20)
      const origin = dice.pick(alive)
      if (kind < 12) {
        const isEarly = kind === 3 && origin.earlyCells++ < EARLY_MAX
        streams[origin.link]?.push(
          outboundCell(origin, dice, kind < 3 ? 'ours' : isEarly ? 'early' : 'through')
        )
      } else if (kind < 16 && origin.next !== undefined) {
        const {link, circId} = origin.next
        streams[link]?.push({circId, command: ChannelCommand.RELAY, body: dice.octets(509)})
      } else if (kind === 16 && this.#own.length > 0) {
        const {link, circId} = dice.pick(this.#own)
        streams[link]?.push({circId, command: ChannelCommand.RELAY, body: dice.octets(509)})
      } else {
        // What belongs to no circuit: control cells, padding, commands that nobody knows, of fixed and of variable length.
        const command = dice.pick([1, 2, 4, 5, 6, 10, 11, 0, 77, 128, 200, ChannelCommand.RELAY])
        const body = dice.octets(command >= 128 ? dice.below(1500) : 509)
        dice.pick(streams).push({circId: 0x7000 + dice.below(50), command, body})
      }
    }
    for (const [number, cells] of streams.entries()) this.#recorded.send(number, cells, dice)
  }

  /** Rules that are broken while nothing else is under way: when a circuit ends, cells on other links race with its end. */
  #violations(): void {
    const dice = this.#dice
    const streams: Cell[][] = VERSIONS.map(() => [])
    for (const origin of new Set([1, 2, 3].map(() => dice.pick(this.#alive())))) {
      if (origin.isSpliced) continue
      if (origin.next !== undefined && dice.below(2) === 0) {
        const {link, circId} = origin.next
        streams[link]?.push({circId, command: ChannelCommand.RELAY_EARLY, body: dice.octets(509)})
      } else {
        const early = Array.from({length: EARLY_MAX + 2}, () => outboundCell(origin, dice, 'early'))
        streams[origin.link]?.push(...early)
      }
    }
    for (const [number, cells] of streams.entries()) this.#recorded.send(number, cells, dice)
  }

  /** Circuits that are not known to be gone. Which of them broke a rule the stream must not depend on. */
  #alive(): Origin[] {
    return this.#origins.filter(({link}) => link !== this.#lostLink)
  }
}

describe('plain and native data plane, from the same commands and cells', {skip: loadAddon().reason}, () => {
  for (const seed of SEEDS) {
    let reference: PlaneRecord

    before(async () => {
      reference = await new Run({kind: 'plain', reason: 'reference'}, seed).record()
    })

    for (const {shards, links} of [
      {shards: 1, links: 'native'},
      {shards: 2, links: 'native'},
      {shards: 4, links: 'native'},
      {shards: 1, links: 'node'},
      {shards: 4, links: 'node'}
    ]) {
      it(`stream ${seed}: equal events and equal octets out per circuit, ${shards} ${shards === 1 ? 'shard' : 'shards'}, ${links} links`, async () => {
        process.env['RAMSON_LINKS'] = links
        const record = await new Run({kind: 'shards', shards}, seed).record()
        const notes = [...reference.values()].flat()
        for (const kind of [
          'recognized',
          'violation',
          'originated',
          'origin cell',
          'cell',
          'closed',
          '3 ',
          '9 '
        ]) {
          assert.ok(
            notes.some(note => note.startsWith(kind)),
            `the stream shows nothing of '${kind}'`
          )
        }
        for (const key of new Set([...reference.keys(), ...record.keys()])) {
          assert.deepEqual(record.get(key), reference.get(key), `${key} differs`)
        }
      })
    }
  }
})
