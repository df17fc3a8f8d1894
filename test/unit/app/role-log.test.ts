// What the log hears of the roles for onion services.

import assert from 'node:assert/strict'
import {test} from 'node:test'
import {roleLog} from '../../../src/app/onion-roles.ts'
import {ok} from '../../../src/fault/result.ts'
import {DEFAULT_LOG_OPTIONS, Log} from '../../../src/log/log.ts'

test('what peers do over and over is told once a minute, and that it was more than once', () => {
  const lines: string[] = []
  let nowMs = Date.now()
  const sink = {
    write: (line: string) => {
      lines.push(line)
    },
    reopen: () => undefined,
    close: () => undefined
  }
  const ranges = [{min: 'info', max: 'err', domains: undefined}] as const
  const opened = Log.open(
    {...DEFAULT_LOG_OPTIONS, routes: [{ranges, target: {kind: 'stdout'}}]},
    {now: () => new Date(nowMs), openSink: () => ok(sink)}
  )
  assert.ok(opened.ok)
  const log = roleLog(opened.value.logger)
  for (let i = 0; i < 1000; i++) log('info', 'INTRODUCE1: malformed')
  for (let i = 0; i < 1000; i++) log('debug', 'INTRODUCE1: success')
  log('info', 'RENDEZVOUS1: malformed')
  assert.equal(lines.length, 2)
  nowMs += 60_000
  log('info', 'INTRODUCE1: malformed')
  assert.equal(lines.length, 3)
  assert.match(lines[2] ?? '', /\b999\b/)
})
