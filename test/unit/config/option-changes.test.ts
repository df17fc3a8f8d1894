import assert from 'node:assert/strict'
import {test} from 'node:test'
import {changedOptions, optionChange, optionsInForce} from '../../../src/config/option-changes.ts'
import {loadConfig, type RelayConfig} from '../../../src/config/relay-config.ts'
import {parseTorrcText} from '../../../src/config/torrc-text.ts'

function load(torrc: string): RelayConfig {
  const lines = parseTorrcText(`ORPort 9001\n${torrc}`, 'torrc')
  assert.ok(lines.ok)
  const config = loadConfig({torrc: lines.value})
  return config.ok ? config.value : assert.fail(JSON.stringify(config.fault))
}

function inForce(config: RelayConfig, name: string) {
  return optionsInForce(config).find(each => each.name === name) ?? assert.fail(name)
}

test('an option in force has its value, its default, and whether that is what it says', () => {
  const config = load('HeartbeatPeriod 2 hours\nBandwidthRate 1024 MB\nMyFamily aaa\nMyFamily bbb')
  const {values, initial, isDefault, change, type, status} = inForce(config, 'HeartbeatPeriod')
  assert.deepEqual([values, initial, isDefault], [['7200'], '6 hours', false])
  assert.deepEqual([change, type, status], ['live', 'interval', 'done'])
  assert.equal(inForce(config, 'BandwidthRate').isDefault, true)
  assert.deepEqual(inForce(config, 'MyFamily').values, ['aaa', 'bbb'])
  assert.deepEqual(inForce(config, 'NumCPUs').values, ['0'])
  assert.deepEqual(inForce(config, 'Address').values, [])
  assert.equal(inForce(load('TestingTorNetwork 1'), 'ExtendAllowPrivateAddresses').initial, '1')
})

test('what changed is told by option; what says the same in other words has not', () => {
  const changed = (before: string, after: string) => changedOptions(load(before), load(after))
  assert.deepEqual(changed('Nickname a', 'Nickname b\nContactInfo x'), ['Nickname', 'ContactInfo'])
  assert.deepEqual(changed('', 'HeartbeatPeriod 360 minutes'), [])
  assert.deepEqual(changed('MyFamily aaa', ''), ['MyFamily'])
})

test('lines of onion services have changed when their order has', () => {
  const [a, b] = ['HiddenServiceDir /a\nHiddenServicePort 80', 'HiddenServiceDir /b\nHiddenServicePort 80']
  const changed = (before: string, after: string) => changedOptions(load(before), load(after))
  assert.deepEqual(changed(`${a}\n${b}`, `${b}\n${a}`), ['HiddenServiceDir'])
  assert.deepEqual(changed(a, `${a} 81`), ['HiddenServiceDir', 'HiddenServicePort'])
})

test('a running relay takes over most of it, a node without an ORPort less, and neither another DataDirectory', () => {
  assert.deepEqual(
    [optionChange('ContactInfo', true), optionChange('ContactInfo', false)],
    ['live', 'restart']
  )
  assert.deepEqual(
    [optionChange('HiddenServicePort', true), optionChange('HiddenServicePort', false)],
    ['live', 'live']
  )
  assert.equal(optionChange('BandwidthRate', false), 'live')
  assert.equal(optionChange('SocksPort', true), 'restart')
  assert.equal(optionChange('DataDirectory', true), 'refused')
})
