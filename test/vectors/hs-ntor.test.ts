// Both sides of hs-ntor against the run in rend-spec-v3 G.1.

import assert from 'node:assert/strict'
import {test} from 'node:test'
import {toBase16} from '../../src/bytes/base16.ts'
import {fromText} from '../../src/bytes/octets.ts'
import {decode} from '../../src/codec/codec.ts'
import {sha3_256, shake256} from '../../src/crypto/digest.ts'
import {
  answerHsNtor,
  completeHsNtor,
  decryptIntroduce,
  encryptIntroduce,
  HS_KEY_MATERIAL_LENGTH,
  openHsNtor
} from '../../src/crypto/hs/hs-ntor.ts'
import {importX25519} from '../../src/crypto/x25519.ts'
import {introduce1} from '../../src/wire/hs/introduce.ts'
import {hex} from '../support/hex.ts'
import {readVectors} from '../support/package-root.ts'

type Field =
  | 'KP_hs_ipd_sid'
  | 'KP_hss_ntor'
  | 'KS_hss_ntor'
  | 'N_hs_subcred'
  | 'H'
  | 'P'
  | 'x'
  | 'y'
  | 'Y'
  | 'AUTH_INPUT_MAC'
  | 'NTOR_KEY_SEED'
  | 'introduce1_body'

const {vectors} = readVectors<{vectors: Record<Field, string>[]}>('hs_ntor.json')

test('there is a run to check', () => assert.ok(vectors.length > 0))

for (const vector of vectors) {
  const authKey = hex(vector.KP_hs_ipd_sid)
  const subcredential = hex(vector.N_hs_subcred)
  const service = {authKey, encryptionKey: hex(vector.KP_hss_ntor), subcredential}
  const serviceKeys = {
    authKey,
    encryptionKey: importX25519(hex(vector.KS_hss_ntor)),
    subcredentials: [sha3_256(subcredential), subcredential]
  }
  const opened = openHsNtor(service, importX25519(hex(vector.x)))
  assert.ok(opened.ok)
  const decoded = decode(introduce1, hex(vector.introduce1_body))
  assert.ok(decoded.ok)
  const {header, encrypted} = decoded.value

  test('the client encrypts its message to the service under the header of INTRODUCE1 (rend-spec-v3 3.3.2)', () => {
    assert.equal(toBase16(header), vector.H)
    assert.equal(toBase16(encryptIntroduce(opened.value, header, hex(vector.P))), toBase16(encrypted))
  })

  test('the service reads it by whichever subcredential was used, and answers (rend-spec-v3 4.2.1)', () => {
    const read = decryptIntroduce(serviceKeys, header, encrypted)
    assert.ok(read.ok)
    assert.equal(toBase16(read.value.plaintext), vector.P)
    const answer = answerHsNtor(serviceKeys, read.value.clientKey, importX25519(hex(vector.y)))
    assert.ok(answer.ok)
    assert.equal(toBase16(answer.value.handshakeInfo), vector.Y + vector.AUTH_INPUT_MAC)
    const expand = fromText('tor-hs-ntor-curve25519-sha3-256-1:hs_key_expand')
    const keys = shake256(HS_KEY_MATERIAL_LENGTH, hex(vector.NTOR_KEY_SEED), expand)
    assert.deepEqual(answer.value.keyMaterial, keys)
    assert.deepEqual(completeHsNtor(opened.value, answer.value.handshakeInfo), {ok: true, value: keys})
  })
}
