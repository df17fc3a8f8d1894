import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {printConfigFault} from '../../../src/config/fault.ts'
import {parseTorrcText} from '../../../src/config/torrc-text.ts'

function read(text: string): [string, string][] {
  const lines = parseTorrcText(text, 'torrc')
  if (!lines.ok) return assert.fail(printConfigFault(lines.fault))
  return lines.value.map(line => [line.name, line.value])
}

function refused(text: string): string {
  const lines = parseTorrcText(text, 'torrc')
  return lines.ok ? assert.fail('was accepted') : printConfigFault(lines.fault)
}

test('a line is a name and a value; blanks around both do not count, blanks inside a value do', () => {
  assert.deepEqual(read('Foo Bar\n'), [['Foo', 'Bar']])
  assert.deepEqual(read('  Foo\t  Bar    Baz   \r\n\n\nQux 1'), [
    ['Foo', 'Bar    Baz'],
    ['Qux', '1']
  ])
})

test('a comment runs to the end of its line, alone, behind a value, or right behind a name', () => {
  assert.deepEqual(read('# nothing\n  # nothing\nHello World   #today\nHello World#tomorrow\nFoo#bar\n'), [
    ['Hello', 'World'],
    ['Hello', 'World'],
    ['Foo', '']
  ])
})

test('a name may stand without a value', () => {
  assert.deepEqual(read('Foo\nBar 1\nBaz'), [
    ['Foo', ''],
    ['Bar', '1'],
    ['Baz', '']
  ])
})

test('a quoted value is a C string', () => {
  assert.deepEqual(read('Hello "World!" # said\n'), [['Hello', 'World!']])
  assert.deepEqual(read('Hello "\\"World\\"\\nand\\tthe\\x41\\102 \\\\ # all"\n'), [
    ['Hello', '"World"\nand\ttheAB \\ # all']
  ])
  assert.deepEqual(read('Name "gr\\xc3\\xbcn grün"'), [['Name', 'grün grün']])
})

test('a quoted value that does not end, has an unknown escape or is followed by more is refused with its line', () => {
  assert.match(refused('A 1\nHello "World\n'), /^torrc, line 2: .*closing quote/)
  assert.match(refused('Hello "World'), /closing quote/)
  assert.match(refused('Hello "Wor\\qld"'), /unknown escape/)
  assert.match(refused('Hello "\\x4"'), /unknown escape/)
  assert.match(refused('Hello "\\777"'), /unknown escape/)
  assert.match(refused('\n\nHello "World" more\n'), /^torrc, line 3: .*follows/)
})

test('a backslash at the very end of a line joins the next line to the value', () => {
  assert.deepEqual(read('Hello\\\nWorld\\\nand\\\nfriends\nNext 1\n'), [
    ['Hello', 'Worldandfriends'],
    ['Next', '1']
  ])
  assert.deepEqual(read('Too \\\nMany\\\\\\\nBacksl\\ashes \\\\\nhere'), [
    ['Too', 'Many\\\\Backsl\\ashes \\here']
  ])
})

test('within a joined value a comment takes its line end with it, backslash or not', () => {
  const withBackslashes = 'This entry  \\\n # has comments \\\n and some \\\n are # generally \\\n silly\n'
  const without = 'This entry  \\\n # has comments\n and some \\\n are # generally\n silly\n'
  assert.deepEqual(read(withBackslashes), [['This', 'entry    and some  are  silly']])
  assert.deepEqual(read(without), read(withBackslashes))
})

test('the end of a value is trimmed before lines are joined, so a backslash before nothing stays', () => {
  assert.deepEqual(read('A x\\\n'), [['A', 'x\\']])
  assert.deepEqual(read('A x\\\n  \nB 1'), [
    ['A', 'x\\'],
    ['B', '1']
  ])
})

test("'+' before a name appends, '/' clears and drops the value", () => {
  const lines = parseTorrcText('+Log info stdout\n/MyFamily x\nNickname y', 'torrc')
  assert.ok(lines.ok)
  assert.deepEqual(
    lines.value.map(({mode, name, value}) => [mode, name, value]),
    [
      ['append', 'Log', 'info stdout'],
      ['clear', 'MyFamily', ''],
      ['set', 'Nickname', 'y']
    ]
  )
})

test('each line knows where it began', () => {
  const lines = parseTorrcText('# c\nA 1\\\n2\n\nB "x"\nC', 'file')
  assert.ok(lines.ok)
  assert.deepEqual(
    lines.value.map(line => [line.name, line.place.source, line.place.line]),
    [
      ['A', 'file', 2],
      ['B', 'file', 5],
      ['C', 'file', 6]
    ]
  )
})

test('any text is read to its end or refused, and never throws', () => {
  const piece = fc.constantFrom(
    'A',
    ' ',
    '\t',
    '\n',
    '\r',
    '#',
    '\\',
    '"',
    '+',
    '/',
    'ü',
    '\\x4',
    '\0',
    '\\\n'
  )
  fc.assert(
    fc.property(fc.array(piece, {maxLength: 60}), pieces => {
      const lines = parseTorrcText(pieces.join(''), 'torrc')
      assert.ok(lines.ok || lines.fault.code === 'syntax')
    }),
    {seed: 1, numRuns: 2000}
  )
})
