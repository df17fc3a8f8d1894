// `ramson init` as an operator runs it: with flags, at a terminal with answers, and where something is there already. What it
// writes is judged by the program itself and by systemd, and a node is run on it.

import assert from 'node:assert/strict'
import {spawnSync} from 'node:child_process'
import {existsSync, mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, describe, it} from 'node:test'
import {Daemon} from '../support/daemon.ts'
import {freePort} from '../support/free-ports.ts'
import {whyWithoutPython} from '../support/notify-socket.ts'
import {programFile} from '../support/subject.ts'
import {atTerminal} from '../support/terminal.ts'
import {waitUntil} from '../support/wait-until.ts'

describe('ramson init', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ramson-init-'))
  after(() => rmSync(folder, {recursive: true}))

  function run(...words: string[]) {
    const {status, stdout, stderr} = spawnSync(process.execPath, [programFile, ...words], {
      encoding: 'utf8',
      input: '',
      timeout: 60_000
    })
    return {status, stdout, stderr}
  }

  const at = (name: string) => ({
    torrc: join(folder, name, 'torrc'),
    unit: join(folder, name, 'ramson.service'),
    data: join(folder, name, 'data'),
    words: [
      '--directory',
      join(folder, name),
      '--data-directory',
      join(folder, name, 'data'),
      '--unit',
      join(folder, name, 'ramson.service')
    ]
  })

  it('writes settings that are good and a unit that systemd takes, and names what to keep a copy of', () => {
    const {torrc, unit, data, words} = at('relay')
    const contact = 'email:op[]example.org ciissversion:2'
    const {status, stdout, stderr} = run(
      ...['init', 'relay', ...words, '--nickname', 'fresh', '--or-port', '9443', '--contact', contact],
      ...['--bandwidth', '2 MB', '--metrics-port', '0']
    )
    assert.deepEqual([status, stderr], [0, ''])
    for (const name of ['ed25519_master_id_secret_key', 'secret_id_key']) {
      assert.ok(stdout.includes(join(data, 'keys', name)), name)
    }
    assert.equal(
      run('-f', torrc, '--dump-config', 'short').stdout,
      [
        `ContactInfo ${contact}`,
        `DataDirectory ${data}`,
        'Nickname fresh',
        'ORPort 9443',
        'RelayBandwidthBurst 2097152',
        'RelayBandwidthRate 2097152',
        'StatusPort 8035',
        ''
      ].join('\n')
    )
    assert.match(
      readFileSync(unit, 'utf8'),
      new RegExp(`^ExecStart=${process.execPath} \\S+main\\.js -f ${torrc} --hush$`, 'm')
    )
    if (spawnSync('systemd-analyze', ['--version']).status !== 0) return
    const judged = spawnSync('systemd-analyze', ['verify', unit], {encoding: 'utf8'})
    assert.deepEqual([judged.status, judged.stderr], [0, ''])
  })

  it('leaves what is there as it is, and with --force keeps it beside the new', () => {
    const {torrc, unit, words} = at('relay')
    const before = readFileSync(torrc, 'utf8')
    const refused = run('init', ...words, '--nickname', 'other')
    assert.equal(refused.status, 1)
    assert.match(refused.stderr, /torrc and .*ramson\.service exists already\. --force replaces it/)
    assert.equal(readFileSync(torrc, 'utf8'), before)
    assert.equal(run('init', ...words, '--nickname', 'other', '--force').status, 0)
    assert.equal(readFileSync(`${torrc}.old`, 'utf8'), before)
    assert.match(readFileSync(torrc, 'utf8'), /^Nickname other$/m)
    assert.ok(existsSync(`${unit}.old`))
  })

  it('writes nothing for answers that make no good settings', () => {
    const {torrc, unit, words} = at('wrong')
    const {status, stderr} = run('init', ...words, '--nickname', 'not a nickname')
    assert.equal(status, 1)
    assert.match(stderr, /These answers make no good settings\. the new torrc, line \d+: Nickname/)
    assert.ok(!existsSync(torrc) && !existsSync(unit))
    assert.match(run('init', '--nicknam', 'x').stderr, /Did you mean --nickname\?/)
    assert.match(run('init', 'bridge').stderr, /Allowed choices are relay, service/)
  })

  it('shows both files and writes none with --dry-run', () => {
    const {torrc, words} = at('dry')
    const {status, stdout} = run('init', 'service', ...words, '--dry-run')
    assert.equal(status, 0)
    assert.match(stdout, /^HiddenServicePort 80 127\.0\.0\.1:8080$/m)
    assert.match(stdout, /^Type=notify$/m)
    assert.ok(!existsSync(torrc))
  })

  it('asks at a terminal for what no flag says', {skip: whyWithoutPython()}, () => {
    const {torrc, words} = at('asked')
    const command = [process.execPath, programFile, 'init', ...words, '--or-port', '9555']
    const asked = atTerminal(command, ['talked', 'a@b.example https://b.example', '', '', '0', '0'])
    assert.equal(asked.status, 0, asked.shown)
    assert.match(asked.shown, /Nickname, 1 to 19 letters and digits \[Unnamed\]: talked/)
    assert.doesNotMatch(asked.shown, /Port that the relay is reached at/)
    const dumped = run('-f', torrc, '--dump-config', 'short').stdout
    assert.match(
      dumped,
      /^ContactInfo email:a\[\]b\.example url:https:\/\/b\.example proof:uri-rsa ciissversion:2$/m
    )
    assert.match(dumped, /^Nickname talked$/m)
    assert.match(dumped, /^ORPort 9555$/m)
  })

  it('leaves a folder that a relay starts in, whose identity is in the files that were named', async () => {
    const {torrc, data, words} = at('started')
    const ports = {or: String(await freePort()), status: String(await freePort())}
    const flags = [
      '--or-port',
      `127.0.0.1:${ports.or}`,
      '--status-port',
      ports.status,
      '--metrics-port',
      '0',
      '--yes'
    ]
    const {stdout} = run('init', ...words, ...flags)
    const named = stdout.split('\n').flatMap(line => /^ {2}(\/\S*keys\S*)$/.exec(line)?.[1] ?? [])
    assert.equal(named.length, 3)
    const daemon = new Daemon({
      name: 'started',
      command: process.execPath,
      args: [programFile, '-f', torrc],
      logFile: join(folder, 'log')
    })
    try {
      await waitUntil('the relay', {timeoutMs: 60_000, everyMs: 250}, () => {
        if (daemon.end !== undefined) throw new Error(daemon.log())
        return run('status', '-f', torrc, '--alive').status === 0
      })
      assert.deepEqual(
        named.filter(path => !existsSync(path)),
        []
      )
      assert.ok(existsSync(join(data, 'fingerprint')))
    } finally {
      await daemon.stop()
    }
  })
})
