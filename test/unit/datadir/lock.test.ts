import assert from 'node:assert/strict'
import {type ChildProcess, spawn, spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {mkdtempSync, rmSync, statSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, test} from 'node:test'
import {lockDirectory} from '../../../src/datadir/lock.ts'

const folder = mkdtempSync(join(tmpdir(), 'ramson-lock-'))
after(() => rmSync(folder, {recursive: true}))
const file = join(folder, 'lock')

/** What flock(2) says to another process, as C tor would ask. */
function isFree(): boolean {
  return spawnSync('flock', ['-x', '-n', file, 'true']).status === 0
}

/** A process that holds the lock as C tor does, from when it has printed a line. */
async function holder(): Promise<ChildProcess> {
  const child = spawn('flock', ['-x', '-n', '--no-fork', file, 'sh', '-c', 'echo held; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  assert.ok(child.stdout)
  await once(child.stdout, 'data')
  return child
}

test('the lock keeps other processes out until it is released', () => {
  const lock = lockDirectory(folder)
  assert.ok(lock.ok)
  assert.equal(isFree(), false)
  const second = lockDirectory(folder)
  assert.equal(!second.ok && second.fault.code, 'locked')
  assert.equal(isFree(), false)
  lock.value.release()
  lock.value.release()
  assert.equal(isFree(), true)
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.equal(statSync(file).size, 0)
})

test('a lock that another process holds keeps us out until that process ends', async () => {
  const child = await holder()
  const refused = lockDirectory(folder)
  assert.equal(!refused.ok && refused.fault.code, 'locked')
  child.kill('SIGKILL')
  await once(child, 'exit')
  const lock = lockDirectory(folder)
  assert.ok(lock.ok)
  lock.value.release()
})

test('where one way to lock is not to be had, the next is tried; without any the fault says so', () => {
  const asked: number[] = []
  const lock = lockDirectory(folder, [
    () => undefined,
    descriptor => {
      asked.push(descriptor)
      return 'locked'
    }
  ])
  assert.ok(lock.ok)
  assert.equal(asked.length, 1)
  lock.value.release()
  const none = lockDirectory(folder, [() => undefined])
  assert.equal(!none.ok && none.fault.code, 'cannot-lock')
})

test('a directory that is not there cannot be locked', () => {
  const lock = lockDirectory(join(folder, 'nowhere'))
  assert.equal(!lock.ok && lock.fault.code, 'cannot-lock')
})
