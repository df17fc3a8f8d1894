import assert from 'node:assert/strict'
import {test} from 'node:test'
import {jsonReport, type Output, peopleReport} from '../../../../src/app/network/report.ts'

class Written implements Output {
  readonly columns = 80
  readonly isTTY: boolean
  text = ''

  constructor(isTTY: boolean) {
    this.isTTY = isTTY
  }

  write(text: string): void {
    this.text += text
  }
}

const network = {step: 0, title: 'network', ms: 1234.5, detail: 'one and all'} as const
const addresses = {
  onion: 'x.onion',
  socksPort: 1,
  command: 'curl x',
  statusUrl: 'http://127.0.0.1:2/',
  directory: '/d',
  joinRelay: '/d/join-relay.torrc',
  joinClient: '/d/join-client.torrc'
}
const failure = {step: 2, node: 'service', message: 'nobody took it', wayOut: 'Look into its log.'} as const

const ESCAPE = '\x1b'
const PIECE = new RegExp(`(${ESCAPE}\\[\\d*[A-Z]|\\n|\\r)`)
const UP = new RegExp(`^${ESCAPE}\\[(\\d+)A$`)

/** What stands on a terminal after it has done what the escapes say. */
function screen(text: string): string[] {
  const lines = ['']
  for (const part of text.split(PIECE)) {
    if (part === '\n') lines.push('')
    else if (part === '\r') continue
    else if (UP.test(part)) lines.splice(lines.length - 1 - Number(UP.exec(part)?.[1]))
    else if (part === `${ESCAPE}[J`) lines.push('')
    else if (part === `${ESCAPE}[2K`) lines[lines.length - 1] = ''
    else lines[lines.length - 1] += part
  }
  return lines
}

test('for scripts every event is one line of JSON', () => {
  const output = new Written(false)
  const report = jsonReport(output)
  report.starting('about')
  report.notice('the fallback runs')
  report.step({...network, state: 'done'})
  report.ready(addresses, 5000.4)
  report.failed(failure)
  report.stopping()
  report.stopped(10)
  const events = output.text
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as {event: string})
  assert.deepEqual(events, [
    {event: 'starting', about: 'about'},
    {event: 'notice', text: 'the fallback runs'},
    {event: 'step', step: 0, title: 'network', state: 'done', ms: 1235, detail: 'one and all'},
    {event: 'ready', ...addresses, ms: 5000},
    {event: 'failed', ...failure},
    {event: 'stopping'},
    {event: 'stopped', ms: 10}
  ])
})

test('elsewhere than on a terminal a step is one plain line when it is over', () => {
  const output = new Written(false)
  const report = peopleReport(output)
  report.step({...network, state: 'running'})
  assert.equal(output.text, '')
  report.step({...network, state: 'done'})
  assert.match(output.text, /^ {2}✓ network +1\.2 s {3}one and all\n$/)
  report.ready(addresses, 5000)
  for (const value of ['x.onion', 'curl x', addresses.statusUrl, addresses.joinRelay, addresses.joinClient]) {
    assert.ok(output.text.includes(value), value)
  }
  assert.ok(!output.text.includes(ESCAPE))
})

test('on a terminal what is under way stands below what is over, and goes when it is over', () => {
  const output = new Written(true)
  const report = peopleReport(output)
  report.starting('about')
  report.step({...network, state: 'running', detail: 'first'})
  assert.match(screen(output.text).join('\n'), /… network .*first/)
  report.step({...network, step: 1, title: 'introduction points', state: 'running', detail: 'second'})
  report.step({...network, state: 'done'})
  const shown = screen(output.text).filter(line => line !== '')
  assert.deepEqual(
    shown.map(line => line.slice(0, 12)),
    ['about', '  ✓ network ', '  … introduc']
  )
  report.failed(failure)
  assert.doesNotMatch(screen(output.text).join('\n'), /…/)
})

test('a notice is read on a terminal, whatever is drawn below it', () => {
  const output = new Written(true)
  const report = peopleReport(output)
  report.starting('about')
  report.step({...network, state: 'running', detail: 'first'})
  report.notice('the fallback runs')
  report.step({...network, state: 'done'})
  const shown = screen(output.text).filter(line => line !== '')
  assert.deepEqual(
    shown.map(line => line.slice(0, 17)),
    ['about', 'the fallback runs', '  ✓ network      ']
  )
  report.failed(failure)
})

test('a line that would wrap is cut while the step is under way', () => {
  const output = new Written(true)
  const report = peopleReport(output)
  report.step({...network, state: 'running', detail: 'x'.repeat(200)})
  for (const line of screen(output.text)) assert.ok(line.length < output.columns)
})

test('a failure names the step, the node and the way out', () => {
  const output = new Written(false)
  peopleReport(output).failed(failure)
  assert.equal(
    output.text,
    '\nIt failed in step 2 (descriptor published), at service: nobody took it\nLook into its log.\n'
  )
})
