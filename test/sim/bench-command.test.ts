// `ramson bench` as it is called: its JSON holds what it says it measured, of primitives and of a whole relay under load.

import assert from 'node:assert/strict'
import {execFile} from 'node:child_process'
import {test} from 'node:test'
import {fileURLToPath} from 'node:url'
import type {BenchReport} from '../../bench/bench-command.ts'
import {loadAddon} from '../../src/crypto/binding.ts'

const PROGRAM = fileURLToPath(new URL('../../src/app/main.js', import.meta.url))

function bench(...words: string[]): Promise<{status: number; stdout: string; stderr: string}> {
  return new Promise(resolve => {
    execFile(process.execPath, [PROGRAM, 'bench', ...words], (error, stdout, stderr) => {
      const status = typeof error?.code === 'number' ? error.code : error === null ? 0 : -1
      resolve({status, stdout, stderr})
    })
  })
}

test('primitives are measured as JSON', async () => {
  const {status, stdout, stderr} = await bench('wire', '--time', '2', '--fallback', '--json')
  assert.equal(status, 0, stderr)
  const {machine, micro, endToEnd} = JSON.parse(stdout) as BenchReport
  assert.equal(machine.node, process.version)
  assert.ok(micro !== undefined && endToEnd === undefined)
  assert.ok(micro.figures.some(({group, name}) => group === 'decode' && name === 'CREATE2'))
  for (const {ns, perSecond} of micro.figures) assert.ok(ns > 0 && perSecond > 0)
})

test('what cannot be measured is refused', async () => {
  for (const words of [
    ['bulk', '--seconds', '0'],
    ['bulc'],
    ['--versus', 'arti'],
    ['--shards', 'x'],
    ['--what']
  ]) {
    const {status, stderr} = await bench(...words)
    assert.equal(status, 1)
    assert.match(stderr, /\S/)
  }
  assert.match((await bench('--help')).stdout, /--versus tor/)
})

const {reason} = loadAddon()

test('a relay is loaded, every cell checked, and its cost told', {skip: reason ?? false}, async () => {
  const everywhere = ['--relay-cores', '', '--generator-cores', '']
  const words = ['bulk', 'ntor', '--shards', '1,2', '--seconds', '0.4', ...everywhere, '--json']
  const {status, stdout, stderr} = await bench(...words)
  assert.equal(status, 0, stderr)
  const {endToEnd} = JSON.parse(stdout) as BenchReport
  assert.ok(endToEnd !== undefined)
  assert.deepEqual(endToEnd.failures, [])
  assert.equal(endToEnd.medians.length, 4)
  const figuresOf = (shape: string, shards: number) =>
    endToEnd.medians.find(row => row.shape === shape && row.shards === shards)?.figures ?? {}
  for (const shards of [1, 2]) {
    for (const figure of ['cellsPerSecond', 'cpuSecondsPerGigabyte', 'generatorCores'])
      assert.ok((figuresOf('bulk', shards)[figure] ?? 0) > 0, figure)
    assert.ok((figuresOf('ntor', shards)['handshakesPerCpuSecond'] ?? 0) > 0)
  }
  assert.equal(figuresOf('bulk', 1)['crossedShare'], 0)
  const [scaling] = endToEnd.scaling
  assert.ok(scaling !== undefined && scaling.shards === 2)
  assert.ok(scaling.crossedShare > 0.2 && scaling.crossedShare < 0.8)
})
