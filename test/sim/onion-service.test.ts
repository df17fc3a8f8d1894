// Our own onion service, client and relays together in one process, in a network whose time the test sets: what takes days
// on a clock, and what goes wrong along the way.

import assert from 'node:assert/strict'
import {once} from 'node:events'
import {createServer, type Server, type Socket} from 'node:net'
import type {Duplex} from 'node:stream'
import {after, afterEach, before, beforeEach, describe, test} from 'node:test'
import {sha256} from '../../src/crypto/digest.ts'
import {ed25519Ready, generateEd25519} from '../../src/crypto/ed25519.ts'
import {printOnionAddress} from '../../src/crypto/hs/onion-address.ts'
import {generateX25519} from '../../src/crypto/x25519.ts'
import {hsdirRings} from '../../src/netdir/hsdir-ring.ts'
import type {OnionClient} from '../../src/roles/client/onion-client.ts'
import type {OnionService, OnionServiceOptions} from '../../src/roles/service/onion-service.ts'
import {randomOctets} from '../support/core.ts'
import {OnionNetwork} from '../support/onion-network.ts'
import {waitUntil} from '../support/wait-until.ts'

const START = new Date('2026-11-22T13:00:00Z')
const HOUR_MS = 3_600_000
const RELAYS = 7
const OCTETS = 1_000_000
const SOON = {timeoutMs: 40_000, everyMs: 100}

let server: Server
let port = 0
/** What the application does with a connection. */
let application: (socket: Socket) => void = () => {}

before(async () => {
  await ed25519Ready
  server = createServer({allowHalfOpen: true}, socket => {
    socket.on('error', () => {})
    application(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  port = typeof address === 'object' && address !== null ? address.port : assert.fail()
})

after(() => {
  server.close()
})

beforeEach(() => {
  application = socket => socket.pipe(socket)
})

interface Running {
  readonly service: OnionService
  readonly address: string
}

function run(network: OnionNetwork, changes: Partial<OnionServiceOptions> = {}): Running {
  const identity = generateEd25519()
  const service = network.service({
    identity,
    authorizedClients: [],
    introductionPoints: 3,
    introductionLimit: undefined,
    ports: [{virtualPort: 80, target: {kind: 'tcp', host: '127.0.0.1', port}}],
    maxStreams: 0,
    whenMaxStreams: 'refuse-stream',
    ...changes
  })
  service.start()
  return {service, address: printOnionAddress(identity.public)}
}

/** Until both descriptors are with all HSDirs of their rings. */
async function published({service}: Running, network: OnionNetwork, uploadsBefore = 0): Promise<void> {
  const hsdirs = Math.min(8, network.netDir.relays.length)
  await waitUntil('the descriptors to be published', SOON, () => {
    service.maintain()
    return service.counters.descriptorUploads >= uploadsBefore + 2 * hsdirs
  })
}

async function connect(client: OnionClient, address: string, to = 80): Promise<Duplex> {
  const connected = await client.connect({address, port: to, isolation: ''})
  assert.ok(connected.ok, JSON.stringify(connected))
  return connected.value
}

async function echoes(stream: Duplex, text: string): Promise<void> {
  stream.write(text)
  const [answer] = (await once(stream, 'data')) as [Buffer]
  assert.equal(answer.toString(), text)
  stream.destroy()
}

describe('an onion service', () => {
  let network: OnionNetwork
  let running: Running
  before(async () => {
    network = await OnionNetwork.start(RELAYS, START)
    running = run(network)
    await published(running, network)
  })
  after(() => network.close())

  test('rend-spec-v3 2.2.3: has two descriptors, each with three introduction points and on all HSDirs of its ring', () => {
    const {storeFirst, storeSecond} = hsdirRings(network.netDir, {isTesting: false})
    const {descriptors, counters} = running.service
    assert.deepEqual(
      descriptors.map(({period}) => period.number),
      [storeFirst.period.number, storeSecond.period.number]
    )
    for (const {points} of descriptors) assert.equal(points.described.length, 3)
    assert.equal(counters.introductionsEstablished, 6)
    assert.equal(counters.descriptorUploadsFailed, 0)
    const stored = network.relays.reduce((sum, {hsDir}) => sum + hsDir.size(), 0)
    assert.equal(stored, 2 * RELAYS)
  })

  test('carries octets to the application and back, unchanged', async () => {
    const client = network.client()
    const stream = await connect(client, running.address)
    const sent = randomOctets(OCTETS)
    const received: Buffer[] = []
    stream.on('data', (chunk: Buffer) => received.push(chunk))
    stream.write(sent)
    await waitUntil('the echo', SOON, () => received.reduce((sum, {length}) => sum + length, 0) === OCTETS)
    assert.deepEqual(sha256(Buffer.concat(received)), sha256(sent))
    stream.destroy()
    const {introductions, rendezvousEstablished, traffic} = running.service.counters
    assert.equal(introductions, 1)
    assert.equal(rendezvousEstablished, 1)
    assert.deepEqual(traffic.get(80), {toApplication: OCTETS, fromApplication: OCTETS})
    client.close()
    await waitUntil('the circuit to go', SOON, () => running.service.counters.rendezvousEstablished === 0)
  })

  test('makes room for another circuit by closing the one without streams that was used longest ago', async () => {
    const client = network.client(undefined, {sessionsMax: 2})
    const open = (isolation: string) => client.connect({address: running.address, port: 80, isolation})
    const first = await open('first')
    const second = await open('second')
    assert.ok(first.ok && second.ok)
    const refused = await open('third')
    assert.equal(refused.ok ? 'in' : refused.fault.code, 'onion-too-many-services')
    first.value.destroy()
    await waitUntil('room for the third', SOON, async () => (await open('third')).ok)
    assert.equal(client.size, 2)
    await echoes(second.value, 'still here')
    client.close()
  })

  test('hands on everything that an application said before it closed', async () => {
    const said = randomOctets(OCTETS)
    application = socket => socket.end(said)
    const stream = await connect(network.client(), running.address)
    const received: Buffer[] = []
    stream.on('data', (chunk: Buffer) => received.push(chunk))
    await once(stream, 'end')
    assert.deepEqual(sha256(Buffer.concat(received)), sha256(said))
  })

  test('hands on everything that a client said before it closed', async () => {
    const received: Buffer[] = []
    let isOver = false
    application = socket => {
      socket.on('data', (chunk: Buffer) => received.push(chunk))
      socket.on('end', () => {
        isOver = true
        socket.end()
      })
    }
    const stream = await connect(network.client(), running.address)
    const said = randomOctets(OCTETS)
    stream.end(said)
    stream.resume()
    await waitUntil('the application to have heard all', SOON, () => isOver)
    assert.deepEqual(sha256(Buffer.concat(received)), sha256(said))
  })

  test('ends a stream to a port that it does not have, and keeps the circuit', async () => {
    const client = network.client()
    const refused = await client.connect({address: running.address, port: 81, isolation: ''})
    assert.ok(!refused.ok)
    await echoes(await connect(client, running.address), 'still here')
    client.close()
  })

  test('ends a stream when the application is not there', async () => {
    const nobody = run(network, {
      ports: [{virtualPort: 80, target: {kind: 'unix', path: '/nonexistent/socket'}}]
    })
    await published(nobody, network)
    const refused = await network.client().connect({address: nobody.address, port: 80, isolation: ''})
    assert.ok(!refused.ok)
    nobody.service.close()
  })

  test('takes as many streams on a circuit as it is told to', async () => {
    const few = run(network, {maxStreams: 2})
    await published(few, network)
    const client = network.client()
    const [a, b] = [await connect(client, few.address), await connect(client, few.address)]
    const third = await client.connect({address: few.address, port: 80, isolation: ''})
    assert.ok(!third.ok)
    a.destroy()
    await waitUntil('room for another', SOON, async () => {
      const again = await client.connect({address: few.address, port: 80, isolation: ''})
      if (again.ok) again.value.destroy()
      return again.ok
    })
    b.destroy()
    client.close()
    few.service.close()
  })

  test('is found by the clients it lets in, and by nobody else', async () => {
    const key = generateX25519()
    const restricted = run(network, {authorizedClients: [generateX25519().public, key.public]})
    await published(restricted, network)
    const connected = await connect(
      network.client(() => key.secret),
      restricted.address
    )
    await echoes(connected, 'let in')
    const without = await network.client().connect({address: restricted.address, port: 80, isolation: ''})
    assert.equal(without.ok ? 'in' : without.fault.code, 'onion-client-auth-missing')
    const wrong = await network
      .client(() => generateX25519().secret)
      .connect({address: restricted.address, port: 80, isolation: ''})
    assert.equal(wrong.ok ? 'in' : wrong.fault.code, 'onion-client-auth-wrong')
    restricted.service.close()
  })

  test('leaves nothing behind when it is closed', async () => {
    const brief = run(network)
    await published(brief, network)
    const size = () => network.relays.reduce((sum, {introPoint}) => sum + introPoint.size(), 0)
    const before = size()
    brief.service.close()
    await waitUntil('its introduction circuits to go', SOON, () => size() === before - 6)
    assert.equal(brief.service.counters.introductionsEstablished, 0)
  })
})

describe('an onion service over time', () => {
  let network: OnionNetwork
  before(async () => {
    network = await OnionNetwork.start(RELAYS, START)
  })
  after(() => network.close())

  test('rend-spec-v3 2.2.4: is found over two days, before and after each new period and each new shared random value', async () => {
    const running = run(network)
    await published(running, network)
    const periods = new Set(running.service.descriptors.map(({period}) => period.number))
    // 13:00 to 13:00 two days later: two new shared random values (00:00) and two new periods (12:00).
    for (const hour of [10, 12, 22, 24, 34, 36, 46, 48]) {
      network.advance(new Date(START.getTime() + hour * HOUR_MS))
      const random = 2 + Math.floor((hour + START.getUTCHours()) / 24)
      const uploads = running.service.counters.descriptorUploads
      network.publish({previousRandom: random - 1, currentRandom: random})
      running.service.maintain()
      const before = periods.size
      for (const {period} of running.service.descriptors) periods.add(period.number)
      const isNew = periods.size > before
      await waitUntil(`the descriptors of hour ${hour}`, SOON, () => {
        running.service.maintain()
        const {descriptorUploads} = running.service.counters
        const isThere = running.service.descriptors.every(({points}) => points.isComplete)
        return isThere && descriptorUploads >= uploads + (isNew ? RELAYS : 0)
      })
      const client = network.client()
      await echoes(await connect(client, running.address), `hour ${hour}`)
      client.close()
    }
    assert.equal(periods.size, 4)
    running.service.close()
  })

  test('uploads again within two hours, with a larger revision counter', async () => {
    const running = run(network)
    await published(running, network)
    const before = running.service.counters.descriptorUploads
    network.advance(new Date(network.now.getTime() + 2 * HOUR_MS))
    await published(running, network, before)
    assert.equal(running.service.counters.descriptorUploadsFailed, 0)
    running.service.close()
  })

  test('replaces introduction points after a day at most', async () => {
    const running = run(network)
    await published(running, network)
    const keys = () =>
      running.service.descriptors.flatMap(({points}) =>
        points.described.map(({authKey}) => Buffer.from(authKey).toString('hex'))
      )
    const before = new Set(keys())
    // Stays in the time of one consensus: only age matters here.
    network.advance(new Date(network.now.getTime() + 24 * HOUR_MS))
    await waitUntil('other introduction points', SOON, () => {
      running.service.maintain()
      const now = keys()
      return now.length === 6 && now.every(key => !before.has(key))
    })
    running.service.close()
  })
})

describe('an onion service among relays that go away', () => {
  let network: OnionNetwork
  // Two of them go: of four vanguards two are left then, and every relay can be gone to by one of those.
  beforeEach(async () => {
    network = await OnionNetwork.start(RELAYS + 3, START)
  })
  afterEach(() => network.close())

  test('replaces introduction points that are gone, tells the HSDirs, and is reached again', async () => {
    const running = run(network)
    await published(running, network)
    const [first] = running.service.descriptors
    assert.ok(first)
    const gone = network.relays.filter(relay =>
      first.points.fingerprints.includes(network.fingerprintOf(relay))
    )
    assert.equal(gone.length, 3)
    const uploads = running.service.counters.descriptorUploads
    for (const relay of gone.slice(0, 2)) await network.stop(relay)
    const names = gone.slice(0, 2).map(relay => network.fingerprintOf(relay))
    await waitUntil('other introduction points', SOON, () => {
      running.service.maintain()
      return (
        running.service.descriptors.every(
          ({points}) => points.isComplete && !points.fingerprints.some(name => names.includes(name))
        ) && running.service.counters.descriptorUploads > uploads
      )
    })
    await waitUntil('the service to be reached', SOON, async () => {
      const client = network.client()
      const connected = await client.connect({address: running.address, port: 80, isolation: ''})
      if (connected.ok) await echoes(connected.value, 'again')
      client.close()
      return connected.ok
    })
    running.service.close()
  })

  test('is published where HSDirs are there, and goes on trying the others', async () => {
    for (const relay of network.relays.slice(0, 2)) await network.stop(relay)
    const running = run(network)
    const {counters} = running.service
    await waitUntil('the service to be reached', SOON, async () => {
      running.service.maintain()
      if (counters.descriptorUploads < 5) return false
      const client = network.client()
      const connected = await client.connect({address: running.address, port: 80, isolation: ''})
      if (connected.ok) await echoes(connected.value, 'found')
      client.close()
      return connected.ok
    })
    await waitUntil('uploads that failed', SOON, () => counters.descriptorUploadsFailed > 0)
    running.service.close()
  })
})
