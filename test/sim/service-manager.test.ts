// A node under a service manager: what it says over the notify socket from its start to its end (sd_notify(3)). And the units
// that are shipped, as far as systemd can judge them without running them.

import assert from 'node:assert/strict'
import {spawnSync} from 'node:child_process'
import {cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, describe, it} from 'node:test'
import {loadAddon} from '../../src/crypto/binding.ts'
import {Daemon} from '../support/daemon.ts'
import {freePort} from '../support/free-ports.ts'
import {NotifySocket, whyWithoutPython} from '../support/notify-socket.ts'
import {packageRoot} from '../support/package-root.ts'
import {programFile} from '../support/subject.ts'
import {underCallsOf, whyWithoutSeccomp} from '../support/system-calls.ts'
import {waitUntil} from '../support/wait-until.ts'

const has = (command: string) => spawnSync(command, ['--version']).status === 0
const WATCHDOG_MS = 1000

describe('a node under a service manager', {skip: whyWithoutPython()}, () => {
  const folder = mkdtempSync(join(tmpdir(), 'ramson-notify-'))
  const running: Daemon[] = []
  const sockets: NotifySocket[] = []

  after(async () => {
    for (const daemon of running) await daemon.stop()
    for (const socket of sockets) socket.close()
    rmSync(folder, {recursive: true})
  })

  async function start(name: string, socketName: string, env: Record<string, string> = {}) {
    const socket = await NotifySocket.open(socketName)
    sockets.push(socket)
    const torrc = join(folder, `torrc-${name}`)
    const lines = [`ORPort 127.0.0.1:${await freePort()}`, `DataDirectory ${join(folder, name)}`, 'NumCPUs 1']
    writeFileSync(torrc, `${lines.join('\n')}\nShutdownWaitLength 1\n`)
    const daemon = new Daemon({
      name,
      command: process.execPath,
      args: [programFile, '-f', torrc],
      logFile: join(folder, `log-${name}`),
      env: {NOTIFY_SOCKET: socketName, WATCHDOG_USEC: String(WATCHDOG_MS * 1000), ...env}
    })
    running.push(daemon)
    return {socket, daemon, torrc}
  }

  it('says when it is ready, feeds the watchdog, tells of a reload and of its end', async () => {
    const {socket, daemon, torrc} = await start('whole', join(folder, 'notify'))
    const ready = await socket.next(/^READY=1$/)
    assert.ok(ready.lines.some(line => /^STATUS=\d+ channels, \d+ circuits/.test(line)))
    if (loadAddon().addon !== undefined) assert.equal(ready.pid, daemon.pid)
    for (let i = 0; i < 3; i++) await socket.next(/^WATCHDOG=1$/)
    writeFileSync(torrc, `${readFileSync(torrc, 'utf8')}ContactInfo changed\n`)
    daemon.signal('SIGHUP')
    const reloading = await socket.next(/^RELOADING=1$/)
    const moment = /^MONOTONIC_USEC=(\d+)$/m.exec(reloading.lines.join('\n'))?.[1]
    const uptimeUsec = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 1e6
    assert.ok(Math.abs(Number(moment) - uptimeUsec) < 60e6, `${moment} of ${uptimeUsec}`)
    await socket.next(/^READY=1$/)
    daemon.signal('SIGINT')
    const stopping = await socket.next(/^STOPPING=1$/)
    assert.ok(
      stopping.lines.some(line => /^EXTEND_TIMEOUT_USEC=1[0-9]{7}$/.test(line)),
      stopping.lines.join()
    )
    assert.deepEqual(await daemon.ended(20_000), {code: 0, signal: null})
  })

  it('says so when a reload is refused, and goes on', async () => {
    const {socket, daemon, torrc} = await start('refused', `@${folder}/abstract`)
    await socket.next(/^READY=1$/)
    writeFileSync(torrc, `${readFileSync(torrc, 'utf8')}NoSuchOptionAtAll 1\n`)
    daemon.signal('SIGHUP')
    await socket.next(/^RELOADING=1$/)
    await socket.next(/^READY=1$/)
    assert.equal(daemon.end, undefined)
    daemon.signal('SIGTERM')
    await socket.next(/^STOPPING=1$/)
  })

  it('speaks through systemd-notify where there is no addon', {skip: !has('systemd-notify')}, async () => {
    const {socket, daemon} = await start('plain', join(folder, 'notify-plain'), {RAMSON_DATAPLANE: 'plain'})
    await socket.next(/^READY=1$/)
    await socket.next(/^WATCHDOG=1$/)
    daemon.signal('SIGTERM')
    await socket.next(/^STOPPING=1$/)
  })

  it('leaves the watchdog of another process alone', async () => {
    const {socket, daemon} = await start('other', join(folder, 'notify-other'), {WATCHDOG_PID: '1'})
    await socket.next(/^READY=1$/)
    await new Promise(resolve => setTimeout(resolve, 2 * WATCHDOG_MS))
    assert.deepEqual(
      socket.received.filter(({lines}) => lines.includes('WATCHDOG=1')),
      []
    )
    await daemon.stop()
  })
})

describe('the files of packaging/', () => {
  const packaging = join(packageRoot(), 'packaging')
  const folder = mkdtempSync(join(tmpdir(), 'ramson-units-'))
  after(() => rmSync(folder, {recursive: true}))

  it('has units that systemd takes, which confine without denying Node its own code', {
    skip: !has('systemd-analyze')
  }, () => {
    for (const name of ['ramson.service', 'ramson@.service']) {
      const text = readFileSync(join(packaging, 'systemd', name), 'utf8')
      assert.doesNotMatch(text, /^MemoryDenyWriteExecute=/m)
      assert.match(text, /^Type=notify$/m)
      const unit = join(folder, name)
      writeFileSync(unit, text.replaceAll('/usr/bin/ramson', process.execPath))
      const {status, stderr} = spawnSync('systemd-analyze', ['verify', unit], {encoding: 'utf8'})
      assert.deepEqual([status, stderr], [0, ''])
      const judged = spawnSync('systemd-analyze', ['security', '--offline=yes', '--threshold=25', unit], {
        encoding: 'utf8'
      })
      assert.equal(judged.status, 0, judged.stdout.split('\n').slice(-3).join('\n'))
    }
  })

  it('has a unit whose system calls are enough for a relay', {skip: whyWithoutSeccomp()}, async () => {
    const torrc = join(folder, 'torrc')
    const ports = [await freePort(), await freePort()]
    const lines = [
      `ORPort 127.0.0.1:${ports[0]}`,
      `DataDirectory ${join(folder, 'data')}`,
      `StatusPort ${ports[1]}`
    ]
    writeFileSync(torrc, `${lines.join('\n')}\n`)
    const unit = join(packaging, 'systemd', 'ramson.service')
    const [command, ...args] = underCallsOf(unit, [process.execPath, programFile, '-f', torrc])
    const daemon = new Daemon({name: 'confined', command, args, logFile: join(folder, 'log')})
    try {
      await waitUntil('the confined relay', {timeoutMs: 60_000, everyMs: 250}, () => {
        if (daemon.end !== undefined) throw new Error(daemon.log())
        return spawnSync(process.execPath, [programFile, 'status', '-f', torrc, '--alive']).status === 0
      })
      const filter = /^Seccomp:\s+(\d)$/m.exec(readFileSync(`/proc/${daemon.pid}/status`, 'utf8'))?.[1]
      assert.equal(filter, '2')
    } finally {
      await daemon.stop()
    }
    assert.deepEqual(daemon.end, {code: 0, signal: null})
  })

  it('has an AppArmor profile that the parser takes', {skip: !has('apparmor_parser')}, () => {
    const profile = join(folder, 'profile')
    cpSync(join(packaging, 'apparmor', 'ramson'), profile)
    const {status, stderr} = spawnSync('apparmor_parser', ['-Q', '-K', profile], {encoding: 'utf8'})
    assert.equal(status, 0, stderr)
  })
})
