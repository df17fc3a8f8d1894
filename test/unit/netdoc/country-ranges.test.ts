import assert from 'node:assert/strict'
import {describe, it} from 'node:test'
import fc from 'fast-check'
import {ipFromText, ipToText} from '../../../src/bytes/ip-address.ts'
import {
  type AddressFamily,
  type CountryRanges,
  CountryRangesBuilder
} from '../../../src/netdoc/geoip/country-ranges.ts'

function read(family: AddressFamily, text: string, pieces = 7): [CountryRanges, number] {
  const builder = new CountryRangesBuilder(family)
  const octets = Buffer.from(text, 'latin1')
  for (let at = 0; at < octets.length; at += pieces) builder.add(octets.subarray(at, at + pieces))
  const ranges = builder.finish()
  return [ranges, builder.malformed]
}

function country(ranges: CountryRanges, address: string): string {
  return ranges.country(ipFromText(address) ?? new Uint8Array(0))
}

describe('GeoIPFile', () => {
  it('is lines of two numbers and a country, with or without quotes; comments and blank lines are passed over', () => {
    const [ranges, malformed] = read(
      'ipv4',
      '# a comment\n\n16777216,16777471,AU\r\n"16777472","16777727","CN","CHN","China"\n  4294967295,4294967295,zz'
    )
    assert.deepEqual([ranges.size, malformed], [3, 0])
    const found = ['1.0.0.0', '1.0.0.255', '1.0.1.0', '1.0.2.0', '0.255.255.255', '255.255.255.255']
    assert.deepEqual(
      found.map(address => country(ranges, address)),
      ['au', 'au', 'cn', '??', '??', 'zz']
    )
    assert.equal(country(ranges, '2001:db8::1'), '??')
  })

  it('has lines that are counted and passed over where they say nothing', () => {
    const lines = ['1,2', '1,2,U', '1,2,USA', '2,1,US', '4294967296,4294967297,US', '-1,2,US', 'x', ',,US']
    const [ranges, malformed] = read('ipv4', `${lines.join('\n')}\n${'9'.repeat(5000)}\n1,2,US\n`)
    assert.deepEqual([ranges.size, malformed], [1, lines.length + 1])
  })

  it('may be in any order', () => {
    const [ranges] = read('ipv4', '30,39,CC\n10,19,AA\n20,29,BB\n')
    const at = (last: number) => country(ranges, `0.0.0.${last}`)
    assert.deepEqual([9, 10, 19, 20, 35, 40].map(at), ['??', 'aa', 'aa', 'bb', 'cc', '??'])
  })

  it('finds every address of any ranges, and no other', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({min: 0, max: 2 ** 32 - 1}), {minLength: 2, maxLength: 60}),
        bounds => {
          const sorted = bounds.toSorted((a, b) => a - b).slice(0, bounds.length & ~1)
          const pairs = sorted.flatMap((low, at) =>
            at % 2 === 0 ? [[low, sorted[at + 1] ?? low] as const] : []
          )
          const [ranges] = read('ipv4', pairs.map(([low, high]) => `${low},${high},AA`).join('\n'), 1000)
          for (const bound of sorted.flatMap(value => [value - 1, value, value + 1])) {
            if (bound < 0 || bound >= 2 ** 32) continue
            const address = Uint8Array.of(bound >>> 24, bound >>> 16, bound >>> 8, bound)
            const isInside = pairs.some(([low, high]) => low <= bound && bound <= high)
            assert.equal(ranges.country(address), isInside ? 'aa' : '??')
          }
        }
      )
    )
  })

  it('takes ten octets of memory a range', () => {
    const text = Array.from({length: 10_000}, (_, at) => `${at * 16},${at * 16 + 15},${at % 2 ? 'AA' : 'BB'}`)
    const [ranges] = read('ipv4', text.join('\n'), 65_536)
    assert.deepEqual([ranges.size, ranges.octets], [10_000, 100_000])
    assert.equal(country(ranges, '0.0.0.17'), 'aa')
  })
})

describe('GeoIPv6File', () => {
  it('is lines of two addresses and a country', () => {
    const [ranges, malformed] = read(
      'ipv6',
      '2001:668:1f:da::,2001:668:1f:da:ffff:ffff:ffff:ffff,BS\n' +
        '2001:668:1f:db::1,2001:668:1f:db::1,CO\n::,::1,A1\nffff::,FFFF:ffff:ffff:ffff:ffff:ffff:ffff:ffff,LB\n'
    )
    assert.deepEqual([ranges.size, malformed], [4, 0])
    const found = ['2001:668:1f:da:1::', '2001:668:1f:db::', '2001:668:1f:db::1', '::1', '::2', 'ffff:1::']
    assert.deepEqual(
      found.map(address => country(ranges, address)),
      ['bs', '??', 'co', 'a1', '??', 'lb']
    )
    assert.equal(country(ranges, '1.2.3.4'), '??')
  })

  it('has lines that are counted and passed over where they say nothing', () => {
    const lines = [
      ':::,::1,US',
      '1:2:3:4:5:6:7,::1,US',
      '::12345,::1,US',
      '::1,::,US',
      '1.2.3.4,1.2.3.5,US',
      '::,::1,USA'
    ]
    assert.equal(read('ipv6', lines.join('\n'))[1], lines.length)
  })

  it('reads addresses in every way in which they are written', () => {
    const octets = fc.uint8Array({minLength: 16, maxLength: 16})
    fc.assert(
      fc.property(octets, fc.nat(15), fc.nat(15), (address, from, to) => {
        address.fill(0, from, Math.max(from, to))
        const groups = Array.from({length: 8}, (_, at) => Buffer.from(address).readUInt16BE(at * 2))
        for (const text of [ipToText(address), groups.map(group => group.toString(16)).join(':')]) {
          const [ranges] = read('ipv6', `${text},${text},XY\n`, 1000)
          assert.equal(ranges.country(address), 'xy', text)
        }
      })
    )
  })
})
