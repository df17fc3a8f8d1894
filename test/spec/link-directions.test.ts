// What ConnDirectionStatistics rests on: links by which way octets went over them, as C tor judges connections, and that every
// kind of link tells how many octets it moved.

import assert from 'node:assert/strict'
import {after, before, describe, test} from 'node:test'
import {loadAddon} from '../../src/crypto/binding.ts'
import {newCounters} from '../../src/dataplane/counters.ts'
import {
  INTERVAL_MS,
  LINK_DIRECTION_COUNTERS,
  LinkDirections,
  type MeasuredLink
} from '../../src/dataplane/link-directions.ts'
import {startCore, type TestCore} from '../support/core.ts'
import {RawLink} from '../support/raw-link.ts'
import {waitUntil} from '../support/wait-until.ts'

const SOON = {timeoutMs: 10_000, everyMs: 20}
const PADDING = 0
const {reason} = loadAddon()

type Counts = Partial<Record<(typeof LINK_DIRECTION_COUNTERS)[number], number>>

function link(addressLength: 4 | 16 = 4) {
  return {octetsRead: 0, octetsWritten: 0, addressLength}
}

function directions() {
  const counts: Counts = {}
  const measured = new LinkDirections<MeasuredLink>(counter => {
    counts[counter] = (counts[counter] ?? 0) + 1
  })
  return {counts, measured}
}

test('dir-spec 2.1.2 conn-bi-direct: below 20 KiB, at least ten times as much one way, or both', () => {
  const {counts, measured} = directions()
  const links = [link(), link(), link(), link(16), link()]
  measured.switch('on', 0, links)
  const move = (at: number, read: number, written: number) =>
    Object.assign(links[at] ?? {}, {octetsRead: read, octetsWritten: written})
  move(0, 20_000, 479)
  move(1, 20_000, 2000)
  move(2, 2000, 20_000)
  move(3, 20_000, 2001)
  measured.tick(INTERVAL_MS - 1, links)
  assert.deepEqual(counts, {})
  measured.tick(INTERVAL_MS, links)
  assert.deepEqual(counts, {
    linksLittle: 1,
    linksMostlyRead: 1,
    linksMostlyWritten: 1,
    linksBoth: 1,
    ipv6LinksBoth: 1
  })
})

test('what a link moved counts for the ten seconds in which it did, and once more when it closes', () => {
  const {counts, measured} = directions()
  const old = {...link(), octetsRead: 1_000_000}
  measured.switch('on', 0, [old])
  measured.tick(INTERVAL_MS, [old])
  assert.deepEqual(counts, {}, 'what was moved before is not counted')
  const young = {...link(), octetsRead: 30_000}
  measured.tick(2 * INTERVAL_MS, [old, young])
  assert.deepEqual(counts, {linksMostlyRead: 1})
  young.octetsWritten = 5
  measured.closed(young)
  measured.closed(old)
  assert.deepEqual(counts, {linksMostlyRead: 1, linksLittle: 1})
})

test('nothing is measured where it is switched off', () => {
  const {counts, measured} = directions()
  const one = {...link(), octetsRead: 5}
  measured.tick(INTERVAL_MS, [one])
  measured.closed(one)
  measured.switch('on', 0, [])
  measured.switch('off', 0, [])
  measured.tick(5 * INTERVAL_MS, [one])
  measured.closed(one)
  assert.deepEqual(counts, {})
})

const kinds = [
  {name: 'on the plain data plane', shards: undefined, links: undefined, skip: undefined},
  {name: 'on native links', shards: '2', links: 'native', skip: reason},
  {name: 'on links of shards over node:tls', shards: '2', links: 'node', skip: reason}
]

function setEnvironment(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name]
  else process.env[name] = value
}

for (const {name, shards, links, skip} of kinds) {
  describe(name, {skip}, () => {
    let relay: TestCore
    const counts = () => {
      const {counters} = relay.core.plane
      return LINK_DIRECTION_COUNTERS.map(counter => counters[counter])
    }

    before(async () => {
      setEnvironment('RAMSON_SHARDS', shards)
      setEnvironment('RAMSON_LINKS', links)
      relay = await startCore()
    })

    after(async () => {
      setEnvironment('RAMSON_SHARDS', undefined)
      setEnvironment('RAMSON_LINKS', undefined)
      await relay.close()
    })

    /** Gives a link's octets time to be worked off, and closes it. */
    async function linkThatMoves(how: (link: RawLink) => Promise<void>): Promise<void> {
      const before = relay.core.plane.counters.channelsClosed
      const {link} = await RawLink.handshake(relay.hop.addresses[0]?.port ?? 0, [4])
      await how(link)
      link.close()
      await waitUntil('the end of the channel', SOON, () => relay.core.plane.counters.channelsClosed > before)
    }

    async function readCells(count: number, link: RawLink): Promise<void> {
      const before = relay.core.plane.counters.cellsReceived
      for (let i = 0; i < count; i++) link.sendCell(0, PADDING, new Uint8Array(0))
      const arrived = () => relay.core.plane.counters.cellsReceived - before >= count
      await waitUntil('the cells', SOON, arrived)
    }

    async function writeCells(count: number, link: RawLink): Promise<void> {
      await waitUntil('the channel', SOON, () => relay.core.channels.size === 1)
      const [channel] = relay.core.channels.values()
      assert.ok(channel !== undefined)
      for (let i = 0; i < count; i++) {
        relay.core.plane.sendCell(channel.info.channel, 0, PADDING, new Uint8Array(0))
      }
      for (let i = 0; i < count; i++) await link.nextCell()
    }

    test('nothing is counted before it is asked for, and from then on each link by what it moved', async () => {
      await linkThatMoves(link => readCells(60, link))
      assert.deepEqual(counts(), [0, 0, 0, 0, 0, 0, 0, 0])
      relay.core.plane.setMeasures({linkDirections: true, cellWaits: false})
      await linkThatMoves(link => readCells(60, link))
      await waitUntil('one mostly read', SOON, () => counts()[1] === 1)
      await linkThatMoves(link => writeCells(60, link))
      await waitUntil('one mostly written', SOON, () => counts()[2] === 1)
      await linkThatMoves(async link => {
        await readCells(60, link)
        await writeCells(60, link)
      })
      await waitUntil('one both', SOON, () => counts()[3] === 1)
      await linkThatMoves(link => readCells(2, link))
      await waitUntil('one of little', SOON, () => counts()[0] === 1)
      assert.deepEqual(counts(), [1, 1, 1, 1, 0, 0, 0, 0])
    })
  })
}
const none = Object.keys(newCounters()).filter(name =>
  LINK_DIRECTION_COUNTERS.some(counter => counter === name)
)
test('every counter is one of the data plane', () =>
  assert.equal(none.length, LINK_DIRECTION_COUNTERS.length))
