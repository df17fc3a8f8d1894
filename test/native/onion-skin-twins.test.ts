// Whoever answers onion skins answers and refuses the same ones: node:crypto one by one, the addon in batches.

import assert from 'node:assert/strict'
import {randomBytes} from 'node:crypto'
import {describe, test} from 'node:test'
import {concat} from '../../src/bytes/octets.ts'
import {completeNtor, openNtor} from '../../src/crypto/ntor.ts'
import {completeNtorV3, openNtorV3} from '../../src/crypto/ntor-v3.ts'
import {plainOnionSkins} from '../../src/crypto/onion-skins-plain.ts'
import {generateX25519, x25519Public} from '../../src/crypto/x25519.ts'
import type {Fault} from '../../src/fault/fault.ts'
import type {Result} from '../../src/fault/result.ts'
import {always, responders} from '../support/onion-skin-responders.ts'

const current = generateX25519()
const previous = generateX25519()
const ours = [current.secret, previous.secret]
const rsaIdentity = new Uint8Array(20).fill(1)
const edIdentity = new Uint8Array(32).fill(2)
const LENGTH = 92
const nothingAsked = Uint8Array.of(0)
const decide = () => ({message: nothingAsked, keyLength: LENGTH, agreed: undefined})

function code(result: Result<unknown, Fault> | undefined): string {
  assert.ok(result !== undefined)
  return result.ok ? 'answered' : result.fault.code
}

function flipped(octets: Uint8Array, at: number): Uint8Array {
  const out = Uint8Array.from(octets)
  const index = at < 0 ? out.length + at : at
  out[index] = (out[index] as number) ^ 1
  return out
}

function v3(onionKey = current.public, message = nothingAsked) {
  const opened = openNtorV3({identity: edIdentity, onionKey}, message)
  assert.ok(opened.ok)
  return opened.value
}

for (const {name, make} of responders) {
  describe(`onion skins answered by ${name}`, () => {
    const responder = make(ours)

    test('every skin of a batch is answered in its place, for the current onion key and the previous one', () => {
      const clients = Array.from({length: 33}, (_, i) =>
        openNtor({identity: rsaIdentity, onionKey: (i % 2 === 0 ? current : previous).public})
      )
      const answers = responder.ntor(
        clients.map(({onionSkin}) => onionSkin),
        rsaIdentity,
        LENGTH
      )
      const replies = new Set<string>()
      for (const [i, answer] of answers.entries()) {
        const state = clients[i]?.state
        assert.ok(answer.ok && state !== undefined)
        assert.deepEqual(completeNtor(state, answer.value.reply, LENGTH), {
          ok: true,
          value: answer.value.keyMaterial
        })
        replies.add(Buffer.from(answer.value.reply.subarray(0, 32)).toString('hex'))
      }
      assert.equal(replies.size, 33, 'each has an ephemeral key of its own')
    })

    test('ntor-v3 messages of any length are decided on, and get answers and key material of any length', () => {
      const clients = Array.from({length: 33}, (_, i) => v3(current.public, new Uint8Array(i * 11).fill(i)))
      const asked: number[] = []
      const answers = responder.ntorV3(
        clients.map(({onionSkin}) => onionSkin),
        edIdentity,
        message => {
          asked.push(message.length)
          return {
            message: new Uint8Array(message.length).fill(7),
            keyLength: message.length,
            agreed: message[0]
          }
        }
      )
      assert.deepEqual(
        asked,
        clients.map((_, i) => i * 11)
      )
      for (const [i, answer] of answers.entries()) {
        const state = clients[i]?.state
        assert.ok(answer.ok && state !== undefined)
        const completed = completeNtorV3(state, answer.value.reply, message => message.length)
        assert.ok(completed.ok)
        assert.deepEqual(completed.value.message, new Uint8Array(i * 11).fill(7))
        assert.equal(completed.value.keyMaterial.length, i * 11)
        assert.deepEqual(completed.value.keyMaterial, answer.value.keyMaterial)
        assert.equal(answer.value.agreed, i === 0 ? undefined : i)
      }
    })

    test('nothing asked is nothing answered', () => {
      assert.deepEqual(responder.ntor([], rsaIdentity, LENGTH), [])
      assert.deepEqual(responder.ntorV3([], edIdentity, decide), [])
    })

    test('a refused skin does no harm to its neighbours, and the reasons are those of the specification', () => {
      const good = openNtor({identity: rsaIdentity, onionKey: current.public}).onionSkin
      const stranger = generateX25519().public
      const skins = [
        good,
        good.subarray(1),
        flipped(good, 3),
        openNtor({identity: rsaIdentity, onionKey: stranger}).onionSkin,
        concat(good, nothingAsked),
        good.slice().fill(0, 52),
        openNtor({identity: rsaIdentity, onionKey: stranger}).onionSkin.fill(0, 52),
        new Uint8Array(0),
        good
      ]
      assert.deepEqual(responder.ntor(skins, rsaIdentity, LENGTH).map(code), [
        'answered',
        'onion-skin-length',
        'onion-skin-other-relay',
        'onion-skin-unknown-key',
        'onion-skin-length',
        'onion-skin-weak-point',
        'onion-skin-weak-point',
        'onion-skin-length',
        'answered'
      ])
    })

    test('the same for ntor-v3, where no forged message reaches the decision', () => {
      const good = v3().onionSkin
      const refusing = Uint8Array.of(9)
      let decisions = 0
      const skins = [
        good,
        good.subarray(0, 127),
        flipped(good, 3),
        v3(generateX25519().public).onionSkin,
        good.slice().fill(0, 64, 96),
        flipped(good, 96),
        flipped(good, -1),
        good.subarray(0, 128),
        v3(current.public, refusing).onionSkin,
        v3(previous.public).onionSkin
      ]
      const answers = responder.ntorV3(skins, edIdentity, message => {
        decisions++
        return message[0] === 9 ? undefined : decide()
      })
      assert.deepEqual(answers.map(code), [
        'answered',
        'onion-skin-length',
        'onion-skin-other-relay',
        'onion-skin-unknown-key',
        'onion-skin-weak-point',
        'onion-skin-mac',
        'onion-skin-mac',
        'onion-skin-mac',
        'onion-skin-extensions',
        'answered'
      ])
      assert.equal(decisions, 3)
      const otherPurpose = responder.ntorV3([good], edIdentity, decide, Uint8Array.of(1))
      assert.deepEqual(otherPurpose.map(code), ['onion-skin-mac'])
    })

    test('the octets of skins and of secrets stay as they were', () => {
      const skins = [v3(current.public, new Uint8Array(40)).onionSkin]
      const before = skins.map(skin => skin.slice())
      const secrets = ours.map(secret => secret.slice())
      make(secrets).ntorV3(skins, edIdentity, decide)
      assert.deepEqual(skins, before)
      assert.deepEqual(secrets, ours)
    })

    test('a secret of another length is a bug', () => {
      for (const secret of [current.secret.subarray(1), concat(current.secret, nothingAsked)]) {
        assert.throws(() => make([secret]), /^BugError: x25519-secret-length/)
      }
    })

    test('with the same secrets there are the same octets that node:crypto gives', () => {
      for (let round = 0; round < 20; round++) {
        const secrets = [randomBytes(32), randomBytes(32)].map(octets => new Uint8Array(octets))
        const ephemeral = always(new Uint8Array(randomBytes(32)))
        const reference = plainOnionSkins(secrets, ephemeral)
        const responder = make(secrets, ephemeral)
        const onionKeys = secrets.map(secret => x25519Public(secret))
        const skins = onionKeys.map(onionKey => openNtor({identity: rsaIdentity, onionKey}).onionSkin)
        const length = 1 + round * 17
        assert.deepEqual(
          responder.ntor(skins, rsaIdentity, length),
          reference.ntor(skins, rsaIdentity, length)
        )
        const v3Skins = onionKeys.map(onionKey => v3(onionKey, new Uint8Array(randomBytes(round))).onionSkin)
        const answer = () => ({message: new Uint8Array(round * 3), keyLength: length, agreed: round})
        assert.deepEqual(
          responder.ntorV3(v3Skins, edIdentity, answer),
          reference.ntorV3(v3Skins, edIdentity, answer)
        )
      }
    })
  })
}
