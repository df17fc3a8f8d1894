import assert from 'node:assert/strict'
import {test} from 'node:test'
import {AddressBench, DOS_ON, HOUR_MS, ipv4, ipv6} from '../../support/address-bench.ts'

const CLIENT = ipv4(192, 0, 2, 1)
const OTHER = ipv4(192, 0, 2, 2)
const connections = (changes: Partial<typeof DOS_ON.connection>) => ({
  ...DOS_ON,
  connection: {...DOS_ON.connection, ...changes}
})
const MANY = {rate: 1000, burst: 1000}
const NO_RATE = connections({limit: MANY})

test('DoSConnectionMaxConcurrentCount: an address has so many connections open and no more, until one closes', () => {
  const bench = new AddressBench(NO_RATE)
  const open = bench.connectMany(150, CLIENT)
  assert.equal(open.length, 100)
  assert.equal(bench.defence.counters.concurrent_conn_rejected, 50)
  assert.notEqual(bench.connect(OTHER), undefined)
  for (const channel of open.slice(0, 3)) bench.defence.closed(channel)
  assert.equal(bench.connectMany(10, CLIENT).length, 3)
})

test('a connection that was refused is not counted as open', () => {
  const bench = new AddressBench(connections({concurrentMax: 2, limit: MANY}))
  const [first] = bench.connectMany(50, CLIENT)
  assert.ok(first !== undefined)
  bench.defence.closed(first)
  assert.notEqual(bench.connect(CLIENT), undefined)
})

test('DoSConnectionConnectBurst and Rate: an address that opens more is refused', () => {
  const bench = new AddressBench()
  for (const channel of bench.connectMany(40, CLIENT)) bench.defence.closed(channel)
  assert.equal(bench.connect(CLIENT), undefined)
  assert.equal(bench.defence.counters.conn_rejected, 1)
  assert.equal(bench.connectMany(40, OTHER).length, 40)
})

test('DoSConnectionConnectRate: an address that stays below it is never refused', () => {
  const bench = new AddressBench()
  for (let second = 0; second < 600; second++) {
    const open = bench.connectMany(20, CLIENT)
    assert.equal(open.length, 20)
    for (const channel of open) bench.defence.closed(channel)
    bench.nowMs += 1000
  }
})

for (const chance of ['least', 'most'] as const) {
  const periodMs = chance === 'least' ? 24 * HOUR_MS : 36 * HOUR_MS
  test(`DoSConnectionConnectDefenseTimePeriod: it is refused for one to one and a half times as long (${chance})`, () => {
    const bench = new AddressBench()
    bench.chance = chance
    for (const channel of bench.connectMany(41, CLIENT)) bench.defence.closed(channel)
    bench.nowMs += periodMs
    assert.equal(bench.connect(CLIENT), undefined)
    bench.nowMs += 1
    assert.notEqual(bench.connect(CLIENT), undefined)
  })
}

test('an address that keeps trying while it is refused is not refused for longer', () => {
  const bench = new AddressBench()
  for (const channel of bench.connectMany(41, CLIENT)) bench.defence.closed(channel)
  bench.nowMs += 24 * HOUR_MS
  assert.deepEqual(bench.connectMany(500, CLIENT), [])
  bench.nowMs += 1
  assert.notEqual(bench.connect(CLIENT), undefined)
})

test('connections that were there before an address is marked stay', () => {
  const bench = new AddressBench()
  const client = bench.client(CLIENT)
  bench.connectMany(100, CLIENT)
  assert.equal(bench.connect(CLIENT), undefined)
  assert.equal(bench.creates(client, 1), 1)
})

test('a connection counts from the start; one of a relay that the consensus lists no longer does when that is known', () => {
  const bench = new AddressBench(connections({concurrentMax: 2, limit: MANY}))
  bench.listed = [7]
  bench.relay(CLIENT, 7)
  bench.relay(CLIENT, 7)
  bench.relay(CLIENT, 7)
  assert.equal(bench.connectMany(3, CLIENT).length, 2)
})

test('an identity that the consensus does not list is no way round the limit', () => {
  const bench = new AddressBench(connections({concurrentMax: 2, limit: MANY}))
  bench.listed = [7]
  bench.relay(CLIENT, 8)
  bench.relay(CLIENT, 9)
  assert.equal(bench.connect(CLIENT), undefined)
})

test('the addresses of one /64 of IPv6 have connections together', () => {
  const bench = new AddressBench(connections({concurrentMax: 10, limit: MANY}))
  const admitted = Array.from({length: 50}, (_, host) => bench.connect(ipv6(1, host)))
  assert.equal(admitted.filter(channel => channel !== undefined).length, 10)
  assert.notEqual(bench.connect(ipv6(2, 1)), undefined)
})

test('DoSConnectionDefenseType 1: what would be refused is counted and admitted', () => {
  const bench = new AddressBench(connections({defence: 'none', concurrentMax: 5, limit: MANY}))
  assert.equal(bench.connectMany(10, CLIENT).length, 10)
  assert.equal(bench.defence.counters.concurrent_conn_rejected, 5)
})

test('without any defence no address is remembered', () => {
  const bench = new AddressBench({
    circuitCreation: {...DOS_ON.circuitCreation, isEnabled: false},
    connection: {...DOS_ON.connection, isEnabled: false}
  })
  assert.equal(bench.connectMany(1000, CLIENT).length, 1000)
  assert.equal(bench.defence.knownAddresses, 0)
})

test('connections that counted are uncounted also while the defence is off', () => {
  const bench = new AddressBench(connections({concurrentMax: 2, limit: MANY}))
  const open = bench.connectMany(2, CLIENT)
  bench.defence.configure({
    circuitCreation: {...DOS_ON.circuitCreation, isEnabled: false},
    connection: {...DOS_ON.connection, isEnabled: false}
  })
  for (const channel of open) bench.defence.closed(channel)
  bench.defence.configure(connections({concurrentMax: 2, limit: MANY}))
  assert.equal(bench.connectMany(3, CLIENT).length, 2)
})
