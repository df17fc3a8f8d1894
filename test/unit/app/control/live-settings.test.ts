import assert from 'node:assert/strict'
import {mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {describe, it} from 'node:test'
import {LiveSettings} from '../../../../src/app/control/live-settings.ts'
import type {ConfigFault} from '../../../../src/config/fault.ts'
import {loadConfig, type RelayConfig} from '../../../../src/config/relay-config.ts'
import {parseTorrcText} from '../../../../src/config/torrc-text.ts'
import type {Fault} from '../../../../src/fault/fault.ts'
import {ok, type Result} from '../../../../src/fault/result.ts'

const TORRC = `ORPort 9001
Nickname foo
BandwidthRate 2 MB
BandwidthBurst 4 MB
HiddenServiceDir /a
HiddenServicePort 80
HiddenServiceDir /b
HiddenServicePort 81
Log notice stdout
Log info file /x
UseEntryGuards 1
`

function read(text: string): Result<RelayConfig, ConfigFault> {
  const lines = parseTorrcText(text, 'torrc')
  return lines.ok ? loadConfig({torrc: lines.value}) : lines
}

function settings(torrcFile = '') {
  const first = read(TORRC)
  assert.ok(first.ok)
  let config = first.value
  const told: (readonly [string, string | undefined])[] = []
  const live = new LiveSettings({
    current: () => config,
    readText: read,
    adopt: async next => {
      config = next
      return ok(undefined)
    },
    changed: lines => told.push(...lines),
    torrcFile,
    defaultsFile: ''
  })
  return {live, told, config: () => config}
}

const code = (result: Result<undefined, Fault>) => (result.ok ? 'ok' : result.fault.code)

describe('settings of a controller', () => {
  it('control-spec 3.3: have values without units, defaults, and every line of a list', () => {
    const {live} = settings()
    assert.deepEqual(live.get('bandwidthrate'), {name: 'BandwidthRate', values: [`${2 << 20}`]})
    assert.deepEqual(live.get('ShutdownWaitLength')?.values, ['30'])
    assert.deepEqual(live.get('Log')?.values, ['notice stdout', 'info file /x'])
    assert.deepEqual(live.get('ContactInfo')?.values, [])
    assert.deepEqual(live.get('UseEntryGuards')?.values, ['1'])
    assert.deepEqual(live.get('UseBridges')?.values, ['0'])
    assert.equal(live.get('Nope'), undefined)
  })

  it('have the lines of onion services in their order', () => {
    const values = settings()
      .live.onionServices()
      .map(({name, value}) => `${name} ${value}`)
    assert.deepEqual(
      values,
      TORRC.split('\n').filter(line => line.startsWith('HiddenService'))
    )
  })

  it('control-spec 3.1: change all at once, and keep what was not named', async () => {
    const {live, told, config} = settings()
    assert.equal(
      code(
        await live.set([
          {name: 'nickname', value: 'bar'},
          {name: 'ContactInfo', value: 'a "b"'}
        ])
      ),
      'ok'
    )
    assert.deepEqual(
      [config().nickname, config().contactInfo, config().bandwidthRate],
      ['bar', 'a "b"', 2 << 20]
    )
    assert.equal(config().onionServices.length, 2)
    assert.deepEqual(told.sort(), [
      ['ContactInfo', 'a "b"'],
      ['Nickname', 'bar']
    ])
    const refused = await live.set([
      {name: 'Nickname', value: 'baz'},
      {name: 'ContactInfo', value: 'x\0y'}
    ])
    assert.equal(code(refused), 'bad-value')
    assert.equal(config().nickname, 'bar')
  })

  it('control-spec 3.2: go back to their defaults', async () => {
    const {live, config} = settings()
    assert.equal(code(await live.reset([{name: 'Nickname', value: undefined}])), 'ok')
    assert.equal(config().nickname, 'Unnamed')
    assert.equal(code(await live.reset([{name: 'Nickname', value: 'again'}])), 'ok')
    assert.equal(config().nickname, 'again')
  })

  for (const [name, value, why] of [
    ['Nope', '1', 'unknown-option'],
    ['Nickname', 'a b', 'bad-value'],
    ['DataDirectory', '/elsewhere', 'refused-transition'],
    ['ControlPort', '9999', 'refused-transition']
  ] as const) {
    it(`control-spec 3.1: ${name}=${value} changes nothing (${why})`, async () => {
      const {live, told, config} = settings()
      const before = config()
      assert.equal(code(await live.set([{name, value}])), why)
      assert.equal(config(), before)
      assert.deepEqual(told, [])
    })
  }

  it('control-spec 3.19: are taken from a text, as a whole', async () => {
    const {live, config} = settings()
    assert.equal(code(await live.load(TORRC.replace('foo', 'loaded'))), 'ok')
    assert.equal(config().nickname, 'loaded')
    assert.equal(code(await live.load('Nickname a\nNope 1\n')), 'unknown-option')
    assert.equal(config().nickname, 'loaded')
  })

  it('control-spec 3.6: saved, they can be read again and say the same', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'ramson-settings-'))
    const {live, config} = settings(join(directory, 'torrc'))
    await live.set([{name: 'Nickname', value: 'saved'}])
    assert.equal(code(live.save()), 'ok')
    const again = read(readFileSync(live.torrcFile, 'utf8'))
    assert.ok(again.ok)
    assert.deepEqual(again.value.onionServices, config().onionServices)
    assert.deepEqual([again.value.nickname, again.value.logRoutes?.length], ['saved', 2])
    rmSync(directory, {recursive: true, force: true})
    assert.equal(code(settings().live.save()), 'unwritable')
  })
})
