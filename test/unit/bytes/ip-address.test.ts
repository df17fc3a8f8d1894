import assert from 'node:assert/strict'
import {isIP} from 'node:net'
import {test} from 'node:test'
import fc from 'fast-check'
import {endpointToText, ipFromText, ipToText, isPrivateIp} from '../../../src/bytes/ip-address.ts'

test('RFC 5952 section 4: addresses are written in the shortest form and read back', () => {
  for (const text of [
    '0.0.0.0',
    '127.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '1::',
    '2001:db8::1',
    '2001:db8:0:1:1:1:1:1',
    'fe80::1:0:0:1'
  ]) {
    const octets = ipFromText(text)
    assert.ok(octets, text)
    assert.equal(ipToText(octets), text)
  }
})

test('RFC 4291 section 2.5.5.2: an IPv4-mapped address is the IPv4 address', () => {
  assert.deepEqual(ipFromText('::ffff:192.0.2.1'), Uint8Array.of(192, 0, 2, 1))
})

test('every pair of octets survives the way to text and back, and the text is what Node calls an address', () => {
  const octets = fc.oneof(
    fc.uint8Array({minLength: 4, maxLength: 4}),
    fc.uint8Array({minLength: 16, maxLength: 16})
  )
  fc.assert(
    fc.property(octets, ip => {
      const text = ipToText(ip)
      assert.ok(isIP(text), text)
      const back = ipFromText(text)
      assert.ok(back !== undefined)
      assert.equal(ipToText(back), ipToText(ip.length === 16 && back.length === 4 ? ip.slice(12) : ip))
    })
  )
})

test('what is no address is refused, as Node refuses it', () => {
  const near = fc.stringMatching(/^[0-9a-f:.]{0,24}$/)
  fc.assert(
    fc.property(near, text => assert.equal(ipFromText(text) !== undefined, isIP(text) !== 0, text)),
    {numRuns: 3000}
  )
  for (const text of [
    '',
    '1.2.3',
    '01.2.3.4',
    '256.1.1.1',
    ':::',
    '1::2::3',
    '[::1]',
    'fe80::1%eth0',
    '12345::'
  ]) {
    assert.equal(ipFromText(text), undefined, text)
  }
})

test('addresses that the public network cannot reach are told apart', () => {
  const isPrivate = (text: string) => isPrivateIp(ipFromText(text) as Uint8Array)
  for (const text of [
    '127.0.0.1',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.0.1',
    '169.254.0.1',
    '100.64.0.1',
    '::1',
    'fc00::1',
    'fe80::1',
    '224.0.0.1'
  ]) {
    assert.ok(isPrivate(text), text)
  }
  for (const text of ['8.8.8.8', '172.32.0.1', '100.128.0.1', '2600::1']) assert.ok(!isPrivate(text), text)
  assert.equal(endpointToText(Uint8Array.of(1, 2, 3, 4), 9001), '1.2.3.4:9001')
  assert.equal(endpointToText(ipFromText('::1') as Uint8Array, 9001), '[::1]:9001')
})
