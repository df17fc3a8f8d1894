import assert from 'node:assert/strict'
import {before, describe, it} from 'node:test'
import {toBase16, toBase16Upper} from '../../src/bytes/base16.ts'
import {fromText, toLatin1} from '../../src/bytes/octets.ts'
import {ed25519Ready} from '../../src/crypto/ed25519.ts'
import {generateRsa} from '../../src/crypto/rsa.ts'
import {parseAuthorityCert} from '../../src/netdoc/authority-cert.ts'
import {printAuthorityCert} from '../../src/netdoc/authority-cert-print.ts'
import {parseConsensus} from '../../src/netdoc/consensus/parse.ts'
import {printConsensus, printConsensusToSign} from '../../src/netdoc/consensus/print.ts'
import {countSignatures} from '../../src/netdoc/consensus/verify.ts'
import {parseDetachedSignatures} from '../../src/netdoc/detached-signatures/detached-signatures.ts'
import {printDetachedSignatures} from '../../src/netdoc/detached-signatures/print.ts'
import {printMicrodescriptor} from '../../src/netdoc/microdescriptor-print.ts'
import {parseRouterDescriptors} from '../../src/netdoc/router-descriptor/parse-many.ts'
import type {RouterDescriptor} from '../../src/netdoc/router-descriptor/router-descriptor.ts'
import {parseVote, parseVotes} from '../../src/netdoc/vote/parse.ts'
import {printVote} from '../../src/netdoc/vote/print.ts'
import type {Vote} from '../../src/netdoc/vote/vote.ts'
import {computeConsensus} from '../../src/roles/authority/consensus/compute.ts'
import {readVectors} from '../support/package-root.ts'

const vectors = readVectors<{
  votes: readonly string[]
  consensus: {ns: string; microdesc: string}
  descriptors: string
}>('voting.json')

function votes(): readonly Vote[] {
  return vectors.votes.map(text => {
    const vote = parseVote(text)
    assert.ok(vote.ok, JSON.stringify(vote))
    return vote.value
  })
}

describe('votes of C tor', () => {
  before(() => ed25519Ready)

  it('are read, and follow one another in one document', () => {
    const all = parseVotes(vectors.votes.join(''))
    assert.ok(all.ok)
    assert.equal(all.value.refused.length, 0)
    assert.deepEqual(
      all.value.accepted.map(({digest}) => toBase16(digest)),
      votes().map(({digest}) => toBase16(digest))
    )
  })

  it('lead to the octets that C tor computed from them, in every flavour', () => {
    const content = computeConsensus(votes(), {authorityCount: 3, isSharedRandomFresh: false})
    for (const flavour of ['ns', 'microdesc'] as const) {
      const theirs = vectors.consensus[flavour]
      const end = theirs.indexOf('directory-signature ') + 'directory-signature '.length
      assert.equal(toLatin1(printConsensusToSign(content, flavour)), theirs.slice(0, end))
    }
  })

  it('lead to the same whatever their order', () => {
    const options = {authorityCount: 3, isSharedRandomFresh: false}
    const [first = assert.fail(), ...others] = votes()
    assert.deepEqual(
      computeConsensus([...others, first], options),
      computeConsensus([first, ...others], options)
    )
  })

  it('name the microdescriptors that we make of the descriptors', () => {
    const descriptors = parseRouterDescriptors(vectors.descriptors)
    assert.ok(descriptors.ok)
    assert.equal(descriptors.value.accepted.length, 8)
    for (const vote of votes()) {
      for (const relay of vote.relays) {
        const digest = toBase16(relay.descriptorDigest)
        const descriptor: RouterDescriptor | undefined = descriptors.value.accepted.find(
          each => toBase16(each.digest) === digest
        )
        assert.ok(descriptor, relay.nickname)
        for (const {methods, digest: expected} of relay.microdescriptors) {
          for (const method of methods.filter(each => each >= 34)) {
            assert.deepEqual(printMicrodescriptor(descriptor, method)?.digest, expected, relay.nickname)
          }
        }
      }
    }
  })

  it('come out of the printer as they went in, but for what a vote says of its own making', () => {
    for (const [i, vote] of votes().entries()) {
      const signingKey = generateRsa(2048)
      const identityKey = generateRsa(2048)
      const times = {published: new Date(0), expires: new Date(1e12)}
      const certText = printAuthorityCert({identityKey, signingKey, ...times})
      const cert = parseAuthorityCert(certText)
      assert.ok(cert.ok)
      const voter = {...vote.voter, identity: cert.value.identity}
      const printed = printVote({...vote, voter}, {signingKey, certText, flagThresholds: 'x=1'})
      const again = parseVote(printed)
      assert.ok(again.ok, JSON.stringify(again))
      const {cert: _cert, octets: _octets, digest: _digest, voter: __, ...content} = again.value
      const {cert: _theirCert, octets: _theirs, digest: _theirDigest, voter: ___, ...expected} = vote
      assert.deepEqual(content, expected)
      const lines = (text: string) =>
        text
          .slice(0, text.indexOf('directory-footer'))
          .split('\n')
          .filter(line => /^(?:r|s|pr|w|p|id|m|v) /.test(line))
          // What somebody measured of an authority, for those who study votes.
          .map(line => line.replace(/ MeasuredButAuthority=\d+$/, ''))
      assert.deepEqual(lines(toLatin1(printed)), lines(vectors.votes[i] ?? ''))
    }
  })

  it('are refused with anything changed that their signature covers', () => {
    const text = vectors.votes[0] ?? ''
    const changed = parseVote(text.replace('s Exit ', 's '))
    assert.ok(!changed.ok)
    assert.equal(changed.fault.code, 'bad-signature')
    const other = vectors.votes[1] ?? ''
    const cert = /dir-key-certificate-version[\s\S]*?dir-key-certification[\s\S]*?-----END SIGNATURE-----\n/
    const swapped = text.replace(cert, cert.exec(other)?.[0] ?? assert.fail())
    const result = parseVote(swapped)
    assert.ok(!result.ok)
    assert.equal(result.fault.code, 'mismatch')
  })
})

describe('a consensus that was computed', () => {
  it('is read back with the signatures that were added, and they hold', () => {
    const content = computeConsensus(votes(), {authorityCount: 3, isSharedRandomFresh: false})
    for (const flavour of ['ns', 'microdesc'] as const) {
      const theirs = parseConsensus(vectors.consensus[flavour], flavour)
      assert.ok(theirs.ok)
      const document = printConsensus(printConsensusToSign(content, flavour), theirs.value.signatures)
      const ours = parseConsensus(document, flavour)
      assert.ok(ours.ok)
      assert.equal(ours.value.signatures.length, 3)
      const certs = votes().map(({cert}) => cert)
      const authorities = certs.map(({identity}) => identity)
      assert.equal(countSignatures(ours.value, {authorities, certs, now: content.validAfter}).good, 3)
    }
  })

  it('has detached signatures that are read back as they were printed', () => {
    const ns = parseConsensus(vectors.consensus.ns, 'ns')
    const microdesc = parseConsensus(vectors.consensus.microdesc, 'microdesc')
    assert.ok(ns.ok && microdesc.ok)
    const {validAfter, freshUntil, validUntil} = ns.value
    const detached = {
      validAfter,
      freshUntil,
      validUntil,
      flavours: {
        ns: {digest: new Uint8Array(20).fill(1), signatures: ns.value.signatures},
        microdesc: {digest: new Uint8Array(32).fill(2), signatures: microdesc.value.signatures}
      }
    }
    const printed = printDetachedSignatures(detached)
    const parsed = parseDetachedSignatures(printed)
    assert.ok(parsed.ok, JSON.stringify(parsed))
    assert.deepEqual(parsed.value, detached)
    const [first = assert.fail()] = ns.value.signatures
    assert.ok(toLatin1(printed).includes(`directory-signature ${toBase16Upper(first.identity)} `))
    assert.equal(parseDetachedSignatures(fromText(`x\n${toLatin1(printed)}`)).ok, false)
  })
})
