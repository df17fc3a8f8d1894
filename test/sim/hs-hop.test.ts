// Client and service joined at a real rendezvous point, with an agreed key in place of the introduction: streams over the
// hop between the two ends, in both kinds of flow control.

import assert from 'node:assert/strict'
import {after, before, describe, test} from 'node:test'
import {ClockCheck} from '../../src/circuit/congestion-control/clock-check.ts'
import {FixedWindow} from '../../src/circuit/congestion-control/fixed-window.ts'
import {Vegas} from '../../src/circuit/congestion-control/vegas.ts'
import {vegasParams} from '../../src/circuit/congestion-control/vegas-params.ts'
import type {OriginCircuit} from '../../src/circuit/origin-circuit.ts'
import {encode} from '../../src/codec/codec.ts'
import {sha256} from '../../src/crypto/digest.ts'
import {HS_KEY_MATERIAL_LENGTH} from '../../src/crypto/hs/hs-ntor.ts'
import {openRendPoint} from '../../src/roles/rend-point/rend-point.ts'
import type {IncomingStream, OwnCircuit} from '../../src/stream/origin-streams.ts'
import type {RelayStream} from '../../src/stream/relay-stream.ts'
import {begin} from '../../src/wire/begin.ts'
import {EndReason} from '../../src/wire/end.ts'
import {establishRendezvous, rendezvous1} from '../../src/wire/hs/rendezvous.ts'
import {RelayCommand} from '../../src/wire/relay-cell.ts'
import {randomOctets, startCore, type TestCore} from '../support/core.ts'

const BUILD_MS = 10_000
/** More than the 1000 messages of 498 octets that a circuit may send without a SENDME. */
const OCTETS = 1_000_000

const rendPoint = openRendPoint({refusesSingleHop: () => false, log: () => {}})
let relays: TestCore[] = []
let ends: TestCore[] = []

before(async () => {
  relays = await Promise.all([
    startCore({deps: {roles: new Map(rendPoint.roles)}}),
    startCore(),
    startCore(),
    startCore(),
    startCore()
  ])
  ends = await Promise.all([startCore(), startCore()])
})

after(async () => {
  await Promise.all([...relays, ...ends].map(relay => relay.close()))
})

interface Joined {
  readonly client: OwnCircuit
  readonly service: OwnCircuit
  /** Of the hop to the other end. */
  readonly hop: number
}

type Control = (circuit: OriginCircuit) => FixedWindow | Vegas

const fixedWindow: Control = () => new FixedWindow()
const clock = new ClockCheck()
const vegas: Control = circuit =>
  new Vegas(
    {params: vegasParams(() => undefined, 'onion'), sendmeIncrement: 31},
    {clock, localQueue: () => circuit.localQueue}
  )

async function build(
  end: TestCore | undefined,
  path: readonly (TestCore | undefined)[]
): Promise<OwnCircuit> {
  assert.ok(end !== undefined)
  const built = await end.core.build(
    path.map(relay => relay?.hop ?? assert.fail()),
    BUILD_MS
  )
  assert.ok(built.ok, JSON.stringify(built))
  return built.value
}

function message(circuit: OriginCircuit, command: number): Promise<void> {
  return new Promise(resolve => {
    circuit.onMessage((_, {command: heard}) => {
      if (heard === command) resolve()
    })
  })
}

async function join(control: Control): Promise<Joined> {
  const [rp, a, b, c, d] = relays
  const [client, service] = await Promise.all([build(ends[0], [a, b, rp]), build(ends[1], [c, d, rp])])
  const rendezvousCookie = randomOctets(20)
  const material = randomOctets(HS_KEY_MATERIAL_LENGTH)
  const established = message(client.circuit, RelayCommand.RENDEZVOUS_ESTABLISHED)
  client.circuit.send(
    2,
    RelayCommand.ESTABLISH_RENDEZVOUS,
    0,
    encode(establishRendezvous, {rendezvousCookie})
  )
  await established
  const joined = new Promise<number | undefined>(resolve => {
    client.circuit.onMessage((_, {command}) => {
      assert.equal(command, RelayCommand.RENDEZVOUS2)
      resolve(client.circuit.addHsHop(material.slice(), 'client', control(client.circuit)))
    })
  })
  const handshakeInfo = new Uint8Array(64)
  service.circuit.send(2, RelayCommand.RENDEZVOUS1, 0, encode(rendezvous1, {rendezvousCookie, handshakeInfo}))
  assert.equal(service.circuit.addHsHop(material.slice(), 'service', control(service.circuit)), 3)
  assert.equal(await joined, 3)
  return {client, service, hop: 3}
}

function open({client, hop}: Joined, addressPort: string) {
  return client.streams.open(hop, RelayCommand.BEGIN, encode(begin, {addressPort, flags: undefined}))
}

function digestOf(stream: RelayStream, octets: number): Promise<Uint8Array> {
  const received: Buffer[] = []
  let length = 0
  return new Promise((resolve, reject) => {
    stream.on('data', (chunk: Buffer) => {
      received.push(chunk)
      length += chunk.length
      if (length === octets) resolve(sha256(Buffer.concat(received)))
    })
    stream.once('close', () => reject(new Error(`closed after ${length}`)))
  })
}

for (const [name, control] of Object.entries({'fixed windows': fixedWindow, 'congestion control': vegas})) {
  describe(`the hop between client and service, with ${name}`, () => {
    test('carries a stream that the client opens and the service accepts, unchanged in both directions', async () => {
      const joined = await join(control)
      joined.service.streams.listen(joined.hop, {
        streamsMax: 10,
        onStream: incoming => {
          assert.equal(incoming.addressPort, ':80')
          const stream = incoming.accept()
          stream.pipe(stream)
        }
      })
      const opened = await open(joined, ':80')
      assert.ok(opened.ok)
      const sent = randomOctets(OCTETS)
      const received = digestOf(opened.value, OCTETS)
      opened.value.write(sent)
      assert.deepEqual(await received, sha256(sent))
      joined.client.circuit.close()
    })

    test('lets the service refuse streams, one for what it is and one for being too many', async () => {
      const joined = await join(control)
      const waiting: IncomingStream[] = []
      joined.service.streams.listen(joined.hop, {
        streamsMax: 2,
        onStream: incoming => {
          if (incoming.addressPort === ':1') incoming.refuse(EndReason.CONNECTREFUSED)
          else waiting.push(incoming)
        }
      })
      const reasonOf = async (opening: ReturnType<typeof open>) => {
        const result = await opening
        return result.ok ? 'open' : (result.fault.data?.reason ?? result.fault.code)
      }
      assert.equal(await reasonOf(open(joined, ':1')), EndReason.CONNECTREFUSED)
      const first = open(joined, ':2')
      const second = open(joined, ':3')
      assert.equal(await reasonOf(open(joined, ':4')), EndReason.RESOURCELIMIT)
      // Refused streams leave no trace, and the others are still to be decided.
      waiting[0]?.refuse(EndReason.MISC)
      waiting[1]?.accept()
      assert.equal(await reasonOf(first), EndReason.MISC)
      assert.equal(await reasonOf(second), 'open')
      assert.equal(joined.service.streams.size, 1)
      joined.client.circuit.close()
    })
  })
}

test('tor-spec 6.2: a service closes the circuit of a client that takes one stream id twice', async () => {
  const joined = await join(fixedWindow)
  const closed = new Promise(resolve => joined.client.circuit.onClose(resolve))
  joined.service.streams.listen(joined.hop, {streamsMax: 10, onStream: () => {}})
  for (let i = 0; i < 2; i++) {
    joined.client.circuit.send(
      joined.hop,
      RelayCommand.BEGIN,
      7,
      encode(begin, {addressPort: ':1', flags: undefined})
    )
  }
  await closed
  assert.ok(joined.service.circuit.isClosed)
})

test('a relay on the way cannot open a stream, and neither can a service at its client', async () => {
  const joined = await join(fixedWindow)
  let asked = 0
  const listening = {streamsMax: 10, onStream: () => void asked++}
  joined.client.streams.listen(2, listening)
  const body = encode(begin, {addressPort: ':1', flags: undefined})
  joined.service.circuit.send(joined.hop, RelayCommand.BEGIN, 1, body)
  joined.service.streams.listen(joined.hop, {streamsMax: 1, onStream: incoming => incoming.accept()})
  const opened = await open(joined, ':2')
  assert.ok(opened.ok)
  assert.equal(asked, 0)
  joined.client.circuit.close()
})
