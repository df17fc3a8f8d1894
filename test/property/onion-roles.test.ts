// Nearly right messages of onion services on circuits in every state they can be in. Whatever comes: nothing throws, each
// message ends in one outcome, a success is one that the rules allow, others' circuits stay as they are, and nothing is left
// in any table when the circuits are gone.

import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {toBase64Unpadded} from '../../src/bytes/base64.ts'
import {equal} from '../../src/bytes/octets.ts'
import type {RelayCircuit} from '../../src/circuit/relay-circuit.ts'
import {encode} from '../../src/codec/codec.ts'
import type {AnyFormat} from '../../src/codec/format.ts'
import {ed25519Ready, generateEd25519} from '../../src/crypto/ed25519.ts'
import {openHsDir} from '../../src/roles/hsdir/hsdir.ts'
import {circuitPaddingNegotiate} from '../../src/wire/circuit-padding.ts'
import {DestroyReason} from '../../src/wire/destroy.ts'
import {establishIntro} from '../../src/wire/hs/establish-intro.ts'
import {introduce1} from '../../src/wire/hs/introduce.ts'
import {establishRendezvous, rendezvous1} from '../../src/wire/hs/rendezvous.ts'
import {MAX_RELAY_DATA, RelayCommand} from '../../src/wire/relay-cell.ts'
import {arbitraryMutation, mutations} from '../support/arbitrary.ts'
import {randomOctets} from '../support/core.ts'
import {
  dosExtension,
  establishIntroBody,
  introduce1Body,
  madeDescriptor,
  rendezvous1Body
} from '../support/onion-messages.ts'
import {RoleBench} from '../support/role-bench.ts'

await ed25519Ready

const RUNS = {seed: 20260625, numRuns: 300}
const NOTHING = new Uint8Array(0)
/** Of a service that is not the peer under test, and of a client that waits. */
const service = generateEd25519()
const peer = generateEd25519()
const cookie = randomOctets(20)

interface Scene {
  readonly bench: RoleBench
  /** The circuit that messages come on. */
  readonly circuit: RelayCircuit
  readonly service: RelayCircuit
  readonly client: RelayCircuit
}

function establish(bench: RoleBench, circuit = bench.openCircuit(), authKey = service): RelayCircuit {
  const body = establishIntroBody({authKey, keyHash: circuit.keyHash})
  bench.deliver(circuit, RelayCommand.ESTABLISH_INTRO, body)
  assert.equal(circuit.purpose, 'intro-point')
  return circuit
}

function wait(bench: RoleBench, under: Uint8Array, circuit = bench.openCircuit()): RelayCircuit {
  bench.deliver(circuit, RelayCommand.ESTABLISH_RENDEZVOUS, under)
  assert.equal(circuit.purpose, 'rend-waiting')
  return circuit
}

function joined(bench: RoleBench, end: 'client' | 'service'): RelayCircuit {
  const under = randomOctets(20)
  const waiting = wait(bench, under)
  const coming = bench.openCircuit()
  bench.deliver(coming, RelayCommand.RENDEZVOUS1, rendezvous1Body(under))
  assert.equal(coming.purpose, 'rend-joined')
  return end === 'client' ? waiting : coming
}

/** Every state of a circuit, and how it gets there. */
const STATES: Readonly<Record<string, (bench: RoleBench) => RelayCircuit>> = {
  unclaimed: bench => bench.openCircuit(),
  'single-hop': bench => bench.openCircuit(bench.openChannel('client')),
  extending: bench => {
    const circuit = bench.openCircuit()
    circuit.isExtending = true
    return circuit
  },
  extended: bench => {
    const circuit = bench.openCircuit()
    circuit.setNext({channel: bench.openChannel(), circId: 99, state: 'open'})
    return circuit
  },
  streaming: bench => {
    const circuit = bench.openCircuit()
    bench.deliver(circuit, RelayCommand.BEGIN_DIR, NOTHING, {streamId: 1})
    return circuit
  },
  padded: bench => {
    const circuit = bench.openCircuit()
    bench.deliver(circuit, RelayCommand.PADDING_NEGOTIATE, Uint8Array.of(0, 2, 0, 0, 0, 0, 0, 1))
    return circuit
  },
  'introduction circuit': bench => establish(bench, bench.openCircuit(), peer),
  introduced: bench => {
    const circuit = bench.openCircuit()
    bench.deliver(circuit, RelayCommand.INTRODUCE1, introduce1Body(randomOctets(32)))
    return circuit
  },
  waiting: bench => wait(bench, randomOctets(20)),
  'joined as client': bench => joined(bench, 'client'),
  'joined as service': bench => joined(bench, 'service'),
  'without room': bench => {
    const circuit = bench.openCircuit()
    bench.plane.full.add(circuit.handle)
    return circuit
  },
  closed: bench => {
    const circuit = bench.openCircuit()
    circuit.close(DestroyReason.FINISHED)
    return circuit
  }
}

const STATE_COUNT = Object.keys(STATES).length

/** A circuit in a state may still take a role. */
const CLAIMABLE: ReadonlySet<string> = new Set(['unclaimed', 'single-hop', 'padded', 'without room'])

function scene(state: string): Scene {
  const bench = new RoleBench()
  const others = {service: establish(bench), client: wait(bench, cookie)}
  const circuit = STATES[state]?.(bench)
  assert.ok(circuit !== undefined)
  return {bench, circuit, ...others}
}

interface Message {
  readonly command: number
  readonly format: AnyFormat
  /** A message that would do on an unclaimed circuit. */
  readonly valid: (circuit: RelayCircuit) => Uint8Array
  readonly counts: (bench: RoleBench) => Readonly<Record<string, number>>
  /** True when a success is what the message asks for. */
  readonly maySucceed: (body: Uint8Array, valid: Uint8Array) => boolean
}

const MESSAGES: Readonly<Record<string, Message>> = {
  ESTABLISH_INTRO: {
    command: RelayCommand.ESTABLISH_INTRO,
    format: establishIntro,
    valid: ({keyHash}) => establishIntroBody({authKey: peer, keyHash, extensions: [dosExtension(3n, 5n)]}),
    counts: bench => bench.introPoint.counters.establishIntro,
    // Every octet is under the MAC or the signature, or is the signature.
    maySucceed: (body, valid) => equal(body.subarray(0, valid.length), valid)
  },
  INTRODUCE1: {
    command: RelayCommand.INTRODUCE1,
    format: introduce1,
    valid: () => introduce1Body(service.public),
    counts: bench => bench.introPoint.counters.introduce1,
    maySucceed: (body, valid) => equal(body.subarray(0, 55), valid.subarray(0, 55)) && body.length <= 490
  },
  ESTABLISH_RENDEZVOUS: {
    command: RelayCommand.ESTABLISH_RENDEZVOUS,
    format: establishRendezvous,
    valid: () => randomOctets(20),
    counts: bench => bench.rendPoint.counters.establishRendezvous,
    maySucceed: body => body.length === 20
  },
  RENDEZVOUS1: {
    command: RelayCommand.RENDEZVOUS1,
    format: rendezvous1,
    valid: () => rendezvous1Body(cookie),
    counts: bench => bench.rendPoint.counters.rendezvous1,
    maySucceed: body => equal(body.subarray(0, 20), cookie)
  },
  PADDING_NEGOTIATE: {
    command: RelayCommand.PADDING_NEGOTIATE,
    format: circuitPaddingNegotiate,
    valid: () => encode(circuitPaddingNegotiate, {command: 2, machineType: 1, echo: 0, machineCounter: 0}),
    counts: bench => bench.circuitPadding.counters.negotiate,
    maySucceed: () => true
  }
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}

/** Delivers the message, and holds what became of it to what is promised. */
function check(message: Message, state: string, body: Uint8Array | undefined): void {
  const at = scene(state)
  const {bench, circuit} = at
  const wasClosed = circuit.isClosed
  const valid = message.valid(circuit)
  const before = {...message.counts(bench)}
  const given = (body ?? valid).subarray(0, MAX_RELAY_DATA)
  bench.deliver(circuit, message.command, given)
  const after = message.counts(bench)
  assert.equal(total(after) - total(before), wasClosed ? 0 : 1, 'one outcome')
  if ((after['success'] ?? 0) > (before['success'] ?? 0)) {
    assert.ok(CLAIMABLE.has(state), `success on a circuit that is ${state}`)
    assert.ok(message.maySucceed(given, valid))
    // An INTRODUCE1 succeeds by reaching the service; that there is no room for its acknowledgement is another matter.
    const lostAck = state === 'without room' && message.command === RelayCommand.INTRODUCE1
    assert.equal(circuit.isClosed, lostAck)
  }
  if (body === undefined && state === 'unclaimed' && 'success' in after) {
    assert.equal(after['success'], (before['success'] ?? 0) + 1, 'the valid message succeeds')
  }
  // Who did nothing loses nothing: neither the service that is here nor the client that waits.
  assert.equal(at.service.isClosed, false)
  assert.equal(at.client.isClosed, false)
  assert.ok(bench.logged.every(line => /^(?:info|debug) [A-Z_12]+: [a-z_]+$/.test(line)))
  finish(bench)
}

/** Runs every timer, closes every channel, and looks for what is left. */
function finish(bench: RoleBench): void {
  for (let i = 0; bench.timers.length > 0; i++) {
    assert.ok(i < 100, 'padding does not end')
    bench.runTimer()
  }
  for (const {info} of [...bench.registry.channels.values()]) bench.registry.channelClosed(info.channel)
  assert.equal(bench.registry.size, 0)
  assert.deepEqual([bench.introPoint.size(), bench.rendPoint.size(), bench.circuitPadding.size()], [0, 0, 0])
}

for (const [name, message] of Object.entries(MESSAGES)) {
  for (const [s, state] of Object.keys(STATES).entries()) {
    test(`${name} on a circuit that is ${state}: whole, cut off, with lengths that are wrong, with octets too many`, () => {
      check(message, state, undefined)
      const {circuit} = scene(state)
      const all = mutations(message.format, message.valid(circuit))
      // The states share the mutations among them; the first few come on each.
      const mine = all.filter((_, i) => i < 3 || i % STATE_COUNT === s)
      for (const body of mine) check(message, state, body)
    })
  }

  test(`${name}: nearly right values of any shape, on a circuit in any state`, () => {
    fc.assert(
      fc.property(arbitraryMutation(message.format), fc.constantFrom(...Object.keys(STATES)), (body, state) =>
        check(message, state, body)
      ),
      RUNS
    )
  })
}

test('any messages in any order on a few circuits leave nothing behind', () => {
  const commands = [...Object.values(MESSAGES), undefined]
  const step = fc.record({
    message: fc.constantFrom(...commands),
    on: fc.nat(4),
    spoil: fc.option(fc.nat(300), {nil: undefined}),
    command: fc.nat(50)
  })
  fc.assert(
    fc.property(fc.array(step, {maxLength: 30}), steps => {
      const bench = new RoleBench()
      const circuits = Array.from({length: 5}, () => bench.openCircuit())
      for (const {message, on, spoil, command} of steps) {
        const circuit = circuits[on] as RelayCircuit
        const body = message?.valid(circuit) ?? randomOctets(20)
        if (spoil !== undefined) body[spoil % body.length] = (body[spoil % body.length] ?? 0) ^ 0x80
        bench.deliver(circuit, message?.command ?? command, body, {early: true, streamId: on})
        assert.ok(bench.introPoint.size() + bench.rendPoint.size() <= bench.registry.size)
      }
      finish(bench)
    }),
    RUNS
  )
})

// ── HSDir ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

const whole = madeDescriptor({encryptedLength: 200})
const lines = Buffer.from(whole.octets).toString('latin1').split('\n')

/** A descriptor with one thing wrong with it, or with nothing. */
const arbitraryDescriptor: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.constant(whole.octets),
  fc.uint8Array({maxLength: 600}),
  fc.nat(whole.octets.length).map(length => whole.octets.subarray(0, length)),
  fc.tuple(fc.nat(whole.octets.length - 1), fc.integer({min: 1, max: 255})).map(([at, flip]) => {
    const changed = whole.octets.slice()
    changed[at] = (changed[at] ?? 0) ^ flip
    return changed
  }),
  fc
    .tuple(fc.nat(lines.length - 1), fc.nat(lines.length - 1), fc.constantFrom('swap', 'drop', 'double'))
    .map(([a, b, how]) => {
      const changed = [...lines]
      const [one = '', other = ''] = [lines[a], lines[b]]
      if (how === 'swap') {
        changed[a] = other
        changed[b] = one
      } else if (how === 'drop') changed.splice(a, 1)
      else changed.splice(b, 0, one)
      return new Uint8Array(Buffer.from(changed.join('\n'), 'latin1'))
    }),
  fc.tuple(fc.nat(lines.length - 1), fc.string()).map(([at, text]) => {
    const changed = [...lines]
    changed[at] = `${changed[at]}${text}`
    return new Uint8Array(Buffer.from(changed.join('\n'), 'latin1'))
  })
)

const arbitraryPath = fc.oneof(
  fc.constantFrom('/tor/hs/3/publish', `/tor/hs/3/${toBase64Unpadded(whole.blindedKey)}`),
  fc.string().map(text => `/tor/hs/${text}`),
  fc.base64String().map(text => `/tor/hs/3/${text}`)
)

test('whatever is published or asked for gets 200, 400, 404 or 503, and what is served is what was published', () => {
  const ask = fc.record({
    method: fc.constantFrom('GET', 'POST'),
    path: arbitraryPath,
    body: arbitraryDescriptor,
    isAnonymous: fc.boolean()
  })
  fc.assert(
    fc.property(fc.array(ask, {maxLength: 12}), asks => {
      const hsDir = openHsDir({
        octetsMax: () => 100_000,
        maxDescriptorLength: () => 50_000,
        nowMs: () => Date.now(),
        saved: {take: () => undefined, put: () => {}}
      })
      for (const {method, path, body, isAnonymous} of asks) {
        const route = hsDir.routes.find(candidate => candidate.method === method)
        if (route === undefined || !path.startsWith(route.path)) continue
        const answer = route.handle({path, body, peer: {isAnonymous}})
        assert.ok((method === 'GET' ? [200, 404, 503] : [200, 400, 503]).includes(answer.status))
        assert.equal(answer.status === 503, !isAnonymous)
        if (method === 'GET') assert.equal(answer.body !== undefined, answer.status === 200)
        if (answer.body !== undefined) assert.ok(sameDescriptor(answer.body))
        if (method === 'POST' && answer.status === 200) assert.ok(sameDescriptor(body))
      }
      assert.ok(hsDir.size() <= 1)
      assert.equal(hsDir.octets() > 0, hsDir.size() === 1)
    }),
    {...RUNS, numRuns: 150}
  )
})

/** The newline at the end, and white space behind the signature, are under no signature. */
function sameDescriptor(octets: Uint8Array): boolean {
  return Buffer.from(octets).toString('latin1').trimEnd() === lines.join('\n').trimEnd()
}
