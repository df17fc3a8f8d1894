// What a relay gives up once it is up, at processes that run: root's rights, debuggers, programs. As root all of it is tried;
// as another user the relay stays who it is, and is refused what only root can have.

import assert from 'node:assert/strict'
import {spawnSync} from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync
} from 'node:fs'
import {createServer} from 'node:net'
import {tmpdir, userInfo} from 'node:os'
import {join} from 'node:path'
import {after, describe, it} from 'node:test'
import {loadAddon} from '../../src/crypto/binding.ts'
import {Daemon} from '../support/daemon.ts'
import {freePort} from '../support/free-ports.ts'
import {accepts} from '../support/listening.ts'
import {programFile} from '../support/subject.ts'
import {waitUntil} from '../support/wait-until.ts'

const WAIT = {timeoutMs: 30_000, everyMs: 100}
const isRoot = process.getuid?.() === 0
const isLinux = process.platform === 'linux'
const hasAddon = loadAddon().addon !== undefined
/** Whom the relay becomes, and who looks at it from outside. */
const nobody = isRoot
  ? {
      name: 'nobody',
      uid: number(spawnSync('id', ['-u', 'nobody'], {encoding: 'utf8'}).stdout),
      gid: number(spawnSync('id', ['-g', 'nobody'], {encoding: 'utf8'}).stdout)
    }
  : {name: userInfo().username, uid: userInfo().uid, gid: userInfo().gid}
/** Where this lies in a folder that is root's alone, nobody else can run it. */
const isReadable =
  !isRoot || spawnSync('test', ['-r', programFile], {uid: nobody.uid, gid: nobody.gid}).status === 0

function number(text: string): number {
  return Number.parseInt(text, 10)
}

interface Confined {
  readonly daemon: Daemon
  readonly orPort: number
  readonly path: (name: string) => string
  readonly log: () => string
  /** Adds lines to the torrc and has it read. */
  readonly reload: (...lines: readonly string[]) => void
}

describe('a relay that gives up what it does not need', {
  skip: isLinux && isReadable ? false : 'not Linux, or not for others to read'
}, () => {
  const root = mkdtempSync(join(tmpdir(), 'ramson-confined-'))
  const daemons: Daemon[] = []
  chmodSync(root, 0o755)

  after(async () => {
    for (const daemon of daemons) await daemon.stop()
    rmSync(root, {recursive: true})
  })

  async function start(
    name: string,
    orPort: number,
    lines: readonly string[],
    env: Readonly<Record<string, string>> = {}
  ): Promise<Confined> {
    const path = (file: string) => join(root, name, file)
    mkdirSync(join(root, name))
    mkdirSync(path('data'), {mode: 0o700})
    const isSwitched = isRoot && lines.some(line => line.startsWith('User '))
    if (isSwitched)
      for (const folder of [join(root, name), path('data')]) chownSync(folder, nobody.uid, nobody.gid)
    const own = [
      `ORPort 127.0.0.1:${orPort}`,
      `DataDirectory ${path('data')}`,
      `PidFile ${path('pid')}`,
      `Log info file ${path('log')}`,
      'NumCPUs 1',
      ...lines
    ]
    writeFileSync(path('torrc'), `${own.join('\n')}\n`)
    chmodSync(path('torrc'), 0o644)
    const daemon = new Daemon({
      name,
      command: process.execPath,
      args: [programFile, '-f', path('torrc')],
      logFile: path('output'),
      env
    })
    daemons.push(daemon)
    const log = () => (existsSync(path('log')) ? readFileSync(path('log'), 'utf8') : '')
    await waitUntil(`${name} to be up`, WAIT, () => {
      if (daemon.end !== undefined) return true
      return /No DirAuthority is set/.test(log()) && /Debuggers|Root's rights|NoExec/.test(log())
    })
    assert.equal(daemon.end, undefined, daemon.log() + log())
    const reload = (...more: readonly string[]) => {
      writeFileSync(path('torrc'), `${[...own, ...more].join('\n')}\n`)
      daemon.signal('SIGHUP')
    }
    return {daemon, orPort, path, log, reload}
  }

  /** A line of `status`, of every thread. */
  function ofThreads({daemon}: Confined, name: string): Set<string> {
    const tasks = `/proc/${daemon.pid}/task`
    const texts = readdirSync(tasks).map(task => readFileSync(join(tasks, task, 'status'), 'latin1'))
    return new Set(texts.map(text => new RegExp(`^${name}:\\s*(.*?)\\s*$`, 'm').exec(text)?.[1] ?? ''))
  }

  /** Whether another process of the relay's user may look into it. */
  function isOpenToItsUser({daemon}: Confined): boolean {
    const as = isRoot ? {uid: nobody.uid, gid: nobody.gid} : {}
    return spawnSync('cat', [`/proc/${daemon.pid}/environ`], as).status === 0
  }

  function call(...words: readonly string[]) {
    return spawnSync(process.execPath, [programFile, '-f', '/dev/null', '--ORPort', '1', ...words], {
      encoding: 'utf8',
      timeout: 60_000
    })
  }

  describe('as root', {skip: isRoot ? false : 'only root can become somebody else'}, () => {
    let relay: Confined

    it('User: root opens the ports and then is the user in all of its threads, and files are the user’s', async () => {
      const orPort = await freeLowPort()
      relay = await start('switched', orPort, [
        `User ${nobody.name}`,
        `ControlSocket ${join(root, 'switched', 'control')}`,
        'CookieAuthentication 1',
        `MetricsPort unix:${join(root, 'switched', 'metrics')}`
      ])
      assert.ok(await accepts(orPort))
      const ids = (id: number) => new Set([[id, id, id, id].join('\t')])
      assert.deepEqual(ofThreads(relay, 'Uid'), ids(nobody.uid))
      assert.deepEqual(ofThreads(relay, 'Gid'), ids(nobody.gid))
      assert.deepEqual(ofThreads(relay, 'Groups'), new Set([String(nobody.gid)]))
      const files = ['control', 'metrics', 'log', 'pid', 'data/lock', 'data/keys', 'data/control_auth_cookie']
      for (const file of files) assert.equal(statSync(relay.path(file)).uid, nobody.uid, file)
    })

    it('KeepBindCapabilities auto: where a port is low, that right stays with the thread that opens ports, and a reload opens another', async () => {
      if (!hasAddon) {
        assert.deepEqual(ofThreads(relay, 'CapEff'), new Set(['0000000000000000']))
        assert.match(relay.log(), /CAP_NET_BIND_SERVICE cannot be kept without the native addon/)
        return
      }
      assert.deepEqual(ofThreads(relay, 'CapEff'), new Set(['0000000000000400', '0000000000000000']))
      const more = await freeLowPort(relay.orPort)
      relay.reload(`ORPort 127.0.0.1:${more}`)
      await waitUntil('the second port', WAIT, () => accepts(more))
    })

    it('ends in time, and takes with it what was root’s to make', async () => {
      assert.deepEqual(await relay.daemon.stop(), {code: 0, signal: null})
      assert.ok(!existsSync(relay.path('pid')))
      assert.ok(!existsSync(relay.path('control')))
    })

    it('KeepBindCapabilities 0: no right of root’s is left', async () => {
      const own = ['KeepBindCapabilities 0', `User ${nobody.name}`, 'DisableDebuggerAttachment 0']
      const bare = await start('bare', await freeLowPort(), own)
      assert.deepEqual(ofThreads(bare, 'CapEff'), new Set(['0000000000000000']))
      assert.deepEqual(ofThreads(bare, 'CapPrm'), new Set(['0000000000000000']))
      if (hasAddon) assert.ok(isOpenToItsUser(bare), 'DisableDebuggerAttachment 0')
      await bare.daemon.stop()
    })

    it('refuses a user that there is not, and a DataDirectory of somebody else', () => {
      const unknown = call('--User', 'nobody-of-that-name')
      assert.equal(unknown.status, 1)
      assert.match(unknown.stderr, /User nobody-of-that-name: there is no such user here/)
      mkdirSync(join(root, 'roots'), {mode: 0o700})
      const theirs = call(
        '--User',
        nobody.name,
        '--DataDirectory',
        join(root, 'roots'),
        '--Log',
        'err stderr'
      )
      assert.equal(theirs.status, 1)
      assert.match(theirs.stderr, /roots: cannot be opened as a directory \(EACCES\)|belongs to user 0/)
    })
  })

  it('User: only root can become somebody else', () => {
    const as = isRoot ? {uid: nobody.uid, gid: nobody.gid} : {}
    const words = [programFile, '-f', '/dev/null', '--ORPort', '1', '--User', 'root']
    const {status, stderr} = spawnSync(process.execPath, words, {...as, encoding: 'utf8', cwd: '/'})
    assert.equal(status, 1)
    assert.match(stderr, /User root: only root can become somebody else/)
  })

  it('DisableDebuggerAttachment 1, the default: nobody of its own user may look into it, and Node’s inspector is closed', {
    skip: hasAddon ? false : 'no addon'
  }, async () => {
    const metrics = await freePort()
    const lines = [`MetricsPort 127.0.0.1:${metrics}`, 'MetricsPortPolicy accept 127.0.0.1']
    const user = isRoot ? [`User ${nobody.name}`] : []
    const relay = await start('closed', await freePort(), [...user, ...lines], {
      NODE_OPTIONS: '--inspect=127.0.0.1:0'
    })
    assert.ok(!isOpenToItsUser(relay))
    const inspector = Number(/ws:\/\/127\.0\.0\.1:(\d+)/.exec(relay.daemon.log())?.[1])
    assert.ok(inspector > 0, relay.daemon.log())
    await waitUntil('the inspector to close', WAIT, async () => !(await accepts(inspector)))
    relay.daemon.signal('SIGUSR1')
    await waitUntil('the statistics', WAIT, () => /as asked for by signal USR1/.test(relay.log()))
    assert.ok(!(await accepts(inspector)))
    // What the relay itself reads of the process is there all the same.
    const text = await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text()
    for (const name of ['open_fds', 'max_fds', 'resident_memory_bytes']) {
      assert.match(text, new RegExp(`^process_${name} [1-9]`, 'm'))
    }
    await relay.daemon.stop()
  })

  describe('NoExec', () => {
    /** A `logger` that leaves a file behind, first in PATH. */
    function logger(name: string): {readonly PATH: string} {
      const folder = join(root, name)
      const ran = join(root, name, 'ran')
      mkdirSync(folder)
      chmodSync(folder, 0o777)
      const script = join(folder, 'logger')
      writeFileSync(script, `#!/bin/sh\ncat >> ${ran}\n`)
      chmodSync(script, 0o755)
      return {PATH: `${folder}:${process.env['PATH'] ?? ''}`}
    }

    it('NoExec 1: a reload that would start a program does not, and one that runs already goes on', {
      skip: hasAddon ? false : 'no addon'
    }, async () => {
      const none = await start('noexec', await freePort(), ['NoExec 1'], logger('first'))
      assert.deepEqual(ofThreads(none, 'Seccomp'), new Set(['2']))
      assert.deepEqual(ofThreads(none, 'NoNewPrivs'), new Set(['1']))
      none.reload('Log notice syslog', 'ContactInfo asked')
      await waitUntil('what is in the way', WAIT, () => /logger cannot be run \(EPERM\)/.test(none.log()))
      none.daemon.signal('SIGUSR1')
      await waitUntil('that it goes on', WAIT, () => /as asked for by signal USR1/.test(none.log()))
      assert.ok(!existsSync(join(root, 'first', 'ran')))
      none.reload('NoExec 0')
      await waitUntil('a refusal', WAIT, () => /NoExec cannot change while the relay runs/.test(none.log()))
      await none.daemon.stop()

      const running = await start(
        'syslog',
        await freePort(),
        ['NoExec 1', 'Log notice syslog'],
        logger('second')
      )
      const lines = () => readFileSync(join(root, 'second', 'ran'), 'utf8')
      await waitUntil('its first lines', WAIT, () => existsSync(join(root, 'second', 'ran')))
      running.reload('ContactInfo asked')
      await waitUntil('the reload', WAIT, () => /Received reload signal/.test(running.log()))
      running.daemon.signal('SIGUSR1')
      await waitUntil('a line of after it', WAIT, () => /as asked for by signal USR1/.test(lines()))
      await running.daemon.stop()
    })

    it('is refused where it cannot be had', () => {
      const words = [programFile, '-f', '/dev/null', '--ORPort', '1', '--NoExec', '1']
      const env = {...process.env, RAMSON_DATAPLANE: 'plain'}
      const {status, stderr} = spawnSync(process.execPath, words, {env, encoding: 'utf8'})
      assert.equal(status, 1)
      assert.match(stderr, /NoExec 1 needs the native addon/)
    })
  })
})

/** A port that only root may open. */
async function freeLowPort(but = 0): Promise<number> {
  for (let port = 600 + (process.pid % 300); port < 1024; port++) {
    const server = createServer()
    const isFree = await new Promise<boolean>(done => {
      server.once('error', () => done(false))
      server.listen(port, '127.0.0.1', () => done(true))
    })
    server.close()
    if (isFree && port !== but) return port
  }
  throw new Error('no low port is free')
}
