import assert from 'node:assert/strict'
import {test} from 'node:test'
import {type CommandLine, parseCommandLine} from '../../../src/app/cli.ts'
import {helpText} from '../../../src/app/help.ts'

function parse(...words: string[]): CommandLine {
  const command = parseCommandLine(words)
  return command.ok ? command.value : assert.fail(command.fault.data?.message)
}

function refused(...words: string[]): string {
  const command = parseCommandLine(words)
  return command.ok ? assert.fail('was accepted') : (command.fault.data?.message ?? '')
}

function given(...words: string[]): string[][] {
  return parse(...words).lines.map(({mode, name, value}) => [mode, name, value])
}

test('without words a relay runs on the usual torrc', () => {
  assert.deepEqual(parse(), {
    action: 'run',
    torrcFile: undefined,
    defaultsFile: undefined,
    missingTorrc: 'fault',
    quiet: 'normal',
    fingerprint: 'rsa',
    dump: 'short',
    argument: '',
    keygen: {passphrase: 'asked', passphraseFd: undefined, newPassphraseFd: undefined},
    expirationFormat: 'iso8601',
    lines: [],
    roleLines: []
  })
})

test('-f names the torrc, - the standard input', () => {
  assert.equal(parse('-f', '/x').torrcFile, '/x')
  assert.equal(parse('--torrc-file', '-').torrcFile, '-')
  assert.equal(parse('--torrc-file=/x').torrcFile, '/x')
  assert.equal(parse('--defaults-torrc', '/d', '--ignore-missing-torrc').defaultsFile, '/d')
})

test('any torrc option can be given, with two dashes, one or none, as C tor takes them', () => {
  assert.deepEqual(given('--ORPort', '9001', '-nickname', 'x', 'ContactInfo', '-f', '-f', 'torrc'), [
    ['set', 'ORPort', '9001'],
    ['set', 'nickname', 'x'],
    ['set', 'ContactInfo', '-f']
  ])
})

test("'+' appends to an option and '/' takes it away, without a value", () => {
  assert.deepEqual(given('+Log', 'info stdout', '--/MyFamily', '--ORPort', '1'), [
    ['append', 'Log', 'info stdout'],
    ['clear', 'MyFamily', ''],
    ['set', 'ORPort', '1']
  ])
})

test('what to do instead of running is a flag, and there can be only one', () => {
  assert.equal(parse('--verify-config').action, 'verify-config')
  assert.equal(parse('--list-fingerprint').fingerprint, 'rsa')
  assert.equal(parse('--list-fingerprint', 'ed25519', '-f', 'x').fingerprint, 'ed25519')
  assert.equal(parse('--list-fingerprint', '--ORPort', '1').action, 'list-fingerprint')
  assert.equal(parse('--dump-config', 'short').dump, 'short')
  assert.equal(parse('--dump-config', 'non-builtin').dump, 'short')
  assert.equal(parse('--dump-config', 'full').dump, 'full')
  assert.equal(parse('--list-torrc-options').action, 'list-torrc-options')
  assert.equal(parse('--version').action, 'version')
  assert.equal(parse('-h').action, 'help')
  assert.equal(parse('--help', '--version').action, 'help')
  assert.equal(parse('--hash-password', '-x').argument, '-x')
  assert.equal(parse('--keygen-family', 'mine').argument, 'mine')
  assert.equal(parse('--key-expiration', 'sign', '--format', 'timestamp').expirationFormat, 'timestamp')
  assert.match(refused('--version', '--verify-config'), /exclude each other/)
})

test('an unknown word is refused with the nearest flag or option', () => {
  assert.equal(refused('--verfy-config'), 'There is no --verfy-config. Did you mean --verify-config?')
  assert.equal(refused('--Nicknam', 'x'), 'There is no --Nicknam. Did you mean --Nickname?')
  assert.equal(refused('qqqqqqqq'), 'There is no qqqqqqqq.')
})

test('a flag or option that lacks its value, or has a wrong one, is refused', () => {
  assert.equal(refused('--ORPort'), '--ORPort wants a value.')
  assert.match(refused('-f'), /argument missing/)
  assert.match(refused('--list-fingerprint', 'x25519'), /Allowed choices are rsa, ed25519\.$/)
  assert.match(refused('--dump-config'), /argument missing/)
  assert.match(refused('--dump-config', 'all'), /Allowed choices are short, full, non-builtin\.$/)
  assert.match(refused('--key-expiration', 'onion'), /Allowed choices are sign\.$/)
})

test('of --quiet and --hush the stricter one counts, as with C tor', () => {
  assert.equal(parse('--hush', '--quiet').quiet, 'quiet')
  assert.equal(parse('--hush').quiet, 'hush')
})

test('--keygen says how the master key is kept; its flags mean nothing without it', () => {
  assert.deepEqual(parse('--keygen', '--no-passphrase').keygen.passphrase, 'none')
  assert.deepEqual(
    parse('--keygen', '--newpass', '--passphrase-fd', '3', '--new-passphrase-fd', '4').keygen,
    {
      passphrase: 'new',
      passphraseFd: 3,
      newPassphraseFd: 4
    }
  )
  assert.match(refused('--newpass'), /belongs to --keygen/)
  assert.match(refused('--no-passphrase'), /belongs to --keygen/)
  assert.match(refused('--passphrase-fd', '0'), /belongs to --keygen/)
  assert.match(refused('--keygen', '--passphrase-fd', 'x'), /a number/)
  assert.match(refused('--keygen', '--no-passphrase', '--passphrase-fd', '0'), /exclude each other/)
  assert.match(refused('--format', 'timestamp'), /belongs to --key-expiration/)
})

test('the help names every flag', () => {
  for (const flag of [
    '-f',
    '--verify-config',
    '--dump-config',
    '--list-fingerprint',
    '--version',
    '--quiet'
  ]) {
    assert.ok(helpText().includes(flag), flag)
  }
})
