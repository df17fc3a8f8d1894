// DisableNetwork, at a relay and at a node without an ORPort: processes that run, an authority that hears of every connection
// that they make, and ports that are knocked at.

import assert from 'node:assert/strict'
import {spawnSync} from 'node:child_process'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {connect, createServer, type Socket} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, before, describe, it} from 'node:test'
import {ControlClient} from '../support/control-client.ts'
import {Daemon} from '../support/daemon.ts'
import {freePort} from '../support/free-ports.ts'
import {accepts} from '../support/listening.ts'
import {RawLink} from '../support/raw-link.ts'
import {programFile, Subject} from '../support/subject.ts'
import {waitUntil, within} from '../support/wait-until.ts'

const WAIT = {timeoutMs: 30_000, everyMs: 100}
/** Several times as long as a node in a testing network waits before it asks again. */
const SILENCE_MS = 2400

describe('DisableNetwork', () => {
  const directory = mkdtempSync(join(tmpdir(), 'ramson-disabled-'))
  const torrcOf = (name: string) => join(directory, name, 'torrc-ramson')
  let connections = 0
  let uploads = 0
  /** Requests that the authority does not answer, while there are to be any. */
  let held: Socket[] | undefined
  const authority = createServer(socket => answer(socket))
  const ports = {or: 0, dir: 0, socks: 0, status: 0, clientSocks: 0}
  let common: readonly string[] = []
  let subject: Subject
  let control: ControlClient
  let client: Daemon | undefined

  function answer(socket: Socket): void {
    let text = ''
    connections++
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      const length = Number(/^content-length: (\d+)/im.exec(text)?.[1] ?? 0)
      const at = text.indexOf('\r\n\r\n')
      if (at < 0 || text.length - at - 4 < length) return
      if (text.startsWith('POST')) uploads++
      else if (held !== undefined) {
        held.push(socket)
        return
      }
      socket.end(`HTTP/1.0 ${text.startsWith('POST') ? '200 OK' : '404 Not found'}\r\n\r\n`)
    })
  }

  async function open(): Promise<readonly boolean[]> {
    return Promise.all([ports.or, ports.dir, ports.socks].map(port => accepts(port)))
  }

  async function info(name: string): Promise<string> {
    const {lines} = await control.command(`GETINFO ${name}`)
    return (lines[0] ?? '').slice(name.length + 1)
  }

  function status(): string {
    const ended = spawnSync(process.execPath, [programFile, 'status', '-f', torrcOf('disabled')], {
      encoding: 'utf8',
      timeout: 60_000
    })
    return ended.stdout
  }

  async function isSilent(): Promise<void> {
    // What was asked for just before may still come.
    await new Promise(done => setTimeout(done, SILENCE_MS / 3))
    const before = connections
    await new Promise(done => setTimeout(done, SILENCE_MS))
    assert.equal(connections, before, 'a connection was made')
  }

  before(async () => {
    await new Promise<void>(done => authority.listen(0, '127.0.0.1', done))
    const address = authority.address()
    const authorityPort = typeof address === 'object' ? address?.port : undefined
    for (const name of ['or', 'dir', 'socks', 'status', 'clientSocks'] as const)
      ports[name] = await freePort()
    common = [
      'TestingTorNetwork 1',
      `DirAuthority a v3ident=${'A'.repeat(40)} 127.0.0.1:${authorityPort} ${'B'.repeat(40)}`,
      'DisableNetwork 1',
      'NumCPUs 1'
    ]
    subject = new Subject({
      nickname: 'disabled',
      directory,
      orPort: ports.or,
      implementation: 'ramson',
      torrc: [
        ...common,
        'Address 127.0.0.1',
        'AssumeReachable 1',
        `DirPort 127.0.0.1:${ports.dir}`,
        `SocksPort 127.0.0.1:${ports.socks}`,
        `StatusPort ${ports.status}`,
        `ControlSocket ${join(directory, 'control')}`,
        `CookieAuthFile ${join(directory, 'cookie')}`,
        'CookieAuthentication 1'
      ]
    })
    subject.launch()
    await waitUntil('the control port', WAIT, async () => {
      if (subject.daemon.end !== undefined) throw new Error(subject.daemon.interestingLines())
      const connected = ControlClient.connect(join(directory, 'control'), join(directory, 'cookie'))
      const opened = await connected.catch(() => undefined)
      if (opened !== undefined) control = opened
      return opened !== undefined
    })
  })

  after(async () => {
    control?.close()
    await client?.stop()
    await subject?.stop()
    authority.close()
    rmSync(directory, {recursive: true})
  })

  it('starts with no port open but those for control and status, makes no connection, and says why', async () => {
    await isSilent()
    assert.equal(connections, 0)
    assert.deepEqual(await open(), [false, false, false])
    assert.match(status(), /^ {2}Ready +not yet: DisableNetwork is set$/m)
    assert.equal(await info('net/listeners/or'), '')
    assert.equal(await info('net/listeners/socks'), '')
    assert.equal(await info('net/listeners/dir'), '')
    assert.equal(await info('status/circuit-established'), '0')
    assert.match(await info('status/bootstrap-phase'), /PROGRESS=0 TAG=starting/)
    assert.match(subject.daemon.log(), /\[notice\] DisableNetwork is set: no port is open/)
  })

  it('opens everything and publishes when a controller sets DisableNetwork to 0', async () => {
    await control.command('SETCONF DisableNetwork=0')
    assert.deepEqual(await open(), [true, true, true])
    await waitUntil('an upload', WAIT, () => uploads > 0)
    assert.match(await info('net/listeners/or'), new RegExp(`"127.0.0.1:${ports.or}"`))
    assert.doesNotMatch(status(), /not yet: DisableNetwork/)
  })

  it('closes every port and every link when the torrc says DisableNetwork 1 again', async () => {
    const {link} = await RawLink.handshake(ports.or)
    held = []
    await waitUntil('a request', WAIT, () => (held?.length ?? 0) > 0)
    const asked = held
    const dirSocket = await knock(ports.dir)
    const socksSocket = await knock(ports.socks)
    subject.daemon.signal('SIGHUP')
    await within('the end of the link', 20_000, link.closed)
    await within(
      'the end of the other connections',
      20_000,
      Promise.all([dirSocket.closed, socksSocket.closed])
    )
    await waitUntil('the end of requests', WAIT, () => asked.every(socket => socket.destroyed))
    held = undefined
    await waitUntil('all ports to close', WAIT, async () => (await open()).every(isOpen => !isOpen))
    const before = uploads
    await isSilent()
    assert.equal(uploads, before)
  })

  it('comes back at the same places, and publishes anew', async () => {
    const before = uploads
    subject.configure('DisableNetwork 0')
    subject.daemon.signal('SIGHUP')
    await waitUntil('all ports to open', WAIT, async () => (await open()).every(isOpen => isOpen))
    await waitUntil('an upload', WAIT, () => uploads > before)
    await subject.stop()
  })

  it('holds for a node without an ORPort, too', async () => {
    const torrc = join(directory, 'client')
    const write = (line: string) => {
      const rest = common.filter(each => !each.startsWith('DisableNetwork'))
      const own = [
        `SocksPort 127.0.0.1:${ports.clientSocks}`,
        `DataDirectory ${join(directory, 'client-data')}`
      ]
      writeFileSync(torrc, `${[...rest, ...own, 'Log notice stdout', line].join('\n')}\n`)
    }
    write('DisableNetwork 1')
    const daemon = new Daemon({
      name: 'client',
      command: process.execPath,
      args: [programFile, '-f', torrc],
      logFile: join(directory, 'client-log')
    })
    client = daemon
    await waitUntil('the client', WAIT, () => /DisableNetwork is set/.test(daemon.log()))
    const before = connections
    await isSilent()
    assert.equal(connections, before)
    assert.equal(await accepts(ports.clientSocks), false)
    write('DisableNetwork 0')
    daemon.signal('SIGHUP')
    await waitUntil('the SocksPort', WAIT, () => accepts(ports.clientSocks))
    await waitUntil('a request', WAIT, () => connections > before)
    write('DisableNetwork 1')
    daemon.signal('SIGHUP')
    await waitUntil('the SocksPort to close', WAIT, async () => !(await accepts(ports.clientSocks)))
    await isSilent()
  })
})

/** Connects; `closed` resolves when the other end closes. */
async function knock(port: number): Promise<{readonly closed: Promise<void>}> {
  const socket = connect({host: '127.0.0.1', port})
  socket.on('error', () => {})
  await new Promise<void>(done => socket.once('connect', done))
  return {closed: new Promise(done => socket.once('close', () => done()))}
}
