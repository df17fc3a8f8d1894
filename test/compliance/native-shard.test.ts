// One native shard against the plain plane, octet for octet and without sockets: the same commands and the same chunks into both,
// and after each of them the same events in the same order, and the same cells out per circuit.

import assert from 'node:assert/strict'
import {describe, it} from 'node:test'
import {encodeCell} from '../../src/channel/cell-framer.ts'
import {paddingParams} from '../../src/channel/padding.ts'
import {plainRelayCrypto} from '../../src/crypto/relay-crypto/plain.ts'
import type {RelayDirection} from '../../src/crypto/relay-crypto/relay-crypto.ts'
import type {ChannelHandle, CircuitHandle} from '../../src/dataplane/contract.ts'
import {LinkEndpoint} from '../../src/dataplane/link-endpoint.ts'
import {channelHandle, NativeShard} from '../../src/dataplane/shard/native-shard.ts'
import type {RecordFields} from '../../src/dataplane/shard/record-writer.ts'
import {CommandKind, NO_COUNTER, RecordFlag} from '../../src/dataplane/shard/records.ts'
import {ChannelCommand} from '../../src/wire/channel-cell.ts'
import {onAddon} from '../support/addon.ts'
import {makeLinkKeys} from '../support/link-keys.ts'
import {NativeSide, PlainSide, type Side} from '../support/plane-sides.ts'
import {Dice} from '../support/recorded-plane.ts'

const BODY = 509
const CELLS_MAX = 24
const LINK_VERSIONS = [3, 4, 5, 5]
const CIRC_IDS = 40
const STEPS = 2500
const {RELAY, RELAY_EARLY, DESTROY, CREATED2, PADDING, NETINFO, CREATE2, VPADDING, CERTS} = ChannelCommand

/** Draws what happens and lets it happen on both sides. */
class Twins {
  readonly #dice: Dice
  readonly #sides: readonly Side[]
  readonly #channels = new Map<ChannelHandle, number>()
  readonly #circuits: CircuitHandle[] = []
  readonly #origins = new Map<string, {circuit: CircuitHandle; out: RelayDirection}>()
  #lastChannel = 0
  #lastCircuit = 0

  constructor(seed: number, sides: readonly Side[]) {
    this.#dice = new Dice(seed)
    this.#sides = sides
  }

  async run(): Promise<void> {
    for (const version of LINK_VERSIONS) this.#open(version)
    for (let step = 0; step < STEPS; step++) {
      this.#act()
      this.#compare(step)
      if (this.#dice.below(3) === 0) await this.#flush(step)
    }
    await this.#flush(STEPS)
  }

  #open(version: number): void {
    const channel = channelHandle(0, ++this.#lastChannel) as ChannelHandle
    this.#channels.set(channel, version)
    for (const side of this.#sides) side.open(channel, version)
  }

  #command(fields: RecordFields, payload?: Uint8Array): void {
    for (const side of this.#sides) side.command(fields, payload)
  }

  #channel(): ChannelHandle {
    return this.#dice.pick([...this.#channels.keys()])
  }

  #act(): void {
    const dice = this.#dice
    const circId = 1 + dice.below(CIRC_IDS)
    const circuit = this.#circuits.length > 0 ? dice.pick(this.#circuits) : (999 as CircuitHandle)
    const choice = dice.below(100)
    if (choice < 12) this.#openCircuit()
    else if (choice < 17)
      // Circ_ids of our own, that no peer of these uses: two circuits on one place are nobody's business.
      this.#command({
        kind: CommandKind.LINK_NEXT,
        subject: circuit,
        object: this.#channel(),
        circId: 1000 + circuit
      })
    else if (choice < 18) this.#command({kind: CommandKind.UNLINK_NEXT, subject: circuit})
    else if (choice < 20 && this.#circuits.length > 1) this.#splice()
    else if (choice < 23) this.#closeCircuit(circuit)
    else if (choice < 29) this.#originate(circuit)
    else if (choice < 32)
      this.#command(
        {kind: CommandKind.SEND_ORIGIN_CELL, subject: circuit, flags: dice.below(2) * RecordFlag.EARLY},
        dice.octets(BODY)
      )
    else if (choice < 36)
      this.#command(
        {
          kind: CommandKind.SEND_CELL,
          subject: this.#channel(),
          circId,
          command: dice.pick([DESTROY, CREATED2])
        },
        dice.octets(dice.below(BODY + 1))
      )
    else if (choice < 37 && dice.below(6) === 0) this.#closeChannel(this.#channel())
    else this.#receive(circId)
  }

  #openCircuit(): void {
    const circuit = ++this.#lastCircuit as CircuitHandle
    const object = this.#channel()
    const circId = 1 + this.#dice.below(CIRC_IDS)
    if (this.#origins.has(`${object}/${circId}`)) return
    this.#circuits.push(circuit)
    const ids = {subject: circuit, object, circId, number: NO_COUNTER}
    const material = this.#dice.octets(72)
    const out = plainRelayCrypto.open('tor1', material.slice(0, 20), material.slice(40, 56))
    this.#origins.set(`${object}/${circId}`, {circuit, out})
    const isOurs = this.#dice.below(5) === 0
    if (isOurs) this.#command({kind: CommandKind.OPEN_ORIGIN_CIRCUIT, ...ids})
    else this.#command({kind: CommandKind.OPEN_RELAY_CIRCUIT, ...ids}, material)
    if (isOurs) this.#circuits.pop()
  }

  #splice(): void {
    const [a, b] = [this.#dice.pick(this.#circuits), this.#dice.pick(this.#circuits)]
    if (a === b || this.#spliced.has(a) || this.#spliced.has(b)) return
    this.#spliced.add(a).add(b)
    this.#command({kind: CommandKind.SPLICE, subject: a, object: b, number: 0})
  }

  readonly #spliced = new Set<CircuitHandle>()

  #closeCircuit(circuit: CircuitHandle): void {
    this.#command({kind: CommandKind.CLOSE_CIRCUIT, subject: circuit})
    this.#forget(circuit)
  }

  #forget(circuit: CircuitHandle): void {
    const at = this.#circuits.indexOf(circuit)
    if (at >= 0) this.#circuits.splice(at, 1)
    for (const [place, origin] of this.#origins) if (origin.circuit === circuit) this.#origins.delete(place)
  }

  #closeChannel(channel: ChannelHandle): void {
    for (const [place, {circuit}] of [...this.#origins])
      if (place.startsWith(`${channel}/`)) this.#forget(circuit)
    for (const side of this.#sides) side.closeChannel(channel)
    this.#open(this.#channels.get(channel) ?? 4)
    this.#channels.delete(channel)
  }

  #originate(circuit: CircuitHandle): void {
    // Sometimes more at once than may wait.
    for (let count = 1 + this.#dice.below(this.#dice.below(8) === 0 ? 30 : 4); count > 0; count--) {
      const body = this.#dice.octets(BODY)
      body.fill(0, 1, 3)
      body.fill(0, 5, 9)
      const flags = this.#dice.below(2) * RecordFlag.WANT_TAG
      // A circuit that is reported is closed before anything else happens to it.
      if (this.#circuits.includes(circuit))
        this.#command({kind: CommandKind.ORIGINATE, subject: circuit, flags}, body)
      this.#closeViolated()
    }
  }

  #receive(drawn: number): void {
    const dice = this.#dice
    const channel = this.#channel()
    const version = this.#channels.get(channel) ?? 4
    const places = [...this.#origins.keys()].filter(place => place.startsWith(`${channel}/`))
    const place = places.length > 0 && dice.below(4) > 0 ? dice.pick(places) : `${channel}/${drawn}`
    const origin = this.#origins.get(place)
    let circId = Number(place.split('/')[1])
    let body = dice.octets(BODY)
    let command: number = dice.below(8) === 0 ? RELAY_EARLY : RELAY
    const choice = dice.below(20)
    if (choice < 4) {
      command = dice.pick([PADDING, NETINFO, CREATE2, DESTROY, CREATED2, VPADDING, 77, 200])
      if (command >= 128) body = body.subarray(0, dice.below(BODY))
      if (dice.below(60) === 0) command = CERTS
    } else if (choice < 8 && this.#circuits.length > 0) {
      // From beyond a next hop.
      circId = 1000 + dice.pick(this.#circuits)
    } else if (origin !== undefined) {
      if (dice.below(2) === 0) {
        body.fill(0, 1, 3)
        if (dice.below(5) > 0) {
          body.fill(0, 5, 9)
          origin.out.seal(body)
        }
      }
      origin.out.crypt(body)
    }
    const octets = encodeCell(version, circId, command, body)
    for (let at = 0; at < octets.length; ) {
      const piece = octets.subarray(at, at + 1 + dice.below(octets.length))
      for (const side of this.#sides) side.receive(channel, piece)
      at += piece.length
      if (this.#closeFaulted()) break
    }
  }

  /** What the control plane does with circuits that broke a rule. */
  #closeViolated(): void {
    const [said] = this.#sides.map(side => side.said)
    for (const line of said ?? []) {
      const [kind, circuit] = line.split(' ')
      if (kind === 'violation') this.#closeCircuit(Number(circuit) as CircuitHandle)
    }
  }

  /** What the worker does with links that broke a rule. */
  #closeFaulted(): boolean {
    const [said] = this.#sides.map(side => side.said)
    const faults = (said ?? []).filter(line => line.startsWith('fault'))
    for (const line of faults) {
      const channel = Number(line.split(' ')[1]) as ChannelHandle
      if (this.#channels.has(channel)) this.#closeChannel(channel)
    }
    return faults.length > 0
  }

  #compare(step: number): void {
    this.#closeViolated()
    const [plain, native] = this.#sides.map(side => side.said.splice(0))
    assert.deepEqual(native, plain, `what is said in step ${step}`)
  }

  async #flush(step: number): Promise<void> {
    for (const side of this.#sides) await side.flush()
    this.#compare(step)
    const [plain, native] = this.#sides.map(side => side.sent)
    assert.deepEqual(
      new Map([...(native ?? [])].sort()),
      new Map([...(plain ?? [])].sort()),
      `what is sent in step ${step}`
    )
    for (const side of this.#sides) side.sent.clear()
  }
}

onAddon(addon => {
  describe('a native shard and the plain plane', () => {
    for (const seed of [1, 2, 3]) {
      it(`say and send the same of the same commands and chunks (${seed})`, async () => {
        const keys = await makeLinkKeys()
        const endpoint = await LinkEndpoint.open({
          keys: () => keys,
          ownAddresses: () => [Uint8Array.of(127, 0, 0, 1)],
          paddingParams: () => paddingParams(() => undefined),
          nowSeconds: () => Math.floor(Date.now() / 1000),
          certificateDays: undefined
        })
        const limits = {circuitCellsMax: CELLS_MAX, outboundCellsMax: CELLS_MAX}
        const shard = new NativeShard(addon, {index: 0, shards: 1, ...limits})
        const plain = new PlainSide(endpoint, CELLS_MAX)
        try {
          await new Twins(seed, [plain, new NativeSide(shard)]).run()
        } finally {
          shard.close()
          await plain.close()
        }
      })
    }
  })
})
