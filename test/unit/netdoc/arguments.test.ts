import assert from 'node:assert/strict'
import {describe, it} from 'node:test'
import {
  formatAddress,
  formatAddressPort,
  parseAddressPort,
  parseIpv4,
  parseIpv6
} from '../../../src/netdoc/address.ts'
import {
  isFamilyMember,
  parseBase64,
  parseDecimal,
  parseInt32,
  parseUint64
} from '../../../src/netdoc/argument.ts'
import {type ExitRule, parseExitRule, refusesEverything} from '../../../src/netdoc/exit-policy.ts'
import {allowsPort, parsePortPolicy, rejectsEverything} from '../../../src/netdoc/port-policy.ts'
import {formatTime, parseTime} from '../../../src/netdoc/time.ts'

describe('times', () => {
  it('reads and writes UTC', () => {
    const time = parseTime('2026-11-22 10:42:58')
    assert.equal(time?.getTime(), Date.UTC(2026, 10, 22, 10, 42, 58))
    assert.equal(formatTime(time as Date), '2026-11-22 10:42:58')
  })

  it('refuses dates that no calendar has', () => {
    for (const text of [
      '2026-02-29 00:00:00',
      '2026-13-01 00:00:00',
      '2026-00-01 00:00:00',
      '2026-01-01 24:00:00',
      '2026-01-01 00:60:00',
      '1969-12-31 23:59:59',
      '2026-1-1 0:0:0',
      '2026-01-01T00:00:00',
      '2026-01-01',
      'Sun, 22 Nov 2026 10:00:00 GMT',
      ''
    ]) {
      assert.equal(parseTime(text), undefined, text)
    }
    assert.ok(parseTime('2028-02-29 23:59:60'))
  })
})

describe('addresses', () => {
  it('reads IPv4 in four decimal parts and nothing else', () => {
    assert.deepEqual(parseIpv4('127.0.0.1'), Uint8Array.of(127, 0, 0, 1))
    for (const text of ['100.127.0.0.1', '1.2.3', '256.1.1.1', '1.2.3.4 ', '0x7f.1.1.1', '']) {
      assert.equal(parseIpv4(text), undefined, text)
    }
  })

  it('reads every form of RFC 4291 and writes the one of RFC 5952', () => {
    const pairs = [
      ['::', '::'],
      ['::1', '::1'],
      ['1::', '1::'],
      ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
      ['::ffff:1.2.3.4', '::ffff:102:304'],
      ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
      ['::1:2:3:4', '::1:2:3:4'],
      ['1:0:3:4:5:6:7:8', '1:0:3:4:5:6:7:8']
    ] as const
    for (const [text, canonical] of pairs) {
      const octets = parseIpv6(text)
      assert.ok(octets, text)
      assert.equal(formatAddress(octets), canonical)
    }
    for (const text of [
      '',
      ':',
      ':::',
      '1::2::3',
      '1:2:3:4:5:6:7',
      '1:2:3:4:5:6:7:8:9',
      '1:2:3:4:5:6:7:8::',
      'g::',
      '12345::',
      'fe80::1%eth0',
      '1.2.3.4::'
    ]) {
      assert.equal(parseIpv6(text), undefined, text)
    }
  })

  it('reads an address with its port', () => {
    assert.equal(
      formatAddressPort(parseAddressPort('[2001:db8::1]:9001') ?? assert.fail()),
      '[2001:db8::1]:9001'
    )
    assert.equal(formatAddressPort(parseAddressPort('1.2.3.4:0') ?? assert.fail()), '1.2.3.4:0')
    for (const text of ['1.2.3.4', '1.2.3.4:70000', '2001:db8::1:9001', '[1.2.3.4]:1', ':1', '1.2.3.4:']) {
      assert.equal(parseAddressPort(text), undefined, text)
    }
  })
})

describe('numbers and names', () => {
  it('keeps numbers in their range', () => {
    assert.equal(parseDecimal('65535', 0, 65535), 65535)
    assert.equal(parseDecimal('65536', 0, 65535), undefined)
    assert.equal(parseDecimal('-1', 0, 65535), undefined)
    assert.equal(parseDecimal('1e3', 0, 65535), undefined)
    assert.equal(parseInt32('-2147483648'), -2147483648)
    assert.equal(parseInt32('2147483648'), undefined)
    assert.equal(parseUint64('18446744073709551615'), 18446744073709551615n)
    assert.equal(parseUint64('18446744073709551616'), undefined)
  })

  it('takes base64 of exactly the length that is meant, padded or not', () => {
    assert.equal(parseBase64('AAECAw==', 4)?.length, 4)
    assert.equal(parseBase64('AAECAw', 4)?.length, 4)
    assert.equal(parseBase64('AAECAw', 5), undefined)
    assert.equal(parseBase64('AAEC*w', 4), undefined)
  })

  it('knows what a family line may name', () => {
    const digest = 'A'.repeat(40)
    for (const text of ['nick', `$${digest}`, `$${digest}=nick`, `$${digest}~nick`])
      assert.ok(isFamilyMember(text))
    for (const text of [digest, '$nick', `$${digest}=`, 'a-b', '', 'n'.repeat(20)])
      assert.ok(!isFamilyMember(text), text)
  })
})

describe('policies', () => {
  it('reads summaries', () => {
    const policy = parsePortPolicy('accept 80,443,8000-8100') ?? assert.fail()
    assert.deepEqual(
      [80, 81, 8050, 443].map(port => allowsPort(policy, port)),
      [true, false, true, true]
    )
    assert.ok(rejectsEverything(parsePortPolicy('reject 1-65535') ?? assert.fail()))
    for (const text of [
      'accept',
      'reject 0',
      'accept 80-',
      'accept 5-4',
      'accept 65536',
      'allow 80',
      'accept 80 443'
    ]) {
      assert.equal(parsePortPolicy(text), undefined, text)
    }
  })

  it('reads rules of descriptors', () => {
    const rule = (text: string) => parseExitRule('reject', text)
    assert.deepEqual(rule('*:*'), {kind: 'reject', network: undefined, ports: {first: 1, last: 65535}})
    assert.deepEqual((rule('10.0.0.0/8:80-90') as ExitRule).network, {
      address: Uint8Array.of(10, 0, 0, 0),
      bits: 8
    })
    assert.deepEqual((rule('10.0.0.0/255.255.0.0:*') as ExitRule).network, {
      address: Uint8Array.of(10, 0, 0, 0),
      bits: 16
    })
    assert.equal(rule('private:*')?.network, 'private')
    for (const text of [
      '*',
      '*:0',
      '10.0.0.0/33:*',
      '10.0.0.0/255.0.255.0:*',
      '[::1]:*',
      'host:80',
      '*:90-80',
      ''
    ]) {
      assert.equal(rule(text), undefined, text)
    }
    const all = rule('*:*') ?? assert.fail()
    const one = parseExitRule('accept', '*:80') ?? assert.fail()
    assert.ok(refusesEverything([all, one]))
    assert.ok(!refusesEverything([one, all]))
    assert.ok(!refusesEverything([]))
  })
})
