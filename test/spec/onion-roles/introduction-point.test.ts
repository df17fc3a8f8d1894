// The rules of an introduction point, one by one, above a data plane that writes down what it is told.

import assert from 'node:assert/strict'
import {test} from 'node:test'
import type {RelayCircuit} from '../../../src/circuit/relay-circuit.ts'
import {decode} from '../../../src/codec/codec.ts'
import {ed25519Ready, generateEd25519} from '../../../src/crypto/ed25519.ts'
import {randomOctets} from '../../../src/crypto/random.ts'
import {DestroyReason} from '../../../src/wire/destroy.ts'
import {introduceAck, MAX_INTRODUCE1} from '../../../src/wire/hs/introduce.ts'
import {RelayCommand} from '../../../src/wire/relay-cell.ts'
import {
  dosExtension,
  type EstablishIntroExtension,
  type EstablishIntroMaterial,
  establishIntroBody,
  introduce1Body,
  signEstablishIntro
} from '../../support/onion-messages.ts'
import {RoleBench} from '../../support/role-bench.ts'

await ed25519Ready

const STATUS = {success: 0, unknownId: 1, badFormat: 2}
const NOTHING = new Uint8Array(0)

function establish(
  bench: RoleBench,
  options: {
    authKey?: ReturnType<typeof generateEd25519>
    extensions?: readonly EstablishIntroExtension[]
  } = {}
) {
  const {authKey = generateEd25519(), extensions = []} = options
  const circuit = bench.openCircuit()
  const body = establishIntroBody({authKey, keyHash: circuit.keyHash, extensions})
  bench.deliver(circuit, RelayCommand.ESTABLISH_INTRO, body)
  return {circuit, authKey, body}
}

/** The status of the INTRODUCE_ACK that an INTRODUCE1 on a new circuit gets; undefined when there is none. */
function introduce(bench: RoleBench, body: Uint8Array, circuit = bench.openCircuit()): number | undefined {
  bench.deliver(circuit, RelayCommand.INTRODUCE1, body)
  return ackStatus(bench, circuit)
}

function ackStatus(bench: RoleBench, circuit: RelayCircuit): number | undefined {
  const acks = bench.sent(circuit).filter(({command}) => command === RelayCommand.INTRODUCE_ACK)
  assert.ok(acks.length <= 1)
  const decoded = acks[0] === undefined ? undefined : decode(introduceAck, acks[0].data)
  assert.ok(decoded?.ok !== false)
  return decoded?.value.status
}

/** How many of so many introductions, all at once, the service hears of. */
function admitted(bench: RoleBench, authKey: Uint8Array, count: number): number {
  let passed = 0
  for (let i = 0; i < count; i++) if (introduce(bench, introduce1Body(authKey)) === STATUS.success) passed++
  return passed
}

// ── ESTABLISH_INTRO ─────────────────────────────────────────────────────────────────────────────────────────────────────

test('rend-spec-v3 3.1.1: ESTABLISH_INTRO is answered with INTRO_ESTABLISHED, which has no extensions', () => {
  const bench = new RoleBench()
  const {circuit} = establish(bench)
  assert.deepEqual(bench.sent(circuit), [
    {command: RelayCommand.INTRO_ESTABLISHED, streamId: 0, data: Uint8Array.of(0)}
  ])
  assert.equal(circuit.purpose, 'intro-point')
  assert.equal(bench.introPoint.size(), 1)
  assert.deepEqual(bench.introPoint.counters.establishIntro, {
    success: 1,
    malformed: 0,
    unsuitable_circuit: 0,
    circuit_dead: 0
  })
})

test('rend-spec-v3 3.1.1: octets after the signature are passed over', () => {
  const bench = new RoleBench()
  const circuit = bench.openCircuit()
  const body = establishIntroBody({authKey: generateEd25519(), keyHash: circuit.keyHash})
  bench.deliver(circuit, RelayCommand.ESTABLISH_INTRO, Uint8Array.of(...body, 1, 2, 3))
  assert.deepEqual(bench.commandsSent(circuit), [RelayCommand.INTRO_ESTABLISHED])
})

const BAD_ESTABLISH: readonly [string, (circuit: RelayCircuit) => Uint8Array][] = [
  ['nothing at all', () => NOTHING],
  ['key type 0, of version 2', circuit => made(circuit, {authKeyType: 0})],
  ['key type 1, of version 2', circuit => made(circuit, {authKeyType: 1})],
  ['a key type that nobody knows', circuit => made(circuit, {authKeyType: 3})],
  ['a key of 31 octets', circuit => made(circuit, {authKeyOctets: new Uint8Array(31).fill(3)})],
  ['a key of 33 octets', circuit => made(circuit, {authKeyOctets: new Uint8Array(33).fill(3)})],
  [
    'a MAC under the KH of another circuit',
    () => establishIntroBody({authKey: generateEd25519(), keyHash: randomOctets(20)})
  ],
  [
    'a MAC that is wrong in its last octet',
    circuit => {
      const authKey = generateEd25519()
      const body = establishIntroBody({authKey, keyHash: circuit.keyHash})
      const macEnd = body.length - 64 - 2
      return signEstablishIntro(withOctet(body, macEnd - 1, (body[macEnd - 1] ?? 0) ^ 1), authKey)
    }
  ],
  ['a signature by another key', circuit => signEstablishIntro(made(circuit), generateEd25519())],
  ['a signature without its prefix', circuit => made(circuit, {prefix: ''})],
  [
    'a signature of 63 octets',
    circuit => {
      const body = made(circuit)
      return withOctet(body.subarray(0, body.length - 1), body.length - 65, 63)
    }
  ],
  // TROVE-2021-007: whatever a lenient verifier makes of these, they are refused.
  ['a key of small order', circuit => smallOrder(circuit)],
  ['a signature whose S is not reduced', circuit => unreduced(made(circuit))]
]

function made(circuit: RelayCircuit, options: Partial<EstablishIntroMaterial> = {}): Uint8Array {
  return establishIntroBody({authKey: generateEd25519(), keyHash: circuit.keyHash, ...options})
}

function withOctet(octets: Uint8Array, at: number, value: number): Uint8Array {
  const changed = octets.slice()
  changed[at] = value
  return changed
}

/** The identity as key, the identity as R and 0 as S: a signature of anything, to whoever does not look. */
function smallOrder(circuit: RelayCircuit): Uint8Array {
  const identity = new Uint8Array(32)
  identity[0] = 1
  const authKey = {public: identity, expanded: new Uint8Array(64)}
  const body = establishIntroBody({authKey, keyHash: circuit.keyHash})
  body.fill(0, body.length - 64)
  body[body.length - 64] = 1
  return body
}

/** S plus the order of the group, which verifies the same where nobody checks its range. */
function unreduced(body: Uint8Array): Uint8Array {
  const order = (1n << 252n) + 27742317777372353535851937790883648493n
  const changed = body.slice()
  const at = body.length - 32
  let s = 0n
  for (let i = 31; i >= 0; i--) s = (s << 8n) | BigInt(body[at + i] ?? 0)
  s += order
  for (let i = 0; i < 32; i++) changed[at + i] = Number((s >> BigInt(8 * i)) & 0xffn)
  return changed
}

for (const [what, body] of BAD_ESTABLISH) {
  test(`rend-spec-v3 3.1.1: ESTABLISH_INTRO with ${what} closes its circuit`, () => {
    const bench = new RoleBench()
    const circuit = bench.openCircuit()
    bench.deliver(circuit, RelayCommand.ESTABLISH_INTRO, body(circuit))
    assert.equal(bench.destroyReason(circuit), DestroyReason.TORPROTOCOL)
    assert.deepEqual(bench.sent(circuit), [])
    assert.equal(bench.introPoint.size(), 0)
    assert.equal(bench.introPoint.counters.establishIntro.malformed, 1)
  })
}

test('TROVE-2016-12-002: ESTABLISH_INTRO cut off at any octet closes its circuit', () => {
  const bench = new RoleBench()
  const authKey = generateEd25519()
  for (let length = 0; length < 134; length++) {
    const circuit = bench.openCircuit()
    const body = establishIntroBody({authKey, keyHash: circuit.keyHash})
    assert.equal(body.length, 134)
    bench.deliver(circuit, RelayCommand.ESTABLISH_INTRO, body.subarray(0, length))
    assert.equal(bench.destroyReason(circuit), DestroyReason.TORPROTOCOL)
  }
  assert.equal(bench.introPoint.counters.establishIntro.malformed, 134)
})

test('rend-spec-v3 3.1.1: a service that comes back with its key replaces its old circuit', () => {
  const bench = new RoleBench()
  const {circuit: old, authKey} = establish(bench)
  const {circuit} = establish(bench, {authKey})
  assert.equal(bench.destroyReason(old), DestroyReason.FINISHED)
  assert.equal(circuit.isClosed, false)
  assert.equal(bench.introPoint.size(), 1)
  assert.equal(introduce(bench, introduce1Body(authKey.public)), STATUS.success)
  assert.deepEqual(bench.commandsSent(circuit), [RelayCommand.INTRO_ESTABLISHED, RelayCommand.INTRODUCE2])
})

test('rend-spec-v3 3.1: a circuit is an introduction circuit once only', () => {
  const bench = new RoleBench()
  const {circuit, body} = establish(bench)
  bench.deliver(circuit, RelayCommand.ESTABLISH_INTRO, body)
  assert.equal(bench.destroyReason(circuit), DestroyReason.TORPROTOCOL)
  assert.equal(bench.introPoint.counters.establishIntro.unsuitable_circuit, 1)
  assert.equal(bench.introPoint.size(), 0)
})

test('rend-spec-v3 3.1: an introduction circuit ends at its introduction point', () => {
  const bench = new RoleBench()
  const extended = bench.openCircuit()
  extended.setNext({channel: bench.openChannel(), circId: 77, state: 'open'})
  const extending = bench.openCircuit()
  extending.isExtending = true
  for (const circuit of [extended, extending]) {
    bench.deliver(circuit, RelayCommand.ESTABLISH_INTRO, made(circuit))
    assert.equal(bench.destroyReason(circuit), DestroyReason.TORPROTOCOL)
  }
  assert.equal(bench.introPoint.counters.establishIntro.unsuitable_circuit, 2)
})

test('a circuit whose queue is full does not become an introduction circuit', () => {
  const bench = new RoleBench()
  const circuit = bench.openCircuit()
  bench.plane.full.add(circuit.handle)
  bench.deliver(circuit, RelayCommand.ESTABLISH_INTRO, made(circuit))
  assert.equal(circuit.isClosed, true)
  assert.equal(bench.introPoint.counters.establishIntro.circuit_dead, 1)
  assert.equal(bench.introPoint.size(), 0)
})

test('an introduction circuit that closes is known no more', () => {
  const bench = new RoleBench()
  const {circuit, authKey} = establish(bench)
  circuit.close(DestroyReason.FINISHED)
  assert.equal(bench.introPoint.size(), 0)
  assert.equal(introduce(bench, introduce1Body(authKey.public)), STATUS.unknownId)
})

// ── INTRODUCE1 ──────────────────────────────────────────────────────────────────────────────────────────────────────────

test('rend-spec-v3 3.2: INTRODUCE1 goes to the service as INTRODUCE2 with the same octets, and is acknowledged', () => {
  const bench = new RoleBench()
  const {circuit: service, authKey} = establish(bench)
  const client = bench.openCircuit()
  const body = introduce1Body(authKey.public)
  assert.equal(introduce(bench, body, client), STATUS.success)
  assert.deepEqual(bench.sent(service).at(-1), {
    command: RelayCommand.INTRODUCE2,
    streamId: 0,
    data: body
  })
  assert.deepEqual(bench.sent(client), [
    {command: RelayCommand.INTRODUCE_ACK, streamId: 0, data: Uint8Array.of(0, 0, 0)}
  ])
  assert.equal(client.isClosed, false)
})

test('0.4.9.11: INTRODUCE1 of 490 octets is passed on, one of 491 is refused as malformed', () => {
  const bench = new RoleBench()
  const {circuit: service, authKey} = establish(bench)
  const header = introduce1Body(authKey.public, Uint8Array.of(1)).length - 1
  const largest = introduce1Body(authKey.public, randomOctets(MAX_INTRODUCE1 - header))
  assert.equal(largest.length, 490)
  assert.equal(introduce(bench, largest), STATUS.success)
  assert.equal(introduce(bench, Uint8Array.of(...largest, 0)), STATUS.badFormat)
  assert.equal(bench.sent(service).length, 2)
})

test('rend-spec-v3 3.2.2: a service that nobody knows is answered with status 1', () => {
  const bench = new RoleBench()
  establish(bench)
  assert.equal(introduce(bench, introduce1Body(generateEd25519().public)), STATUS.unknownId)
  assert.equal(bench.introPoint.counters.introduce1.unknown_service, 1)
})

for (const [what, change] of [
  ['a legacy key id', (body: Uint8Array) => withOctet(body, 19, 1)],
  ['key type 0', (body: Uint8Array) => withOctet(body, 20, 0)],
  ['key type 3', (body: Uint8Array) => withOctet(body, 20, 3)],
  ['a key of 31 octets', (body: Uint8Array) => withOctet(body, 22, 31)],
  ['a key length beyond its end', (body: Uint8Array) => withOctet(body, 21, 0xff)],
  ['more extensions than there are', (body: Uint8Array) => withOctet(body, 55, 0xff)],
  ['nothing encrypted', (body: Uint8Array) => body.subarray(0, 56)],
  ['19 octets', (body: Uint8Array) => body.subarray(0, 19)],
  ['no octets', () => NOTHING]
] as const) {
  test(`rend-spec-v3 3.2.2: INTRODUCE1 with ${what} is answered with status 2`, () => {
    const bench = new RoleBench()
    const {circuit: service, authKey} = establish(bench)
    assert.equal(introduce(bench, change(introduce1Body(authKey.public))), STATUS.badFormat)
    assert.equal(bench.introPoint.counters.introduce1.malformed, 1)
    assert.deepEqual(bench.commandsSent(service), [RelayCommand.INTRO_ESTABLISHED])
  })
}

test('TROVE-2016-12-002: INTRODUCE1 cut off before its encrypted part is answered with status 2', () => {
  const bench = new RoleBench()
  const {authKey} = establish(bench)
  const body = introduce1Body(authKey.public)
  for (let length = 0; length <= 56; length++) {
    assert.equal(introduce(bench, body.subarray(0, length)), STATUS.badFormat, `${length} octets`)
  }
  assert.equal(introduce(bench, body.subarray(0, 57)), STATUS.success)
})

test('a second INTRODUCE1 on one circuit closes it unanswered', () => {
  const bench = new RoleBench()
  const {circuit: service, authKey} = establish(bench)
  const client = bench.openCircuit()
  introduce(bench, introduce1Body(authKey.public), client)
  introduce(bench, introduce1Body(authKey.public), client)
  assert.equal(bench.destroyReason(client), DestroyReason.TORPROTOCOL)
  assert.equal(bench.introPoint.counters.introduce1.circuit_reused, 1)
  assert.equal(bench.sent(service).length, 2)
})

test('an INTRODUCE1 that was refused counts as the circuit’s one', () => {
  const bench = new RoleBench()
  const {authKey} = establish(bench)
  const client = bench.openCircuit()
  introduce(bench, NOTHING, client)
  introduce(bench, introduce1Body(authKey.public), client)
  assert.equal(bench.destroyReason(client), DestroyReason.TORPROTOCOL)
  assert.equal(bench.introPoint.counters.introduce1.circuit_reused, 1)
})

test('INTRODUCE1 from a client over a single hop closes its circuit unanswered', () => {
  const bench = new RoleBench()
  const {circuit: service, authKey} = establish(bench)
  const client = bench.openCircuit(bench.openChannel('client'))
  assert.equal(introduce(bench, introduce1Body(authKey.public), client), undefined)
  assert.equal(bench.destroyReason(client), DestroyReason.TORPROTOCOL)
  assert.equal(bench.introPoint.counters.introduce1.single_hop, 1)
  assert.equal(bench.sent(service).length, 1)
})

test('INTRODUCE1 on an introduction circuit, or on one that goes on, closes it unanswered', () => {
  const bench = new RoleBench()
  const {circuit: service, authKey} = establish(bench)
  const extended = bench.openCircuit()
  extended.setNext({channel: bench.openChannel(), circId: 9, state: 'open'})
  for (const circuit of [extended, service]) {
    assert.equal(introduce(bench, introduce1Body(authKey.public), circuit), undefined)
    assert.equal(bench.destroyReason(circuit), DestroyReason.TORPROTOCOL)
  }
  assert.equal(bench.introPoint.counters.introduce1.circuit_reused, 2)
})

test('an introduction that the service’s circuit has no room for is answered with status 1', () => {
  const bench = new RoleBench()
  const {circuit: service, authKey} = establish(bench)
  bench.plane.full.add(service.handle)
  assert.equal(introduce(bench, introduce1Body(authKey.public)), STATUS.unknownId)
  assert.equal(bench.introPoint.counters.introduce1.circuit_dead, 1)
  assert.equal(bench.destroyReason(service), DestroyReason.RESOURCELIMIT)
  assert.equal(bench.introPoint.size(), 0)
})

test('a client that was refused may extend its circuit to another introduction point', () => {
  const bench = new RoleBench()
  const client = bench.openCircuit()
  assert.equal(introduce(bench, introduce1Body(generateEd25519().public), client), STATUS.unknownId)
  assert.equal(client.isExtendable, true)
  bench.deliver(client, RelayCommand.EXTEND2, extend2Body(), {early: true})
  assert.equal(client.isClosed, false)
  assert.equal(client.isExtending, true)
})

/** To a relay at 127.0.0.1:2, with an onion skin of zeros. */
function extend2Body(): Uint8Array {
  return Uint8Array.of(
    2,
    0,
    6,
    127,
    0,
    0,
    1,
    0,
    2,
    2,
    20,
    ...randomOctets(20),
    0,
    2,
    0,
    84,
    ...new Uint8Array(84)
  )
}

test('an introduction circuit is never extended and carries no streams', () => {
  const bench = new RoleBench()
  const {circuit} = establish(bench)
  bench.deliver(circuit, RelayCommand.BEGIN_DIR, NOTHING, {streamId: 1})
  assert.deepEqual(bench.sent(circuit).at(-1), {
    command: RelayCommand.END,
    streamId: 1,
    data: Uint8Array.of(14)
  })
  bench.deliver(circuit, RelayCommand.EXTEND2, extend2Body(), {early: true})
  assert.equal(bench.destroyReason(circuit), DestroyReason.TORPROTOCOL)
})

test('a circuit that carries a stream becomes no introduction circuit', () => {
  const bench = new RoleBench()
  const circuit = bench.openCircuit()
  bench.deliver(circuit, RelayCommand.BEGIN_DIR, NOTHING, {streamId: 1})
  bench.deliver(circuit, RelayCommand.ESTABLISH_INTRO, made(circuit))
  assert.equal(bench.introPoint.counters.establishIntro.unsuitable_circuit, 1)
  assert.equal(bench.destroyReason(circuit), DestroyReason.TORPROTOCOL)
})

test('INTRO_ESTABLISHED, INTRODUCE2 and INTRODUCE_ACK from an origin are passed over', () => {
  const bench = new RoleBench()
  const {circuit} = establish(bench)
  for (const command of [
    RelayCommand.INTRO_ESTABLISHED,
    RelayCommand.INTRODUCE2,
    RelayCommand.INTRODUCE_ACK
  ]) {
    bench.deliver(circuit, command, randomOctets(100))
  }
  assert.equal(circuit.isClosed, false)
  assert.equal(bench.sent(circuit).length, 1)
})

// ── limits on introductions ─────────────────────────────────────────────────────────────────────────────────────────────

test('prop 305: without consensus parameter and extension a service gets every introduction', () => {
  const bench = new RoleBench()
  const {authKey} = establish(bench)
  assert.equal(admitted(bench, authKey.public, 1000), 1000)
})

test('prop 305: the extension limits introductions to its burst and then to its rate', () => {
  const bench = new RoleBench()
  const {authKey} = establish(bench, {extensions: [dosExtension(25n, 200n)]})
  assert.equal(admitted(bench, authKey.public, 300), 200)
  assert.equal(bench.introPoint.counters.introduce1.rate_limited, 100)
  bench.nowMs += 1000
  assert.equal(admitted(bench, authKey.public, 300), 25)
  bench.nowMs += 200
  assert.equal(admitted(bench, authKey.public, 300), 5)
  bench.nowMs += 3600_000
  assert.equal(admitted(bench, authKey.public, 300), 200)
})

test('prop 305: an introduction over the limit is answered with status 1, as if there were no such service', () => {
  const bench = new RoleBench()
  const {authKey} = establish(bench, {extensions: [dosExtension(1n, 1n)]})
  assert.equal(introduce(bench, introduce1Body(authKey.public)), STATUS.success)
  const client = bench.openCircuit()
  assert.equal(introduce(bench, introduce1Body(authKey.public), client), STATUS.unknownId)
  assert.equal(client.isClosed, false)
})

test('prop 305: one service’s limit does not touch another', () => {
  const bench = new RoleBench()
  const limited = establish(bench, {extensions: [dosExtension(1n, 1n)]})
  const other = establish(bench, {extensions: [dosExtension(1n, 1n)]})
  assert.equal(admitted(bench, limited.authKey.public, 10), 1)
  assert.equal(admitted(bench, other.authKey.public, 10), 1)
})

test('prop 305: the consensus parameters hold for services that ask for nothing, from when they are there', () => {
  const bench = new RoleBench()
  const plain = establish(bench)
  const asking = establish(bench, {extensions: [dosExtension(1n, 100n)]})
  assert.equal(admitted(bench, plain.authKey.public, 50), 50)
  bench.defaultLimit = {rate: 2, burst: 10}
  assert.equal(admitted(bench, plain.authKey.public, 50), 10)
  assert.equal(admitted(bench, asking.authKey.public, 150), 100)
  bench.defaultLimit = {rate: 2, burst: 4}
  bench.nowMs += 60_000
  assert.equal(admitted(bench, plain.authKey.public, 50), 4)
  bench.defaultLimit = undefined
  assert.equal(admitted(bench, plain.authKey.public, 50), 50)
})

const UNKNOWN_PARAM: EstablishIntroExtension = {
  kind: 'dosParams',
  params: [
    {type: 1, value: 1n},
    {type: 2, value: 1n},
    {type: 3, value: 1n}
  ]
}

for (const [what, extensions, expected] of [
  ['a rate of 0 turns the limit off', [dosExtension(0n, 100n)], 50],
  ['a burst of 0 turns the limit off', [dosExtension(1n, 0n)], 50],
  ['no parameters at all turn the limit off', [{kind: 'dosParams', params: []}], 50],
  ['a burst below the rate turns the limit off', [dosExtension(7n, 6n)], 50],
  ['a rate and burst of 2^31 turn the limit off', [dosExtension(2n ** 31n, 2n ** 31n)], 50],
  ['a burst of 2^31 - 1 is a limit', [dosExtension(1n, 2n ** 31n - 1n)], 50],
  ['a burst of 2^64 - 1 turns the limit off', [dosExtension(1n, 2n ** 64n - 1n)], 50],
  ['a burst as high as the rate is a limit', [dosExtension(7n, 7n)], 7],
  ['the last of two extensions counts', [dosExtension(1n, 1n), dosExtension(2n, 3n)], 3],
  ['a parameter that nobody knows leaves the consensus in charge', [UNKNOWN_PARAM], 5],
  [
    'an extension that is cut off leaves the consensus in charge',
    [{kind: 'unknown', tag: 1, body: Uint8Array.of(2, 1, 0)}],
    5
  ],
  [
    'an extension that nobody knows leaves the consensus in charge',
    [{kind: 'unknown', tag: 99, body: NOTHING}],
    5
  ]
] as const satisfies readonly (readonly [string, readonly EstablishIntroExtension[], number])[]) {
  test(`prop 305: ${what}`, () => {
    const bench = new RoleBench()
    bench.defaultLimit = {rate: 1, burst: 5}
    const {authKey, circuit} = establish(bench, {extensions})
    assert.deepEqual(bench.commandsSent(circuit), [RelayCommand.INTRO_ESTABLISHED])
    assert.equal(admitted(bench, authKey.public, 50), expected)
  })
}

test('nothing that is logged tells of a service', () => {
  const bench = new RoleBench()
  const {authKey} = establish(bench)
  introduce(bench, introduce1Body(authKey.public))
  introduce(bench, NOTHING)
  introduce(bench, introduce1Body(authKey.public), bench.openCircuit(bench.openChannel('client')))
  assert.deepEqual(bench.logged, [
    'debug ESTABLISH_INTRO: success',
    'debug INTRODUCE1: success',
    'info INTRODUCE1: malformed',
    'info INTRODUCE1: single_hop'
  ])
})
