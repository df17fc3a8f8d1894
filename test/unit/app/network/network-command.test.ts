import assert from 'node:assert/strict'
import {test} from 'node:test'
import {networkHelpText, parseNetworkCommand} from '../../../../src/app/network/network-command.ts'

function parsed(...words: readonly string[]) {
  const command = parseNetworkCommand(words)
  return command.ok ? command.value : assert.fail(command.fault.data?.message)
}

function refusal(...words: readonly string[]): string {
  const command = parseNetworkCommand(words)
  return command.ok ? assert.fail('it was taken') : (command.fault.data?.message ?? '')
}

test('without flags it is seven relays, for people, until it is stopped', () => {
  assert.deepEqual(parsed(), {relays: 7, action: 'run', output: 'people', stays: 'until-stopped'})
})

test('every flag says what it means', () => {
  const words = '--relays 9 --base-port 20000 --keep dir --socks-port 9050 --status-port 8080 --json --once'
  assert.deepEqual(parsed(...words.split(' '), '--target', '[::1]:80'), {
    relays: 9,
    basePort: 20_000,
    keep: 'dir',
    socksPort: 9050,
    statusPort: 8080,
    target: {host: '::1', port: 80},
    action: 'run',
    output: 'json',
    stays: 'once'
  })
})

test('a target may be a port of this machine alone', () => {
  assert.deepEqual(parsed('--target', '8080').target, {host: '127.0.0.1', port: 8080})
  assert.deepEqual(parsed('--target', 'localhost:8080').target, {host: '127.0.0.1', port: 8080})
})

test('what is out of bounds is refused with the flag and the bounds', () => {
  assert.match(refusal('--relays', '6'), /--relays.*7 to 60\.$/)
  assert.match(refusal('--relays', '61'), /--relays.*7 to 60\.$/)
  assert.match(refusal('--base-port', '80'), /--base-port.*1024 to 65471\.$/)
  assert.match(refusal('--socks-port', '0'), /--socks-port.*1 to 65535\.$/)
  assert.match(refusal('--target', 'example.com:80'), /--target.*such as 127\.0\.0\.1:8080\.$/)
  assert.match(refusal('--target', '0'), /--target/)
})

test('what is no flag is refused, and a near one is named', () => {
  assert.match(refusal('--relay', '9'), /--relay'.*--relays/)
  assert.match(refusal('more'), /too many arguments/)
})

test('the help names every flag', () => {
  assert.equal(parsed('--help').action, 'help')
  for (const flag of ['relays', 'base-port', 'keep', 'target', 'socks-port', 'status-port', 'json', 'once']) {
    assert.match(networkHelpText(), new RegExp(`--${flag} `))
  }
})
