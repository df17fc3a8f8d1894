import assert from 'node:assert/strict'
import {mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, test} from 'node:test'
import {loadState, parseState, printState, RelayState, saveState} from '../../../src/datadir/state-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'ramson-state-'))
after(() => rmSync(folder, {recursive: true}))

const NOW = new Date('2026-11-22T10:20:30.900Z')

function body(state: RelayState): string {
  return printState(state, NOW).split('\n').slice(4).join('\n')
}

test('keys that mean nothing to us stay, in their places and as they were written', () => {
  const text =
    'AccountingBytesReadInInterval 12 KB\nGuard in=default rsa_id=AA\nGuard in=default rsa_id=BB\nZed "a \\" b"\n'
  const state = parseState(`# a comment\n\n${text}`)
  state.setTime('LastRotatedOnionKey', NOW)
  assert.equal(body(state), text.replace('Zed', 'LastRotatedOnionKey 2026-11-22 10:20:30\nZed'))
  assert.deepEqual(state.all('guard'), ['in=default rsa_id=AA', 'in=default rsa_id=BB'])
})

test('setting a key replaces all of its lines where the first one stood', () => {
  const state = parseState('A 1\nB 1\nB 2\nC 1\n')
  state.set('B', 'x', 'y', 'z')
  assert.equal(body(state), 'A 1\nB x\nB y\nB z\nC 1\n')
  state.set('B')
  assert.equal(body(state), 'A 1\nC 1\n')
})

test('no value can start a line of its own', () => {
  const state = new RelayState()
  state.set('A', 'one\nTorVersion two')
  assert.equal(body(state), 'A one TorVersion two\n')
})

test('a time that does not read as one is none', () => {
  assert.equal(parseState('LastWritten soon').time('LastWritten'), undefined)
  assert.equal(parseState('').time('LastWritten'), undefined)
})

test('a state is saved whole, for the owner alone, and loaded again', () => {
  const none = loadState(folder)
  assert.ok(none.ok)
  assert.deepEqual(none.value.lines(), [])
  none.value.set('Dormant', '0')
  assert.ok(saveState(folder, none.value, 'ramson 0.1.0', NOW).ok)
  assert.deepEqual(readdirSync(folder), ['state'])
  assert.equal(statSync(join(folder, 'state')).mode & 0o777, 0o600)
  assert.match(
    readFileSync(join(folder, 'state'), 'utf8'),
    /^# Tor state file last generated on .* local time\n/
  )
  const again = loadState(folder)
  assert.ok(again.ok)
  assert.deepEqual(
    again.value.lines().map(({key, value}) => `${key} ${value}`),
    ['Dormant 0', 'LastWritten 2026-11-22 10:20:30', 'TorVersion ramson 0.1.0']
  )
})

test('a state file of absurd size is refused, not read', () => {
  writeFileSync(join(folder, 'state'), Buffer.alloc(2 << 20, 0x61))
  const state = loadState(folder)
  assert.equal(!state.ok && state.fault.code, 'too-large')
})
