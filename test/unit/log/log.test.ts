import assert from 'node:assert/strict'
import {mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, test} from 'node:test'
import {ok} from '../../../src/fault/result.ts'
import {DEFAULT_LOG_OPTIONS, defaultRoutes, Log, type LogOptions} from '../../../src/log/log.ts'
import type {LogRange, LogRoute, Severity} from '../../../src/log/severity.ts'
import type {Sink} from '../../../src/log/sink.ts'
import {openSink} from '../../../src/log/sink.ts'

const folder = mkdtempSync(join(tmpdir(), 'ramson-log-'))
after(() => rmSync(folder, {recursive: true}))

class Clock {
  time = new Date(2026, 10, 22, 13, 20, 0, 123).getTime()
  readonly now = (): Date => new Date(this.time)
}

function range(min: Severity, max: Severity = 'err'): LogRange {
  return {min, max, domains: undefined}
}

function toFile(path: string, ...ranges: LogRange[]): LogRoute {
  return {ranges, target: {kind: 'file', path}}
}

interface Captured {
  readonly log: Log
  readonly clock: Clock
  readonly lines: string[]
}

/** A log whose only sink keeps its lines here. */
function captured(options: Partial<LogOptions> = {}): Captured {
  const lines: string[] = []
  const clock = new Clock()
  const sink: Sink = {
    write: line => {
      lines.push(line)
    },
    reopen: () => undefined,
    close: () => undefined
  }
  const routes = [{ranges: [range('debug')], target: {kind: 'stdout'}}] as const
  const log = Log.open(
    {...DEFAULT_LOG_OPTIONS, routes, ...options},
    {now: clock.now, openSink: () => ok(sink)}
  )
  assert.ok(log.ok)
  return {log: log.value, clock, lines}
}

function opened(options: Partial<LogOptions>): Log {
  const log = Log.open({...DEFAULT_LOG_OPTIONS, ...options}, {now: new Clock().now, openSink})
  return log.ok ? log.value : assert.fail('was not opened')
}

test('a line reads as C tor writes it, in local time', () => {
  const {log, lines} = captured()
  log.logger.notice('Bootstrapped 100% (done): Done')
  log.logger.err('Stopping.')
  assert.deepEqual(lines, [
    'Nov 22 13:20:00.000 [notice] Bootstrapped 100% (done): Done',
    'Nov 22 13:20:00.000 [err] Stopping.'
  ])
})

test('times are rounded down to LogTimeGranularity', () => {
  const {log, lines} = captured({timeGranularityMs: 100})
  log.logger.info('x')
  const fine = captured({timeGranularityMs: 1})
  fine.log.logger.info('x')
  assert.equal(lines[0], 'Nov 22 13:20:00.100 [info] x')
  assert.equal(fine.lines[0], 'Nov 22 13:20:00.123 [info] x')
})

test('domains are shown only where LogMessageDomains asks for them', () => {
  const {log, lines} = captured({showDomains: true})
  log.logger.about('handshake').debug('x')
  log.logger.warn('y')
  assert.deepEqual(lines, [
    'Nov 22 13:20:00.000 [debug] {HANDSHAKE} x',
    'Nov 22 13:20:00.000 [warn] {GENERAL} y'
  ])
})

test('as JSON a line is one object with level, time, domain and message', () => {
  const {log, clock, lines} = captured({format: 'json', timeGranularityMs: 1})
  log.logger.about('dir').warn('a "quoted" word')
  assert.deepEqual(JSON.parse(lines[0] ?? ''), {
    level: 'warn',
    time: clock.now().toISOString(),
    domain: 'dir',
    msg: 'a "quoted" word'
  })
})

test('no message can start a line of its own or move the cursor', () => {
  const {log, lines} = captured()
  log.logger.info('x\nNov 22 13:20:00.000 [err] forged\r\x1b[2J\u0085y')
  assert.equal(
    lines[0],
    'Nov 22 13:20:00.000 [info] x\\x0aNov 22 13:20:00.000 [err] forged\\x0d\\x1b[2J\\x85y'
  )
})

test('addresses are scrubbed unless SafeLogging is off', () => {
  assert.equal(captured().log.logger.scrub('192.0.2.1'), '[scrubbed]')
  assert.equal(captured({safeLogging: 'relay'}).log.logger.scrub('192.0.2.1'), '[scrubbed]')
  assert.equal(captured({safeLogging: 'off'}).log.logger.scrub('192.0.2.1'), '192.0.2.1')
})

test('what a peer does wrong is info, and warn only with ProtocolWarnings', () => {
  const quiet = captured()
  quiet.log.logger.protocol('x')
  const loud = captured({protocolWarnings: true})
  loud.log.logger.protocol('x')
  assert.match(quiet.lines[0] ?? '', /\[info\] x$/)
  assert.match(loud.lines[0] ?? '', /\[warn\] x$/)
})

test('a limited message is told once an interval, and the next one says how many were held back', () => {
  const {log, clock, lines} = captured()
  for (let i = 0; i < 1000; i++) log.logger.limited('flood', 60_000).info('x')
  log.logger.about('or').limited('flood', 60_000).info('x')
  log.logger.limited('other', 60_000).info('y')
  assert.deepEqual(
    lines.map(line => line.slice(27)),
    ['x', 'y']
  )
  clock.time += 60_000
  log.logger.limited('flood', 60_000).info('x')
  assert.equal(lines.at(-1)?.slice(27), 'x [1000 similar messages were held back.]')
})

test('messages that no route takes cost no sink and no limit', () => {
  const {log, lines} = captured({routes: [{ranges: [range('notice')], target: {kind: 'stdout'}}]})
  assert.equal(log.logger.takes('info'), false)
  assert.equal(log.logger.takes('notice'), true)
  log.logger.limited('k', 60_000).debug('x')
  log.logger.limited('k', 60_000).notice('y')
  assert.deepEqual(lines.length, 1)
})

test('each route takes its severities and domains, each message once', () => {
  const [a, b] = [join(folder, 'a'), join(folder, 'b')]
  const log = opened({
    routes: [
      {ranges: [range('warn'), {min: 'debug', max: 'err', domains: ['or']}], target: {kind: 'file', path: a}},
      toFile(b, range('info', 'notice'))
    ]
  })
  log.logger.warn('1')
  log.logger.notice('2')
  log.logger.about('or').debug('3')
  log.logger.about('or').err('4')
  log.close()
  const messages = (path: string) => readFileSync(path, 'utf8').match(/\d$/gm)?.join('')
  assert.equal(messages(a), '134')
  assert.equal(messages(b), '2')
  assert.equal(statSync(a).mode & 0o777, 0o600)
})

test('after a file was moved away, reopening starts a new one of its name', () => {
  const path = join(folder, 'rotated')
  const log = opened({routes: [toFile(path, range('notice'))]})
  log.logger.notice('before')
  renameSync(path, `${path}.1`)
  log.logger.notice('between')
  log.reopen()
  log.logger.notice('after')
  log.close()
  assert.match(readFileSync(`${path}.1`, 'utf8'), /before\n.*between\n$/)
  assert.match(readFileSync(path, 'utf8'), /^.*after\n$/)
})

test('a file is continued, or with TruncateLogFile begun anew at the start but not at a reload', () => {
  const path = join(folder, 'kept')
  const routes = [toFile(path, range('notice'))]
  writeFileSync(path, 'old\n')
  const log = opened({routes})
  log.logger.notice('one')
  log.close()
  assert.match(readFileSync(path, 'utf8'), /^old\n.*one\n$/)
  const truncating = opened({routes, truncateFiles: true})
  truncating.logger.notice('two')
  assert.ok(truncating.reconfigure({...DEFAULT_LOG_OPTIONS, routes, truncateFiles: true}).ok)
  truncating.logger.notice('three')
  truncating.close()
  assert.match(readFileSync(path, 'utf8'), /^.*two\n.*three\n$/)
})

test('new settings take effect as a whole, or, where a file cannot be opened, not at all', () => {
  const path = join(folder, 'before')
  const log = opened({routes: [toFile(path, range('notice'))]})
  const bad = [
    toFile(join(folder, 'fine'), range('debug')),
    toFile(join(folder, 'no', 'such'), range('debug'))
  ]
  const refused = log.reconfigure({...DEFAULT_LOG_OPTIONS, routes: bad})
  assert.equal(!refused.ok && refused.fault.code, 'unopenable')
  log.logger.info('too chatty')
  log.logger.notice('still here')
  assert.match(readFileSync(path, 'utf8'), /^.*still here\n$/)
  const next = join(folder, 'next')
  assert.ok(
    log.reconfigure({...DEFAULT_LOG_OPTIONS, format: 'json', routes: [toFile(next, range('info'))]}).ok
  )
  log.logger.info('now here')
  assert.equal(JSON.parse(readFileSync(next, 'utf8')).msg, 'now here')
  assert.doesNotMatch(readFileSync(path, 'utf8'), /now here/)
  log.close()
})

test('makeDebug lets every route take everything', () => {
  const {log, lines} = captured({routes: [{ranges: [range('err')], target: {kind: 'stdout'}}]})
  log.logger.debug('x')
  log.makeDebug()
  log.logger.debug('y')
  assert.equal(lines.length, 1)
})

test('a sink that breaks after it was opened stops nothing', () => {
  const log = opened({routes: [{ranges: [range('debug')], target: {kind: 'file', path: '/dev/full'}}]})
  for (let i = 0; i < 100; i++) log.logger.notice('x')
  log.reopen()
  log.close()
  log.logger.notice('after the end')
})

test('without Log lines notices go to stdout, with --hush warnings, with --quiet nothing', () => {
  assert.deepEqual(defaultRoutes('normal'), [{ranges: [range('notice')], target: {kind: 'stdout'}}])
  assert.deepEqual(defaultRoutes('hush'), [{ranges: [range('warn')], target: {kind: 'stdout'}}])
  const {log, lines} = captured({routes: defaultRoutes('quiet')})
  assert.equal(log.logger.takes('err'), false)
  log.logger.err('x')
  assert.deepEqual(lines, [])
})
