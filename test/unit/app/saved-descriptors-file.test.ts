// Where the HSDir cache lies while the relay is stopped.

import assert from 'node:assert/strict'
import {mkdtempSync, rmSync, statSync, truncateSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, test} from 'node:test'
import {savedDescriptorsFile} from '../../../src/app/saved-descriptors-file.ts'
import type {DataDirFault} from '../../../src/datadir/fault.ts'

const directory = mkdtempSync(join(tmpdir(), 'ramson-hs-descriptors-'))
const path = join(directory, 'cached-hs-descriptors')
const faults: DataDirFault[] = []
const file = savedDescriptorsFile(directory, fault => faults.push(fault))
const octets = Uint8Array.of(1, 2, 3)

after(() => rmSync(directory, {recursive: true}))

test('where nothing was put nothing is taken', () => {
  assert.equal(file.take(), undefined)
  assert.deepEqual(faults, [])
})

test('what was put is for its owner alone, is taken once, and is gone then', () => {
  file.put(octets)
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.deepEqual(file.take(), octets)
  assert.equal(file.take(), undefined)
  assert.throws(() => statSync(path), {code: 'ENOENT'})
})

test('what was put last is taken', () => {
  file.put(octets)
  file.put(Uint8Array.of(9))
  assert.deepEqual(file.take(), Uint8Array.of(9))
})

test('a directory that is not there is a fault that is told, and nothing else', () => {
  const lost = savedDescriptorsFile(join(directory, 'nowhere'), fault => faults.push(fault))
  assert.equal(lost.take(), undefined)
  lost.put(octets)
  assert.deepEqual(
    faults.map(({code}) => code),
    ['unwritable']
  )
})

test('a file that is larger than anything that was put is left alone', () => {
  writeFileSync(path, octets)
  truncateSync(path, 100 * 1024 * 1024)
  assert.equal(file.take(), undefined)
  assert.equal(faults.at(-1)?.code, 'too-large')
})
