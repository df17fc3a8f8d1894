// What a process gives up through the addon, each in a process of its own, since nothing of it can be taken back.

import assert from 'node:assert/strict'
import {spawnSync} from 'node:child_process'
import {dirname, join} from 'node:path'
import {describe, it} from 'node:test'
import {fileURLToPath} from 'node:url'
import {loadAddon} from '../../src/crypto/binding.ts'

const binding = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'src', 'crypto', 'binding.js')
const {addon} = loadAddon()
const skip = addon === undefined || process.platform !== 'linux' ? 'no addon, or another system' : false

/** What a script prints to whom the addon is `addon`, as JSON. */
function run(script: string): unknown {
  const head = `
    import {spawnSync} from 'node:child_process'
    import {readFileSync} from 'node:fs'
    import {Worker} from 'node:worker_threads'
    import {loadAddon} from ${JSON.stringify(binding)}
    const {addon} = loadAddon()
    const say = value => process.stdout.write(JSON.stringify(value))
    const errorOf = () => spawnSync('true').error?.code
    const status = name => new RegExp('^' + name + ':\\\\s+(.*)$', 'm').exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
  `
  const ended = spawnSync(process.execPath, ['--input-type=module', '--eval', head + script], {
    encoding: 'utf8',
    timeout: 60_000
  })
  assert.equal(ended.status, 0, ended.stderr)
  return JSON.parse(ended.stdout)
}

describe('what a process gives up', {skip}, () => {
  it('NoExec: no thread executes a program any more, neither one that was there nor one that comes later', () => {
    const result = run(`
      const worker = \`
        import {parentPort} from 'node:worker_threads'
        import {spawnSync} from 'node:child_process'
        parentPort.on('message', () => parentPort.postMessage(String(spawnSync('true').error?.code)))
        parentPort.postMessage('ready')
      \`
      const thread = () => new Worker(new URL('data:text/javascript,' + encodeURIComponent(worker)))
      const next = thread => new Promise(done => thread.once('message', done))
      const early = thread()
      await next(early)
      const before = errorOf() ?? 'none'
      const code = addon.forbidPrograms()
      early.postMessage('')
      const ofEarly = await next(early)
      const late = thread()
      await next(late)
      late.postMessage('')
      say([before, code, errorOf(), ofEarly, await next(late), status('NoNewPrivs')])
      process.exit()
    `)
    assert.deepEqual(result, ['none', 0, 'EPERM', 'EPERM', 'EPERM', '1'])
  })

  it('Sandbox: what a relay does goes on, in new threads too, and nothing else does', () => {
    const result = run(`
      const {chownSync, mkdtempSync, renameSync, rmSync, writeFileSync} = await import('node:fs')
      const {createServer, connect} = await import('node:net')
      const {lookup} = await import('node:dns/promises')
      const folder = mkdtempSync('/tmp/ramson-sandbox-')
      const attempt = act => {
        try {
          return act() ?? 'done'
        } catch (error) {
          return error.code
        }
      }
      const code = addon.enterSandbox()
      const server = createServer(socket => socket.end('hello'))
      await new Promise(done => server.listen(0, '127.0.0.1', done))
      const heard = await new Promise(done => connect(server.address().port).once('data', data => done(String(data))))
      const thread = new Worker(new URL('data:text/javascript,' + encodeURIComponent(\`
        import {parentPort} from 'node:worker_threads'
        import {spawnSync} from 'node:child_process'
        parentPort.postMessage(String(spawnSync('true').error?.code))
      \`)))
      const inThread = await new Promise(done => thread.once('message', done))
      writeFileSync(folder + '/a', 'x')
      renameSync(folder + '/a', folder + '/b')
      const answers = {
        code,
        heard,
        localhost: (await lookup('localhost', 4)).address,
        inThread,
        program: errorOf(),
        owner: attempt(() => chownSync(folder, 1, 1)),
        signal: attempt(() => process.kill(process.ppid, 'SIGTERM')),
        isThere: attempt(() => process.kill(process.ppid, 0)),
        user: attempt(() => process.setuid(65534)),
        debuggers: addon.setDumpable(1)
      }
      rmSync(folder, {recursive: true})
      say(answers)
      process.exit()
    `)
    assert.deepEqual(result, {
      code: 0,
      heard: 'hello',
      localhost: '127.0.0.1',
      inThread: 'EPERM',
      program: 'EPERM',
      owner: 'EPERM',
      signal: 'EPERM',
      isThere: true,
      user: 'EPERM',
      debuggers: 1
    })
  })

  it('DisableDebuggerAttachment: the process is not dumpable any more, and may be again', () => {
    // Whose files in /proc are is what tells: root's while it is not dumpable.
    const result = run(`
      const {statSync} = await import('node:fs')
      if (process.getuid() === 0) process.setuid(65534)
      const owner = () => statSync('/proc/self/environ').uid === 0 ? 'root' : 'user'
      const answers = [addon.setDumpable(1), owner(), addon.setDumpable(0), owner()]
      say(answers)
    `)
    assert.deepEqual(result, [0, 'user', 0, 'root'])
  })

  it('KeepBindCapabilities: one capability outlives a change of user, in the thread that asked for it', {
    skip: process.getuid?.() === 0 ? false : 'only root has capabilities to keep'
  }, () => {
    const result = run(`
      const kept = addon.keepCapabilities()
      process.setgid(65534)
      process.setuid(65534)
      const alone = addon.keepBindCapability()
      say([kept, alone, status('CapEff'), status('CapPrm'), status('CapInh')])
    `)
    const bind = '0000000000000400'
    assert.deepEqual(result, [0, 0, bind, bind, '0000000000000000'])
  })
})
