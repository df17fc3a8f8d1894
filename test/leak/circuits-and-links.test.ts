// Circuits and links that come and go leave nothing behind: after many thousands the process has what it had after the first few,
// on either data plane.

import assert from 'node:assert/strict'
import {after, before, describe, it} from 'node:test'
import {loadAddon} from '../../src/crypto/binding.ts'
import {ShardedPlane} from '../../src/dataplane/shard/sharded-plane.ts'
import {startCore, type TestCore} from '../support/core.ts'
import {megabytes, usedOctets} from '../support/memory.ts'
import {RawCommand, RawLink} from '../support/raw-link.ts'
import {delay, waitUntil} from '../support/wait-until.ts'

/** Circuits open at once, and links. */
const AT_ONCE = 500
const LINKS_AT_ONCE = 25
/** Memory that comes and goes by itself: arenas, freed pages that are kept, the collector's own. */
const SLACK = 24e6
/** A heap that grows to the size that suits its load does so once or twice; what leaks grows in every round. */
const ROUNDS = 4
const SOON = {timeoutMs: 30_000, everyMs: 5}

let relay: TestCore

async function link(): Promise<RawLink> {
  return (await RawLink.handshake(relay.hop.addresses[0]?.port ?? 0, [4])).link
}

async function openAndCloseCircuits(count: number): Promise<void> {
  const client = await link()
  for (let done = 0; done < count; done += AT_ONCE) {
    const ids = Array.from({length: AT_ONCE}, (_, i) => 0x80000001 + ((done + i) % 1_000_000))
    for (const id of ids) client.sendCell(id, RawCommand.CREATE_FAST, new Uint8Array(20).fill(id & 0xff))
    for (const _ of ids) assert.equal((await client.nextCell()).command, RawCommand.CREATED_FAST)
    for (const id of ids) client.sendCell(id, RawCommand.DESTROY, Uint8Array.of(0))
  }
  client.close()
  await nothingIsOpen()
}

async function openAndCloseLinks(count: number): Promise<void> {
  for (let done = 0; done < count; done += LINKS_AT_ONCE) {
    const links = await Promise.all(Array.from({length: LINKS_AT_ONCE}, link))
    // One in two leaves a circuit behind for the relay to clear away.
    for (const [i, client] of links.entries()) {
      if (i % 2 === 0) client.sendCell(0x80000001, RawCommand.CREATE_FAST, new Uint8Array(20).fill(1))
      client.close()
    }
  }
  await nothingIsOpen()
}

async function nothingIsOpen(): Promise<void> {
  const {channels, registry} = relay.core
  await waitUntil('all is closed', SOON, () => channels.size === 0 && registry.size === 0)
}

/** Memory in use; resident memory besides, because other threads have heaps of their own. */
async function measure() {
  await delay(500)
  return {used: await usedOctets(), resident: process.memoryUsage().rss}
}

const LOADS = [
  {plane: 'plain', circuits: 20_000, links: 200},
  {plane: 'native', circuits: 100_000, links: 1000}
] as const

for (const {plane, circuits, links} of LOADS) {
  const skip = plane === 'native' ? loadAddon().reason : undefined
  describe(`${plane} data plane`, {skip}, () => {
    before(async () => {
      if (plane === 'native') process.env['RAMSON_SHARDS'] = '2'
      else delete process.env['RAMSON_SHARDS']
      relay = await startCore()
      assert.equal(relay.core.plane instanceof ShardedPlane, plane === 'native')
      await openAndCloseCircuits(20 * AT_ONCE)
      await openAndCloseLinks(4 * LINKS_AT_ONCE)
    })

    after(() => relay.close())

    it(`comes back to the same memory after ${circuits} circuits`, () =>
      comesBack(() => openAndCloseCircuits(circuits)))

    it(`comes back to the same memory after ${links} links`, () => comesBack(() => openAndCloseLinks(links)))
  })
}

/** One of a few equal rounds must leave the memory as it found it. */
async function comesBack(round: () => Promise<void>): Promise<void> {
  const seen = [await measure()]
  for (let rounds = 0; rounds < ROUNDS; rounds++) {
    await round()
    const [before, now] = [seen.at(-1), await measure()]
    if (before !== undefined && now.used - before.used < SLACK && now.resident - before.resident < SLACK)
      return
    seen.push(now)
  }
  const growth = seen.map(({used, resident}) => `${megabytes(used)} used, ${megabytes(resident)} resident`)
  assert.fail(`every round of ${ROUNDS} added to the memory: ${growth.join('; ')}`)
}
