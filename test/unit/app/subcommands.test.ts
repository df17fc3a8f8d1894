// The commands that are words of their own, run as an operator runs them, for everything short of a node.

import assert from 'node:assert/strict'
import {spawnSync} from 'node:child_process'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {after, test} from 'node:test'
import {fileURLToPath} from 'node:url'
import {SUBCOMMANDS} from '../../../src/app/subcommands.ts'

const program = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'src', 'app', 'main.js')
const folder = mkdtempSync(join(tmpdir(), 'ramson-commands-'))
after(() => rmSync(folder, {recursive: true}))

function run(...words: string[]): {status: number | null; stdout: string; stderr: string} {
  const {status, stdout, stderr} = spawnSync(process.execPath, [program, ...words], {encoding: 'utf8'})
  return {status, stdout, stderr}
}

function torrc(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

test('the help lists every command, and each has a help of its own', () => {
  const help = run('--help').stdout
  for (const {name, summary} of SUBCOMMANDS) {
    assert.match(help, new RegExp(`^ {2}${name} +`, 'm'))
    assert.ok(help.includes(summary), name)
    const own = run(name, '--help')
    assert.equal(own.status, 0, name)
    assert.match(own.stdout, /^Usage: ramson/, name)
  }
})

test('a word that is no command is refused with the nearest one', () => {
  assert.deepEqual(run('netwrok'), {
    status: 1,
    stdout: '',
    stderr: 'There is no netwrok. Did you mean network? See ramson --help.\n'
  })
})

test('a client has a SOCKS port without any settings, and that of its torrc where there is one', () => {
  const empty = torrc('empty', '')
  assert.match(run('client', '-f', empty, '--dump-config', 'short').stdout, /^SocksPort 9050$/m)
  const other = torrc('other', 'SocksPort 9150\n')
  const dumped = run('client', '-f', other, '--dump-config', 'short').stdout
  assert.match(dumped, /^SocksPort 9150$/m)
  assert.doesNotMatch(dumped, /9050/)
})

test('a relay without an ORPort and a service without a service are refused, with the line to add', () => {
  const client = torrc('client', 'SocksPort 9150\n')
  const relay = run('relay', '-f', client, '--verify-config')
  assert.deepEqual([relay.status, relay.stdout], [1, ''])
  assert.match(relay.stderr, /--ORPort 9001/)
  const service = run('service', '-f', client, '--verify-config')
  assert.deepEqual([service.status, service.stdout], [1, ''])
  assert.match(service.stderr, /--HiddenServiceDir DIRECTORY --HiddenServicePort/)
  const words = ['--HiddenServiceDir', join(folder, 'hs'), '--HiddenServicePort', '80 127.0.0.1:8080']
  assert.equal(run('service', '-f', client, ...words, '--verify-config').status, 0)
})

test('the place of a master key needs no torrc and no ORPort', () => {
  const data = join(folder, 'offline')
  const words = ['-f', join(folder, 'missing'), '--DataDirectory', data, '--keygen', '--no-passphrase']
  const {status, stdout, stderr} = run(...words)
  assert.deepEqual([status, stderr], [0, ''])
  assert.match(stdout, /ed25519_master_id_secret_key, not encrypted\.\nA new signing key is in /)
})
