// A relay with Sandbox 1 in a network of ramson's own: it is listed, carries links, has an onion service that others reach,
// reads its settings again, and executes nothing.

import assert from 'node:assert/strict'
import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs'
import {createServer} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, before, describe, it} from 'node:test'
import {loadAddon} from '../../src/crypto/binding.ts'
import {ControlClient} from '../support/control-client.ts'
import {freePort} from '../support/free-ports.ts'
import {accepts} from '../support/listening.ts'
import {NetworkProcess} from '../support/network-process.ts'
import {socksConnect} from '../support/socks-client.ts'
import {Subject} from '../support/subject.ts'
import {waitUntil, within} from '../support/wait-until.ts'

const WAIT = {timeoutMs: 90_000, everyMs: 250}
const can = loadAddon().addon !== undefined && process.platform === 'linux'

describe('a relay in a sandbox', {skip: can ? false : 'no addon, or another system'}, () => {
  const directory = mkdtempSync(join(tmpdir(), 'ramson-sandbox-'))
  const service = join(directory, 'service')
  const application = createServer(socket => {
    socket.on('error', () => {})
    socket.pipe(socket)
  })
  let network: NetworkProcess
  let subject: Subject
  let socksPort = 0

  async function echo(text: string): Promise<string> {
    const host = readFileSync(join(service, 'hostname'), 'latin1').trim()
    const socket = await socksConnect({socksPort, host, port: 80, timeoutMs: 30_000})
    const answer = new Promise<string>(resolve => {
      let heard = ''
      socket.on('data', (chunk: Buffer) => {
        heard += chunk.toString()
        if (heard.length >= text.length) resolve(heard)
      })
    })
    socket.resume()
    socket.write(text)
    const heard = await within('the echo', 30_000, answer)
    socket.destroy()
    return heard
  }

  /** What a controller asks in a connection of its own. */
  async function info(name: string): Promise<string> {
    const control = await ControlClient.connect(join(directory, 'control'), join(directory, 'cookie'))
    const {lines} = await control.command(`GETINFO ${name}`)
    control.close()
    return lines.join('\n')
  }

  before(async () => {
    await new Promise<void>(done => application.listen(0, '127.0.0.1', done))
    const address = application.address()
    const port = typeof address === 'object' ? address?.port : undefined
    network = new NetworkProcess([])
    const ready = await network.ready()
    socksPort = ready.socksPort
    const common = readFileSync(ready.joinRelay, 'utf8')
      .split('\n')
      .filter(line => line !== '' && !/^(?:#|DataDirectory|Log|ORPort|Nickname)/.test(line))
    subject = new Subject({
      nickname: 'sandboxed',
      directory,
      orPort: await freePort(),
      implementation: 'ramson',
      torrc: [
        ...common,
        'Sandbox 1',
        'NumCPUs 2',
        `HiddenServiceDir ${service}`,
        `HiddenServicePort 80 127.0.0.1:${port}`,
        `ControlSocket ${join(directory, 'control')}`,
        `CookieAuthFile ${join(directory, 'cookie')}`,
        'CookieAuthentication 1'
      ]
    })
    await subject.start()
  })

  after(async () => {
    await subject?.stop()
    await network?.dispose()
    application.close()
    rmSync(directory, {recursive: true})
  })

  it('Sandbox 1: every thread is in it once the relay is up', async () => {
    await waitUntil('the sandbox', WAIT, () => /Sandbox: system calls/.test(subject.daemon.log()))
    const tasks = `/proc/${subject.daemon.pid}/task`
    for (const task of readdirSync(tasks)) {
      assert.match(readFileSync(join(tasks, task, 'status'), 'latin1'), /^Seccomp:\s+2$/m)
    }
  })

  it('builds circuits, and its onion service is reached', async () => {
    await waitUntil('the address', WAIT, () => existsSync(join(service, 'hostname')))
    let heard = ''
    await waitUntil('an answer', WAIT, async () => {
      heard = await echo('from without').catch(() => '')
      return heard !== ''
    })
    assert.equal(heard, 'from without')
    assert.match(await info('status/circuit-established'), /=1$/m)
  })

  it('joins the consensus', async () => {
    await waitUntil('to be listed', WAIT, async () =>
      (await info('ns/all').catch(() => '')).includes('r sandboxed ')
    )
  })

  it('reads its settings again, opens a port, and is reached as before', async () => {
    const port = await freePort()
    subject.add(`ORPort 127.0.0.1:${port} NoAdvertise`)
    subject.daemon.signal('SIGHUP')
    await waitUntil('the port', WAIT, () => accepts(port))
    assert.equal(await echo('once more'), 'once more')
  })

  it('executes no program', async () => {
    subject.add('Log notice syslog')
    subject.daemon.signal('SIGHUP')
    await waitUntil('a refusal', WAIT, () => /logger cannot be run \(EPERM\)/.test(subject.daemon.log()))
    assert.equal(subject.daemon.end, undefined)
  })

  it('ends as any relay', async () => {
    assert.deepEqual(await subject.daemon.stop(), {code: 0, signal: null})
  })
})
