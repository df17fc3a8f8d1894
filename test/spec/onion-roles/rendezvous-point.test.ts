// The rules of a rendezvous point, one by one, above a data plane that writes down what it is told.

import assert from 'node:assert/strict'
import {test} from 'node:test'
import type {RelayCircuit} from '../../../src/circuit/relay-circuit.ts'
import {ed25519Ready, generateEd25519} from '../../../src/crypto/ed25519.ts'
import {KeyedIndex} from '../../../src/crypto/keyed-index.ts'
import {randomOctets} from '../../../src/crypto/random.ts'
import {DestroyReason} from '../../../src/wire/destroy.ts'
import {RelayCommand} from '../../../src/wire/relay-cell.ts'
import {establishIntroBody, rendezvous1Body} from '../../support/onion-messages.ts'
import {RoleBench} from '../../support/role-bench.ts'

await ed25519Ready

const COOKIE_LENGTH = 20
const NOTHING = new Uint8Array(0)

/** A client that waits, and its cookie. */
function wait(bench: RoleBench, circuit = bench.openCircuit()) {
  const cookie = randomOctets(COOKIE_LENGTH)
  bench.deliver(circuit, RelayCommand.ESTABLISH_RENDEZVOUS, cookie)
  return {client: circuit, cookie}
}

function join(bench: RoleBench, cookie: Uint8Array, service = bench.openCircuit()): RelayCircuit {
  bench.deliver(service, RelayCommand.RENDEZVOUS1, rendezvous1Body(cookie))
  return service
}

function joined(bench: RoleBench) {
  const {client, cookie} = wait(bench)
  return {client, cookie, service: join(bench, cookie)}
}

// ── ESTABLISH_RENDEZVOUS ────────────────────────────────────────────────────────────────────────────────────────────────

test('rend-spec-v3 4.1: ESTABLISH_RENDEZVOUS is answered with an empty RENDEZVOUS_ESTABLISHED', () => {
  const bench = new RoleBench()
  const {client} = wait(bench)
  assert.deepEqual(bench.sent(client), [
    {command: RelayCommand.RENDEZVOUS_ESTABLISHED, streamId: 0, data: NOTHING}
  ])
  assert.equal(client.purpose, 'rend-waiting')
  assert.equal(bench.rendPoint.size(), 1)
})

for (let length = 0; length <= 40; length++) {
  if (length === COOKIE_LENGTH) continue
  test(`rend-spec-v3 4.1: a cookie of ${length} octets closes its circuit`, () => {
    const bench = new RoleBench()
    const client = bench.openCircuit()
    bench.deliver(client, RelayCommand.ESTABLISH_RENDEZVOUS, randomOctets(length))
    assert.equal(bench.destroyReason(client), DestroyReason.TORPROTOCOL)
    assert.equal(bench.rendPoint.counters.establishRendezvous.malformed, 1)
    assert.equal(bench.rendPoint.size(), 0)
  })
}

test('rend-spec-v3 4.1: a cookie that a client waits under already closes the second circuit and leaves the first', () => {
  const bench = new RoleBench()
  const {client: first, cookie} = wait(bench)
  const second = bench.openCircuit()
  bench.deliver(second, RelayCommand.ESTABLISH_RENDEZVOUS, cookie)
  assert.equal(bench.destroyReason(second), DestroyReason.TORPROTOCOL)
  assert.equal(bench.rendPoint.counters.establishRendezvous.duplicate_cookie, 1)
  join(bench, cookie)
  assert.equal(bench.commandsSent(first).at(-1), RelayCommand.RENDEZVOUS2)
})

test('a cookie is free again once its circuit has closed or was joined', () => {
  const bench = new RoleBench()
  const {client, cookie} = wait(bench)
  client.close(DestroyReason.FINISHED)
  assert.equal(bench.rendPoint.size(), 0)
  const again = bench.openCircuit()
  bench.deliver(again, RelayCommand.ESTABLISH_RENDEZVOUS, cookie)
  join(bench, cookie)
  assert.equal(bench.rendPoint.size(), 0)
  const third = bench.openCircuit()
  bench.deliver(third, RelayCommand.ESTABLISH_RENDEZVOUS, cookie)
  assert.equal(bench.rendPoint.counters.establishRendezvous.success, 3)
})

test('a circuit waits under one cookie only', () => {
  const bench = new RoleBench()
  const {client} = wait(bench)
  bench.deliver(client, RelayCommand.ESTABLISH_RENDEZVOUS, randomOctets(COOKIE_LENGTH))
  assert.equal(bench.destroyReason(client), DestroyReason.TORPROTOCOL)
  assert.equal(bench.rendPoint.counters.establishRendezvous.unsuitable_circuit, 1)
  assert.equal(bench.rendPoint.size(), 0)
})

test('a circuit that goes on, or that is an introduction circuit, waits for nobody', () => {
  const bench = new RoleBench()
  const extended = bench.openCircuit()
  extended.setNext({channel: bench.openChannel(), circId: 9, state: 'creating'})
  const intro = bench.openCircuit()
  const body = establishIntroBody({authKey: generateEd25519(), keyHash: intro.keyHash})
  bench.deliver(intro, RelayCommand.ESTABLISH_INTRO, body)
  for (const circuit of [extended, intro]) {
    wait(bench, circuit)
    assert.equal(bench.destroyReason(circuit), DestroyReason.TORPROTOCOL)
  }
  assert.equal(bench.rendPoint.counters.establishRendezvous.unsuitable_circuit, 2)
  assert.equal(bench.introPoint.size(), 0)
})

test('a single-hop client is refused by silence, where the consensus or torrc say so', () => {
  const bench = new RoleBench()
  bench.refusesSingleHop = true
  const client = bench.openCircuit(bench.openChannel('client'))
  const {cookie} = wait(bench, client)
  assert.deepEqual(bench.sent(client), [])
  assert.equal(client.isClosed, false)
  assert.equal(bench.rendPoint.counters.establishRendezvous.single_hop, 1)
  assert.equal(bench.rendPoint.size(), 0)
  join(bench, cookie)
  assert.equal(bench.rendPoint.counters.rendezvous1.unknown_cookie, 1)
  const relayed = wait(bench)
  assert.equal(bench.sent(relayed.client).length, 1)
})

test('a single-hop client is served where nothing says otherwise', () => {
  const bench = new RoleBench()
  const {client} = wait(bench, bench.openCircuit(bench.openChannel('client')))
  assert.deepEqual(bench.commandsSent(client), [RelayCommand.RENDEZVOUS_ESTABLISHED])
})

test('a circuit whose queue is full waits for nobody', () => {
  const bench = new RoleBench()
  const circuit = bench.openCircuit()
  bench.plane.full.add(circuit.handle)
  wait(bench, circuit)
  assert.equal(bench.rendPoint.counters.establishRendezvous.circuit_dead, 1)
  assert.equal(bench.rendPoint.size(), 0)
})

test('TROVE-2021-005: nobody who does not know a secret of the process can choose colliding table keys', () => {
  const cookie = randomOctets(COOKIE_LENGTH)
  const one = new KeyedIndex()
  const other = new KeyedIndex()
  assert.equal(one.key(cookie), one.key(cookie.slice()))
  assert.notEqual(one.key(cookie), other.key(cookie))
  assert.notEqual(one.key(cookie), one.key(randomOctets(COOKIE_LENGTH)))
})

// ── RENDEZVOUS1 ─────────────────────────────────────────────────────────────────────────────────────────────────────────

test('rend-spec-v3 4.2: what comes behind the cookie goes to the client as RENDEZVOUS2', () => {
  const bench = new RoleBench()
  const {client, cookie} = wait(bench)
  const service = bench.openCircuit()
  const handshakeInfo = randomOctets(168)
  bench.deliver(service, RelayCommand.RENDEZVOUS1, rendezvous1Body(cookie, handshakeInfo))
  assert.deepEqual(bench.sent(client).at(-1), {
    command: RelayCommand.RENDEZVOUS2,
    streamId: 0,
    data: handshakeInfo
  })
  assert.deepEqual(bench.sent(service), [])
  assert.deepEqual(bench.plane.splices, [[service.handle, client.handle]])
  assert.equal(client.purpose, 'rend-joined')
  assert.equal(service.purpose, 'rend-joined')
  assert.equal(bench.rendPoint.size(), 0)
})

for (const length of [0, 1, 478]) {
  test(`rend-spec-v3 4.2: the rendezvous point does not look at ${length} octets behind the cookie`, () => {
    const bench = new RoleBench()
    const {client, cookie} = wait(bench)
    const service = bench.openCircuit()
    bench.deliver(service, RelayCommand.RENDEZVOUS1, rendezvous1Body(cookie, randomOctets(length)))
    assert.equal(bench.sent(client).at(-1)?.data.length, length)
  })
}

for (let length = 0; length < COOKIE_LENGTH; length++) {
  test(`rend-spec-v3 4.2: RENDEZVOUS1 of ${length} octets closes its circuit`, () => {
    const bench = new RoleBench()
    const {client, cookie} = wait(bench)
    const service = bench.openCircuit()
    bench.deliver(service, RelayCommand.RENDEZVOUS1, cookie.subarray(0, length))
    assert.equal(bench.destroyReason(service), DestroyReason.TORPROTOCOL)
    assert.equal(bench.rendPoint.counters.rendezvous1.malformed, 1)
    assert.equal(client.isClosed, false)
  })
}

test('RENDEZVOUS1 with a cookie that nobody waits under closes its circuit', () => {
  const bench = new RoleBench()
  const {client} = wait(bench)
  const service = join(bench, randomOctets(COOKIE_LENGTH))
  assert.equal(bench.destroyReason(service), DestroyReason.TORPROTOCOL)
  assert.equal(bench.rendPoint.counters.rendezvous1.unknown_cookie, 1)
  assert.equal(client.isClosed, false)
})

test('a cookie brings two circuits together once', () => {
  const bench = new RoleBench()
  const {client, service, cookie} = joined(bench)
  const late = join(bench, cookie)
  assert.equal(bench.destroyReason(late), DestroyReason.TORPROTOCOL)
  assert.equal(bench.rendPoint.counters.rendezvous1.unknown_cookie, 1)
  assert.deepEqual([client.isClosed, service.isClosed], [false, false])
  assert.equal(bench.plane.splices.length, 1)
})

test('a client cannot be its own service', () => {
  const bench = new RoleBench()
  const {client, cookie} = wait(bench)
  join(bench, cookie, client)
  assert.equal(bench.destroyReason(client), DestroyReason.TORPROTOCOL)
  assert.equal(bench.rendPoint.counters.rendezvous1.unsuitable_circuit, 1)
  assert.equal(bench.rendPoint.size(), 0)
  assert.equal(bench.plane.splices.length, 0)
})

test('RENDEZVOUS1 on a joined circuit, or on one that goes on, closes that circuit', () => {
  const bench = new RoleBench()
  const {service, client} = joined(bench)
  const {client: waiting, cookie} = wait(bench)
  const extended = bench.openCircuit()
  extended.setNext({channel: bench.openChannel(), circId: 9, state: 'open'})
  join(bench, cookie, extended)
  join(bench, cookie, service)
  for (const circuit of [extended, service, client]) {
    assert.equal(bench.destroyReason(circuit), DestroyReason.TORPROTOCOL)
  }
  assert.equal(bench.rendPoint.counters.rendezvous1.unsuitable_circuit, 2)
  assert.equal(waiting.isClosed, false)
})

test('a service whose client’s circuit has no room for RENDEZVOUS2 loses its circuit, too', () => {
  const bench = new RoleBench()
  const {client, cookie} = wait(bench)
  bench.plane.full.add(client.handle)
  const service = join(bench, cookie)
  assert.equal(bench.destroyReason(client), DestroyReason.RESOURCELIMIT)
  assert.equal(bench.destroyReason(service), DestroyReason.DESTROYED)
  assert.equal(bench.rendPoint.counters.rendezvous1.circuit_dead, 1)
  assert.equal(bench.rendPoint.size(), 0)
  assert.equal(bench.plane.splices.length, 0)
})

// ── two circuits that are one path ──────────────────────────────────────────────────────────────────────────────────────

for (const half of ['client', 'service'] as const) {
  const other = half === 'client' ? 'service' : 'client'

  test(`a DESTROY from the ${half} reaches the ${other} as DESTROYED, without the reason that came`, () => {
    const bench = new RoleBench()
    const circuits = joined(bench)
    const {prev} = circuits[half]
    bench.registry.controlCell(prev.channel, prev.circId, 4, Uint8Array.of(DestroyReason.HIBERNATING))
    assert.equal(circuits[half].isClosed, true)
    assert.equal(bench.destroyReason(circuits[half]), undefined)
    assert.equal(bench.destroyReason(circuits[other]), DestroyReason.DESTROYED)
  })

  test(`when the ${half}’s channel closes the ${other} gets a DESTROY with CHANNEL_CLOSED`, () => {
    const bench = new RoleBench()
    const circuits = joined(bench)
    bench.registry.channelClosed(circuits[half].prev.channel)
    assert.equal(bench.destroyReason(circuits[other]), DestroyReason.CHANNEL_CLOSED)
    assert.equal(bench.registry.size, 0)
  })

  test(`when the ${half} breaks the protocol both circuits are closed for it`, () => {
    const bench = new RoleBench()
    const circuits = joined(bench)
    bench.registry.violation(circuits[half].handle, 'relay-early-exceeded')
    assert.equal(bench.destroyReason(circuits[half]), DestroyReason.TORPROTOCOL)
    assert.equal(bench.destroyReason(circuits[other]), DestroyReason.TORPROTOCOL)
  })
}

test('both halves of a path may be on one channel', () => {
  const bench = new RoleBench()
  const channel = bench.openChannel()
  const {cookie} = wait(bench, bench.openCircuit(channel))
  join(bench, cookie, bench.openCircuit(channel))
  bench.registry.channelClosed(channel)
  assert.equal(bench.registry.size, 0)
})

for (const [name, command] of [
  ['BEGIN', RelayCommand.BEGIN],
  ['BEGIN_DIR', RelayCommand.BEGIN_DIR],
  ['RESOLVE', RelayCommand.RESOLVE]
] as const) {
  for (const body of [NOTHING, randomOctets(300)]) {
    test(`TROVE-2017-004, TROVE-2017-005: ${name} of ${body.length} octets opens nothing on a rendezvous circuit`, () => {
      const bench = new RoleBench()
      const {client} = wait(bench)
      const pair = joined(bench)
      for (const circuit of [client, pair.client, pair.service]) {
        const before = bench.sent(circuit).length
        bench.deliver(circuit, command, body, {streamId: 3})
        const answers = bench.sent(circuit).slice(before)
        assert.ok(
          answers.every(answer => [RelayCommand.END, RelayCommand.RESOLVED].includes(answer.command as 3))
        )
        assert.equal(circuit.isClosed, false)
      }
    })
  }
}

test('a circuit that waits or was joined is never extended', () => {
  const bench = new RoleBench()
  const {client} = wait(bench)
  const pair = joined(bench)
  const extend2 = Uint8Array.of(
    ...[2, 0, 6, 127, 0, 0, 1, 0, 2, 2, 20],
    ...randomOctets(20),
    ...[0, 2, 0, 84],
    ...new Uint8Array(84)
  )
  for (const circuit of [client, pair.service]) {
    bench.deliver(circuit, RelayCommand.EXTEND2, extend2, {early: true})
    assert.equal(bench.destroyReason(circuit), DestroyReason.TORPROTOCOL)
  }
  assert.equal(pair.client.isClosed, true)
})

test('TRUNCATE on a rendezvous circuit leaves the splice as it is', () => {
  const bench = new RoleBench()
  const {client, service} = joined(bench)
  bench.deliver(client, RelayCommand.TRUNCATE, Uint8Array.of(0))
  assert.equal(bench.commandsSent(client).at(-1), RelayCommand.TRUNCATED)
  assert.deepEqual([client.isClosed, service.isClosed], [false, false])
})

test('nothing that is logged tells of a cookie', () => {
  const bench = new RoleBench()
  const {cookie} = wait(bench)
  join(bench, cookie)
  join(bench, cookie)
  assert.deepEqual(bench.logged, [
    'debug ESTABLISH_RENDEZVOUS: success',
    'debug RENDEZVOUS1: success',
    'debug RENDEZVOUS1: unknown_cookie'
  ])
})
