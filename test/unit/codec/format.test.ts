// Formats as a whole: limits, trailing octets, what is refused when a module loads, and what else a declaration gives.

import assert from 'node:assert/strict'
import {test} from 'node:test'
import {accept} from '../../../src/codec/accept.ts'
import {
  bytes,
  decode,
  encode,
  enumOf,
  format,
  ignored,
  list,
  message,
  optional,
  rest,
  span,
  struct,
  tagged,
  u8,
  u16,
  u32,
  variant,
  zeros
} from '../../../src/codec/codec.ts'
import {describe} from '../../../src/codec/describe.ts'
import {layout} from '../../../src/codec/layout.ts'
import {table} from '../../../src/codec/table.ts'
import {BugError} from '../../../src/fault/fault.ts'
import {hex} from '../../support/hex.ts'

const Kind = {GREETING: 1} as const

const greeting = message(
  'GREETING',
  {spec: 'greeting-spec 1.2', command: 7, limit: 64, trailing: 'ignore'},
  {
    kind: enumOf(u8, Kind),
    reserved: zeros(2),
    names: list(u8, struct({type: u8, name: bytes(u8)})),
    covered: span('kind', 'names'),
    mac: bytes(4)
  }
)
const farewell = message('FAREWELL', {spec: 'greeting-spec 1.3', command: 8}, {reason: u8})

test('bounds follow from the fields and the limit', () => {
  assert.deepEqual([greeting.min, greeting.max], [8, 64])
  assert.deepEqual([farewell.min, farewell.max], [1, 1])
})

test('a format that can never fit, or whose fields cannot be told apart, fails when it is declared', () => {
  const about = {spec: 'none', limit: 3}
  assert.throws(() => format('too long', about, {a: u32}), BugError)
  assert.throws(() => format('after the end', about, {a: rest(), b: u8}), BugError)
  assert.throws(() => format('too little kept', about, {a: rest({keep: 1}), b: u16}), BugError)
  assert.throws(() => format('after an option', about, {a: optional(u8), b: u8}), BugError)
  assert.throws(() => format('after what is ignored', about, {a: struct({b: ignored()}), c: u8}), BugError)
  assert.throws(() => format('a span over nothing', about, {a: u8, covered: span('a', 'c')}), BugError)
  assert.throws(() => format('a span backwards', about, {a: u8, b: u8, covered: span('b', 'a')}), BugError)
  assert.throws(() => list(u8, rest()), BugError)
})

test('octets after the last field are a fault unless the format ignores them', () => {
  const strict = decode(farewell, hex('0100'))
  assert.ok(!strict.ok)
  assert.deepEqual(strict.fault, {
    code: 'trailing',
    blame: 'peer',
    data: {format: 'FAREWELL', path: '', at: 1}
  })
  assert.ok(decode(greeting, hex('0100000011223344ffff')).ok)
})

test('more octets than the limit are a fault from a peer and a bug from us', () => {
  const long = decode(greeting, new Uint8Array(65))
  assert.ok(!long.ok)
  assert.deepEqual(long.fault.code, 'length-exceeds')
  const value = {kind: 1, names: [{type: 1, name: new Uint8Array(60)}], mac: new Uint8Array(4)}
  assert.throws(() => encode(greeting, value), BugError)
})

test('a fault names the format, the path and the offset', () => {
  const decoded = decode(greeting, hex('01000002' + '0101aa' + '0209aa'))
  assert.ok(!decoded.ok)
  assert.deepEqual(decoded.fault, {
    code: 'length-exceeds',
    blame: 'peer',
    data: {format: 'GREETING', path: 'names[1].name', at: 8}
  })
})

test('a state that accepts some messages decodes those and refuses all others by its name', () => {
  const expectGreeting = accept('ExpectGreeting', greeting, farewell)
  const taken = expectGreeting(8, hex('05'))
  assert.ok(taken.ok)
  assert.deepEqual(taken.value, {name: 'FAREWELL', message: {reason: 5}})
  const broken = expectGreeting(8, hex(''))
  assert.ok(!broken.ok)
  assert.equal(broken.fault.code, 'truncated')
  const refused = expectGreeting(9, hex('05'))
  assert.ok(!refused.ok)
  assert.deepEqual(refused.fault, {
    code: 'unexpected-command',
    blame: 'peer',
    data: {state: 'ExpectGreeting', command: 9}
  })
})

test('a dump names every octet', () => {
  assert.equal(
    describe(greeting, hex('01000001' + '0102aabb' + '11223344' + 'ff')),
    [
      'GREETING (greeting-spec 1.2), 13 octets',
      '0000  01                                               kind',
      '0001  00 00                                            reserved',
      '0003  01                                               names.count',
      '0004  01                                               names[0].type',
      '0005  02 aa bb                                         names[0].name',
      '0008  11 22 33 44                                      mac',
      '000c  ff                                               ignored'
    ].join('\n')
  )
})

test('a dump shows where octets stop making sense', () => {
  assert.equal(
    describe(greeting, hex('0100000201')),
    [
      'GREETING (greeting-spec 1.2), 5 octets',
      '0000  01                                               kind',
      '0001  00 00                                            reserved',
      '0003  02                                               names.count',
      '      ^ count-exceeds at octet 3, names',
      '0004  01                                               ?'
    ].join('\n')
  )
})

test('a dump of a union that was read twice shows the second reading alone', () => {
  const address = tagged({tag: u8, length: u8, misfit: 'raw'}, {ipv4: variant(4, {net: u16, host: u16})})
  assert.equal(
    describe(format('address', {spec: 'none'}, address), hex('0403010203')),
    [
      'address (none), 5 octets',
      '0000  04                                               tag',
      '0001  03                                               length',
      '0002  01 02 03                                         body'
    ].join('\n')
  )
})

test('a table has a row for each field', () => {
  assert.deepEqual(table(greeting), [
    {offset: '0', size: '1', field: 'kind', meaning: 'u8: 1 GREETING'},
    {offset: '1', size: '2', field: 'reserved', meaning: 'zero'},
    {offset: '3', size: '1…64', field: 'names', meaning: 'u8 count, each these'},
    {offset: '', size: '1', field: 'names[].type', meaning: 'u8'},
    {offset: '', size: '1…64', field: 'names[].name', meaning: 'u8 length, octets'},
    {offset: '', size: '', field: 'covered', meaning: 'raw octets from kind to names'},
    {offset: '', size: '4', field: 'mac', meaning: 'octets'}
  ])
})

test('a layout ends with the first field whose size varies', () => {
  assert.deepEqual(layout(greeting), [
    {name: 'kind', offset: 0, size: 1, prefix: 0},
    {name: 'reserved', offset: 1, size: 2, prefix: 0},
    {name: 'names', offset: 3, size: undefined, prefix: 0}
  ])
})
