// Onion services in a torrc: which lines belong to which service, what each may say, and that order survives a dump.

import assert from 'node:assert/strict'
import {test} from 'node:test'
import {printConfigFault} from '../../../src/config/fault.ts'
import type {HostFacts} from '../../../src/config/host.ts'
import {printConfig} from '../../../src/config/print-config.ts'
import {type ConfigSources, loadConfig, type RelayConfig} from '../../../src/config/relay-config.ts'
import {type ConfigLine, parseTorrcText} from '../../../src/config/torrc-text.ts'

const HOST: HostFacts = {
  homeDirectory: '/home/op',
  workingDirectory: '/srv',
  totalMemory: 2 ** 32,
  cpuCount: 2
}

function lines(text: string): ConfigLine[] {
  const parsed = parseTorrcText(text, 'torrc')
  return parsed.ok ? parsed.value : assert.fail(printConfigFault(parsed.fault))
}

function loadFrom(sources: ConfigSources): RelayConfig {
  const config = loadConfig(sources, HOST)
  return config.ok ? config.value : assert.fail(printConfigFault(config.fault))
}

const load = (torrc: string) => loadFrom({torrc: lines(torrc)})

function refused(torrc: string): string {
  const config = loadConfig({torrc: lines(torrc)}, HOST)
  return config.ok ? assert.fail('was accepted') : printConfigFault(config.fault)
}

const TWO = `HiddenServiceDir ~/a
HiddenServicePort 80
HiddenServiceDir /b
HiddenServicePort 443 8443
HiddenServicePort 22 unix:/run/ssh
HiddenServiceNumIntroductionPoints 5
HiddenServiceMaxStreams 7
HiddenServiceMaxStreamsCloseCircuit 1
HiddenServiceEnableIntroDoSDefense 1
HiddenServiceEnableIntroDoSRatePerSec 9
HiddenServiceOnionBalanceInstance 1
`

test('lines belong to the HiddenServiceDir before them', () => {
  const [a, b] = load(TWO).onionServices
  assert.deepEqual(a, {
    directory: '/home/op/a',
    ports: [{virtualPort: 80, target: {kind: 'tcp', host: '127.0.0.1', port: 80}}],
    introductionPoints: 3,
    maxStreams: 0,
    whenMaxStreams: 'refuse-stream',
    introductionLimit: undefined,
    isOnionBalanceInstance: false
  })
  assert.deepEqual(b, {
    directory: '/b',
    ports: [
      {virtualPort: 443, target: {kind: 'tcp', host: '127.0.0.1', port: 8443}},
      {virtualPort: 22, target: {kind: 'unix', path: '/run/ssh'}}
    ],
    introductionPoints: 5,
    maxStreams: 7,
    whenMaxStreams: 'close-circuit',
    introductionLimit: {rate: 9, burst: 200},
    isOnionBalanceInstance: true
  })
})

test('an onion service needs no ORPort', () => {
  assert.deepEqual(load('HiddenServiceDir /a\nHiddenServicePort 80').orPorts, [])
  assert.match(refused('Nickname x'), /no ORPort/)
})

test('a relay may have one, and is told what that costs', () => {
  const {notices, onionServices} = load('ORPort 9001\nHiddenServiceDir /a\nHiddenServicePort 80')
  assert.equal(onionServices.length, 1)
  assert.match(notices.join('\n'), /two nodes/)
  assert.match(load('ORPort 9001\nSocksPort 9050').notices.join('\n'), /two nodes/)
})

test('a port goes to an address, to a port here, or to a socket', () => {
  const target = (text: string) =>
    load(`HiddenServiceDir /a\nHiddenServicePort ${text}`).onionServices[0]?.ports[0]?.target
  assert.deepEqual(target('80 192.0.2.1:81'), {kind: 'tcp', host: '192.0.2.1', port: 81})
  assert.deepEqual(target('80   [2001:db8::1]:81'), {kind: 'tcp', host: '2001:db8::1', port: 81})
  assert.deepEqual(target('80 unix:"/run/a b"'), {kind: 'unix', path: '/run/a b'})
  for (const bad of ['0', 'x', '80 0', '80 65536', '80 example.com:1', '80 1 2', '70000', '80 192.0.2.1:0']) {
    assert.match(
      refused(`HiddenServiceDir /a\nHiddenServicePort ${bad}`),
      /line 2: HiddenServicePort wants/,
      bad
    )
  }
})

test('what does not hold together is refused', () => {
  assert.match(refused('HiddenServicePort 80\nORPort 1'), /line 1: HiddenServicePort stands before any/)
  assert.match(refused('HiddenServiceDir /a'), /has no HiddenServicePort/)
  assert.match(refused(`${TWO}HiddenServiceDir /b\nHiddenServicePort 1`), /two services/)
  const one = 'HiddenServiceDir /a\nHiddenServicePort 80\n'
  assert.match(refused(`${one}HiddenServiceVersion 2`), /HiddenServiceVersion wants 3/)
  for (const count of ['2', '21', 'x']) {
    assert.match(refused(`${one}HiddenServiceNumIntroductionPoints ${count}`), /wants 3 to 20/)
  }
  assert.match(
    refused(`${one}HiddenServiceEnableIntroDoSDefense 1\nHiddenServiceEnableIntroDoSBurstPerSec 1`),
    /smaller/
  )
})

test('services of a higher layer replace those below, unless they are added', () => {
  const torrc = lines('HiddenServiceDir /a\nHiddenServicePort 80')
  const directories = (commandLine: ConfigLine[]) =>
    loadFrom({torrc, commandLine}).onionServices.map(service => service.directory)
  assert.deepEqual(directories([]), ['/a'])
  assert.deepEqual(directories(lines('HiddenServiceDir /b\nHiddenServicePort 80')), ['/b'])
  assert.deepEqual(directories(lines('+HiddenServiceDir /b\nHiddenServicePort 80')), ['/a', '/b'])
})

test('a dump keeps their order, so that it reads back as the same services', () => {
  const config = load(TWO)
  for (const level of ['short', 'full'] as const) {
    const again = load(printConfig(config, level))
    assert.deepEqual(again.onionServices, config.onionServices)
  }
})
