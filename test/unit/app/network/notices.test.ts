import assert from 'node:assert/strict'
import {mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, test} from 'node:test'
import {Notices} from '../../../../src/app/network/notices.ts'

const folder = mkdtempSync(join(tmpdir(), 'ramson-notices-'))
after(() => rmSync(folder, {recursive: true}))

test('notices of all nodes are kept with the name of the node, the newest first, and no more than twenty', () => {
  const notices = new Notices()
  const file = join(folder, 'log')
  const log = notices.openLog('relay1', file)
  assert.ok(log.ok)
  const {logger} = log.value
  logger.info('for the file alone')
  for (let i = 0; i < 25; i++) logger.notice(`number ${i}`)
  logger.warn('look here [sic]')
  log.value.close()
  const kept = notices.list()
  assert.equal(kept.length, 20)
  assert.deepEqual([kept[0]?.severity, kept[0]?.text], ['warn', 'relay1: look here [sic]'])
  assert.equal(kept[1]?.text, 'relay1: number 24')
  assert.match(readFileSync(file, 'utf8'), /\[info\] for the file alone\n.*number 0\n/)
})
