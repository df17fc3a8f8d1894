// How the addon is found, forced and done without. Each case is a process of its own, because an environment is read once.

import assert from 'node:assert/strict'
import {spawnSync} from 'node:child_process'
import {cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, describe, it} from 'node:test'
import {Worker} from 'node:worker_threads'
import {builtAddon, onAddon} from '../support/addon.ts'
import {packageRoot} from '../support/package-root.ts'

const relayCryptoUrl = new URL('../../src/crypto/relay-crypto/relay-crypto.js', import.meta.url).href

/** What a fresh process says of its data plane under an environment, or the message it fails with. */
function inspect(environment: Record<string, string>): Record<string, string> {
  const clean = {RAMSON_ADDON: '', RAMSON_KERNEL: '', RAMSON_DATAPLANE: ''}
  const script = `
    const {dataPlaneInfo, relayCrypto} = await import(${JSON.stringify(relayCryptoUrl)})
    try {
      console.log(JSON.stringify({...dataPlaneInfo(), name: relayCrypto().name}))
    } catch (error) {
      console.log(JSON.stringify({error: error.message}))
    }`
  const {stdout, stderr} = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    env: {...process.env, ...clean, ...environment},
    encoding: 'utf8'
  })
  assert.notEqual(stdout, '', stderr)
  return JSON.parse(stdout) as Record<string, string>
}

describe('the data plane', () => {
  it('is the plain twin, with the reason, when RAMSON_DATAPLANE says so', () => {
    assert.deepEqual(inspect({RAMSON_DATAPLANE: 'plain'}), {
      implementation: 'fallback',
      reason: 'RAMSON_DATAPLANE=plain',
      kernel: 'node:crypto',
      name: 'plain'
    })
  })

  it('does not start under a RAMSON_DATAPLANE that means nothing', () => {
    assert.match(inspect({RAMSON_DATAPLANE: 'fast'})['error'] ?? '', /RAMSON_DATAPLANE=fast/)
  })

  it('does not start when RAMSON_ADDON names no file', () => {
    assert.match(inspect({RAMSON_ADDON: '/nowhere/ramson.node'})['error'] ?? '', /there is no such file/)
  })

  it('does not start when RAMSON_ADDON names a file that is no addon', () => {
    assert.match(
      inspect({RAMSON_ADDON: join(packageRoot(), 'package.json')})['error'] ?? '',
      /package\.json does not load/
    )
  })
})

onAddon(addon => {
  describe('the addon', () => {
    for (const kernel of addon.kernels) {
      it(`runs on ${kernel} when RAMSON_KERNEL says so`, () => {
        assert.deepEqual(inspect({RAMSON_KERNEL: kernel}), {
          implementation: 'addon',
          kernel,
          name: `addon:${kernel}`
        })
      })
    }

    it('runs on the best kernel by itself', () => {
      assert.equal(inspect({})['kernel'], addon.kernels[0])
      assert.equal(addon.kernels.at(-1), 'generic')
    })

    it('refuses to load with a kernel that the machine has not, and names those it has', () => {
      const {error} = inspect({RAMSON_KERNEL: 'abacus'})
      assert.match(error ?? '', /RAMSON_KERNEL=abacus: this machine has no such kernel; it has .*generic/)
    })

    it('loads from where RAMSON_ADDON says', () => {
      assert(builtAddon.addon)
      assert.equal(inspect({RAMSON_ADDON: builtAddon.path})['implementation'], 'addon')
    })

    it('loads in worker threads, each with handles of its own', async () => {
      const before = addon.openDirections()
      const script = `
        const {parentPort, workerData} = require('node:worker_threads')
        const addon = require(workerData)
        const handle = new Uint32Array(2)
        const body = new Uint8Array(509)
        for (let i = 0; i < 5; i++) addon.open(0, new Uint8Array(20), new Uint8Array(16), 0, handle)
        addon.crypt(handle[0], handle[1], body)
        parentPort.postMessage({open: addon.openDirections(), body})`
      const answers = await Promise.all(
        Array.from({length: 4}, async () => {
          const worker = new Worker(script, {eval: true, workerData: builtAddon.addon && builtAddon.path})
          const answer = await new Promise<{open: number; body: Uint8Array}>((resolve, reject) => {
            worker.once('message', resolve)
            worker.once('error', reject)
          })
          await worker.terminate()
          return answer
        })
      )
      for (const {open, body} of answers) {
        assert.equal(open, 5)
        assert.deepEqual(body, answers[0]?.body)
      }
      assert.equal(addon.openDirections(), before)
    })
  })
})

describe('the build', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'ramson-build-'))
  after(() => rmSync(scratch, {recursive: true, force: true}))

  /** Runs the build script in a copy of the package on a machine without any program but Node. */
  function buildWithoutCompiler(environment: Record<string, string>) {
    const root = packageRoot()
    mkdirSync(join(scratch, 'scripts'), {recursive: true})
    for (const name of ['build-native.mjs', 'step.mjs']) {
      cpSync(join(root, 'scripts', name), join(scratch, 'scripts', name))
    }
    for (const name of ['native', 'CMakeLists.txt', 'package.json']) {
      rmSync(join(scratch, name), {force: true})
      symlinkSync(join(root, name), join(scratch, name))
    }
    return spawnSync(process.execPath, [join(scratch, 'scripts', 'build-native.mjs')], {
      env: {PATH: join(scratch, 'nothing'), ...environment},
      encoding: 'utf8'
    })
  }

  it('explains itself in one paragraph and succeeds where there is no compiler', () => {
    const {status, stdout, stderr} = buildWithoutCompiler({})
    assert.equal(status, 0)
    assert.equal(stdout, '')
    assert.match(
      stderr,
      /^The native addon was not built, because this machine has no C\+\+20 compiler, no cmake, no make\. /
    )
    assert.equal(stderr.trim().split('\n').length, 1)
    const note = JSON.parse(readFileSync(join(scratch, 'build', 'native-status.json'), 'utf8')) as unknown
    assert.deepEqual(note, {built: false, reason: 'this machine has no C++20 compiler, no cmake, no make'})
  })

  it('fails there where RAMSON_REQUIRE_NATIVE=1 asks for the addon', () => {
    const {status, stderr} = buildWithoutCompiler({RAMSON_REQUIRE_NATIVE: '1'})
    assert.equal(status, 1)
    assert.match(stderr, /The native addon was not built/)
  })
})
