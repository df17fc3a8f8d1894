// A relay that runs, and the commands that its operator asks about it, each as a process of its own.

import assert from 'node:assert/strict'
import {spawnSync} from 'node:child_process'
import {chmodSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {createServer} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, before, describe, it} from 'node:test'
import type {Finding} from '../../src/app/doctor/finding.ts'
import type {NodeReport} from '../../src/app/status-command/node-report.ts'
import {Daemon} from '../support/daemon.ts'
import {freePort} from '../support/free-ports.ts'
import {programFile} from '../support/subject.ts'
import {waitUntil} from '../support/wait-until.ts'

interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

const READY_MS = 60_000

describe('a node and its operator', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ramson-operate-'))
  const torrc = join(folder, 'torrc')
  const data = join(folder, 'data')
  const ports = {or: 0, metrics: 0, status: 0}
  let daemon: Daemon

  function run(...words: string[]): Ended {
    const {status, stdout, stderr} = spawnSync(process.execPath, [programFile, ...words], {
      encoding: 'utf8',
      timeout: 60_000
    })
    return {status, stdout, stderr}
  }

  function start(): Daemon {
    return new Daemon({
      name: 'node',
      command: process.execPath,
      args: [programFile, 'relay', '-f', torrc],
      logFile: join(folder, 'log')
    })
  }

  function doctor(file = torrc): {readonly status: number; readonly findings: readonly Finding[]} {
    const {stdout, stderr, status} = run('doctor', '--json', '-f', file)
    const report = JSON.parse(stdout) as {readonly status: number; readonly findings: readonly Finding[]}
    assert.equal(status, report.status, stderr)
    return report
  }

  const check = (findings: readonly Finding[], name: string) => findings.filter(({check}) => check === name)

  before(async () => {
    ports.or = await freePort()
    ports.metrics = await freePort()
    ports.status = await freePort()
    writeFileSync(
      torrc,
      [
        'Nickname watched',
        `ORPort 127.0.0.1:${ports.or}`,
        `DataDirectory ${data}`,
        `MetricsPort 127.0.0.1:${ports.metrics}`,
        `MetricsPort unix:${join(folder, 'metrics')}`,
        'MetricsPortPolicy accept 127.0.0.1',
        `StatusPort ${ports.status}`,
        'ContactInfo email:op[]example.org ciissversion:2',
        'NumCPUs 1',
        ''
      ].join('\n')
    )
    daemon = start()
    const limits = {timeoutMs: READY_MS, everyMs: 250}
    await waitUntil('the node to answer', limits, () => {
      if (daemon.end !== undefined) throw new Error(daemon.interestingLines())
      return run('status', '-f', torrc).status === 0
    })
  })

  after(async () => {
    await daemon?.stop()
    rmSync(folder, {recursive: true})
  })

  it('tells what the status page tells', () => {
    const {status, stdout} = run('status', '-f', torrc)
    assert.equal(status, 0)
    assert.match(stdout, /^Relay watched\nramson \d/)
    for (const title of [
      'Health',
      'Load',
      'Onion services',
      'Flags, and what is missing',
      'Overload and defences'
    ]) {
      assert.match(stdout, new RegExp(`^${title}$`, 'm'))
    }
    assert.match(stdout, /^ {2}Ready +yes$/m)
  })

  it('tells of itself over the MetricsPort, on a port and on a Unix socket', () => {
    for (const address of [
      String(ports.metrics),
      `localhost:${ports.metrics}`,
      `unix:${join(folder, 'metrics')}`
    ]) {
      const {status, stdout} = run('status', '--metrics', address, '--json')
      assert.equal(status, 0)
      const report = JSON.parse(stdout) as NodeReport
      assert.match(report.title, /^ramson \d/)
      const rows = report.panels.flatMap(panel => panel.rows.map(row => `${panel.title}: ${row.name}`))
      for (const row of [
        'Health: Ready',
        'Load: Circuits',
        'Onion services: HSDir descriptors',
        'Flags: In the consensus'
      ]) {
        assert.ok(rows.includes(row), row)
      }
    }
  })

  it('is found well by the doctor, with its ports answering', () => {
    const {findings} = doctor()
    assert.deepEqual(
      findings.filter(({verdict}) => verdict === 'bad'),
      []
    )
    const answering = check(findings, 'ports').map(({text}) => text)
    assert.deepEqual(answering, [
      `ORPort 127.0.0.1:${ports.or} answers.`,
      `MetricsPort 127.0.0.1:${ports.metrics} answers.`,
      `StatusPort 127.0.0.1:${ports.status} answers.`
    ])
    for (const name of [
      'node',
      'addon',
      'memory',
      'clock',
      'exposure',
      'key-modes',
      'certificate',
      'contact',
      'family'
    ]) {
      assert.ok(check(findings, name).length > 0, name)
    }
    const text = run('doctor', '-f', torrc).stdout
    assert.match(text, /^ok {4}ORPort 127\.0\.0\.1:\d+ answers\.$/m)
    assert.match(text, /\n\d+ good, \d+ to look at, 0 bad\n$/)
  })

  it('has a key that others can read: the doctor says so, and the command that it gives mends it', () => {
    const key = join(data, 'keys', 'secret_id_key')
    chmodSync(key, 0o644)
    const {status, findings} = doctor()
    assert.equal(status, 2)
    const [finding] = check(findings, 'key-modes')
    assert.equal(finding?.text, `${key} can be read by others (mode 644).`)
    assert.equal(spawnSync('sh', ['-c', finding?.fix ?? 'false']).status, 0)
    assert.equal(check(doctor().findings, 'key-modes')[0]?.verdict, 'good')
  })

  it('is named by the words that it was started with, torrc options too', () => {
    const other = join(folder, 'elsewhere')
    const words = ['-f', torrc, '--DataDirectory', other, '--json']
    const {findings} = JSON.parse(run('doctor', ...words).stdout) as {readonly findings: readonly Finding[]}
    assert.match(check(findings, 'identity')[0]?.text ?? '', /There is no identity yet/)
    assert.equal(run('status', '-f', torrc, '--StatusPort', '0').status, 0)
  })

  it('refuses words that it does not know, with what may have been meant', () => {
    for (const command of ['status', 'doctor']) {
      const {status, stderr} = run(command, '--jsno')
      assert.notEqual(status, 0)
      assert.match(stderr, /Did you mean --json\?/)
      assert.match(run(command, '--verify-config').stderr, /no flag of this command/)
      assert.match(run(command, '--help').stdout, new RegExp(`^Usage: ramson ${command}`))
    }
  })

  it('is gone: status says that nobody answers, and the doctor looks whether the ports are free', async () => {
    await daemon.stop()
    const {status, stderr} = run('status', '-f', torrc)
    assert.equal(status, 1)
    assert.match(stderr, /^Nobody answers at 127\.0\.0\.1:\d+ or 127\.0\.0\.1:\d+ or unix:/)
    const squatter = createServer()
    await new Promise<void>(resolve => squatter.listen(ports.metrics, '127.0.0.1', resolve))
    const {findings, status: ill} = doctor()
    squatter.close()
    assert.equal(ill, 2)
    const verdicts = Object.fromEntries(check(findings, 'ports').map(({text, verdict}) => [text, verdict]))
    assert.deepEqual(verdicts, {
      [`ORPort 127.0.0.1:${ports.or} is free.`]: 'good',
      [`MetricsPort 127.0.0.1:${ports.metrics} is taken by another program.`]: 'bad',
      [`StatusPort 127.0.0.1:${ports.status} is free.`]: 'good'
    })
  })

  it('has settings that are wrong: the doctor says where, and status cannot ask', () => {
    const wrong = join(folder, 'wrong')
    writeFileSync(wrong, 'ORPort 9001\nNickneme x\n')
    const {findings, status} = doctor(wrong)
    assert.equal(status, 2)
    assert.match(check(findings, 'settings')[0]?.text ?? '', /line 2: Unknown option 'Nickneme'/)
    assert.equal(check(findings, 'node').length, 1, 'the machine is looked at in spite of it')
    assert.equal(run('status', '-f', wrong).status, 1)
    writeFileSync(wrong, 'ORPort 9001\n')
    assert.match(run('status', '-f', wrong).stderr, /neither a MetricsPort nor a StatusPort/)
  })
})
