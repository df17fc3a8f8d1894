import assert from 'node:assert/strict'
import {chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, test} from 'node:test'
import {setTimeout as sleep} from 'node:timers/promises'
import {syslogSink} from '../../../src/log/syslog.ts'

const folder = mkdtempSync(join(tmpdir(), 'ramson-syslog-'))
after(() => rmSync(folder, {recursive: true}))

test('the logger command gets the tag, and lines with facility and severity in front', async () => {
  const out = join(folder, 'out')
  const logger = join(folder, 'logger')
  writeFileSync(logger, `#!/bin/sh\necho "$@" > ${out}.part\ncat >> ${out}.part\nmv ${out}.part ${out}\n`)
  chmodSync(logger, 0o755)
  const sink = syslogSink(logger, 'Tor-alice')
  sink.write('one', 'err')
  sink.write('two', 'notice')
  sink.write('three', 'debug')
  sink.close()
  for (let i = 0; i < 100 && !existsSync(out); i++) await sleep(50)
  assert.equal(readFileSync(out, 'utf8'), '--tag Tor-alice --prio-prefix\n<27>one\n<29>two\n<31>three\n')
})

test('a system without the command loses lines and nothing else', async () => {
  const sink = syslogSink(join(folder, 'none'), 'x')
  sink.write('one', 'err')
  await sleep(50)
  sink.write('two', 'err')
  sink.close()
  sink.write('three', 'err')
  await sleep(50)
})
