// A relay's directory asked over BEGIN_DIR streams, on circuits of one and of three hops between relay cores in one
// process, over real TLS links.

import assert from 'node:assert/strict'
import {after, before, test} from 'node:test'
import {inflateSync} from 'node:zlib'
import {DirectoryServer} from '../../src/roles/relay/directory/directory-server.ts'
import {formatHttpDate} from '../../src/roles/relay/directory/http-date.ts'
import {RelayCommand} from '../../src/wire/relay-cell.ts'
import {startCore, type TestCore} from '../support/core.ts'
import {type DirectoryReply, readReply, requestOctets} from '../support/directory-client.ts'
import {liveStore, textOf} from '../support/live-store.ts'
import {waitUntil} from '../support/wait-until.ts'

const BUILD_MS = 10_000
const SOON = {timeoutMs: 10_000, everyMs: 10}
const CONSENSUS = '/tor/status-vote/current/consensus-microdesc'
const NOTHING = new Uint8Array(0)
/** Seven times what a stream's window lets through without an answer. */
const BIG = 500 * 498 * 7

const live = await liveStore()
const big = new Uint8Array(BIG)
const server = new DirectoryServer(
  {},
  {
    store: live.store,
    routes: [{method: 'GET', path: '/tor/big', match: 'exact', handle: () => ({status: 200, body: big})}],
    now: () => live.now
  }
)

let relays: TestCore[] = []

before(async () => {
  relays = await Promise.all(
    [1, 2, 3, 4].map(() => startCore({deps: {openDirectory: (stream, peer) => server.open(stream, peer)}}))
  )
})

after(async () => {
  await Promise.all(relays.map(relay => relay.close()))
})

async function buildCircuit(hops: number) {
  const [origin, ...others] = relays as [TestCore, ...TestCore[]]
  const path = others.slice(0, hops).map(relay => relay.hop)
  const built = await origin.core.build(path, BUILD_MS)
  assert.ok(built.ok, JSON.stringify(built))
  return built.value
}

async function openDirectory(hops: number) {
  const {circuit, streams} = await buildCircuit(hops)
  const opened = await streams.open(hops - 1, RelayCommand.BEGIN_DIR, NOTHING)
  assert.ok(opened.ok)
  return {circuit, stream: opened.value}
}

async function ask(hops: number, octets: Uint8Array): Promise<DirectoryReply> {
  const {circuit, stream} = await openDirectory(hops)
  stream.write(octets)
  const reply = await readReply(stream)
  circuit.close()
  return reply
}

for (const hops of [1, 3]) {
  test(`dir-spec 6: over ${hops} hops a relay serves descriptor and consensus, and takes no descriptors`, async () => {
    const [own = assert.fail()] = live.descriptors
    const descriptor = await ask(hops, requestOctets('/tor/server/authority'))
    assert.equal(descriptor.status, 200)
    assert.equal(descriptor.body.toString('utf8'), textOf(own.octets))

    const {octets, validAfter} = live.consensuses.microdesc
    const consensus = await ask(hops, requestOctets(CONSENSUS))
    assert.equal(consensus.body.toString('utf8'), textOf(octets))

    const compressed = await ask(hops, requestOctets(`${CONSENSUS}.z`))
    assert.equal(compressed.headers.get('Content-Encoding'), 'deflate')
    assert.equal(inflateSync(compressed.body).toString('utf8'), textOf(octets))

    const unchanged = await ask(
      hops,
      requestOctets(CONSENSUS, [`If-Modified-Since: ${formatHttpDate(validAfter)}`])
    )
    assert.equal(unchanged.status, 304)

    const posted = await ask(hops, requestOctets('/tor/', [], 'POST', textOf(own.octets)))
    assert.equal(posted.status, 400)
    await waitUntil('every stream is over', SOON, () => server.size === 0)
  })
}

test('an answer larger than the windows arrives whole', async () => {
  const reply = await ask(3, requestOctets('/tor/big'))
  assert.equal(reply.body.length, BIG)
})

test('a reader that stops holds the answer up, and nothing is kept for it', async () => {
  const {circuit, stream} = await openDirectory(3)
  stream.write(requestOctets('/tor/big'))
  await new Promise(resolve => stream.once('readable', resolve))
  // What may come without being read: the stream's window, and what was acknowledged until the stream's own buffer was full.
  const most = (500 + 50) * 498 + stream.readableHighWaterMark
  await new Promise(resolve => setTimeout(resolve, 300))
  assert.ok(stream.readableLength <= most, `${stream.readableLength} octets came unasked`)
  assert.equal(server.size, 1)
  const reply = await readReply(stream)
  assert.equal(reply.body.length, BIG)
  circuit.close()
  await waitUntil('the stream is over', SOON, () => server.size === 0)
})

test('a circuit that is closed in the middle of answers leaves nothing behind', async () => {
  const {circuit, streams} = await buildCircuit(2)
  for (let i = 0; i < 10; i++) {
    const opened = await streams.open(1, RelayCommand.BEGIN_DIR, NOTHING)
    assert.ok(opened.ok)
    opened.value.write(requestOctets(i % 2 === 0 ? '/tor/big' : `${CONSENSUS}.z`))
    if (i % 2 === 0) await new Promise(resolve => opened.value.once('readable', resolve))
  }
  circuit.close()
  await waitUntil('every stream is over', SOON, () => server.size === 0)
  assert.equal(server.held, 0)
  assert.ok(server.outcomes['cut-off'] >= 5)
})
