import assert from 'node:assert/strict'
import {mkdtempSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, describe, it} from 'node:test'
import {readStatistics, writeStatistics} from '../../../src/datadir/statistics-file.ts'

const NAME = 'hidserv-v3-stats'
const LINES = [
  `${NAME}-end 2026-11-22 12:00:00 (86400 s)`,
  'hidserv-rend-v3-relayed-cells 19456 delta_f=2048 epsilon=0.30 bin_size=1024',
  'hidserv-dir-v3-onions-seen 16 delta_f=8 epsilon=0.30 bin_size=8'
]
const at = (time: string) => new Date(`2026-11-${time}Z`)

describe('statistics over a restart', () => {
  const directory = mkdtempSync(join(tmpdir(), 'ramson-stats-'))
  after(() => rmSync(directory, {recursive: true, force: true}))
  const read = (time: string) => {
    const lines = readStatistics(directory, NAME, at(time))
    assert.ok(lines.ok)
    return lines.value
  }

  it('are none before the first day is over', () => {
    assert.deepEqual(read('22T13:00:00'), [])
  })

  it('are told for a day and an hour, and not from the future', () => {
    assert.ok(writeStatistics(directory, NAME, LINES).ok)
    assert.equal(readFileSync(join(directory, 'stats', NAME), 'utf8'), `${LINES.join('\n')}\n`)
    assert.equal(statSync(join(directory, 'stats')).mode & 0o777, 0o700)
    assert.deepEqual(read('22T12:00:05'), LINES)
    assert.deepEqual(read('23T12:59:00'), LINES)
    assert.deepEqual(read('23T13:01:00'), [])
    assert.deepEqual(read('22T10:59:00'), [])
  })

  it('are none where the file makes no sense', () => {
    for (const text of ['', 'x', LINES.slice(1).join('\n'), `${NAME}-end tomorrow\n`]) {
      writeFileSync(join(directory, 'stats', NAME), text)
      assert.deepEqual(read('22T12:00:05'), [], text)
    }
  })

  it('cannot be written where a file is in the way', () => {
    rmSync(join(directory, 'stats'), {recursive: true})
    writeFileSync(join(directory, 'stats'), '')
    assert.equal(writeStatistics(directory, NAME, LINES).ok, false)
  })
})
