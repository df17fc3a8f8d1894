import assert from 'node:assert/strict'
import {describe, it} from 'node:test'
import {fromLatin1} from '../../../src/bytes/octets.ts'
import {CommandReader, LINE_MAX, STRANGER_LINE_MAX} from '../../../src/control/command-reader.ts'
import {answer, event, farewell, keyValue, printReply, reply} from '../../../src/control/reply.ts'
import {decodeUtf8, parseWords, quote} from '../../../src/control/words.ts'

const valuesOf = (text: string) => parseWords(text)?.map(({key, value}) => [key, value])

describe('control-spec 2.2: words', () => {
  it('are apart by blanks, with or without a key', () => {
    assert.deepEqual(valuesOf('  a  b=c\t$X=y '), [
      [undefined, 'a'],
      ['b', 'c'],
      [undefined, '$X=y']
    ])
  })

  it('in quotes hold blanks and know the escapes of C', () => {
    assert.deepEqual(valuesOf('"a b" k="c\\"d\\\\\\n\\101\\0" e'), [
      [undefined, 'a b'],
      ['k', 'c"d\\\nA\0'],
      [undefined, 'e']
    ])
  })

  it('say whether they were quoted, since a password in quotes is none in base16', () => {
    assert.deepEqual(
      parseWords('"ab" cd')?.map(({isQuoted}) => isQuoted),
      [true, false]
    )
  })

  for (const broken of ['"a', 'k="a', '"a\\', '"a"b', '"\\777"']) {
    it(`are none when a quote is broken: ${broken}`, () => assert.equal(parseWords(broken), undefined))
  }

  it('keep every octet, and are UTF-8 where people read them', () => {
    const octets = Buffer.from('"é\\377"').toString('latin1')
    const [word] = parseWords(octets) ?? []
    assert.equal(word?.value, 'Ã©\xff')
    assert.equal(decodeUtf8('Ã©'), 'é')
  })

  it('quoted can be read back', () => {
    const text = 'a "b" \\ \n\r\t c'
    assert.equal(parseWords(quote(text))?.[0]?.value, text)
  })
})

describe('control-spec 2.1: commands', () => {
  const read = (reader: CommandReader, text: string) => {
    const pushed = reader.push(fromLatin1(text))
    const commands = []
    for (let next = reader.next(); next !== undefined; next = reader.next()) commands.push(next)
    return {ok: pushed.ok, commands}
  }

  it('end in CRLF or LF, however they are cut up', () => {
    const reader = new CommandReader()
    assert.deepEqual(read(reader, 'A b\r\nC\nD').commands, [
      {line: 'A b', data: undefined},
      {line: 'C', data: undefined}
    ])
    assert.deepEqual(read(reader, '\r').commands, [])
    assert.deepEqual(read(reader, '\n').commands, [{line: 'D', data: undefined}])
  })

  it('with + have data up to a lone dot; the first of two dots goes', () => {
    const {commands} = read(new CommandReader(), '+X y\r\none\r\n..two\r\n\r\n.\r\nZ\r\n')
    assert.deepEqual(commands, [
      {line: 'X y', data: 'one\n.two\n\n'},
      {line: 'Z', data: undefined}
    ])
  })

  it('of a stranger are short, ended or not', () => {
    for (const text of ['a'.repeat(STRANGER_LINE_MAX + 1), `${'a'.repeat(STRANGER_LINE_MAX + 1)}\n`]) {
      assert.equal(read(new CommandReader(), text).ok, false)
    }
    assert.equal(read(new CommandReader(), `${'a'.repeat(STRANGER_LINE_MAX)}\n`).ok, true)
  })

  it('of a stranger cannot grow by data either', () => {
    const reader = new CommandReader()
    assert.equal(read(reader, '+X\r\n').ok, true)
    assert.equal(read(reader, `${'a'.repeat(100)}\n`.repeat(STRANGER_LINE_MAX / 100 + 1)).ok, false)
  })

  it('of others are as long as C tor takes them, and no longer', () => {
    const reader = new CommandReader()
    reader.trust()
    assert.equal(read(reader, `${'a'.repeat(LINE_MAX)}\n`).ok, true)
    assert.equal(read(reader, 'a'.repeat(LINE_MAX + 1)).ok, false)
  })
})

describe('control-spec 2.3: replies', () => {
  it('end with a blank behind the status, after dashes', () => {
    assert.equal(printReply(answer('a=1', 'b=2')), '250-a=1\r\n250-b=2\r\n250 OK\r\n')
    assert.equal(printReply(reply(552, 'no')), '552 no\r\n')
  })

  it('carry lines as data, dots doubled, lines ended in CRLF', () => {
    assert.equal(
      printReply(answer(keyValue('k', 'a\n.b\r\nc'))),
      '250+k=\r\na\r\n..b\r\nc\r\n.\r\n250 OK\r\n'
    )
    assert.equal(printReply(answer({text: 'k=', data: ''})), '250+k=\r\n.\r\n250 OK\r\n')
  })

  it('stay one line whatever gets into them', () => {
    assert.equal(printReply(farewell(512, 'a\r\n250 OK')), '512 a 250 OK\r\n')
    assert.equal(printReply(event('NOTICE', 'x\ny')), '650 NOTICE x y\r\n')
  })
})
