// Both sides of ntor-v3 against the run in proposal 332.

import assert from 'node:assert/strict'
import {test} from 'node:test'
import {toBase16} from '../../src/bytes/base16.ts'
import {completeNtorV3, openNtorV3} from '../../src/crypto/ntor-v3.ts'
import {importX25519} from '../../src/crypto/x25519.ts'
import {hex} from '../support/hex.ts'
import {always, responders} from '../support/onion-skin-responders.ts'
import {readVectors} from '../support/package-root.ts'

type Field =
  | 'b'
  | 'B'
  | 'ID'
  | 'x'
  | 'CM'
  | 'VER'
  | 'y'
  | 'SM'
  | 'client_handshake'
  | 'server_handshake'
  | 'KEYSTREAM'

const {vectors} = readVectors<{vectors: Record<Field, string>[]}>('ntor_v3.json')

test('there is a run to check', () => assert.ok(vectors.length > 0))

for (const vector of vectors) {
  const relay = {identity: hex(vector.ID), onionKey: hex(vector.B)}
  const verification = hex(vector.VER)
  const keyLength = vector.KEYSTREAM.length / 2
  const opened = openNtorV3(relay, hex(vector.CM), verification, importX25519(hex(vector.x)))
  assert.ok(opened.ok)
  const {onionSkin, state} = opened.value

  test('the client sends ID, B, X, its encrypted message and a MAC (proposal 332)', () => {
    assert.equal(toBase16(onionSkin), vector.client_handshake)
  })

  for (const {name, make} of responders) {
    test(`the relay reads the message, answers with its own, and both sides have the same keys (proposal 332), ${name}`, () => {
      const received: string[] = []
      const [answer] = make([hex(vector.b)], always(hex(vector.y))).ntorV3(
        [onionSkin],
        relay.identity,
        message => {
          received.push(toBase16(message))
          return {message: hex(vector.SM), keyLength, agreed: 'this'}
        },
        verification
      )
      assert.ok(answer?.ok)
      assert.deepEqual(received, [vector.CM])
      assert.equal(answer.value.agreed, 'this')
      assert.equal(toBase16(answer.value.reply), vector.server_handshake)
      assert.equal(toBase16(answer.value.keyMaterial), vector.KEYSTREAM)
      const completed = completeNtorV3(state, answer.value.reply, () => keyLength)
      assert.ok(completed.ok)
      assert.equal(toBase16(completed.value.message), vector.SM)
      assert.equal(toBase16(completed.value.keyMaterial), vector.KEYSTREAM)
    })
  }
}
