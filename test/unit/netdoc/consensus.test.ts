import assert from 'node:assert/strict'
import {before, describe, it} from 'node:test'
import {toBase16Upper} from '../../../src/bytes/base16.ts'
import {concat, fromText} from '../../../src/bytes/octets.ts'
import {sha1, sha256} from '../../../src/crypto/digest.ts'
import {ed25519Ready} from '../../../src/crypto/ed25519.ts'
import {formatAddressPort} from '../../../src/netdoc/address.ts'
import {
  type AuthorityCert,
  parseAuthorityCert,
  parseAuthorityCerts
} from '../../../src/netdoc/authority-cert.ts'
import {type ConsensusFlavour, signedPart} from '../../../src/netdoc/consensus/consensus.ts'
import {parseConsensus} from '../../../src/netdoc/consensus/parse.ts'
import {verifyConsensus} from '../../../src/netdoc/consensus/verify.ts'
import {parseExtraInfo} from '../../../src/netdoc/extra-info/extra-info.ts'
import {parseMicrodescriptors} from '../../../src/netdoc/microdescriptor.ts'
import {parseRouterDescriptors} from '../../../src/netdoc/router-descriptor/parse-many.ts'
import {splitDocuments} from '../../../src/netdoc/split.ts'
import {readLiveDirectory} from '../../support/live-directory.ts'
import {
  consensusSignature,
  consensusToSign,
  type MadeConsensus,
  makeAuthority,
  makeConsensus
} from '../../support/made-consensus.ts'

before(() => ed25519Ready)

const live = readLiveDirectory()
const now = new Date('2026-11-22T12:30:00Z')
const expires = new Date('2027-06-01T00:00:00Z')
const authorities = Array.from({length: 5}, () => makeAuthority(now, expires))
const identities = authorities.map(authority => authority.identity)

const made: MadeConsensus = {
  flavour: 'microdesc',
  authorities,
  validAfter: new Date('2026-11-22T12:00:00Z'),
  params: 'a=1 b=-2',
  weights: 'Wbd=0 Wbe=0',
  relays: [
    {
      nickname: 'one',
      identity: new Uint8Array(20).fill(1),
      descriptorDigest: new Uint8Array(32).fill(1),
      flags: ['Fast', 'Guard', 'Running', 'Valid'],
      weight: 'Bandwidth=12 Unmeasured=1',
      ipv6: '[2001:db8::1]:9001'
    },
    {
      nickname: 'two',
      identity: new Uint8Array(20).fill(2),
      descriptorDigest: new Uint8Array(32).fill(2),
      flags: []
    }
  ]
}

function certsOf(of = authorities): readonly AuthorityCert[] {
  return of.map(({cert}) => {
    const parsed = parseAuthorityCert(cert)
    assert.ok(parsed.ok, JSON.stringify(parsed))
    return parsed.value
  })
}

const trust = {authorities: identities, certs: certsOf(), now}

function parse(text: string, flavour: ConsensusFlavour = 'microdesc') {
  const result = parseConsensus(text, flavour)
  assert.ok(result.ok, JSON.stringify(result))
  return result.value
}

function codeOf(text: string): string {
  const result = parseConsensus(text, 'microdesc')
  return result.ok ? 'ok' : `${result.fault.code} ${result.fault.data?.keyword ?? ''}`.trim()
}

function verified(
  text: string,
  flavour: ConsensusFlavour = 'microdesc',
  changes: Partial<typeof trust> = {}
): boolean {
  return verifyConsensus(parse(text, flavour), {...trust, ...changes}).ok
}

describe('what C tor authorities publish', () => {
  const certs = parseAuthorityCerts(live.authority_certs)

  for (const flavour of ['ns', 'microdesc'] as const) {
    for (const [name, text] of Object.entries(live.consensuses[flavour])) {
      it(`the ${name} ${flavour} consensus verifies`, () => {
        assert.ok(certs.ok && certs.value.accepted.length === 3)
        const consensus = parse(text, flavour)
        const result = verifyConsensus(consensus, {
          authorities: consensus.voters.map(voter => voter.identity),
          certs: certs.value.accepted,
          now: consensus.validAfter
        })
        assert.ok(result.ok, JSON.stringify(result))
        assert.equal(consensus.method, 35)
        assert.equal(consensus.relays.length, 7)
        assert.equal(consensus.bandwidthWeights.size, 19)
        assert.ok(consensus.sharedRandom.current)
        assert.ok(consensus.protocols.requiredRelay?.supports('Link', 5))
        assert.ok(
          consensus.relays.every(relay => relay.flags.has('Running') && relay.protocols.supports('Relay', 6))
        )
      })
    }
  }

  it('the microdescriptors, descriptors and extra-infos have the digests that name them', () => {
    const microdescriptors = parseMicrodescriptors(live.microdescriptors)
    assert.ok(microdescriptors.ok)
    assert.deepEqual(microdescriptors.value.refused, [])
    const listed = parse(live.consensuses.microdesc.newest).relays
    const digests = new Set(microdescriptors.value.accepted.map(({digest}) => toBase16Upper(digest)))
    for (const relay of listed) assert.ok(digests.has(toBase16Upper(relay.descriptorDigest ?? assert.fail())))
    const descriptors = parseRouterDescriptors(live.server_descriptors)
    assert.ok(descriptors.ok)
    assert.deepEqual(descriptors.value.refused, [])
    assert.equal(descriptors.value.accepted.length, 7)
    const extraInfos = splitDocuments(live.extra_infos, ['extra-info'])
    assert.ok(extraInfos.length >= 4)
    for (const {start, end} of extraInfos) {
      const text = live.extra_infos.slice(start, end)
      const fingerprint = text.split(/\s+/)[2]
      const router = descriptors.value.accepted.find(({identity}) => toBase16Upper(identity) === fingerprint)
      const extraInfo = parseExtraInfo(text, router?.identityKey ?? assert.fail())
      assert.ok(extraInfo.ok, JSON.stringify(extraInfo))
    }
  })
})

describe('a consensus (dir-spec 3.4)', () => {
  it('says what it says', () => {
    const consensus = parse(makeConsensus(made))
    assert.equal(consensus.validUntil.toISOString(), '2026-11-22T15:00:00.000Z')
    assert.deepEqual(
      [...consensus.params],
      [
        ['a', 1],
        ['b', -2]
      ]
    )
    assert.deepEqual(consensus.serverVersions, ['0.4.9.11', '0.4.9.12'])
    assert.deepEqual(consensus.clientVersions, [])
    const [one, two] = consensus.relays
    assert.equal(formatAddressPort(one?.ipv6 ?? assert.fail()), '[2001:db8::1]:9001')
    assert.equal(one?.bandwidth, 12)
    assert.ok(one?.isUnmeasured && one.flags.has('Guard') && !two?.flags.has('Guard'))
    assert.equal(two?.bandwidth, undefined)
    assert.equal(consensus.voters.length, 5)
  })

  it('is refused under another flavour', () => {
    const result = parseConsensus(makeConsensus(made), 'ns')
    assert.ok(!result.ok && result.fault.code === 'not-supported')
  })

  it('is refused when an item is missing, repeated, misplaced or malformed', () => {
    const text = makeConsensus(made)
    const cases: readonly (readonly [from: string | RegExp, to: string, code: string])[] = [
      ['vote-status consensus', 'vote-status vote', 'not-supported vote-status'],
      ['consensus-method 35', 'consensus-method 27', 'not-supported consensus-method'],
      ['consensus-method 35\n', '', 'missing-item consensus-method'],
      ['network-status-version 3 ', 'network-status-version 4 ', 'not-supported network-status-version'],
      ['fresh-until 2026-11-22 13', 'fresh-until 2026-11-22 11', 'bad-argument fresh-until'],
      ['valid-until 2026-11-22 15', 'valid-until 2026-11-22 12', 'bad-argument valid-until'],
      ['valid-after 2026-11-22', 'valid-after 2026-11-31', 'bad-argument valid-after'],
      ['params a=1 b=-2', 'params a=1 a=2', 'bad-argument params'],
      ['params a=1', 'params a=2147483648', 'bad-argument params'],
      ['params a=1', 'params a', 'bad-argument params'],
      ['contact a\n', 'contact a\ncontact b\n', 'bad-argument contact'],
      ['dir-source auth0 ', 'contact early\ndir-source auth0 ', 'bad-argument contact'],
      [/dir-source auth0 [0-9A-F]{40}/, 'dir-source auth0 00', 'bad-argument dir-source'],
      ['pr Link=4-5', 'pr Link=4-64', 'bad-argument pr'],
      [/\npr [^\n]*/, '', 'missing-item pr'],
      ['w Bandwidth=12', 'w Bandwidth=4294967296', 'bad-argument w'],
      ['r one', 'r one!', 'bad-argument r'],
      ['r one', 'r', 'too-few-arguments r'],
      [/\nm [^\n]*/, '\nm AAAA', 'bad-argument m'],
      ['directory-footer\n', '', 'missing-item directory-footer'],
      ['directory-footer\n', 'directory-footer\ndirectory-footer\n', 'repeated-item directory-footer'],
      [
        /directory-signature sha256 [0-9A-F]{40}/,
        `directory-signature sha256 ${'0'.repeat(40)}`,
        'mismatch directory-signature'
      ],
      [/directory-signature [\s\S]*$/, '', 'missing-item directory-signature'],
      [/$/, 'bandwidth-weights Wbd=1\n', 'repeated-item bandwidth-weights'],
      [/$/, 'unheard-of item\n', 'bad-argument directory-signature'],
      [
        /$/,
        'directory-signature sha256 A B\n-----BEGIN SIGNATURE-----\nAAAA\n-----END SIGNATURE-----\n',
        'bad-argument directory-signature'
      ],
      [/^/, '\n', 'bad-keyword']
    ]
    for (const [from, to, code] of cases) assert.equal(codeOf(text.replace(from, to)), code, String(from))
  })

  it('is refused when relays are out of order or come twice', () => {
    const [one, two] = made.relays ?? []
    assert.ok(one && two)
    assert.equal(codeOf(makeConsensus({...made, relays: [two, one]})), 'bad-argument r')
    assert.equal(codeOf(makeConsensus({...made, relays: [one, one]})), 'bad-argument r')
  })

  it('may lack a shared random value that can be read', () => {
    const {sharedRandom} = parse(
      makeConsensus({
        ...made,
        headerLines: ['shared-rand-current-value 3 AAAA', `shared-rand-previous-value 4 ${'A'.repeat(43)}=`]
      })
    )
    assert.equal(sharedRandom.current, undefined)
    assert.deepEqual(sharedRandom.previous, {reveals: 4, value: new Uint8Array(32)})
  })
})

describe('the signatures of a consensus', () => {
  it('have to be of more than half of the authorities that are known', () => {
    for (let signers = 1; signers <= 5; signers++) {
      assert.equal(
        verified(makeConsensus(made, authorities.slice(0, signers))),
        signers >= 3,
        `${signers} of 5`
      )
    }
    const three = makeConsensus(made, authorities.slice(0, 3))
    const strangers = [makeAuthority(now, expires), makeAuthority(now, expires)]
    assert.ok(
      !verified(three, 'microdesc', {
        authorities: [...identities, ...strangers.map(({identity}) => identity)]
      })
    )
    assert.ok(!verified(three, 'microdesc', {authorities: strangers.map(({identity}) => identity)}))
  })

  it('count once for each authority', () => {
    const toSign = consensusToSign(made)
    const one = consensusSignature(toSign, authorities[0] ?? assert.fail(), 'sha256')
    assert.ok(!verified(toSign + [one, one, one].join('directory-signature ')))
    const two = makeConsensus(made, authorities.slice(0, 2))
    assert.ok(!verified(two, 'microdesc', {authorities: [...identities, ...identities.slice(0, 2)]}))
    assert.ok(verified(makeConsensus(made), 'microdesc', {authorities: [...identities, ...identities]}))
  })

  it('of digests we do not know are skipped', () => {
    const toSign = consensusToSign(made)
    const [first, ...rest] = authorities
      .slice(0, 4)
      .map(authority => consensusSignature(toSign, authority, 'sha256'))
    const unknown = first?.replace('sha256', 'sha4-1024') ?? assert.fail()
    const consensus = parse(toSign + [unknown, ...rest].join('directory-signature '))
    assert.equal(consensus.signatures.length, 3)
    assert.ok(verifyConsensus(consensus, trust).ok)
  })

  it('do not hold when their digest is longer, shorter or another (TROVE-2026-019)', () => {
    const toSign = consensusToSign(made)
    const digest = sha256(fromText(toSign))
    const wrong = [
      concat(digest, Uint8Array.of(0)),
      digest.subarray(0, 31),
      digest.subarray(0, 20),
      sha1(fromText(toSign)),
      concat(sha1(fromText(toSign)), new Uint8Array(12)),
      new Uint8Array(0)
    ]
    for (const signed of wrong) {
      const signatures = authorities.map(authority => consensusSignature(toSign, authority, 'sha256', signed))
      assert.ok(!verified(toSign + signatures.join('directory-signature ')), `${signed.length} octets`)
    }
  })

  it('are SHA-256 on a microdesc consensus and may be SHA-1 on ns', () => {
    const sha1Signed = (flavour: ConsensusFlavour) => {
      const relays = (made.relays ?? []).map(relay => ({...relay, descriptorDigest: new Uint8Array(20)}))
      const toSign = consensusToSign({...made, flavour, relays: flavour === 'ns' ? relays : []})
      return (
        toSign + authorities.map(by => consensusSignature(toSign, by, 'sha1')).join('directory-signature ')
      )
    }
    assert.ok(verified(sha1Signed('ns'), 'ns'))
    assert.ok(!verified(sha1Signed('microdesc'), 'microdesc'))
  })

  it('cover every octet up to the first directory-signature', () => {
    const text = makeConsensus(made)
    const {length} = signedPart(parse(text))
    assert.ok(text.slice(0, length).endsWith('\ndirectory-signature '))
    assert.ok(verified(text))
    for (const [from, to] of [
      ['Bandwidth=12', 'Bandwidth=13'],
      ['s Fast', 's Exit'],
      ['a=1', 'a=2'],
      ['Wbd=0', 'Wbd=1']
    ] as const) {
      assert.ok(!verified(text.replace(from, to)), from)
    }
  })

  it('need certificates that are there and have not expired, and the fault says which are missing', () => {
    const consensus = parse(makeConsensus(made))
    const [first] = trust.certs
    assert.ok(first)
    const result = verifyConsensus(consensus, {...trust, certs: [first]})
    assert.ok(!result.ok && result.fault.code === 'not-enough-signatures')
    assert.equal(result.fault.data?.good, 1)
    assert.equal(result.fault.data?.needed, 3)
    assert.deepEqual(
      result.fault.data?.missing.map(({identity}) => identity),
      identities.slice(1).map(toBase16Upper)
    )
    assert.ok(!verified(makeConsensus(made), 'microdesc', {now: new Date(expires.getTime() + 1000)}))
  })
})
