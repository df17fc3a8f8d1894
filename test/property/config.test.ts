// Whatever a torrc says, reading it ends in a configuration or in a fault that names the place, and never in an exception.

import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {knownOptionNames} from '../../src/config/option-names.ts'
import {printConfig} from '../../src/config/print-config.ts'
import {loadConfig} from '../../src/config/relay-config.ts'
import {type ConfigLine, parseTorrcText} from '../../src/config/torrc-text.ts'

const names = knownOptionNames()

const word = fc.constantFrom(
  ...[
    '0',
    '1',
    'auto',
    '-1',
    '9001',
    '65536',
    '1.5',
    '10 MB',
    '2 GB',
    '30 days',
    '500 msec',
    'v3',
    'reject *:*'
  ],
  ...[
    'accept *:80',
    '127.0.0.1:9001',
    '[::1]:80',
    '[',
    ']',
    ':',
    '::',
    'unix:/x',
    '~/x',
    '/x',
    'debug',
    '[or]info'
  ],
  ...[
    'notice file /x',
    'stdout',
    '$',
    'orport=5',
    'id=',
    `v3ident=${'A'.repeat(40)}`,
    'F'.repeat(40),
    '=',
    ',',
    '#',
    '"'
  ]
)
const value = fc.oneof(
  fc.array(word, {maxLength: 5}).map(words => words.join(' ')),
  fc.string({unit: 'binary', maxLength: 20})
)
const line: fc.Arbitrary<ConfigLine> = fc.record({
  mode: fc.constantFrom('set', 'append', 'clear'),
  name: fc.oneof({weight: 20, arbitrary: fc.constantFrom(...names)}, {weight: 1, arbitrary: fc.string()}),
  value,
  place: fc.constant({source: 'torrc', line: 1})
})

test('any lines give a configuration or a fault with a sentence', () => {
  let good = 0
  fc.assert(
    fc.property(fc.array(line, {maxLength: 4}), lines => {
      const orPort: ConfigLine = {
        mode: 'set',
        name: 'ORPort',
        value: '9001',
        place: {source: 'torrc', line: 1}
      }
      const config = loadConfig({
        torrc: [orPort],
        commandLine: lines.filter(each => each.name !== '%include')
      })
      if (config.ok) good++
      else assert.match(config.fault.data?.message ?? '', /\.$/)
    }),
    {seed: 2, numRuns: 500}
  )
  assert.ok(good > 50, `${good} were good`)
})

test('what was accepted can be printed, read again and means the same', () => {
  fc.assert(
    fc.property(fc.array(line, {maxLength: 3}), lines => {
      const orPort: ConfigLine = {
        mode: 'set',
        name: 'ORPort',
        value: '9001',
        place: {source: 'torrc', line: 1}
      }
      const config = loadConfig({torrc: [orPort, ...lines.filter(each => each.mode === 'set')]})
      if (!config.ok) return
      const text = printConfig(config.value, 'full')
      const again = parseTorrcText(text, 'printed')
      assert.ok(again.ok, text)
      const reloaded = loadConfig({torrc: again.value})
      assert.ok(reloaded.ok, text)
      assert.deepEqual(
        {...reloaded.value, given: 0, notices: 0},
        {...config.value, given: 0, notices: 0},
        text
      )
    }),
    {seed: 3, numRuns: 500}
  )
})
