import assert from 'node:assert/strict'
import {describe, it} from 'node:test'
import {checkItems, type ItemRules} from '../../../src/netdoc/item-rules.ts'
import {MAX_ITEMS, MAX_LINE_LENGTH, MAX_OBJECT_LENGTH, tokenize} from '../../../src/netdoc/tokenize.ts'

function itemsOf(text: string) {
  const result = tokenize(text)
  assert.ok(result.ok, JSON.stringify(result))
  return result.value
}

function codeOf(text: string): string {
  const result = tokenize(text)
  return result.ok ? 'ok' : result.fault.code
}

describe('the meta format of directory documents (dir-spec 1.2)', () => {
  it('splits a keyword line at any white space', () => {
    const [item] = itemsOf('bandwidth  1000\t2000   3000 \n')
    assert.equal(item?.keyword, 'bandwidth')
    assert.deepEqual(item?.args, ['1000', '2000', '3000'])
  })

  it('reads an object of base64 lines behind its keyword line', () => {
    const text =
      'signing-key\n-----BEGIN RSA PUBLIC KEY-----\nAAEC\nAwQF\n-----END RSA PUBLIC KEY-----\nnext\n'
    const [item, next] = itemsOf(text)
    assert.equal(item?.object?.label, 'RSA PUBLIC KEY')
    assert.deepEqual([...(item?.body ?? [])], [0, 1, 2, 3, 4, 5])
    assert.deepEqual(item?.span, {start: 0, lineEnd: 12, end: text.indexOf('next')})
    assert.equal(next?.keyword, 'next')
  })

  it('takes the keyword behind an "opt"', () => {
    assert.deepEqual(
      itemsOf('opt fred is a relay\n').map(item => [item.keyword, item.line]),
      [['fred', 'is a relay']]
    )
  })

  it('accepts an empty object and a last line without newline', () => {
    const [item] = itemsOf('key\n-----BEGIN X-----\n-----END X-----')
    assert.deepEqual(item?.object, {label: 'X', octets: new Uint8Array(0)})
  })

  it('refuses what is no keyword', () => {
    for (const text of ['-----END X-----\n', ' \u00e9t\u00e9\n', 'a_b c\n', '@\n', '# comment\n']) {
      assert.equal(codeOf(text), 'bad-keyword', text)
    }
  })

  it('refuses objects without end, with another end or with other characters', () => {
    const begin = 'k\n-----BEGIN X-----\n'
    for (const text of [
      begin,
      `${begin}AAAA\n`,
      `${begin}AAAA\n-----END Y-----\n`,
      `${begin}AAAA\n-----END X----\n`,
      `${begin}AA AA\n-----END X-----\n`,
      `${begin}A\n-----END X-----\n`,
      'k\n-----BEGIN X\nAAAA\n-----END X-----\n',
      'k\n-----BEGIN -----\nAAAA\n-----END -----\n'
    ]) {
      assert.equal(codeOf(text), 'bad-object', JSON.stringify(text))
    }
  })

  it('bounds lines and objects', () => {
    assert.equal(codeOf(`k ${'a'.repeat(MAX_LINE_LENGTH - 2)}\n`), 'ok')
    assert.equal(codeOf(`k ${'a'.repeat(MAX_LINE_LENGTH)}\n`), 'line-too-long')
    const object = (lines: number) => `k\n-----BEGIN X-----\n${'AAAAAAA\n'.repeat(lines)}-----END X-----\n`
    assert.notEqual(codeOf(object(10)), 'object-too-large')
    assert.equal(codeOf(object(MAX_OBJECT_LENGTH / 8 + 2)), 'object-too-large')
  })

  it('bounds the items of a document', () => {
    assert.equal(codeOf('a\n'.repeat(MAX_ITEMS)), 'ok')
    assert.equal(codeOf('a\n'.repeat(MAX_ITEMS + 1)), 'too-many-items')
  })

  it('takes time in proportion to the length, whatever the text', () => {
    const hostile = [
      'k\n-----BEGIN X-----\n'.repeat(200_000),
      'k\n-----BEGIN X-----\n-----END X-----\n'.repeat(100_000),
      `k ${' '.repeat(120_000)}\n`.repeat(30),
      '\n'.repeat(4_000_000),
      'a b c\n'.repeat(600_000)
    ]
    for (const text of hostile) {
      const start = process.cpuUsage()
      tokenize(text)
      const {user, system} = process.cpuUsage(start)
      assert.ok((user + system) / 1000 < 5000, `${(user + system) / 1000} ms`)
    }
  })
})

describe('the table of items of a document', () => {
  const rules = {
    first: {count: 'once', args: 1, maxArgs: 2, position: 0},
    maybe: {count: 'at-most-once', object: ['X'], objectOptional: true},
    many: {count: 'any', object: ['X']},
    '@note': {count: 'at-most-once'}
  } as const satisfies ItemRules

  function fault(text: string, annotations?: 'annotations-first'): string {
    const result = checkItems(rules, itemsOf(text), annotations)
    return result.ok ? 'ok' : `${result.fault.code} ${result.fault.data?.keyword}`
  }

  const object = '-----BEGIN X-----\nAAAA\n-----END X-----\n'

  it('names the rule that is broken', () => {
    assert.equal(fault('first a\n'), 'ok')
    assert.equal(fault('other a\nfirst a\n'), 'misplaced-item first')
    assert.equal(fault('maybe\n'), 'missing-item first')
    assert.equal(fault('first a\nfirst a\n'), 'repeated-item first')
    assert.equal(fault('first\n'), 'too-few-arguments first')
    assert.equal(fault('first a b c\n'), 'too-many-arguments first')
    assert.equal(fault(`first a\n${object}`), 'bad-object-kind first')
    assert.equal(fault('first a\nmany\n'), 'bad-object-kind many')
    assert.equal(fault(`first a\nmany\n${object}many\n${object}maybe\nmaybe\n`), 'repeated-item maybe')
    assert.equal(fault(`first a\nmany\n${object.replaceAll('X', 'Y')}`), 'bad-object-kind many')
  })

  it('ignores items it does not name, as dir-spec 1.2 demands', () => {
    assert.equal(fault(`first a\nunheard-of b\n${object}`), 'ok')
    assert.equal(fault('first a\nconstructor\ntoString\n__proto__x\n'.replace('__proto__x\n', '')), 'ok')
  })

  it('allows annotations only where a cache may put them', () => {
    assert.equal(fault('@note x\nfirst a\n', 'annotations-first'), 'ok')
    assert.equal(fault('@note x\nfirst a\n'), 'unexpected-annotation annotation')
    assert.equal(fault('first a\n@note x\n', 'annotations-first'), 'unexpected-annotation annotation')
  })

  it('bounds the arguments of an item that it splits', () => {
    assert.equal(fault(`first ${'a '.repeat(600)}\n`), 'too-many-arguments first')
  })
})
