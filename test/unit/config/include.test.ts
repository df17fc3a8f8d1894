import assert from 'node:assert/strict'
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, test} from 'node:test'
import {printConfigFault} from '../../../src/config/fault.ts'
import {readTorrcFile} from '../../../src/config/include.ts'

const folder = mkdtempSync(join(tmpdir(), 'ramson-include-'))
after(() => rmSync(folder, {recursive: true}))

function file(name: string, text: string): string {
  const path = join(folder, name)
  mkdirSync(join(path, '..'), {recursive: true})
  writeFileSync(path, text)
  return path
}

function names(path: string, files: string[] = []): string[] {
  const lines = readTorrcFile(path, files)
  return lines.ok ? lines.value.map(line => line.name) : assert.fail(printConfigFault(lines.fault))
}

function refused(path: string): string {
  const lines = readTorrcFile(path)
  return lines.ok ? assert.fail('was accepted') : printConfigFault(lines.fault)
}

test('%include puts the lines of a file where it stands, and includes nest', () => {
  file('inner', 'C 1\n')
  file('outer', `B 1\n%include ${join(folder, 'inner')}\nD 1\n`)
  const files: string[] = []
  assert.deepEqual(names(file('torrc', `A 1\n%include "${join(folder, 'outer')}"\nE 1\n`), files), [
    'A',
    'B',
    'C',
    'D',
    'E'
  ])
  assert.deepEqual(
    files,
    ['torrc', 'outer', 'inner'].map(name => join(folder, name))
  )
})

test('an included folder means its plain files in order, without hidden ones and subfolders', () => {
  for (const name of ['20', '10', '.hidden', 'sub/30'])
    file(`conf.d/${name}`, `N${name.replace(/\W/g, '')} 1\n`)
  assert.deepEqual(names(file('t1', `%include ${join(folder, 'conf.d')}\n`)), ['N10', 'N20'])
})

test('wildcards may stand in any part of the path and may match nothing', () => {
  file('x/a.conf', 'A 1\n')
  file('y/b.conf', 'B 1\n')
  file('y/b.txt', 'T 1\n')
  assert.deepEqual(names(file('t2', `%include ${join(folder, '?', '*.conf')}\n`)), ['A', 'B'])
  assert.deepEqual(names(file('t3', `%include ${join(folder, '*.none')}\n`)), [])
})

test('a path without wildcards has to exist', () => {
  assert.match(
    refused(file('t4', `A 1\n%include ${join(folder, 'nothing')}\n`)),
    /t4, line 2: %include: .*nothing/
  )
  assert.match(refused(join(folder, 'nowhere')), /cannot be read \(ENOENT\)/)
})

test('a file that includes itself is refused', () => {
  assert.match(refused(file('loop', `%include ${join(folder, 'loop')}\n`)), /31 files deep/)
})
