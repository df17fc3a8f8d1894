import assert from 'node:assert/strict'
import {isIP} from 'node:net'
import {test} from 'node:test'
import fc from 'fast-check'
import {isPrivateAddress, parseAddress, parseAddressPort} from '../../../src/config/address.ts'

test('what is an address here is an address to node:net, and the other way round', () => {
  const part = fc.constantFrom(
    '0',
    '1',
    'ff',
    'FFFF',
    '12345',
    ':',
    '::',
    '.',
    '255',
    '256',
    '01',
    'g',
    '127.0.0.1'
  )
  fc.assert(
    fc.property(fc.array(part, {maxLength: 15}), parts => {
      const text = parts.join('')
      const family = parseAddress(text)?.family
      assert.equal(family === 'ipv4' ? 4 : family === 'ipv6' ? 6 : 0, isIP(text), text)
    }),
    {seed: 1, numRuns: 5000}
  )
  fc.assert(
    fc.property(fc.ipV6(), text => {
      assert.equal(parseAddress(text)?.octets.length, 16, text)
    }),
    {seed: 1}
  )
})

test('an address with a port needs brackets around IPv6 and a port above zero', () => {
  assert.equal(parseAddressPort('[::1]:80')?.address.host, '::1')
  assert.equal(parseAddressPort('1.2.3.4:65535')?.port, 65535)
  for (const bad of ['::1:80', '1.2.3.4', '1.2.3.4:0', '1.2.3.4:65536', ':80', '']) {
    assert.equal(parseAddressPort(bad), undefined, bad)
  }
})

test('private, loopback and link-local ranges are told from public ones', () => {
  const kind = (text: string) => {
    const address = parseAddress(text)
    return address === undefined ? assert.fail(text) : isPrivateAddress(address)
  }
  const own = ['10.1.2.3', '127.9.9.9', '0.0.0.0', '100.64.0.1', '169.254.1.1', '172.31.0.1', '192.168.0.1']
  for (const text of [...own, '::1', '::', 'fe80::1', 'fc00::1', 'fec0::1', '::ffff:10.0.0.1']) {
    assert.equal(kind(text), true, text)
  }
  for (const text of [
    '8.8.8.8',
    '100.128.0.1',
    '172.32.0.1',
    '192.169.0.1',
    '2001:db8::1',
    '::ffff:8.8.8.8'
  ]) {
    assert.equal(kind(text), false, text)
  }
})
