import assert from 'node:assert/strict'
import {test} from 'node:test'
import {printConfigFault} from '../../../src/config/fault.ts'
import {parseLocalPorts, parseOrPorts} from '../../../src/config/port-lines.ts'
import type {ConfigLine} from '../../../src/config/torrc-text.ts'

function lines(...values: string[]): ConfigLine[] {
  return values.map((value, i) => ({mode: 'set', name: 'ORPort', value, place: {source: 't', line: i + 1}}))
}

function ports(...values: string[]): string[] {
  const parsed = parseOrPorts(lines(...values), 'both')
  if (!parsed.ok) return assert.fail(printConfigFault(parsed.fault))
  return parsed.value.map(({host, port, implicit, noListen, noAdvertise}) => {
    const flags = [implicit && 'implicit', noListen && 'noListen', noAdvertise && 'noAdvertise'].filter(
      Boolean
    )
    return [`${host} ${port}`, ...flags].join(' ')
  })
}

function refused(...values: string[]): string {
  const parsed = parseOrPorts(lines(...values), 'both')
  return parsed.ok ? assert.fail('was accepted') : printConfigFault(parsed.fault)
}

test('an ORPort without an address listens for both families', () => {
  assert.deepEqual(ports('9001'), ['0.0.0.0 9001 implicit', ':: 9001 implicit'])
  assert.deepEqual(ports('auto IPv4Only'), ['0.0.0.0 0 implicit'])
  assert.deepEqual(ports('9001 IPv6Only'), [':: 9001 implicit'])
})

test('an address settles the family', () => {
  assert.deepEqual(ports('192.0.2.1:9001'), ['192.0.2.1 9001'])
  assert.deepEqual(ports('[2001:DB8::1]:9001'), ['2001:db8::1 9001'])
  assert.deepEqual(ports('127.0.0.1:auto'), ['127.0.0.1 0'])
})

test('an ORPort with an address replaces the one without, of its family and port', () => {
  assert.deepEqual(ports('9001', '[2001:db8::1]:9001'), ['0.0.0.0 9001 implicit', '2001:db8::1 9001'])
  assert.deepEqual(ports('9001', '192.0.2.1:9002').length, 3)
  assert.deepEqual(ports('192.0.2.1:9001', '192.0.2.1:9001'), ['192.0.2.1 9001'])
})

test('one port may listen and another be advertised', () => {
  assert.deepEqual(ports('198.51.100.1:443 NoListen', '10.0.0.1:9001 NoAdvertise'), [
    '198.51.100.1 443 noListen',
    '10.0.0.1 9001 noAdvertise'
  ])
})

test('AddressDisableIPv6 leaves no IPv6 port', () => {
  const parsed = parseOrPorts(lines('9001', '[2001:db8::1]:9001'), 'ipv4-only')
  assert.deepEqual(parsed.ok && parsed.value.map(port => port.family), ['ipv4'])
})

test('ORPort 0 is none, and contradicts any other', () => {
  assert.deepEqual(ports('0'), [])
  assert.match(refused('0', '9001'), /ORPort 0 stands beside another/)
})

test('what is no port, address or flag is refused', () => {
  assert.match(refused('70000'), /wants \[address:\]port/)
  assert.match(refused('2001:db8::1:9001'), /wants \[address:\]port/)
  assert.match(refused('example.com:9001'), /wants \[address:\]port/)
  assert.match(refused('9001 NoAdvertize'), /no flag 'NoAdvertize'/)
  assert.match(refused('9001 NoListen NoAdvertise'), /exclude each other/)
  assert.match(refused('9001 IPv4Only IPv6Only'), /exclude each other/)
  assert.match(refused('[::1]:9001 IPv4Only'), /not ipv4/)
})

test('listeners for clients stay on loopback unless told otherwise, and may be Unix sockets', () => {
  const parsed = parseLocalPorts(
    'ControlPort',
    lines('9051', '0', 'unix:/run/c.sock GroupWritable', '10.0.0.1:auto')
  )
  assert.deepEqual(parsed.ok && parsed.value, [
    {host: '127.0.0.1', port: 9051, flags: []},
    {path: '/run/c.sock', flags: ['GroupWritable']},
    {host: '10.0.0.1', port: 0, flags: []}
  ])
  assert.equal(parseLocalPorts('ControlPort', lines('nowhere')).ok, false)
})
