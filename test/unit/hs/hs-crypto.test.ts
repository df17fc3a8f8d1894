// What the cryptography of onion services refuses, and what both of its sides agree on with keys of the day.

import assert from 'node:assert/strict'
import {before, test} from 'node:test'
import {toBase32} from '../../../src/bytes/base32.ts'
import {concat, fromText} from '../../../src/bytes/octets.ts'
import {sha3_256} from '../../../src/crypto/digest.ts'
import {ed25519Ready, generateEd25519} from '../../../src/crypto/ed25519.ts'
import {blindingParameter, blindKeyPair, blindPublic} from '../../../src/crypto/hs/blinding.ts'
import {
  answerHsNtor,
  completeHsNtor,
  decryptIntroduce,
  encryptIntroduce,
  openHsNtor
} from '../../../src/crypto/hs/hs-ntor.ts'
import {parseOnionAddress, printOnionAddress} from '../../../src/crypto/hs/onion-address.ts'
import {
  DEFAULT_TIME_PERIOD_RULES,
  nextTimePeriod,
  previousTimePeriod,
  testingTimePeriodRules,
  timePeriodAt,
  timePeriodStart
} from '../../../src/crypto/hs/time-period.ts'
import {generateX25519Key} from '../../../src/crypto/x25519.ts'
import type {Fault} from '../../../src/fault/fault.ts'
import type {Result} from '../../../src/fault/result.ts'

before(() => ed25519Ready)

function refused(result: Result<unknown, Fault>, code: string): void {
  assert.equal(result.ok ? 'accepted' : result.fault.code, code)
}

function flipped(octets: Uint8Array, at: number): Uint8Array {
  const out = Uint8Array.from(octets)
  out[at] = (out[at] as number) ^ 1
  return out
}

const authKey = new Uint8Array(32).fill(1)
const encryptionKey = generateX25519Key()
const today = new Uint8Array(32).fill(2)
const tomorrow = new Uint8Array(32).fill(3)
const serviceKeys = {authKey, encryptionKey, subcredentials: [today, tomorrow]}
const header = fromText('header')
const plaintext = fromText('rendezvous here')

function opened(subcredential: Uint8Array) {
  const state = openHsNtor({authKey, encryptionKey: encryptionKey.public, subcredential})
  assert.ok(state.ok)
  return state.value
}

test('client and service agree under the subcredential of either period', () => {
  for (const subcredential of [today, tomorrow]) {
    const state = opened(subcredential)
    const read = decryptIntroduce(serviceKeys, header, encryptIntroduce(state, header, plaintext))
    assert.ok(read.ok)
    assert.deepEqual(read.value.plaintext, plaintext)
    const answer = answerHsNtor(serviceKeys, read.value.clientKey)
    assert.ok(answer.ok)
    assert.deepEqual(completeHsNtor(state, answer.value.handshakeInfo), {
      ok: true,
      value: answer.value.keyMaterial
    })
  }
})

test('a client with another subcredential, header or service is not understood', () => {
  const state = opened(today)
  const encrypted = encryptIntroduce(state, header, plaintext)
  refused(decryptIntroduce({...serviceKeys, subcredentials: [tomorrow]}, header, encrypted), 'hs-ntor-mac')
  refused(decryptIntroduce(serviceKeys, fromText('Header'), encrypted), 'hs-ntor-mac')
  const other = {...serviceKeys, encryptionKey: generateX25519Key()}
  refused(decryptIntroduce(other, header, encrypted), 'hs-ntor-mac')
  for (const at of [0, 33, encrypted.length - 1]) {
    refused(decryptIntroduce(serviceKeys, header, flipped(encrypted, at)), 'hs-ntor-mac')
  }
  for (let length = 0; length < 64; length++) {
    refused(decryptIntroduce(serviceKeys, header, encrypted.subarray(0, length)), 'hs-ntor-length')
  }
})

test('keys of small order are refused on either side', () => {
  const zero = new Uint8Array(32)
  const zeroClient = concat(zero, encryptIntroduce(opened(today), header, plaintext).subarray(32))
  refused(decryptIntroduce(serviceKeys, header, zeroClient), 'hs-ntor-weak-point')
  refused(answerHsNtor(serviceKeys, zero), 'hs-ntor-weak-point')
  refused(openHsNtor({authKey, encryptionKey: zero, subcredential: today}), 'hs-ntor-weak-point')
  refused(completeHsNtor(opened(today), new Uint8Array(64)), 'hs-ntor-weak-point')
})

test('a service that is not the one asked is found out', () => {
  const state = opened(today)
  const impostor = {...serviceKeys, encryptionKey: generateX25519Key()}
  const answer = answerHsNtor(impostor, state.ephemeral.public)
  assert.ok(answer.ok)
  refused(completeHsNtor(state, answer.value.handshakeInfo), 'hs-ntor-mac')
  refused(completeHsNtor(state, answer.value.handshakeInfo.subarray(1)), 'hs-ntor-length')
})

test('an address with a wrong checksum, version, length, character or key is no address', () => {
  const identity = generateEd25519().public
  const address = printOnionAddress(identity)
  assert.deepEqual(parseOnionAddress(address), identity)
  const label = address.slice(0, 56)
  const otherLast = label.endsWith('d') ? 'e' : 'd'
  for (const wrong of [
    '',
    '.onion',
    label.slice(1),
    `a${label}`,
    `${label.slice(0, 55)}${otherLast}`,
    `${label.slice(0, 55)}1`,
    `${label}.com`
  ]) {
    assert.equal(parseOnionAddress(wrong), undefined, wrong)
  }
  const withVersion = (key: Uint8Array, version: number) => {
    const octet = Uint8Array.of(version)
    const checksum = sha3_256(fromText('.onion checksum'), key, octet).subarray(0, 2)
    return toBase32(concat(key, checksum, octet))
  }
  assert.deepEqual(parseOnionAddress(withVersion(identity, 3)), identity)
  assert.equal(parseOnionAddress(withVersion(identity, 2)), undefined)
  assert.equal(parseOnionAddress(withVersion(new Uint8Array(32), 3)), undefined)
  const smallOrder = new Uint8Array(32)
  smallOrder[0] = 1
  assert.equal(parseOnionAddress(withVersion(smallOrder, 3)), undefined)
})

test('what is no key cannot be blinded, and another period or secret gives another key', () => {
  const key = generateEd25519()
  const period = {number: 1, lengthMinutes: 1440}
  const parameter = blindingParameter(key.public, period)
  assert.equal(blindPublic(new Uint8Array(32), parameter), undefined)
  assert.equal(blindPublic(key.public.subarray(1), parameter), undefined)
  const others = [
    blindingParameter(key.public, nextTimePeriod(period)),
    blindingParameter(key.public, {...period, lengthMinutes: 1439}),
    blindingParameter(key.public, period, fromText('secret'))
  ]
  for (const other of others) {
    assert.notDeepEqual(blindKeyPair(key, other).public, blindKeyPair(key, parameter).public)
  }
})

test('a testing network has a period for each run of the shared random protocol', () => {
  const rules = testingTimePeriodRules(20)
  assert.deepEqual(rules, {lengthMinutes: 8, offsetMinutes: 4})
  assert.deepEqual(testingTimePeriodRules(3600), DEFAULT_TIME_PERIOD_RULES)
  const now = new Date('2026-11-22T12:34:56Z')
  const period = timePeriodAt(now, rules)
  const start = timePeriodStart(period, rules)
  assert.ok(start <= now && timePeriodStart(nextTimePeriod(period), rules) > now)
  assert.deepEqual(timePeriodAt(start, rules), period)
  assert.deepEqual(timePeriodAt(new Date(start.getTime() - 1), rules), previousTimePeriod(period))
})
