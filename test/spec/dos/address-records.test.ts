import assert from 'node:assert/strict'
import {test} from 'node:test'
import {ClientRecords} from '../../../src/roles/relay/dos/client-records.ts'
import {AddressBench, DOS_ON, HOUR_MS, ipv4} from '../../support/address-bench.ts'

const ROOM = 50
const address = (i: number) => ipv4(198, 51, i >> 8, i & 255)
const CLIENT = ipv4(192, 0, 2, 1)

/** A connection that comes and goes. */
function visit(bench: AddressBench, from: Uint8Array): void {
  const channel = bench.connect(from)
  if (channel !== undefined) bench.defence.closed(channel)
}

test('any number of addresses takes no more room than there is', () => {
  const bench = new AddressBench(DOS_ON, ROOM)
  for (let i = 0; i < 20 * ROOM; i++) visit(bench, address(i))
  assert.equal(bench.defence.knownAddresses, ROOM)
})

test('addresses with open connections are not forgotten for others; the others go unrecorded and are admitted', () => {
  const bench = new AddressBench({...DOS_ON, connection: {...DOS_ON.connection, concurrentMax: 1}}, ROOM)
  for (let i = 0; i < ROOM; i++) assert.notEqual(bench.connect(address(i)), undefined)
  for (let i = 0; i < 3; i++) assert.notEqual(bench.connect(CLIENT), undefined)
  assert.equal(bench.defence.knownAddresses, ROOM)
  assert.equal(bench.connect(address(0)), undefined)
})

test('a marked address outlasts unmarked ones when room is needed', () => {
  const bench = new AddressBench(DOS_ON, ROOM)
  for (const channel of bench.connectMany(41, CLIENT)) bench.defence.closed(channel)
  for (let i = 0; i < 20 * ROOM; i++) visit(bench, address(i))
  assert.equal(bench.connect(CLIENT), undefined)
})

test('where all are marked the one that was used longest ago goes', () => {
  const bench = new AddressBench(DOS_ON, ROOM)
  for (let i = 0; i < 3 * ROOM; i++) {
    for (const channel of bench.connectMany(41, address(i))) bench.defence.closed(channel)
  }
  assert.equal(bench.defence.knownAddresses, ROOM)
  assert.equal(bench.connect(address(3 * ROOM - 1)), undefined)
  assert.notEqual(bench.connect(address(0)), undefined)
})

test('an address is forgotten when its buckets are full again and nothing is held against it', () => {
  const bench = new AddressBench()
  visit(bench, CLIENT)
  bench.defence.forget()
  assert.equal(bench.defence.knownAddresses, 1)
  bench.nowMs += 1000
  bench.defence.forget()
  assert.equal(bench.defence.knownAddresses, 0)
})

test('an address is remembered while it has a connection, while it is marked, and an hour for its full queues', () => {
  const connected = new AddressBench()
  const channel = connected.client(CLIENT)
  connected.nowMs += 48 * HOUR_MS
  connected.defence.forget()
  assert.equal(connected.defence.knownAddresses, 1)

  connected.defence.outboundQueueFull(channel)
  connected.defence.closed(channel)
  connected.nowMs += HOUR_MS - 1
  connected.defence.forget()
  assert.equal(connected.defence.knownAddresses, 1)
  connected.nowMs += 1
  connected.defence.forget()
  assert.equal(connected.defence.knownAddresses, 0)

  const marked = new AddressBench()
  for (const open of marked.connectMany(41, CLIENT)) marked.defence.closed(open)
  marked.nowMs += 24 * HOUR_MS
  marked.defence.forget()
  assert.equal(marked.defence.knownAddresses, 1)
  marked.nowMs += 1
  marked.defence.forget()
  assert.equal(marked.defence.knownAddresses, 0)
})

test('no record names its address: two tables know one address by keys that have nothing in common', () => {
  const [a, b] = [1, 2].map(() => new ClientRecords(ROOM).of(CLIENT)?.key)
  assert.ok(a !== undefined && b !== undefined)
  assert.notEqual(a, b)
})
