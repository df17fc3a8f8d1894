// The program itself, run as an operator runs it, for everything short of a relay.

import assert from 'node:assert/strict'
import {spawnSync} from 'node:child_process'
import {existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {after, test} from 'node:test'
import {fileURLToPath} from 'node:url'
import {lockDirectory} from '../../../src/datadir/lock.ts'
import {packageRoot} from '../../support/package-root.ts'

const program = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'src', 'app', 'main.js')
const folder = mkdtempSync(join(tmpdir(), 'ramson-main-'))
after(() => rmSync(folder, {recursive: true}))

function run(words: readonly string[], input = ''): {status: number | null; stdout: string; stderr: string} {
  const {status, stdout, stderr} = spawnSync(process.execPath, [program, ...words], {input, encoding: 'utf8'})
  return {status, stdout, stderr}
}

test('--version says which version, what moves the cells and on which Node', () => {
  const {version} = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as {version: string}
  const {status, stdout} = run(['--version'])
  assert.equal(status, 0)
  const [first, second, third] = stdout.split('\n')
  assert.equal(first, `ramson ${version}`)
  assert.match(
    second ?? '',
    /^data plane: (native, \d+ shards? over (native links|node:tls)|plain, over node:tls \(.+\)); cell cryptography: (addon|fallback) \([\w:-]+\)$/
  )
  assert.equal(third, `Node ${process.versions.node}`)
})

test('--verify-config says that good settings are good, and on another stream what has no effect', () => {
  const torrc = join(folder, 'torrc')
  writeFileSync(torrc, 'ORPort 9001\nExitPortStatistics 1\n')
  assert.deepEqual(run(['-f', torrc, '--verify-config']), {
    status: 0,
    stdout: 'Configuration was valid\n',
    stderr: `${torrc}, line 2: ExitPortStatistics (exit role) is an option of C tor that ramson does not have; it has no effect.\n`
  })
})

test('bad settings end with status 1 and one line that says where and why', () => {
  const {status, stdout, stderr} = run(['-f', '-', '--verify-config'], 'ORPort 9001\nNikname x\n')
  assert.deepEqual([status, stdout], [1, ''])
  assert.equal(stderr, "standard input, line 2: Unknown option 'Nikname'. Did you mean Nickname?\n")
  const onCommandLine = run(['--ORPort', 'x', '--verify-config', '-f', '/dev/null'])
  assert.equal(onCommandLine.stderr, "command line: ORPort wants [address:]port or auto, not 'x'.\n")
})

test('a torrc that was named and is not there is a fault, unless it may be missing', () => {
  const missing = join(folder, 'none')
  assert.match(
    run(['-f', missing, '--ORPort', '1', '--verify-config']).stderr,
    /none cannot be read \(ENOENT\)/
  )
  assert.equal(run(['-f', missing, '--ignore-missing-torrc', '--ORPort', '1', '--verify-config']).status, 0)
})

test('a bad command line ends with status 1 and points to the help', () => {
  const {status, stderr} = run(['--verfy-config'])
  assert.equal(status, 1)
  assert.equal(stderr, 'There is no --verfy-config. Did you mean --verify-config? See ramson --help.\n')
})

test('--dump-config prints the settings as a torrc', () => {
  const {stdout} = run(
    ['-f', '-', '--Nickname', 'x', '--dump-config', 'short'],
    'ORPort 9001 # mine\nNickname y\n'
  )
  assert.equal(stdout, 'Nickname x\nORPort 9001\n')
})

test('--list-fingerprint makes an identity once and then tells the same, in the forms that C tor prints', () => {
  const dataDirectory = join(folder, 'data')
  const words = ['-f', '/dev/null', '--ORPort', '1', '--Nickname', 'x', '--DataDirectory', dataDirectory]
  const first = run([...words, '--list-fingerprint'])
  assert.deepEqual([first.status, first.stderr], [0, ''])
  assert.match(first.stdout, /^x [0-9A-F]{4}( [0-9A-F]{4}){9}\n$/)
  const ed25519 = run([...words, '--list-fingerprint', 'ed25519']).stdout
  assert.match(ed25519, /^x [A-Za-z0-9+/]{43}\n$/)
  assert.equal(readFileSync(join(dataDirectory, 'fingerprint-ed25519'), 'utf8'), ed25519)
  const lock = lockDirectory(dataDirectory)
  assert.ok(lock.ok)
  assert.deepEqual(run([...words, '--list-fingerprint']), first)
  lock.value.release()
})

test('a DataDirectory that cannot be used ends with status 1 and its path', () => {
  const path = join(folder, 'file')
  writeFileSync(path, '')
  const words = ['-f', '/dev/null', '--ORPort', '1', '--DataDirectory', path, '--list-fingerprint']
  assert.deepEqual(run(words), {status: 1, stdout: '', stderr: `${path}: is not a directory.\n`})
  assert.ok(existsSync(path))
})

test('ConnLimit: a node starts only where it may have so many descriptors', () => {
  const path = join(folder, 'no-directory')
  writeFileSync(path, '')
  const limited = (...words: readonly string[]) => {
    const all = [program, '-f', '/dev/null', '--ORPort', '1', '--DataDirectory', path, ...words]
    const shell = ['-c', 'ulimit -n 500; exec "$@"', 'sh', process.execPath, ...all]
    const {status, stdout, stderr} = spawnSync('/bin/sh', shell, {encoding: 'utf8'})
    return {status, text: stdout + stderr}
  }
  const wanted = (count: number) =>
    new RegExp(`ConnLimit wants ${count} file descriptors, and this process may have 500: raise ulimit -n`)
  for (const [words, count] of [
    [[], 1000],
    [['--ConnLimit', '501'], 501]
  ] as const) {
    const {status, text} = limited(...words)
    assert.equal(status, 1)
    assert.match(text, wanted(count))
    assert.doesNotMatch(text, /is not a directory/)
  }
  const {text} = limited('--ConnLimit', '500')
  assert.doesNotMatch(text, /ConnLimit/)
  assert.match(text, /is not a directory/, 'the start goes on')
  assert.match(run(['-f', '/dev/null', '--ORPort', '1', '--ConnLimit', '31']).stderr, /must be at least 32/)
})
