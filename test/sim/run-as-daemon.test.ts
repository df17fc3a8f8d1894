// RunAsDaemon: the program that is called ends when the relay is up, or cannot be, and the relay goes on without it.

import assert from 'node:assert/strict'
import {spawnSync} from 'node:child_process'
import {existsSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync} from 'node:fs'
import {createServer} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, before, describe, it} from 'node:test'
import {freePort} from '../support/free-ports.ts'
import {accepts} from '../support/listening.ts'
import {programFile} from '../support/subject.ts'
import {waitUntil} from '../support/wait-until.ts'

const WAIT = {timeoutMs: 30_000, everyMs: 100}
const hasProc = existsSync('/proc/self/stat')

describe('RunAsDaemon', () => {
  const directory = mkdtempSync(join(tmpdir(), 'ramson-daemon-'))
  const path = (name: string) => join(directory, name)
  let port = 0

  function torrc(...lines: readonly string[]): string {
    return [
      'RunAsDaemon 1',
      `ORPort 127.0.0.1:${port}`,
      'NumCPUs 1',
      // As seen from where it is started, which is not where it works.
      'DataDirectory data',
      'PidFile pid',
      'Log notice file log',
      ...lines,
      ''
    ].join('\n')
  }

  function call(words: readonly string[], input = '') {
    return spawnSync(process.execPath, [programFile, ...words], {
      cwd: directory,
      input,
      encoding: 'utf8',
      timeout: 90_000
    })
  }

  const log = () => readFileSync(path('log'), 'utf8')
  const pid = () => Number(readFileSync(path('pid'), 'utf8'))

  function isAlive(wanted: number): boolean {
    try {
      process.kill(wanted, 0)
      return true
    } catch {
      return false
    }
  }

  /** Ends the daemon as an operator would. */
  async function end(): Promise<void> {
    const wanted = pid()
    process.kill(wanted, 'SIGTERM')
    await waitUntil('the end of the daemon', WAIT, () => !existsSync(path('pid')) && !isRunning(wanted))
  }

  /** What has ended and has no parent that asks for it counts as ended. */
  function isRunning(wanted: number): boolean {
    if (!isAlive(wanted)) return false
    return !hasProc || !/^State:\s+Z/m.test(readFileSync(`/proc/${wanted}/status`, 'utf8'))
  }

  before(async () => {
    port = await freePort()
  })

  after(() => {
    if (existsSync(path('pid')) && isAlive(pid())) process.kill(pid(), 'SIGKILL')
    rmSync(directory, {recursive: true})
  })

  it('RunAsDaemon 1: the call ends with status 0 once the relay is up, and warns of what is not to be seen any more', async () => {
    writeFileSync(path('torrc'), torrc('Log notice stdout'))
    const {status, stdout, stderr, pid: caller} = call(['-f', 'torrc'])
    assert.equal(status, 0, stderr)
    assert.equal(stdout, '')
    assert.match(stderr, /^\[warn\] Can't log to stdout with RunAsDaemon set/m)
    assert.ok(await accepts(port), 'it was up')
    assert.notEqual(pid(), caller)
    assert.ok(isRunning(pid()))
  })

  it('has a session of its own, works in /, and has /dev/null for its standard streams', {
    skip: hasProc ? false : 'no /proc here'
  }, () => {
    const proc = `/proc/${pid()}`
    assert.equal(readlinkSync(`${proc}/cwd`), '/')
    for (const descriptor of [0, 1, 2]) assert.equal(readlinkSync(`${proc}/fd/${descriptor}`), '/dev/null')
    // Behind the name, which may hold anything: state, parent, group, session.
    const [, , , session] = readFileSync(`${proc}/stat`, 'latin1')
      .replace(/^.*\) /, '')
      .split(' ')
    assert.equal(Number(session), pid())
    assert.doesNotMatch(
      readFileSync(`${proc}/status`, 'latin1'),
      new RegExp(`^PPid:\\s+${process.pid}$`, 'm')
    )
  })

  it('reads the same torrc at a reload, and does not change its mind about being one', async () => {
    writeFileSync(path('torrc'), torrc('ContactInfo somebody'))
    process.kill(pid(), 'SIGHUP')
    await waitUntil('the reload', WAIT, () => /Received reload signal/.test(log()))
    writeFileSync(path('torrc'), torrc().replace('RunAsDaemon 1', 'RunAsDaemon 0'))
    process.kill(pid(), 'SIGHUP')
    await waitUntil('a refusal', WAIT, () => /RunAsDaemon cannot change while the relay runs/.test(log()))
    assert.equal(log().match(/could not be read again/g)?.length, 1)
  })

  it('ends as any relay, and takes its PidFile with it', async () => {
    await end()
    assert.ok(!(await accepts(port)))
  })

  it('ends the call with status 1 and says why when the relay cannot start', async () => {
    const taken = createServer()
    await new Promise<void>(done => taken.listen(port, '127.0.0.1', done))
    writeFileSync(path('torrc'), torrc())
    const {status, stderr} = call(['-f', 'torrc'])
    taken.close()
    assert.equal(status, 1)
    assert.match(
      stderr,
      new RegExp(`^\\[err\\] The ORPort ${port} could not be opened \\(EADDRINUSE\\)`, 'm')
    )
  })

  it('takes a torrc from the standard input, too', async () => {
    const {status, stderr} = call(['-f', '-', '--quiet'], torrc())
    assert.equal(status, 0, stderr)
    assert.equal(stderr, '')
    assert.ok(await accepts(port))
    await end()
  })
})
