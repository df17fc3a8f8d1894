// What a relay gives up when it nearly has all the file descriptors that it may have: real links, real descriptors, and a limit
// that they reach.

import assert from 'node:assert/strict'
import {after, afterEach, before, test} from 'node:test'
import {descriptors} from '../../../src/app/monitor/process-readings.ts'
import {relaySocketExhaustion} from '../../../src/app/relay-defences.ts'
import type {SocketExhaustion} from '../../../src/roles/relay/socket-exhaustion.ts'
import {startCore, type TestCore} from '../../support/core.ts'
import {RawCircuit} from '../../support/raw-circuit.ts'
import {RawLink} from '../../support/raw-link.ts'
import {waitUntil} from '../../support/wait-until.ts'

const SOON = {timeoutMs: 10_000, everyMs: 20}
const LINKS = 40

let relay: TestCore
let links: RawLink[] = []

before(async () => {
  relay = await startCore()
})

afterEach(async () => {
  for (const link of links) link.close()
  links = []
  await waitUntil('the end of all channels', SOON, () => relay.core.channels.size === 0)
})

after(() => relay.close())

async function open(count: number): Promise<RawLink[]> {
  const opened: RawLink[] = []
  for (let i = 0; i < count; i++) {
    const {link} = await RawLink.handshake(relay.hop.addresses[0]?.port ?? 0, [4])
    opened.push(link)
    links.push(link)
  }
  await waitUntil('the channels', SOON, () => relay.core.channels.size === links.length)
  return opened
}

function checking(most: () => number): SocketExhaustion {
  return relaySocketExhaustion(relay.core, {
    descriptors: () => ({open: descriptors().open, most: most()}),
    shed: () => {}
  })
}

test('DisableOOSCheck 0: near the limit, channels without circuits go until a quarter is free, and no others', async () => {
  const used = await open(3)
  for (const [i, link] of used.entries()) await RawCircuit.create(link, 0x80000001 + i)
  await open(LINKS)
  const full = descriptors().open
  const exhaustion = checking(() => full + 1)
  exhaustion.check('routine')
  const expected = full - Math.floor((full + 1) / 4) * 3
  assert.equal(exhaustion.closed, expected)
  await waitUntil(
    'the end of those channels',
    SOON,
    () => relay.core.channels.size === links.length - expected
  )
  assert.ok(used.every(link => !link.isClosed))
  exhaustion.check('routine')
  assert.equal(exhaustion.closed, expected, 'and then no more')
})

test('what is closing counts as closed, so that no more goes than has to', async () => {
  await open(LINKS)
  const full = descriptors().open
  const exhaustion = checking(() => full + 1)
  exhaustion.check('routine')
  const {closed} = exhaustion
  exhaustion.check('routine')
  assert.equal(exhaustion.closed, closed)
})

test('below the limit nothing is closed, unless sockets cannot be had all the same: then a tenth of all', async () => {
  await open(LINKS)
  const full = descriptors().open
  const exhaustion = checking(() => 10 * full)
  exhaustion.check('routine')
  assert.equal(exhaustion.closed, 0)
  exhaustion.check('exhaustion-seen')
  assert.equal(exhaustion.closed, full - Math.floor((full * 9) / 10))
})
