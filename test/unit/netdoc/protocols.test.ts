import assert from 'node:assert/strict'
import {describe, it} from 'node:test'
import {parseProtocols} from '../../../src/netdoc/protocols.ts'

describe('subprotocol lists', () => {
  it('are flags, not an order', () => {
    const list = parseProtocols('Link=4-5 Relay=2,4 Empty= Cons=63,0') ?? assert.fail()
    assert.deepEqual(list.versions('Link'), [4, 5])
    assert.ok(list.supports('Relay', 4) && !list.supports('Relay', 3))
    assert.ok(list.supports('Cons', 63) && list.supports('Cons', 0) && !list.supports('Cons', 31))
    assert.deepEqual(list.versions('Empty'), [])
    assert.ok(!list.supports('Unheard', 1))
    assert.ok(!list.supports('Link', 64) && !list.supports('Link', -1))
    assert.deepEqual(list.names, ['Link', 'Relay', 'Empty', 'Cons'])
  })

  it('say what is missing against what is required', () => {
    const ours = parseProtocols('Link=4-5 Relay=2') ?? assert.fail()
    const required = parseProtocols('Link=4 Relay=2-4 Desc=2') ?? assert.fail()
    assert.deepEqual(ours.missing(required), ['Relay=3', 'Relay=4', 'Desc=2'])
  })

  it('cannot be made to grow by ranges (TROVE-2018-005)', () => {
    for (const text of [
      'Link=0-4294967295',
      'Link=1-64',
      'Link=64',
      'Link=5-4',
      'Link=4294967296',
      'Link=1-2-3',
      'Link=1,',
      'Link=,1',
      'Link=-1',
      'Link= 1',
      'Link=1,,2',
      'Link',
      '=1',
      'Li nk=1',
      'Link=+1',
      'Li_nk=1',
      `${'A'.repeat(101)}=1`
    ]) {
      assert.equal(parseProtocols(text), undefined, text)
    }
    const many = Array.from({length: 10_000}, (_, i) => `P${i}=0-63`).join(' ')
    assert.equal(parseProtocols(many)?.names.length, 10_000)
  })
})
