// What the three circuit handshakes refuse, on either side, and the choice between onion keys.

import assert from 'node:assert/strict'
import {test} from 'node:test'
import {concat} from '../../src/bytes/octets.ts'
import {answerCreateFast, completeCreateFast, openCreateFast} from '../../src/crypto/create-fast.ts'
import {answerNtor, completeNtor, openNtor} from '../../src/crypto/ntor.ts'
import {answerNtorV3, completeNtorV3, openNtorV3} from '../../src/crypto/ntor-v3.ts'
import {OnionKeys} from '../../src/crypto/onion-keys.ts'
import {generateX25519} from '../../src/crypto/x25519.ts'
import type {Fault} from '../../src/fault/fault.ts'
import type {Result} from '../../src/fault/result.ts'

const current = generateX25519()
const previous = generateX25519()
const keys = new OnionKeys([current.secret, previous.secret])
const rsaIdentity = new Uint8Array(20).fill(1)
const edIdentity = new Uint8Array(32).fill(2)
const LENGTH = 92
const nothingAsked = Uint8Array.of(0)
const decide = () => ({message: nothingAsked, keyLength: LENGTH, agreed: undefined})

function refused(result: Result<unknown, Fault>, code: string): void {
  assert.equal(result.ok ? 'accepted' : result.fault.code, code)
}

function flipped(octets: Uint8Array, at: number): Uint8Array {
  const out = Uint8Array.from(octets)
  const index = at < 0 ? out.length + at : at
  out[index] = (out[index] as number) ^ 1
  return out
}

test('the previous onion key is answered as the current one is', () => {
  for (const {public: onionKey} of [current, previous]) {
    const ntor = openNtor({identity: rsaIdentity, onionKey})
    const answer = answerNtor(ntor.onionSkin, rsaIdentity, keys, LENGTH)
    assert.ok(answer.ok)
    assert.deepEqual(completeNtor(ntor.state, answer.value.reply, LENGTH), {
      ok: true,
      value: answer.value.keyMaterial
    })
    const v3 = openNtorV3({identity: edIdentity, onionKey}, nothingAsked)
    assert.ok(v3.ok)
    const v3Answer = answerNtorV3(v3.value.onionSkin, edIdentity, keys, decide)
    assert.ok(v3Answer.ok)
    const completed = completeNtorV3(v3.value.state, v3Answer.value.reply, () => LENGTH)
    assert.ok(completed.ok)
    assert.deepEqual(completed.value.keyMaterial, v3Answer.value.keyMaterial)
    assert.equal(v3Answer.value.keyMaterial.length, LENGTH)
  }
})

test('an onion key that is not ours is refused', () => {
  const onionKey = generateX25519().public
  refused(
    answerNtor(openNtor({identity: rsaIdentity, onionKey}).onionSkin, rsaIdentity, keys, LENGTH),
    'onion-skin-unknown-key'
  )
  const v3 = openNtorV3({identity: edIdentity, onionKey}, nothingAsked)
  assert.ok(v3.ok)
  refused(answerNtorV3(v3.value.onionSkin, edIdentity, keys, decide), 'onion-skin-unknown-key')
})

test('an onion skin for another relay is refused', () => {
  const {onionSkin} = openNtor({identity: rsaIdentity, onionKey: current.public})
  refused(answerNtor(flipped(onionSkin, 3), rsaIdentity, keys, LENGTH), 'onion-skin-other-relay')
  const v3 = openNtorV3({identity: edIdentity, onionKey: current.public}, nothingAsked)
  assert.ok(v3.ok)
  refused(answerNtorV3(flipped(v3.value.onionSkin, 3), edIdentity, keys, decide), 'onion-skin-other-relay')
})

test('an onion skin cut anywhere, or too long for ntor, is refused', () => {
  const {onionSkin} = openNtor({identity: rsaIdentity, onionKey: current.public})
  for (let length = 0; length < onionSkin.length; length++) {
    refused(answerNtor(onionSkin.subarray(0, length), rsaIdentity, keys, LENGTH), 'onion-skin-length')
  }
  refused(answerNtor(concat(onionSkin, nothingAsked), rsaIdentity, keys, LENGTH), 'onion-skin-length')
  const v3 = openNtorV3({identity: edIdentity, onionKey: current.public}, nothingAsked)
  assert.ok(v3.ok)
  for (let length = 0; length < v3.value.onionSkin.length; length++) {
    const cut = v3.value.onionSkin.subarray(0, length)
    refused(
      answerNtorV3(cut, edIdentity, keys, decide),
      length < 128 ? 'onion-skin-length' : 'onion-skin-mac'
    )
  }
})

test('a client key of small order is refused', () => {
  const {onionSkin} = openNtor({identity: rsaIdentity, onionKey: current.public})
  onionSkin.fill(0, 52)
  refused(answerNtor(onionSkin, rsaIdentity, keys, LENGTH), 'onion-skin-weak-point')
  const v3 = openNtorV3({identity: edIdentity, onionKey: current.public}, nothingAsked)
  assert.ok(v3.ok)
  v3.value.onionSkin.fill(0, 64, 96)
  refused(answerNtorV3(v3.value.onionSkin, edIdentity, keys, decide), 'onion-skin-weak-point')
})

test('an ntor-v3 message that was tampered with never reaches the decision', () => {
  const v3 = openNtorV3({identity: edIdentity, onionKey: current.public}, nothingAsked)
  assert.ok(v3.ok)
  const mustNotDecide = () => assert.fail('asked about a forged message')
  for (const at of [96, 97, -1]) {
    refused(answerNtorV3(flipped(v3.value.onionSkin, at), edIdentity, keys, mustNotDecide), 'onion-skin-mac')
  }
  const otherPurpose = Uint8Array.of(1)
  refused(answerNtorV3(v3.value.onionSkin, edIdentity, keys, mustNotDecide, otherPurpose), 'onion-skin-mac')
})

test('a decision not to answer fails the ntor-v3 handshake', () => {
  const v3 = openNtorV3({identity: edIdentity, onionKey: current.public}, nothingAsked)
  assert.ok(v3.ok)
  refused(
    answerNtorV3(v3.value.onionSkin, edIdentity, keys, () => undefined),
    'onion-skin-extensions'
  )
})

test('a client refuses an answer that was cut, changed or uses a weak key', () => {
  const ntor = openNtor({identity: rsaIdentity, onionKey: current.public})
  const answer = answerNtor(ntor.onionSkin, rsaIdentity, keys, LENGTH)
  assert.ok(answer.ok)
  const {reply} = answer.value
  refused(completeNtor(ntor.state, reply.subarray(1), LENGTH), 'handshake-answer-length')
  refused(completeNtor(ntor.state, flipped(reply, 0), LENGTH), 'handshake-answer-auth')
  refused(completeNtor(ntor.state, flipped(reply, -1), LENGTH), 'handshake-answer-auth')
  const zeroKey = concat(new Uint8Array(32), reply.subarray(32))
  refused(completeNtor(ntor.state, zeroKey, LENGTH), 'handshake-answer-weak-point')

  const v3 = openNtorV3({identity: edIdentity, onionKey: current.public}, nothingAsked)
  assert.ok(v3.ok)
  const v3Answer = answerNtorV3(v3.value.onionSkin, edIdentity, keys, decide)
  assert.ok(v3Answer.ok)
  const keyLength = () => LENGTH
  const v3Reply = v3Answer.value.reply
  refused(completeNtorV3(v3.value.state, v3Reply.subarray(0, 63), keyLength), 'handshake-answer-length')
  for (const at of [0, 40, -1]) {
    refused(completeNtorV3(v3.value.state, flipped(v3Reply, at), keyLength), 'handshake-answer-auth')
  }
  const v3ZeroKey = concat(new Uint8Array(32), v3Reply.subarray(32))
  refused(completeNtorV3(v3.value.state, v3ZeroKey, keyLength), 'handshake-answer-weak-point')
})

test('a client does not send ntor-v3 to an onion key of small order', () => {
  refused(
    openNtorV3({identity: edIdentity, onionKey: new Uint8Array(32)}, nothingAsked),
    'onion-skin-weak-point'
  )
})

test('CREATE_FAST gives both sides the same keys, and a wrong length or hash gives none', () => {
  const x = openCreateFast()
  const answer = answerCreateFast(x, LENGTH)
  assert.ok(answer.ok)
  const {reply, keyMaterial} = answer.value
  assert.equal(keyMaterial.length, LENGTH)
  assert.deepEqual(completeCreateFast(x, reply, LENGTH), {ok: true, value: keyMaterial})
  refused(answerCreateFast(x.subarray(1), LENGTH), 'onion-skin-length')
  refused(completeCreateFast(x, flipped(reply, -1), LENGTH), 'handshake-answer-auth')
  refused(completeCreateFast(x, reply.subarray(1), LENGTH), 'handshake-answer-length')
})
