// Both sides of ntor against a published run.

import assert from 'node:assert/strict'
import {test} from 'node:test'
import {toBase16} from '../../src/bytes/base16.ts'
import {completeNtor, openNtor} from '../../src/crypto/ntor.ts'
import {importX25519} from '../../src/crypto/x25519.ts'
import {hex} from '../support/hex.ts'
import {always, responders} from '../support/onion-skin-responders.ts'
import {readVectors} from '../support/package-root.ts'

type Field =
  | 'b_sk'
  | 'b_pk'
  | 'x_sk'
  | 'x_pk'
  | 'y_sk'
  | 'y_pk'
  | 'id'
  | 'client_handshake'
  | 'server_handshake'
  | 'keys'

const {vectors} = readVectors<{vectors: Record<Field, string>[]}>('ntor.json')

test('there is a run to check', () => assert.ok(vectors.length > 0))

for (const vector of vectors) {
  const relay = {identity: hex(vector.id), onionKey: hex(vector.b_pk)}
  const {onionSkin, state} = openNtor(relay, importX25519(hex(vector.x_sk)))
  const keyLength = vector.keys.length / 2

  test('the client sends ID, B and X (tor-spec 5.1.4)', () => {
    assert.equal(toBase16(onionSkin), vector.client_handshake)
  })

  for (const {name, make} of responders) {
    test(`the relay answers Y and AUTH and both sides derive the same keys (tor-spec 5.1.4, 5.2.2), ${name}`, () => {
      const responder = make([hex(vector.b_sk)], always(hex(vector.y_sk)))
      const [answer] = responder.ntor([onionSkin], relay.identity, keyLength)
      assert.ok(answer?.ok)
      assert.equal(toBase16(answer.value.reply), vector.server_handshake)
      assert.equal(toBase16(answer.value.keyMaterial), vector.keys)
      const completed = completeNtor(state, answer.value.reply, keyLength)
      assert.ok(completed.ok)
      assert.equal(toBase16(completed.value), vector.keys)
    })
  }
}
