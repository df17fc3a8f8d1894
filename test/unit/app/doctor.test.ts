// What the doctor makes of machines and settings that this one is not.

import assert from 'node:assert/strict'
import {test} from 'node:test'
import {contactFinding} from '../../../src/app/doctor/contact.ts'
import {bad, exitStatus, good, warn} from '../../../src/app/doctor/finding.ts'
import {clockFinding} from '../../../src/app/doctor/machine.ts'
import {exposureFindings} from '../../../src/app/doctor/ports.ts'
import {addonFinding, kernelFinding, nodeFinding} from '../../../src/app/doctor/runtime.ts'
import {loadConfig, type RelayConfig} from '../../../src/config/relay-config.ts'
import {parseTorrcText} from '../../../src/config/torrc-text.ts'
import type {Addon} from '../../../src/crypto/binding.ts'

const NOW = new Date('2026-11-22T12:00:00Z')

function settings(torrc: string): RelayConfig {
  const lines = parseTorrcText(torrc, 'test')
  assert.ok(lines.ok)
  const config = loadConfig({torrc: lines.value})
  return config.ok ? config.value : assert.fail(config.fault.data?.message)
}

test('the status is 2 for anything bad, else 1 for anything to look at, else 0', () => {
  assert.equal(exitStatus([good('a', ''), good('b', '')]), 0)
  assert.equal(exitStatus([good('a', ''), warn('b', '', '')]), 1)
  assert.equal(exitStatus([warn('b', '', ''), bad('c', '', ''), good('a', '')]), 2)
})

test('a Node that is too old is bad; one past its end, or near it, is to look at', () => {
  const verdict = (version: string) => nodeFinding(version, NOW).verdict
  assert.equal(verdict('18.20.0'), 'bad')
  assert.equal(verdict('20.18.3'), 'bad')
  assert.equal(verdict('20.19.0'), 'warn')
  assert.equal(verdict('23.1.0'), 'warn')
  assert.equal(verdict('24.0.0'), 'good')
  assert.equal(nodeFinding('24.1.0', new Date('2028-04-01')).verdict, 'warn')
  assert.equal(verdict('99.0.0'), 'good')
})

test('a fallback is told with its reason, and an addon that was asked for in vain is bad', () => {
  const fallback = addonFinding(
    () => ({reason: 'g++ is missing'}),
    () => ''
  )
  assert.equal(fallback.verdict, 'warn')
  assert.match(fallback.text, /g\+\+ is missing/)
  const failed = addonFinding(
    () => {
      throw new Error('no such kernel')
    },
    () => ''
  )
  assert.deepEqual([failed.verdict, failed.text], ['bad', 'no such kernel'])
})

test('a kernel that was chosen against a better one is told, and so is a processor without AES', () => {
  const finding = (kernel: string, kernels: string[]) =>
    kernelFinding({addon: {kernel, kernels} as unknown as Addon, path: ''})
  assert.equal(finding('aesni', ['aesni', 'generic'])?.verdict, 'good')
  assert.match(finding('generic', ['aesni', 'generic'])?.text ?? '', /though aesni would run here/)
  assert.equal(finding('generic', ['generic'])?.verdict, 'warn')
  assert.equal(kernelFinding({reason: 'none'}), undefined)
})

test('a clock behind the newest consensus is bad', () => {
  assert.equal(clockFinding(NOW, new Date('2026-11-22T14:00:00Z')).verdict, 'bad')
  assert.notEqual(clockFinding(NOW, new Date('2026-11-22T11:00:00Z')).verdict, 'bad')
})

test('ContactInfo is read as the sharing specification, version 2, has it', () => {
  const verdict = (contact: string | undefined, isPublished = false) =>
    contactFinding(contact, isPublished).verdict
  assert.equal(verdict('email:op[]example.org url:https://example.org proof:uri-rsa ciissversion:2'), 'good')
  assert.equal(verdict('email:op[]example.org ciissversion:2'), 'good')
  assert.equal(verdict(undefined), 'warn')
  assert.equal(verdict(undefined, true), 'bad')
  assert.equal(verdict('op@example.org'), 'warn')
  assert.match(contactFinding('email:op@example.org ciissversion:2', false).text, /no value of email/)
  assert.match(contactFinding('url:example.org ciissversion:2', false).text, /without proof/)
  assert.match(contactFinding('proof:uri-rsa ciissversion:2', false).text, /neither email nor url/)
  assert.match(contactFinding('email:öp[]example.org ciissversion:2', false).text, /ASCII/)
})

test('ports for the operator alone are told when others can reach them', () => {
  const verdicts = (torrc: string) => exposureFindings(settings(torrc)).map(({verdict}) => verdict)
  const base = 'ORPort 9001\nSocksPort 0\n'
  assert.deepEqual(verdicts(base), [])
  assert.deepEqual(verdicts(`${base}MetricsPort 127.0.0.1:9035\nMetricsPortPolicy accept 127.0.0.1`), [
    'good'
  ])
  assert.deepEqual(verdicts(`${base}MetricsPort 0.0.0.0:9035\nMetricsPortPolicy accept 10.0.0.1`), ['warn'])
  assert.deepEqual(verdicts(`${base}MetricsPort 0.0.0.0:9035\nMetricsPortPolicy accept *`), ['bad'])
  assert.deepEqual(verdicts(`${base}ControlPort 9051`), ['warn'])
  assert.deepEqual(verdicts(`${base}ControlPort 9051\nCookieAuthentication 1`), [])
})
