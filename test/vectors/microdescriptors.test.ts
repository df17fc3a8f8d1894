import assert from 'node:assert/strict'
import {describe, it} from 'node:test'
import {toBase64Unpadded} from '../../src/bytes/base64.ts'
import {fromText} from '../../src/bytes/octets.ts'
import {sha256} from '../../src/crypto/digest.ts'
import {parseMicrodescriptors} from '../../src/netdoc/microdescriptor.ts'
import {readVectors} from '../support/package-root.ts'

const {documents} = readVectors<{documents: Record<string, string>}>('microdescriptors.json')
const document = (name: string) => documents[name] ?? assert.fail(name)

function parse(text: string) {
  const result = parseMicrodescriptors(text)
  assert.ok(result.ok, JSON.stringify(result))
  return result.value
}

function only(name: string) {
  const {accepted, refused} = parse(document(name))
  assert.equal(refused.length, 0, JSON.stringify(refused))
  assert.equal(accepted.length, 1)
  return accepted[0] ?? assert.fail()
}

function refusal(name: string) {
  const {accepted, refused} = parse(document(name))
  assert.equal(accepted.length, 0)
  return refused.map(({fault}) => [fault.code, fault.data?.keyword])
}

describe('microdescriptors of the C tor source', () => {
  for (const name of [
    'test_md1',
    'test_md2',
    'GOOD_MD',
    'test_md2_withfamily_33',
    'test_md2_withfamilyids_35'
  ]) {
    it(`${name} is accepted, under the digest of its text`, () => {
      assert.deepEqual(only(name).digest, sha256(fromText(document(name))))
    })
  }

  it('give keys, family, family ids, policy and identity', () => {
    const descriptor = only('test_md2_withfamilyids_35')
    assert.equal(
      toBase64Unpadded(descriptor.ed25519 ?? assert.fail()),
      'J5lkRqyL6qW+CpN3E4RIlgJZeLgwjtmOOrjZvVhuwLQ'
    )
    assert.equal(toBase64Unpadded(descriptor.ntorOnionKey), 'FChIfm77vrWB7JsxQ+jMbN6VSSp1P0DYbw/2aqey4iA')
    assert.equal(descriptor.onionKeyTap?.bits, 1024)
    assert.deepEqual(descriptor.family, [
      '!Strange',
      '$D219590AC9513BCDEBBA9AB721007A4CC01BBAE3',
      'othernode'
    ])
    assert.equal(descriptor.familyIds.length, 2)
    assert.deepEqual(descriptor.policy, {kind: 'accept', ranges: [{first: 1, last: 65535}]})
  })

  it('come one behind the other', () => {
    const {accepted, refused} = parse(document('GOOD_MDS'))
    assert.equal(refused.length, 0)
    assert.deepEqual(
      accepted.map(descriptor => descriptor.familyIds.length),
      [0, 2]
    )
    assert.equal(accepted[0]?.onionKeyTap, undefined)
  })

  it('are refused with two identities, with a bogus one and when cut off', () => {
    assert.deepEqual(refusal('DUPLICATE_KEY'), [['bad-argument', 'id']])
    assert.deepEqual(refusal('BOGUS_KEY'), [['bad-key', 'id']])
    assert.deepEqual(refusal('truncated_md'), [['missing-item', 'ntor-onion-key']])
  })

  it('keep the annotation of a cache out of their digest', () => {
    const body = document('test_md3').slice(document('test_md3').indexOf('\n') + 1)
    const {accepted, refused} = parse(
      `@last-listed 2009-06-22 10:00:00\n${body}@last-listed 2010-01-01 00:00:00\n${document('test_md1')}`
    )
    assert.deepEqual(refused, [])
    assert.deepEqual(
      accepted.map(({digest}) => digest),
      [sha256(fromText(body)), sha256(fromText(document('test_md1')))]
    )
    assert.equal(accepted[0]?.lastListed?.toISOString(), '2009-06-22T10:00:00.000Z')
    // As the source has it, the annotation lacks its time of day.
    assert.deepEqual(refusal('test_md3'), [['bad-argument', '@last-listed']])
  })

  it('are refused with an onion key of zeros, which no handshake can be done with', () => {
    const zeros = `onion-key\nntor-onion-key ${'A'.repeat(43)}\n`
    assert.deepEqual(
      parse(zeros).refused.map(({fault}) => fault.code),
      ['bad-key']
    )
  })
})
