// A shard whose thread dies takes its own links with it and no others; another shard takes its place.

import assert from 'node:assert/strict'
import {test} from 'node:test'
import {loadAddon} from '../../src/crypto/binding.ts'
import {shardOf} from '../../src/dataplane/shard/native-shard.ts'
import {RelayCommand} from '../../src/wire/relay-cell.ts'
import {startCore} from '../support/core.ts'
import {RawCircuit} from '../support/raw-circuit.ts'
import {RawLink} from '../support/raw-link.ts'
import {waitUntil} from '../support/wait-until.ts'

const SOON = {timeoutMs: 20_000, everyMs: 20}
const CIRCUIT = 0x80000001
/** No cell is so long: a shard that is asked to send it takes it for a bug of ours, and throws. */
const IMPOSSIBLE_BODY = new Uint8Array(510)

test('a shard that dies takes its own links with it, and another one takes its place', {
  skip: loadAddon().reason
}, async () => {
  const died: unknown[] = []
  process.env['RAMSON_SHARDS'] = '2'
  const relay = await startCore({deps: {shardDied: error => died.push(error)}})
  const {channels, plane} = relay.core
  const port = relay.hop.addresses[0]?.port ?? 0
  const open = async () => (await RawLink.handshake(port, [4])).link
  const works = async (link: RawLink, circId: number) => {
    const circuit = await RawCircuit.create(link, circId)
    circuit.send(RelayCommand.BEGIN, 1, new Uint8Array(0))
    return (await circuit.next()).kind === 'message'
  }
  const links: RawLink[] = []
  for (let i = 0; i < 6; i++) links.push(await open())
  await waitUntil('all channels are open', SOON, () => channels.size === 6)
  const handles = [...channels.values()].map(({info}) => info.channel)
  const [victim] = handles
  assert.ok(victim !== undefined)
  const shards = new Set(handles.map(shardOf))
  assert.equal(shards.size, 2, 'links are dealt to all shards')
  assert.equal(handles.filter(handle => shardOf(handle) === shardOf(victim)).length, 3)

  plane.sendCell(victim, 1, 4, IMPOSSIBLE_BODY)
  await waitUntil('its channels are told as closed', SOON, () => channels.size === 3)
  assert.ok([...channels.values()].every(({info}) => shardOf(info.channel) !== shardOf(victim)))
  await waitUntil('its links close', SOON, () => links.filter(link => link.isClosed).length === 3)
  for (const link of links) if (!link.isClosed) assert.ok(await works(link, CIRCUIT))
  assert.equal(died.length, 1)
  assert.equal(plane.counters.shardsLost, 1)
  assert.equal(plane.counters.channelsClosed, 3)

  const later: RawLink[] = []
  await waitUntil('links are dealt to a new shard', {timeoutMs: 20_000, everyMs: 100}, async () => {
    later.push(await open())
    return [...channels.values()].some(({info}) => shardOf(info.channel) === shardOf(victim))
  })
  for (const link of later) assert.ok(await works(link, CIRCUIT + 1))
  assert.ok(plane.counters.channelsOpened >= 6 + later.length, 'what a dead shard counted still counts')
  for (const link of [...links, ...later]) link.close()
  await relay.close()
})
