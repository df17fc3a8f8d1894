import assert from 'node:assert/strict'
import {test} from 'node:test'
import {AddressBench, DOS_ON, HOUR_MS, ipv4, ipv6} from '../../support/address-bench.ts'

const CLIENT = ipv4(192, 0, 2, 1)
const OTHER = ipv4(192, 0, 2, 2)
const circuits = (changes: Partial<typeof DOS_ON.circuitCreation>) => ({
  ...DOS_ON,
  circuitCreation: {...DOS_ON.circuitCreation, ...changes}
})

/** Three connections of one address, the least that its circuits are looked at with. */
function threeClients(bench: AddressBench, address = CLIENT) {
  return [bench.client(address), bench.client(address), bench.client(address)] as const
}

test('DoSCircuitCreationBurst: an address may have so many circuits at once over all its connections, and no more', () => {
  const bench = new AddressBench()
  const [a, b, c] = threeClients(bench)
  assert.equal(bench.creates(a, 40) + bench.creates(b, 40) + bench.creates(c, 40), 90)
  assert.equal(bench.defence.counters.circuit_rejected, 30)
  assert.equal(bench.defence.counters.marked_address, 1)
})

test('DoSCircuitCreationRate: an address that stays below it is never refused', () => {
  const bench = new AddressBench()
  const [a] = threeClients(bench)
  assert.equal(bench.creates(a, 90), 90)
  for (let second = 0; second < 600; second++) {
    bench.nowMs += 1000
    assert.equal(bench.creates(a, 3), 3)
  }
  assert.equal(bench.creates(a, 1), 0)
})

test('DoSCircuitCreationMinConnections: an address with fewer connections may have any number of circuits', () => {
  const bench = new AddressBench()
  const [a, b] = [bench.client(CLIENT), bench.client(CLIENT)]
  assert.equal(bench.creates(a, 500) + bench.creates(b, 500), 1000)
  const c = bench.client(CLIENT)
  assert.equal(bench.creates(c, 1), 0)
})

test('an address that is refused does no harm to another', () => {
  const bench = new AddressBench()
  const [a] = threeClients(bench)
  bench.creates(a, 100)
  const [other] = threeClients(bench, OTHER)
  assert.equal(bench.creates(other, 90), 90)
})

for (const chance of ['least', 'most'] as const) {
  const periodMs = chance === 'least' ? HOUR_MS : 1.5 * HOUR_MS
  test(`DoSCircuitCreationDefenseTimePeriod: an address is refused for one to one and a half times as long (${chance})`, () => {
    const bench = new AddressBench()
    bench.chance = chance
    const [a] = threeClients(bench)
    assert.equal(bench.creates(a, 91), 90)
    bench.nowMs += periodMs
    assert.equal(bench.creates(a, 1), 0)
    bench.nowMs += 1
    assert.equal(bench.creates(a, 1), 1)
  })
}

test('an address that goes on asking for too much while it is refused is refused for longer', () => {
  const bench = new AddressBench()
  const [a] = threeClients(bench)
  bench.creates(a, 91)
  bench.nowMs += HOUR_MS - 1000
  // The bucket is full again by now; emptied again, it counts from here.
  bench.creates(a, 91)
  bench.nowMs += 1001
  assert.equal(bench.creates(a, 1), 0)
  assert.equal(bench.defence.counters.marked_address, 1)
})

test('only channels of clients are counted: what authenticated may create any number of circuits', () => {
  const bench = new AddressBench()
  threeClients(bench)
  const relay = bench.relay(CLIENT, 7)
  assert.equal(bench.creates(relay, 1000), 1000)
  assert.equal(bench.defence.counters.marked_address, 0)
})

test('DoSCircuitCreationDefenseType 1: what would be refused is counted and answered', () => {
  const bench = new AddressBench(circuits({defence: 'none'}))
  const [a] = threeClients(bench)
  assert.equal(bench.creates(a, 100), 100)
  assert.equal(bench.defence.counters.circuit_rejected, 10)
})

test('DoSCircuitCreationEnabled 0: nothing is counted and nothing refused', () => {
  const bench = new AddressBench(circuits({isEnabled: false}))
  const [a] = threeClients(bench)
  assert.equal(bench.creates(a, 1000), 1000)
  assert.deepEqual(Object.values(bench.defence.counters), [0, 0, 0, 0, 0])
})

test('the addresses of one /64 of IPv6 are one client', () => {
  const bench = new AddressBench()
  const channels = [1, 2, 3].map(host => bench.client(ipv6(1, host)))
  const other = [1, 2, 3].map(host => bench.client(ipv6(2, host)))
  assert.equal(
    channels.reduce((sum, channel) => sum + bench.creates(channel, 40), 0),
    90
  )
  assert.equal(
    other.reduce((sum, channel) => sum + bench.creates(channel, 30), 0),
    90
  )
})

test('dos_num_circ_max_outq: an address whose circuits overflow towards their next hop so often is marked', () => {
  const bench = new AddressBench()
  const a = bench.client(CLIENT)
  const other = bench.client(OTHER)
  bench.defence.outboundQueueFull(a)
  bench.defence.outboundQueueFull(a)
  assert.equal(bench.creates(a, 1), 1)
  bench.defence.outboundQueueFull(a)
  assert.equal(bench.creates(a, 1), 0)
  assert.equal(bench.creates(other, 1), 1)
  assert.equal(bench.defence.counters.marked_address_maxq, 1)
  // It starts anew when the time is over.
  bench.nowMs += HOUR_MS + 1
  bench.defence.outboundQueueFull(a)
  bench.defence.outboundQueueFull(a)
  assert.equal(bench.creates(a, 1), 1)
})

test('dos_num_circ_max_outq 0: overflowing circuits mark nobody; and those of relays never do', () => {
  const off = new AddressBench(circuits({outboundQueueFullMax: 0}))
  const a = off.client(CLIENT)
  const on = new AddressBench()
  const relay = on.relay(CLIENT, 7)
  for (let i = 0; i < 10; i++) {
    off.defence.outboundQueueFull(a)
    on.defence.outboundQueueFull(relay)
  }
  assert.equal(off.creates(a, 1), 1)
  assert.equal(on.creates(on.client(CLIENT), 1), 1)
})

test('new parameters hold for addresses that are known already', () => {
  const bench = new AddressBench(circuits({isEnabled: false}))
  const [a] = threeClients(bench)
  bench.creates(a, 1000)
  bench.defence.configure(circuits({limit: {rate: 1, burst: 5}}))
  assert.equal(bench.creates(a, 10), 5)
  bench.defence.configure(circuits({isEnabled: false}))
  assert.equal(bench.creates(a, 10), 10)
  bench.defence.configure(DOS_ON)
  assert.equal(bench.creates(a, 1), 0)
})
