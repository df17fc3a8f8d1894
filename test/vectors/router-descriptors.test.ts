import assert from 'node:assert/strict'
import {before, describe, it} from 'node:test'
import {toBase16Upper} from '../../src/bytes/base16.ts'
import {toBase64Unpadded} from '../../src/bytes/base64.ts'
import {ed25519Ready} from '../../src/crypto/ed25519.ts'
import {formatAddressPort} from '../../src/netdoc/address.ts'
import {parseExtraInfo} from '../../src/netdoc/extra-info/extra-info.ts'
import {parseRouterDescriptor} from '../../src/netdoc/router-descriptor/parse.ts'
import {readVectors} from '../support/package-root.ts'

interface Vectors {
  readonly accept: Readonly<Record<string, string>>
  readonly reject: Readonly<Record<string, string>>
}

const {accept, reject} = readVectors<Vectors>('router_descriptors.json')
const sample = readVectors<{server_descriptor: string; extra_info: string; family_id_line: string}>(
  'datadir_sample.json'
)

function parse(text: string) {
  const result = parseRouterDescriptor(text)
  assert.ok(result.ok, JSON.stringify(result))
  return result.value
}

/** Why each of them is refused: the fault names the item that the vector's own name is about. */
const REFUSALS: Readonly<Record<string, string>> = {
  EX_RI_BAD_SIG1: 'bad-signature router-signature',
  EX_RI_BAD_TOKENS: 'too-few-arguments router',
  EX_RI_BAD_PUBLISHED: 'bad-argument published',
  EX_RI_BAD_BANDWIDTH: 'bad-argument bandwidth',
  EX_RI_BAD_ONIONKEY: 'bad-object',
  EX_RI_BAD_PORTS: 'bad-argument router',
  EX_RI_NEG_BANDWIDTH: 'bad-argument bandwidth',
  EX_RI_BAD_IP: 'bad-argument router',
  EX_RI_BAD_DIRPORT: 'bad-argument router',
  EX_RI_BAD_NAME2: 'bad-argument router',
  EX_RI_BAD_BANDWIDTH2: 'bad-argument bandwidth',
  EX_RI_BAD_UPTIME: 'bad-argument uptime',
  EX_RI_BAD_BANDWIDTH3: 'bad-argument bandwidth',
  EX_RI_BAD_NTOR_KEY: 'bad-key ntor-onion-key',
  EX_RI_BAD_FINGERPRINT: 'mismatch fingerprint',
  EX_RI_MISMATCHED_FINGERPRINT: 'mismatch fingerprint',
  EX_RI_BAD_HAS_ACCEPT6: 'not-supported accept6',
  EX_RI_BAD_NO_EXIT_POLICY: 'bad-argument reject',
  EX_RI_BAD_IPV6_EXIT_POLICY: 'bad-argument ipv6-policy',
  EX_RI_BAD_FAMILY: 'bad-argument family',
  EX_RI_ZERO_ORPORT: 'bad-argument router',
  EX_RI_ED_MISSING_CROSSCERT: 'mismatch onion-key-crosscert',
  EX_RI_ED_MISSING_CROSSCERT2: 'missing-item ntor-onion-key-crosscert',
  EX_RI_ED_MISSING_CROSSCERT_SIGN: 'too-few-arguments ntor-onion-key-crosscert',
  EX_RI_ED_BAD_SIG1: 'bad-signature router-sig-ed25519',
  EX_RI_ED_BAD_SIG2: 'bad-signature router-sig-ed25519',
  EX_RI_ED_BAD_SIG3: 'bad-signature router-sig-ed25519',
  EX_RI_ED_BAD_CROSSCERT1: 'bad-certificate ntor-onion-key-crosscert',
  EX_RI_ED_MISPLACED1: 'misplaced-item identity-ed25519',
  EX_RI_ED_MISPLACED2: 'misplaced-item router-sig-ed25519',
  EX_RI_ED_BAD_CERT1: 'bad-certificate identity-ed25519'
}

before(() => ed25519Ready)

describe('router descriptors of the C tor source', () => {
  for (const [name, text] of Object.entries(accept)) {
    it(`${name} is accepted`, () => {
      parse(text)
    })
  }

  for (const [name, text] of Object.entries(reject)) {
    it(`${name} is refused`, () => {
      const result = parseRouterDescriptor(text)
      assert.ok(!result.ok)
      assert.equal(`${result.fault.code} ${result.fault.data?.keyword ?? ''}`.trim(), REFUSALS[name])
    })
  }

  it('EX_RI_MAXIMAL says all that a descriptor can say', () => {
    const descriptor = parse(accept['EX_RI_MAXIMAL'] ?? assert.fail())
    assert.equal(descriptor.nickname, 'fred')
    assert.equal(formatAddressPort(descriptor.ipv4), '127.0.0.1:9001')
    assert.equal(descriptor.dirPort, 9002)
    assert.equal(formatAddressPort(descriptor.ipv6 ?? assert.fail()), '[::1:2:3:4]:9999')
    assert.equal(toBase16Upper(descriptor.identity), 'E9D32FC276745958C315803DBAF09EE5C29C3A0B')
    assert.equal(toBase64Unpadded(descriptor.ed25519), '/Kwyyla2oo5NAADqNQgtryfg/hOTcHMKzsilvUPcGtc')
    assert.equal(descriptor.platform, 'Tor 0.2.4.23 on a Banana PC Jr 6000 Series')
    assert.equal(descriptor.contact, 'O.W.Jones')
    assert.deepEqual(descriptor.bandwidth, {rate: 1000, burst: 1000, observed: 1000})
    assert.equal(descriptor.uptime, 1000)
    assert.equal(descriptor.isHibernating, false)
    assert.ok(descriptor.isHiddenServiceDir && descriptor.isTunnelledDirServer)
    assert.equal(descriptor.family.length, 2)
    assert.deepEqual(
      descriptor.exitRules.map(rule => rule.kind),
      ['reject', 'accept', 'reject']
    )
    assert.equal(descriptor.ipv6Policy?.ranges.length, 3)
    assert.equal(descriptor.extraInfo?.sha1.length, 20)
    assert.equal(descriptor.published.toISOString(), '2014-10-05T12:00:00.000Z')
  })
})

describe("a C tor relay's own documents", () => {
  it('verify', () => {
    const descriptor = parse(sample.server_descriptor)
    assert.equal(toBase16Upper(descriptor.identity), '2BCC9E6701923959A31C3D92A74A93CFF2290E47')
    assert.deepEqual(descriptor.familyIds, [sample.family_id_line.replace('FamilyId ', 'ed25519:')])
    const extraInfo = parseExtraInfo(sample.extra_info, descriptor.identityKey)
    assert.ok(extraInfo.ok, JSON.stringify(extraInfo))
    assert.deepEqual(extraInfo.value.digest, descriptor.extraInfo?.sha1)
    assert.deepEqual(extraInfo.value.digest256, descriptor.extraInfo?.sha256)
    assert.deepEqual(extraInfo.value.ed25519, descriptor.ed25519)
  })

  it('stop verifying when any octet changes', () => {
    const text = sample.server_descriptor
    for (let at = 0; at < text.length; at += 13) {
      const changed = text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ 4) + text.slice(at + 1)
      assert.ok(!parseRouterDescriptor(changed).ok, `offset ${at}`)
    }
  })
})
