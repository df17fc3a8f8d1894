// The roles under load: introductions far over a service's limit, thousands of clients that wait, a cache that is full.
// Memory stays within its bounds, what is over a limit is refused, and circuits that have nothing to do with it keep moving.
// The numbers are in the test's output.

import assert from 'node:assert/strict'
import type {Duplex} from 'node:stream'
import {after, before, type TestContext, test} from 'node:test'
import type {OriginCircuit} from '../../../src/circuit/origin-circuit.ts'
import {ed25519Ready, generateEd25519} from '../../../src/crypto/ed25519.ts'
import {randomOctets} from '../../../src/crypto/random.ts'
import {DescriptorCache} from '../../../src/roles/hsdir/descriptor-cache.ts'
import {openHsDir} from '../../../src/roles/hsdir/hsdir.ts'
import {openIntroPoint} from '../../../src/roles/intro-point/intro-point.ts'
import {openRendPoint} from '../../../src/roles/rend-point/rend-point.ts'
import type {RelayStream} from '../../../src/stream/relay-stream.ts'
import {IntroduceAckStatus} from '../../../src/wire/hs/introduce.ts'
import {RelayCommand} from '../../../src/wire/relay-cell.ts'
import {startCore, type TestCore} from '../../support/core.ts'
import {megabytes, usedOctets} from '../../support/memory.ts'
import {
  dosExtension,
  establishIntroBody,
  introduce1Body,
  madeDescriptor
} from '../../support/onion-messages.ts'
import {RawCircuit} from '../../support/raw-circuit.ts'
import {RawLink} from '../../support/raw-link.ts'
import {RoleBench} from '../../support/role-bench.ts'
import {waitUntil} from '../../support/wait-until.ts'

await ed25519Ready

const SOON = {timeoutMs: 20_000, everyMs: 20}
const RATE = 25
const BURST = 200
const INTRODUCTIONS = 100_000
const REAL_INTRODUCTIONS = 1000
const AT_ONCE = 25
const COOKIES = 10_000
const LINKS = 10
const HSDIR_OCTETS_MAX = 64_000_000
const NOTHING = new Uint8Array(0)

const introPoint = openIntroPoint({
  defaultLimit: () => undefined,
  nowMs: () => performance.now(),
  log: () => {}
})
const rendPoint = openRendPoint({refusesSingleHop: () => false, log: () => {}})
const echo = (stream: Duplex) => void stream.pipe(stream)
let relay: TestCore
let origin: TestCore

before(async () => {
  relay = await startCore({
    openDirectory: echo,
    deps: {roles: new Map([...introPoint.roles, ...rendPoint.roles])}
  })
  origin = await startCore()
})

after(async () => {
  await Promise.all([relay.close(), origin.close()])
})

async function build(): Promise<OriginCircuit> {
  const built = await origin.core.build([relay.hop], 20_000)
  assert.ok(built.ok, JSON.stringify(built))
  return built.value.circuit
}

/** A stream on a circuit of its own, which tells how long 1 octet took there and back at worst. */
class Bystander {
  worstMs = 0
  echoes = 0
  readonly #stream: RelayStream
  #stopped = false
  readonly #running: Promise<void>

  private constructor(stream: RelayStream) {
    this.#stream = stream
    this.#running = this.#run()
  }

  static async open(): Promise<Bystander> {
    const built = await origin.core.build([relay.hop], 20_000)
    assert.ok(built.ok)
    const opened = await built.value.streams.open(0, RelayCommand.BEGIN_DIR, NOTHING)
    assert.ok(opened.ok)
    return new Bystander(opened.value)
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      const startedAt = performance.now()
      const back = new Promise<void>(resolve => this.#stream.once('data', () => resolve()))
      this.#stream.write(Uint8Array.of(1))
      await back
      this.worstMs = Math.max(this.worstMs, performance.now() - startedAt)
      this.echoes++
      await new Promise(done => setTimeout(done, 5))
    }
  }

  async stop(t: TestContext): Promise<void> {
    this.#stopped = true
    await this.#running
    this.#stream.destroy()
    t.diagnostic(
      `another circuit meanwhile: ${this.echoes} echoes, the slowest ${this.worstMs.toFixed(0)} ms`
    )
    assert.ok(this.echoes > 10 && this.worstMs < 5000)
  }
}

test(`${INTRODUCTIONS} INTRODUCE1 in 10 s at a service that allows ${RATE}/s: the service gets its burst and its rate, memory does not grow`, async t => {
  const bench = new RoleBench()
  const authKey = generateEd25519()
  const service = bench.openCircuit()
  const establish = establishIntroBody({
    authKey,
    keyHash: service.keyHash,
    extensions: [dosExtension(BigInt(RATE), BigInt(BURST))]
  })
  bench.deliver(service, RelayCommand.ESTABLISH_INTRO, establish)
  const body = introduce1Body(authKey.public)
  const channel = bench.openChannel()
  const introduce = (count: number, overMs: number) => {
    for (let i = 0; i < count; i++) {
      bench.nowMs += overMs / count
      const client = bench.openCircuit(channel)
      bench.deliver(client, RelayCommand.INTRODUCE1, body)
      bench.forget(client)
    }
  }
  introduce(1000, 0)
  const before = await usedOctets()
  const startedAt = performance.now()
  introduce(INTRODUCTIONS - 1000, 10_000)
  const tookMs = performance.now() - startedAt
  const grown = (await usedOctets()) - before
  const {success, rate_limited} = bench.introPoint.counters.introduce1
  t.diagnostic(`${success} passed on, ${rate_limited} refused`)
  t.diagnostic(`${((INTRODUCTIONS / tookMs) * 1000).toFixed(0)} a second, circuits included`)
  t.diagnostic(`memory grew by ${megabytes(grown)}`)
  assert.equal(success + rate_limited, INTRODUCTIONS)
  assert.ok(Math.abs(success - (BURST + RATE * 10)) <= 1, `${success} passed on`)
  assert.equal(bench.sent(service).length, 1 + success)
  assert.ok(grown < 8_000_000, megabytes(grown))
  assert.equal(bench.registry.size, 1)
})

test(`${REAL_INTRODUCTIONS} INTRODUCE1, each on a circuit of its own over TLS, at a service that allows ${RATE}/s`, async t => {
  const bystander = await Bystander.open()
  const authKey = generateEd25519()
  const link = (await RawLink.handshake(relay.hop.addresses[0]?.port ?? 0)).link
  const service = await RawCircuit.create(link, 0x80000001)
  const extensions = [dosExtension(BigInt(RATE), BigInt(BURST))]
  service.send(
    RelayCommand.ESTABLISH_INTRO,
    0,
    establishIntroBody({authKey, keyHash: service.keyHash, extensions})
  )
  const established = await service.next()
  assert.equal(
    established.kind === 'message' ? established.message.command : 0,
    RelayCommand.INTRO_ESTABLISHED
  )
  const startedAt = performance.now()
  const statuses: number[] = []
  const body = introduce1Body(authKey.public)
  const introduce = async () => {
    const circuit = await build()
    statuses.push(
      await new Promise<number>((resolve, reject) => {
        circuit.onMessage((_, {command, data}) => {
          assert.equal(command, RelayCommand.INTRODUCE_ACK)
          resolve(data[1] ?? -1)
        })
        circuit.onClose(() => reject(new Error('the circuit closed')))
        circuit.send(0, RelayCommand.INTRODUCE1, 0, body)
      })
    )
    circuit.close()
  }
  await Promise.all(
    Array.from({length: AT_ONCE}, async () => {
      for (let i = 0; i < REAL_INTRODUCTIONS / AT_ONCE; i++) await introduce()
    })
  )
  const seconds = (performance.now() - startedAt) / 1000
  const passed = statuses.filter(status => status === IntroduceAckStatus.SUCCESS).length
  const refused = statuses.filter(status => status === IntroduceAckStatus.UNKNOWN_ID).length
  t.diagnostic(`${passed} passed on and ${refused} refused in ${seconds.toFixed(1)} s`)
  await bystander.stop(t)
  assert.equal(passed + refused, REAL_INTRODUCTIONS)
  assert.ok(passed >= BURST && passed <= BURST + RATE * seconds + 1, `${passed} passed on`)
  link.socket.destroy()
  await waitUntil('the introduction circuit to be gone', SOON, () => introPoint.size() === 0)
})

test(`${COOKIES} clients wait at the rendezvous point over TLS, and every cookie goes with its circuit`, async t => {
  const bystander = await Bystander.open()
  const port = relay.hop.addresses[0]?.port ?? 0
  const links = await Promise.all(
    Array.from({length: LINKS}, async () => (await RawLink.handshake(port)).link)
  )
  const before = await usedOctets()
  const startedAt = performance.now()
  let last: {readonly circuit: RawCircuit; readonly cookie: Uint8Array} | undefined
  await Promise.all(
    links.map(async link => {
      for (let i = 1; i <= COOKIES / LINKS; i++) {
        const circuit = await RawCircuit.create(link, 0x80000000 + i)
        const cookie = randomOctets(20)
        circuit.send(RelayCommand.ESTABLISH_RENDEZVOUS, 0, cookie)
        const answer = await circuit.next()
        assert.equal(
          answer.kind === 'message' ? answer.message.command : 0,
          RelayCommand.RENDEZVOUS_ESTABLISHED
        )
        last = {circuit, cookie}
      }
    })
  )
  const tookMs = performance.now() - startedAt
  assert.equal(rendPoint.size(), COOKIES)
  const grown = (await usedOctets()) - before
  t.diagnostic(`${((COOKIES / tookMs) * 1000).toFixed(0)} a second`)
  t.diagnostic(
    `${megabytes(grown)} for ${COOKIES} circuits that wait, ${(grown / COOKIES).toFixed(0)} octets each`
  )
  assert.ok(grown / COOKIES < 20_000)

  assert.ok(last !== undefined)
  const service = await RawCircuit.create(links[0] as RawLink, 0x8000ffff)
  service.send(RelayCommand.RENDEZVOUS1, 0, Buffer.concat([last.cookie, randomOctets(64)]))
  const met = await last.circuit.next()
  assert.equal(met.kind === 'message' ? met.message.command : 0, RelayCommand.RENDEZVOUS2)
  assert.equal(rendPoint.size(), COOKIES - 1)
  await bystander.stop(t)
  for (const link of links) link.socket.destroy()
  await waitUntil('every cookie to be gone', SOON, () => rendPoint.size() === 0)
})

test('a full HSDir cache stays within its bound and keeps taking descriptors', async t => {
  const before = await usedOctets()
  const cache = new DescriptorCache(() => HSDIR_OCTETS_MAX)
  const lengths = [9_000, 14_000, 20_000, 49_000]
  let worstMs = 0
  let peak = 0
  const startedAt = performance.now()
  const count = 20_000
  for (let i = 0; i < count; i++) {
    const octets = new Uint8Array(lengths[i % lengths.length] ?? 0)
    const storedAt = performance.now()
    const blindedKey = randomOctets(32)
    cache.store(
      {
        blindedKey,
        signingKey: NOTHING,
        superencrypted: NOTHING,
        revisionCounter: 1n,
        lifetimeMinutes: 180,
        expiresAt: new Date(),
        octets
      },
      i
    )
    worstMs = Math.max(worstMs, performance.now() - storedAt)
    peak = Math.max(peak, cache.octets)
    if (i % 3 === 0) assert.ok(cache.download(blindedKey, i) !== undefined)
  }
  const tookMs = performance.now() - startedAt
  const grown = (await usedOctets()) - before
  t.diagnostic(
    `${count} descriptors, ${cache.size} of them held at the end, ${cache.counters.evicted} evicted`
  )
  t.diagnostic(`${megabytes(peak)} at most of ${megabytes(HSDIR_OCTETS_MAX)}; in memory ${megabytes(grown)}`)
  t.diagnostic(`${((count / tookMs) * 1000).toFixed(0)} a second, the slowest ${worstMs.toFixed(1)} ms`)
  assert.ok(peak <= HSDIR_OCTETS_MAX)
  assert.ok(grown < HSDIR_OCTETS_MAX * 1.1)
  assert.ok(worstMs < 500)
  assert.ok(cache.trim(Infinity) > 0)
  assert.equal(cache.octets, 0)
})

test('descriptors are verified fast enough for a busy HSDir, published and brought back', async t => {
  const COUNT = 300
  let saved: Uint8Array | undefined
  const open = () =>
    openHsDir({
      octetsMax: () => HSDIR_OCTETS_MAX,
      maxDescriptorLength: () => 50_000,
      nowMs: Date.now,
      saved: {
        take: () => saved,
        put: octets => {
          saved = octets
        }
      }
    })
  const hsDir = open()
  const publish = hsDir.routes.find(({method}) => method === 'POST')
  assert.ok(publish !== undefined)
  const descriptors = Array.from({length: COUNT}, () => madeDescriptor({encryptedLength: 10_000}).octets)
  const startedAt = performance.now()
  for (const body of descriptors) {
    assert.equal(publish.handle({path: '/tor/hs/3/publish', body, peer: {isAnonymous: true}}).status, 200)
  }
  const publishMs = (performance.now() - startedAt) / COUNT
  await hsDir.close()
  const restartedAt = performance.now()
  const next = open()
  await next.restored
  const restoreMs = (performance.now() - restartedAt) / COUNT
  t.diagnostic(`${publishMs.toFixed(2)} ms to publish one, ${restoreMs.toFixed(2)} ms to bring one back`)
  assert.equal(next.size(), COUNT)
  assert.ok(publishMs < 50)
})
