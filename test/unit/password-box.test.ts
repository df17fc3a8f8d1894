// What is kept under a passphrase, held against what C tor 0.4.9.11 made: a hashed control password and the box around a
// master key.

import assert from 'node:assert/strict'
import {test} from 'node:test'
import {toBase16} from '../../src/bytes/base16.ts'
import {concat, fromText} from '../../src/bytes/octets.ts'
import {openBox, sealBox} from '../../src/crypto/password-box.ts'
import {hashPassword, isPasswordOf, secretToKey} from '../../src/crypto/secret-to-key.ts'
import {hex} from '../support/hex.ts'

/** From `tor --hash-password abc`. */
const HASHED_ABC = '16:5E24DC71482B94C36092F1635374CBAF1585B9B877B242A114A7D32D66'
/** The body of ed25519_master_id_secret_key_encrypted from `tor --keygen`, under the passphrase `pass`. */
const BOX = hex(
  `544f5242 4f583030 0a00db4b 348ab848 b9b9607e 50bc03a2 d0fe9940 dee731bb 0f13d0af d2e804cf 59e35c8e 0b8e14be
   aa644707 d75695ff e61e48a9 34134e6f 74e2feb7 d38cb4f9 fe11bc06 49a2857b 32755bb1 c4346547 9ec5f86a 3d88030e
   a231f608 4271b182 8f769d09 63e1a40d faa73694 5a88dc08 59fa5d35 f44dad45 0bb0a689 ad3129fa 5935b2d4 f45524b4
   da74c9cb c056d717 db04d664 0ea4f56d 3262d9b2 cc49d175 c48a2cc7 ca535bc3 ce0b3419 66371dac 26223fed d2ab1e87
   5c5067`.replace(/\s/g, '')
)

test('a control password that C tor hashed is known again, and no other', () => {
  assert.ok(isPasswordOf(HASHED_ABC, fromText('abc')))
  assert.ok(!isPasswordOf(HASHED_ABC, fromText('abd')))
  for (const text of ['', '16:', HASHED_ABC.slice(0, -2), HASHED_ABC.slice(3), `16:${'Z'.repeat(58)}`]) {
    assert.ok(!isPasswordOf(text, fromText('abc')), text)
  }
})

test('a password is hashed with a salt of its own each time', () => {
  const [first, second] = [hashPassword(fromText('x y')), hashPassword(fromText('x y'))]
  assert.match(first, /^16:[0-9A-F]{16}60[0-9A-F]{40}$/)
  assert.notEqual(first, second)
  assert.ok(isPasswordOf(first, fromText('x y')) && isPasswordOf(second, fromText('x y')))
})

test('a box that C tor sealed opens with its passphrase to the 64 octets of a key', () => {
  const opened = openBox(BOX, fromText('pass'))
  assert.ok(opened.ok)
  assert.equal(opened.value.length, 64)
  // The scalar of an Ed25519 secret key is clamped (RFC 8032 5.1.5).
  assert.equal((opened.value[0] ?? 1) & 7, 0)
  assert.equal((opened.value[31] ?? 0) & 0xc0, 0x40)
})

test('a box opens with no other passphrase, and not at all when one octet of it changes', () => {
  const refused = openBox(BOX, fromText('Pass'))
  assert.equal(refused.ok ? 'opened' : refused.fault.code, 'wrong-passphrase')
  for (let at = 0; at < BOX.length; at += 7) {
    const changed = BOX.slice()
    changed[at] = (changed[at] ?? 0) ^ 1
    assert.ok(!openBox(changed, fromText('pass')).ok, String(at))
  }
  for (const length of [0, 8, 31, 32, 60, BOX.length - 1]) {
    assert.ok(!openBox(BOX.subarray(0, length), fromText('pass')).ok, String(length))
  }
})

test('what was sealed comes out again, whatever its length', () => {
  for (const length of [0, 64, 124, 125, 300]) {
    const content = new Uint8Array(length).fill(7)
    const sealed = sealBox(content, fromText('long passphrase'))
    const opened = openBox(sealed, fromText('long passphrase'))
    assert.ok(opened.ok)
    assert.equal(toBase16(opened.value), toBase16(content))
    assert.equal((sealed.length - 8 - 1 - 10 - 16 - 32) % 128, 0)
  }
})

test('boxes of a C tor that was built with scrypt, or with PBKDF2, get the keys that Python also derives', () => {
  // N = 1024, r = 8, p = 16; then 4096 iterations.
  const scrypt = concat(Uint8Array.of(2), fromText('NaClNaClNaClNaCl'), Uint8Array.of(10, 0x34))
  assert.equal(
    toBase16(secretToKey(scrypt, fromText('password'), 32) ?? new Uint8Array()),
    'aee7e5612afb24ac1cc8fe2d68580f04923b9ea9b0455be3a27b6141bd8c4822'
  )
  const pbkdf2 = concat(Uint8Array.of(1), fromText('saltsaltsaltsalt'), Uint8Array.of(12))
  assert.equal(
    toBase16(secretToKey(pbkdf2, fromText('password'), 20) ?? new Uint8Array()),
    'b7845a91aea7946bc875fcd9d19fd515381ddf94'
  )
})

test('a specifier of an unknown kind, of a wrong length, or that asks for too much is refused', () => {
  const secret = fromText('x')
  const zeros = (kind: number, length: number, ...end: number[]) =>
    concat(Uint8Array.of(kind), new Uint8Array(length - end.length), Uint8Array.of(...end))
  for (const specifier of [
    zeros(3, 17),
    zeros(0, 10),
    zeros(2, 18, 40, 0x30),
    zeros(2, 18, 0, 0x30),
    zeros(1, 17, 31)
  ]) {
    assert.equal(secretToKey(specifier, secret, 20), undefined)
  }
})
