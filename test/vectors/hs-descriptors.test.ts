import assert from 'node:assert/strict'
import {before, describe, it} from 'node:test'
import {ed25519Ready} from '../../src/crypto/ed25519.ts'
import {parseOuterHsDescriptor} from '../../src/netdoc/hs-descriptor/outer.ts'
import {readVectors} from '../support/package-root.ts'

const {documents} = readVectors<{documents: Record<string, string>}>('hs_descriptors.json')
const text = documents['HS_DESC_BAD_SIG'] ?? assert.fail()

before(() => ed25519Ready)

describe('onion service descriptors of the C tor source', () => {
  it('HS_DESC_BAD_SIG, whose signature line begins with a space, is refused (TROVE-2021-006)', () => {
    const result = parseOuterHsDescriptor(text, {now: new Date('2018-01-01T00:00:00Z')})
    assert.ok(!result.ok && result.fault.code === 'bad-keyword')
  })

  it('HS_DESC_BAD_SIG without that space is good in every other way', () => {
    const result = parseOuterHsDescriptor(text.replace('\n signature', '\nsignature'), {
      now: new Date('2017-08-12T00:00:00Z')
    })
    assert.ok(result.ok)
    assert.equal(result.value.revisionCounter, 42n)
    assert.equal(result.value.lifetimeMinutes, 180)
    assert.equal(result.value.superencrypted.length, 10_048)
    assert.equal(result.value.expiresAt.toISOString(), '2017-08-13T22:00:00.000Z')
  })
})
