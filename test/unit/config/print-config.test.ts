import assert from 'node:assert/strict'
import {test} from 'node:test'
import {printConfig} from '../../../src/config/print-config.ts'
import {loadConfig, type RelayConfig} from '../../../src/config/relay-config.ts'
import {parseTorrcText} from '../../../src/config/torrc-text.ts'

function load(text: string): RelayConfig {
  const lines = parseTorrcText(text, 'torrc')
  const config = lines.ok ? loadConfig({torrc: lines.value}) : lines
  return config.ok ? config.value : assert.fail('was refused')
}

const torrc =
  'ORPort 9001\nLog notice file /x\nLog warn stderr\nContactInfo "a # \\"b\\" \\\\"\nMyFamily aaa\n'

test('the short form is what was given, and reads back as the same', () => {
  const text = printConfig(load(torrc), 'short')
  assert.equal(
    text,
    'ContactInfo "a # \\"b\\" \\\\"\nLog notice file /x\nLog warn stderr\nMyFamily aaa\nORPort 9001\n'
  )
  assert.equal(printConfig(load(text), 'short'), text)
})

test('a value that the plain form would change is quoted', () => {
  const text = 'ORPort 9001\nContactInfo " blanks, \\x22 and grün "\n'
  assert.equal(printConfig(load(text), 'short'), 'ContactInfo " blanks, \\" and grün "\nORPort 9001\n')
})

test('the full form has every value in force, and reads back as the same settings', () => {
  const config = load(`${torrc}TestingTorNetwork 1\n`)
  const text = printConfig(config, 'full')
  assert.match(text, /^ShutdownWaitLength 30$/m)
  assert.match(text, /^ExtendAllowPrivateAddresses 1$/m)
  const again = load(text)
  assert.deepEqual({...again, given: 0, notices: 0}, {...config, given: 0, notices: 0})
})
