// What a relay grants and what makes the handshake fail, message by message.

import assert from 'node:assert/strict'
import {test} from 'node:test'
import {toBase16} from '../../src/bytes/base16.ts'
import {answerCircuitExtensions, type CircuitExtensionPolicy} from '../../src/crypto/circuit-extensions.ts'
import {hex} from '../support/hex.ts'

const congestionControl = {sendmeIncrement: 31}
const everything: CircuitExtensionPolicy = {congestionControl, cgo: 'granted'}
const withoutCgo: CircuitExtensionPolicy = {congestionControl, cgo: 'refused'}
const nothing: CircuitExtensionPolicy = {cgo: 'refused'}

function answer(message: string, policy: CircuitExtensionPolicy): unknown {
  const decision = answerCircuitExtensions(hex(message), policy)
  return decision === undefined
    ? 'refused'
    : {message: toBase16(decision.message), length: decision.keyLength, ...decision.agreed}
}

const tor1 = {length: 92, relayCrypto: 'tor1'}
const cgo = {length: 180, relayCrypto: 'cgo'}
const granted = {message: '0102011f', congestionControl}

test('nothing asked, nothing answered', () => {
  for (const policy of [everything, withoutCgo, nothing]) {
    assert.deepEqual(answer('00', policy), {message: '00', ...tor1})
  }
})

test('congestion control is granted with the SENDME increment, or left out (proposal 324, 10)', () => {
  assert.deepEqual(answer('010100', everything), {...granted, ...tor1})
  assert.deepEqual(answer('010100', withoutCgo), {...granted, ...tor1})
  assert.deepEqual(answer('010100', nothing), {message: '00', ...tor1})
})

test('CGO is granted together with congestion control and not alone', () => {
  assert.deepEqual(answer('02010003020206', everything), {...granted, ...cgo})
  assert.equal(answer('0103020206', everything), 'refused')
  assert.equal(answer('02010003020206', {cgo: 'granted'}), 'refused')
})

test('a subprotocol that is not granted fails the handshake (proposal 346)', () => {
  assert.equal(answer('02010003020206', withoutCgo), 'refused')
  assert.equal(answer('02010003020207', everything), 'refused')
  assert.equal(answer('02010003020306', everything), 'refused')
  assert.equal(answer('0201000304020602ff', everything), 'refused')
})

test('subprotocol requests must be sorted and unique (proposal 346)', () => {
  assert.equal(answer('020100030402060206', everything), 'refused')
  assert.equal(answer('020100030402060205', everything), 'refused')
})

test('an empty subprotocol request asks for nothing', () => {
  assert.deepEqual(answer('0201000300', everything), {...granted, ...tor1})
})

test('an unknown extension is ignored, and so is a second one of a kind', () => {
  assert.deepEqual(answer('0201006303616263', everything), {...granted, ...tor1})
  assert.deepEqual(answer('0201000100', everything), {...granted, ...tor1})
  assert.deepEqual(answer('0301000302020603020207', everything), {...granted, ...cgo})
})

test('a message that is no extension list fails the handshake', () => {
  for (const message of ['', '01', '0101', '010101', '020100', '01030102', '0201000303020602']) {
    assert.equal(answer(message, everything), 'refused', message)
  }
})
