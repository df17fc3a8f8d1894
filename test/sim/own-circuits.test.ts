// Circuits of one, two and three hops between relay cores in one process, over real TLS links, with a stream to the last
// hop that carries more than the windows hold.

import assert from 'node:assert/strict'
import type {Duplex} from 'node:stream'
import {after, before, test} from 'node:test'
import {sha256} from '../../src/crypto/digest.ts'
import {RelayCommand} from '../../src/wire/relay-cell.ts'
import {randomOctets, startCore, type TestCore} from '../support/core.ts'

const BUILD_MS = 10_000
const NOTHING = new Uint8Array(0)
/** More than 500 messages of 498 octets, so that stream and circuit SENDMEs are needed in both directions. */
const OCTETS = 1_000_000

let relays: TestCore[] = []

function echo(stream: Duplex): void {
  stream.pipe(stream)
}

before(async () => {
  relays = await Promise.all([1, 2, 3, 4].map(() => startCore({openDirectory: echo})))
})

after(async () => {
  await Promise.all(relays.map(relay => relay.close()))
})

for (const hops of [1, 2, 3]) {
  test(`a stream over ${hops} hops carries ${OCTETS} octets there and back unchanged`, async () => {
    const [origin, ...others] = relays as [TestCore, ...TestCore[]]
    const built = await origin.core.build(
      others.slice(0, hops).map(relay => relay.hop),
      BUILD_MS
    )
    assert.ok(built.ok, JSON.stringify(built))
    const {circuit, streams} = built.value
    assert.equal(circuit.length, hops)
    const opened = await streams.open(hops - 1, RelayCommand.BEGIN_DIR, NOTHING)
    assert.ok(opened.ok)
    const stream = opened.value
    const sent = randomOctets(OCTETS)
    const received: Buffer[] = []
    const whole = new Promise<void>((resolve, reject) => {
      let length = 0
      stream.on('data', (chunk: Buffer) => {
        received.push(chunk)
        length += chunk.length
        if (length === OCTETS) resolve()
      })
      stream.once('close', () => reject(new Error(`closed after ${length}`)))
    })
    stream.write(sent)
    await whole
    assert.deepEqual(sha256(Buffer.concat(received)), sha256(sent))
    circuit.close()
  })
}

test('tor-spec 5.4: a circuit is gone from every hop once its origin closed it', async () => {
  const [origin, ...others] = relays as [TestCore, ...TestCore[]]
  const built = await origin.core.build(
    others.map(relay => relay.hop),
    BUILD_MS
  )
  assert.ok(built.ok)
  built.value.circuit.close()
  const deadline = Date.now() + 5000
  while (relays.some(relay => relay.core.registry.size > 0)) {
    assert.ok(Date.now() < deadline, 'circuits are left over')
    await new Promise(done => setTimeout(done, 20))
  }
})
