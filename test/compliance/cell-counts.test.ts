// Both data planes count cells alike: those on channels with padding enabled, which it is from link protocol 5 on, until
// PADDING_NEGOTIATE says otherwise (padding-spec 2.2); and each cell that is sent by how long it waited.

import assert from 'node:assert/strict'
import {before, describe, it} from 'node:test'
import type {PlaneChoice} from '../../src/app/data-plane.ts'
import {paddingParams} from '../../src/channel/padding.ts'
import {encode} from '../../src/codec/codec.ts'
import {loadAddon} from '../../src/crypto/binding.ts'
import {LinkEndpoint} from '../../src/dataplane/link-endpoint.ts'
import {ChannelCommand} from '../../src/wire/channel-cell.ts'
import {PaddingNegotiateCommand, paddingNegotiate} from '../../src/wire/padding-negotiate.ts'
import {makeLinkKeys} from '../support/link-keys.ts'
import {Dice, RecordedPlane} from '../support/recorded-plane.ts'

const {PADDING, VPADDING, NETINFO, PADDING_NEGOTIATE, DESTROY} = ChannelCommand
/** The second and the third know padding. */
const VERSIONS = [4, 5, 5]

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

class Links {
  readonly #recorded: RecordedPlane
  readonly #dice = new Dice(1)

  constructor(choice: PlaneChoice) {
    this.#recorded = new RecordedPlane(choice, endpoint)
  }

  open(): Promise<void> {
    return this.#recorded.open(VERSIONS)
  }

  close(): Promise<void> {
    return this.#recorded.close()
  }

  /** Sends cells on one link, or on all of them. */
  send(commands: readonly number[], link?: number): void {
    const cells = commands.map(command => ({circId: 0, command, body: new Uint8Array(509)}))
    for (const number of VERSIONS.keys())
      if (number === (link ?? number)) this.#recorded.send(number, cells, this.#dice)
  }

  negotiate(command: 1 | 2, link: number): void {
    const body = encode(paddingNegotiate, {version: 0, command, itoLowMs: 0, itoHighMs: 0})
    this.#recorded.send(link, [{circId: 0, command: PADDING_NEGOTIATE, body}], this.#dice)
  }

  /** One cell to each peer. */
  answer(): void {
    for (const channel of this.#recorded.channels)
      this.#recorded.plane.sendCell(channel, 7, DESTROY, new Uint8Array(1))
  }

  async counted() {
    await this.#recorded.settle()
    const {counters} = this.#recorded.plane
    return {
      received: [counters.cellsReceived, counters.enabledCellsReceived],
      padding: [counters.paddingCellsReceived, counters.enabledPaddingReceived],
      sent: [counters.cellsSent, counters.enabledCellsSent]
    }
  }

  /** Cells that were sent, and those of them that are counted by how long they waited. */
  waited(): readonly [number, number] {
    const {counters, outboxWaitsMs} = this.#recorded.plane
    return [counters.cellsSent, outboxWaitsMs.reduce((sum, {count}) => sum + count, 0)]
  }
}

const planes: {name: string; choice: PlaneChoice; links: string}[] = [
  {name: 'plain', choice: {kind: 'plain', reason: 'compared'}, links: 'node'}
]
if (loadAddon().addon !== undefined) {
  planes.push({name: 'two shards, native links', choice: {kind: 'shards', shards: 2}, links: 'native'})
  planes.push({name: 'two shards, node links', choice: {kind: 'shards', shards: 2}, links: 'node'})
}

describe('cells are counted', () => {
  for (const {name, choice, links: carriers} of planes) {
    it(`by channels with padding enabled, and when they are sent (${name})`, async () => {
      process.env['RAMSON_LINKS'] = carriers
      const links = new Links(choice)
      await links.open()

      links.send([PADDING, NETINFO, VPADDING, PADDING])
      links.answer()
      assert.deepEqual(await links.counted(), {received: [12, 8], padding: [9, 6], sent: [3, 2]})

      // What stops it is itself one of those before; a link of protocol 4 knows nothing of it.
      links.negotiate(PaddingNegotiateCommand.STOP, 1)
      links.negotiate(PaddingNegotiateCommand.START, 0)
      assert.deepEqual(await links.counted(), {received: [14, 9], padding: [9, 6], sent: [3, 2]})
      links.send([PADDING, NETINFO])
      links.answer()
      assert.deepEqual(await links.counted(), {received: [20, 11], padding: [12, 7], sent: [6, 3]})

      links.negotiate(PaddingNegotiateCommand.START, 1)
      assert.deepEqual(await links.counted(), {received: [21, 11], padding: [12, 7], sent: [6, 3]})
      links.send([PADDING], 1)
      links.answer()
      assert.deepEqual(await links.counted(), {received: [22, 12], padding: [13, 8], sent: [9, 5]})
      assert.deepEqual(links.waited(), [9, 9])
      await links.close()
    })
  }
})
