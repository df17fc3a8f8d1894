import assert from 'node:assert/strict'
import {describe, it} from 'node:test'
import {loadConfig} from '../../../src/config/relay-config.ts'
import {parseTorrcText} from '../../../src/config/torrc-text.ts'
import {AddressMap, MAPPINGS_MAX} from '../../../src/roles/client/address-map.ts'

function mapOf(...mappings: readonly (readonly [string, string])[]): AddressMap {
  const addresses = new AddressMap()
  for (const [from, to] of mappings) addresses.map({from, to})
  return addresses
}

function settings(torrc: string) {
  const lines = parseTorrcText(`SocksPort 9050\n${torrc}`, 'torrc')
  assert.ok(lines.ok)
  const config = loadConfig({torrc: lines.value})
  assert.ok(config.ok)
  return config.value
}

describe('mapped addresses', () => {
  it('lead elsewhere, whatever the case and with or without a dot at the end; others to themselves', () => {
    const addresses = mapOf(['www.Example.com', 'abc.onion'], ['192.0.2.1', 'def.onion'])
    assert.equal(addresses.rewrite('WWW.example.COM.'), 'abc.onion')
    assert.equal(addresses.rewrite('192.0.2.1'), 'def.onion')
    assert.equal(addresses.rewrite('a.www.example.com'), 'a.www.example.com')
    assert.equal(addresses.rewrite('Other.com'), 'Other.com')
  })

  it('with *. are an address and all below it; with *. on both sides what is in front stays', () => {
    const addresses = mapOf(
      ['*.one.com', 'abc.onion'],
      ['*.two.com', '*.def.onion'],
      ['x.two.com', 'ghi.onion']
    )
    const asked = ['one.com', 'a.b.one.com', 'two.com', 'A.b.two.com', 'x.two.com', 'stone.com']
    assert.deepEqual(
      asked.map(address => addresses.rewrite(address)),
      ['abc.onion', 'abc.onion', 'def.onion', 'A.b.def.onion', 'ghi.onion', 'stone.com']
    )
  })

  it('may lead to mapped ones, and in a circle to one of them', () => {
    const addresses = mapOf(['a.com', 'b.com'], ['b.com', 'c.onion'], ['x.com', 'y.com'], ['y.com', 'x.com'])
    assert.equal(addresses.rewrite('a.com'), 'c.onion')
    assert.match(addresses.rewrite('x.com'), /^[xy]\.com$/)
  })

  it('are not mapped any more once they are mapped to themselves', () => {
    const addresses = mapOf(['a.com', 'b.onion'], ['a.com', 'a.com'])
    assert.equal(addresses.rewrite('a.com'), 'a.com')
    assert.deepEqual(addresses.list(), [])
  })

  it('of controllers stay over a reload and go before those of the settings', () => {
    const addresses = mapOf(['a.com', 'control.onion'])
    addresses.configure([
      {from: 'a.com', to: 'config.onion'},
      {from: 'b.com', to: 'config.onion'}
    ])
    assert.deepEqual(
      [addresses.rewrite('a.com'), addresses.rewrite('b.com')],
      ['control.onion', 'config.onion']
    )
    addresses.configure([])
    assert.deepEqual([addresses.rewrite('a.com'), addresses.rewrite('b.com')], ['control.onion', 'b.com'])
    assert.equal(addresses.list('config').length, 0)
  })

  it('that nothing else has are drawn once for each target and kind', () => {
    const addresses = new AddressMap()
    const [name = '', ipv4 = '', ipv6 = ''] = (['name', 'ipv4', 'ipv6'] as const).map(kind =>
      addresses.virtual(kind, 'a.onion')
    )
    assert.match(name, /^[0-9a-f]{20}\.virtual$/)
    assert.match(ipv4, /^127\.(?:19[2-9]|2[0-4]\d|25[0-5])\.\d+\.\d+$/)
    assert.match(ipv6, /^fe80:/)
    for (const address of [name, ipv4, ipv6]) assert.equal(addresses.rewrite(address), 'a.onion')
    assert.equal(addresses.virtual('name', 'A.onion'), name)
    assert.notEqual(addresses.virtual('name', 'b.onion'), name)
  })

  it('are no more than the bound', () => {
    const addresses = new AddressMap()
    for (let number = 0; number < MAPPINGS_MAX; number++) {
      assert.equal(addresses.map({from: `a${number}.com`, to: 'b.onion'}), 'mapped')
    }
    assert.equal(addresses.map({from: 'more.com', to: 'b.onion'}), 'full')
    assert.equal(addresses.virtual('name', 'c.onion'), undefined)
    assert.equal(addresses.map({from: 'a1.com', to: 'c.onion'}), 'mapped')
    assert.equal(addresses.size, MAPPINGS_MAX)
  })
})

describe('MapAddress', () => {
  it('has two addresses; lines that make no sense are passed over with a notice', () => {
    const {addressMappings, notices} = settings(
      'MapAddress www.example.com abc.onion\nMapAddress *.a *.b.onion\nMapAddress one\nMapAddress .a b.onion\n' +
        'MapAddress a *.b.onion\nMapAddress a b/c\nMapAddress c d.onion more'
    )
    assert.deepEqual(addressMappings, [
      {from: 'www.example.com', to: 'abc.onion'},
      {from: '*.a', to: '*.b.onion'},
      {from: 'c', to: 'd.onion'}
    ])
    assert.deepEqual(notices, [
      "MapAddress 'one' has too few arguments; it is ignored.",
      "MapAddress '.a b.onion' is ambiguous: an address begins with a dot; it is ignored.",
      "MapAddress 'a *.b.onion' maps one address to many; it is ignored.",
      "MapAddress 'a b/c' maps to what is no address; it is ignored.",
      "MapAddress 'c d.onion more' has more than two arguments; those are ignored."
    ])
  })
})
