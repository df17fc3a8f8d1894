import assert from 'node:assert/strict'
import {before, describe, it} from 'node:test'
import {equal, toLatin1} from '../../../src/bytes/octets.ts'
import {ed25519Ready} from '../../../src/crypto/ed25519.ts'
import {generateX25519} from '../../../src/crypto/x25519.ts'
import {formatAddressPort, parseAddressPort} from '../../../src/netdoc/address.ts'
import {ed25519FromX25519, ed25519PairFromX25519} from '../../../src/netdoc/converted-key.ts'
import {parseExtraInfo} from '../../../src/netdoc/extra-info/extra-info.ts'
import {printExtraInfo} from '../../../src/netdoc/extra-info/print.ts'
import {printItem} from '../../../src/netdoc/print.ts'
import {familyId} from '../../../src/netdoc/router-descriptor/family.ts'
import {parseRouterDescriptor} from '../../../src/netdoc/router-descriptor/parse.ts'
import {parseRouterDescriptors} from '../../../src/netdoc/router-descriptor/parse-many.ts'
import {
  printRouterDescriptor,
  type RouterDescriptorContent
} from '../../../src/netdoc/router-descriptor/print.ts'
import {makeFamilyCert, makeRelayKeys} from '../../support/relay-keys.ts'

before(() => ed25519Ready)

const published = new Date('2026-11-22T10:42:58Z')
const content: RouterDescriptorContent = {
  nickname: 'aRelay',
  ipv4: parseAddressPort('198.51.100.7:9001') ?? assert.fail(),
  platform: 'ramson 0.1.0 on Linux',
  protocols: 'Desc=2-4 Link=4-5 Relay=2-6',
  published,
  uptime: 12.9,
  bandwidth: {rate: 1_000_000, burst: 2_000_000, observed: 0}
}

describe('an X25519 key as an Ed25519 key', () => {
  it('has the public half that its secret gives', () => {
    for (let i = 0; i < 20; i++) {
      const pair = generateX25519()
      const {key, signBit} = ed25519PairFromX25519(pair.secret)
      assert.deepEqual(ed25519FromX25519(pair.public, signBit), key.public)
      const other = ed25519FromX25519(pair.public, signBit === 1 ? 0 : 1) ?? assert.fail()
      assert.ok(!equal(other, key.public))
    }
  })

  it('does not exist for u = -1 and for numbers that are not reduced', () => {
    const minusOne = new Uint8Array(32).fill(0xff)
    minusOne[0] = 0xec
    minusOne[31] = 0x7f
    assert.equal(ed25519FromX25519(minusOne, 0), undefined)
    assert.equal(ed25519FromX25519(new Uint8Array(32).fill(0xff), 0), undefined)
  })
})

describe('the documents a relay prints about itself', () => {
  it('say with few things what they have to, and verify', () => {
    const keys = makeRelayKeys()
    const printed = printRouterDescriptor(content, keys)
    const parsed = parseRouterDescriptor(printed.octets)
    assert.ok(parsed.ok, JSON.stringify(parsed))
    const {value} = parsed
    assert.deepEqual(value.digest, printed.digest)
    assert.deepEqual(value.ed25519, keys.ed25519)
    assert.deepEqual(value.ntorOnionKey, keys.ntorOnionKey.public)
    assert.equal(value.uptime, 12)
    assert.equal(value.published.getTime(), published.getTime())
    assert.equal(value.isHiddenServiceDir || value.isTunnelledDirServer || value.isHibernating, false)
    assert.equal(value.ipv6 ?? value.contact ?? value.extraInfo, undefined)
    assert.ok(!printed.text.includes('\n\n'))
  })

  it('say everything they can, and verify', () => {
    const keys = makeRelayKeys()
    const family = makeFamilyCert(keys.ed25519)
    const statistics = ['write-history 2026-11-22 10:00:00 (86400 s) 1,2,3', 'dirreq-v3-ips ']
    const extraInfo = printExtraInfo({nickname: 'aRelay', published, statistics}, keys)
    const printed = printRouterDescriptor(
      {
        ...content,
        ipv6: parseAddressPort('[2001:db8::7]:9001') ?? assert.fail(),
        extraInfo,
        contact: 'Jos\u00e9 <jose@example.invalid>',
        family: [`$${'A'.repeat(40)}`, `$${'B'.repeat(40)}`],
        familyCerts: [family.cert],
        isHibernating: true,
        isHiddenServiceDir: true,
        isTunnelledDirServer: true,
        overloadedAt: published
      },
      keys
    )
    const parsed = parseRouterDescriptor(printed.text)
    assert.ok(parsed.ok, JSON.stringify(parsed))
    const {value} = parsed
    assert.equal(formatAddressPort(value.ipv6 ?? assert.fail()), '[2001:db8::7]:9001')
    assert.equal(value.contact, 'Jos\u00e9 <jose@example.invalid>')
    assert.equal(value.family.length, 2)
    assert.deepEqual(value.familyIds, [familyId(family.key)])
    assert.ok(value.isHibernating && value.isHiddenServiceDir && value.isTunnelledDirServer)
    assert.deepEqual(value.extraInfo, {sha1: extraInfo.digest, sha256: extraInfo.digest256})
    assert.match(printed.text, /\noverload-general 1 2026-11-22 10:00:00\n/)
    const parsedExtraInfo = parseExtraInfo(extraInfo.text, keys.identity.public)
    assert.ok(parsedExtraInfo.ok, JSON.stringify(parsedExtraInfo))
    assert.deepEqual(parsedExtraInfo.value.digest256, extraInfo.digest256)
  })

  it('are found in an upload and in a cache with annotations', () => {
    const [one, two] = [makeRelayKeys(), makeRelayKeys()]
    const extraInfo = printExtraInfo({nickname: 'aRelay', published}, one).text
    const [first, second] = [one, two].map(keys => printRouterDescriptor(content, keys).text)
    const result = parseRouterDescriptors(
      `${first}${extraInfo}\n@downloaded-at 2026-11-22 11:00:00\n@source "127.0.0.1"\n${second}`
    )
    assert.ok(result.ok)
    assert.deepEqual(result.value.refused, [])
    assert.deepEqual(
      result.value.accepted.map(({octets}) => toLatin1(octets)),
      [first, second]
    )
  })

  it('cannot be given lines by a contact or platform with a line break', () => {
    for (const text of ['a\nreject *:*', 'a\rb', 'a\0b']) {
      assert.throws(() => printItem('contact', text), /line-break-in-item/)
    }
  })

  it('are refused when the family certificate is for another relay', () => {
    const keys = makeRelayKeys()
    const {cert} = makeFamilyCert(makeRelayKeys().ed25519)
    const result = parseRouterDescriptor(printRouterDescriptor({...content, familyCerts: [cert]}, keys).text)
    assert.ok(!result.ok && result.fault.code === 'mismatch' && result.fault.data?.keyword === 'family-cert')
  })
})
