import assert from 'node:assert/strict'
import {test} from 'node:test'
import {printConfigFault} from '../../../src/config/fault.ts'
import {parseLogLine} from '../../../src/config/log-lines.ts'
import {type LogRoute, routeTakes} from '../../../src/log/severity.ts'

function parse(value: string) {
  return parseLogLine(
    {mode: 'set', name: 'Log', value, place: {source: 't', line: 1}},
    path => `/abs/${path}`
  )
}

function route(value: string): LogRoute {
  const parsed = parse(value)
  return parsed.ok ? parsed.value : assert.fail(printConfigFault(parsed.fault))
}

test('a severity alone means that and all graver ones, on the standard output', () => {
  assert.deepEqual(route('notice'), {
    ranges: [{min: 'notice', max: 'err', domains: undefined}],
    target: {kind: 'stdout'}
  })
})

test('a range has two ends, and a line names where its messages go', () => {
  assert.deepEqual(route('info-warn file tor log'), {
    ranges: [{min: 'info', max: 'warn', domains: undefined}],
    target: {kind: 'file', path: '/abs/tor log'}
  })
  assert.equal(route('WARN SYSLOG').target.kind, 'syslog')
  assert.equal(route('err stderr').target.kind, 'stderr')
})

test('domains narrow a range; several ranges may stand on one line', () => {
  const handshakes = route('[handshake]debug [~net,~mm]info notice stdout')
  assert.equal(routeTakes(handshakes, 'debug', 'handshake'), true)
  assert.equal(routeTakes(handshakes, 'debug', 'or'), false)
  assert.equal(routeTakes(handshakes, 'info', 'or'), true)
  assert.equal(routeTakes(handshakes, 'info', 'net'), false)
  assert.equal(routeTakes(handshakes, 'notice', 'net'), true)
  assert.equal(routeTakes(route('[*,~dir]debug'), 'debug', 'dir'), false)
})

test('a range leaves out what is graver than its end', () => {
  assert.equal(routeTakes(route('debug-info stdout'), 'warn', 'general'), false)
  assert.equal(routeTakes(route('debug-info stdout'), 'info', 'general'), true)
})

test('what is no severity, domain or place is refused', () => {
  for (const bad of [
    '',
    'loud',
    'warn-debug',
    'notice nowhere',
    'notice file',
    '[nothing]debug',
    'info notice',
    'file x'
  ]) {
    assert.equal(parse(bad).ok, false, bad)
  }
})
