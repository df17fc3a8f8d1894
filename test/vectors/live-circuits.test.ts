// Handshakes that a running C tor relay completed or refused, replayed with its keys: our client must derive what it
// derived, and our relay must make of the same onion skins what it made of them.

import assert from 'node:assert/strict'
import {test} from 'node:test'
import {toBase16} from '../../src/bytes/base16.ts'
import {decode} from '../../src/codec/codec.ts'
import {answerCircuitExtensions, type CircuitFeatures} from '../../src/crypto/circuit-extensions.ts'
import {answerCreateFast, completeCreateFast} from '../../src/crypto/create-fast.ts'
import {KEY_STREAM_LENGTH} from '../../src/crypto/key-material.ts'
import {completeNtor, openNtor} from '../../src/crypto/ntor.ts'
import {completeNtorV3, openNtorV3} from '../../src/crypto/ntor-v3.ts'
import type {NtorV3Answered} from '../../src/crypto/onion-skin-responder.ts'
import {plainRelayCrypto} from '../../src/crypto/relay-crypto/plain.ts'
import {importX25519} from '../../src/crypto/x25519.ts'
import {create2, created2} from '../../src/wire/create.ts'
import {hex} from '../support/hex.ts'
import {responders} from '../support/onion-skin-responders.ts'
import {readVectors} from '../support/package-root.ts'

interface Cell {
  dir: 'out' | 'in'
  bytes: string
}

interface Plain {
  dir: 'out' | 'in'
  plain?: string
}

interface Case {
  x?: string
  y?: string
  kdf?: string
  client_ephemeral_secret?: string
  key_stream?: string
  key_stream_180?: string
  client_message?: string
  server_message?: string
  wire?: Cell[]
  plain_relay_cells?: Plain[]
  result?: string
}

const {relay, cases} = readVectors<{relay: Record<string, string>; cases: Record<string, Case>}>(
  'live_circuits.json'
)
const onionKey = hex(relay['ntor_onion_public'] ?? '')
const onionSecret = hex(relay['ntor_onion_secret'] ?? '')
const answering = responders.map(({name, make}) => ({name, responder: make([onionSecret])}))
const rsaIdentity = hex(relay['rsa_id_sha1'] ?? '')
const ed25519Identity = hex(relay['ed25519_id'] ?? '')
const policy = {congestionControl: {sendmeIncrement: 31}, cgo: 'granted'} as const

/** Circuit id and command come before the body of a cell on link protocol 5. */
const HEADER = 5

function body(name: string, dir: 'out' | 'in'): Uint8Array {
  const cell = cases[name]?.wire?.find(each => each.dir === dir)
  assert.ok(cell !== undefined, name)
  return hex(cell.bytes).subarray(HEADER)
}

function onionSkin(name: string): Uint8Array {
  const decoded = decode(create2, body(name, 'out'))
  assert.ok(decoded.ok)
  return decoded.value.onionSkin
}

function reply(name: string): Uint8Array {
  const decoded = decode(created2, body(name, 'in'))
  assert.ok(decoded.ok)
  return decoded.value.reply
}

function text(octets: string | undefined): string {
  assert.ok(octets !== undefined)
  return octets
}

/** The cells that went out were recorded before their digest was filled in. */
function withoutDigest(cell: Uint8Array): string {
  return toBase16(cell.slice().fill(0, 5, 9))
}

/** Runs the recorded relay cells through the derived keys. */
function checkRelayCells(name: string, keyMaterial: Uint8Array): void {
  // Df, Db, Kf and Kb, in this order (tor-spec 5.2.2).
  const directions = {
    out: plainRelayCrypto.open('tor1', keyMaterial.subarray(0, 20), keyMaterial.subarray(40, 56)),
    in: plainRelayCrypto.open('tor1', keyMaterial.subarray(20, 40), keyMaterial.subarray(56, 72))
  }
  const relayCells = (cases[name]?.wire ?? []).filter(({bytes}) => ['03', '09'].includes(bytes.slice(8, 10)))
  const plain = cases[name]?.plain_relay_cells ?? []
  let checked = 0
  for (const dir of ['out', 'in'] as const) {
    const expected = plain.filter(cell => cell.dir === dir)
    relayCells
      .filter(cell => cell.dir === dir)
      .slice(0, expected.length)
      .forEach(({bytes}, i) => {
        const cell = hex(bytes).slice(HEADER)
        directions[dir].crypt(cell)
        assert.ok(directions[dir].recognize(cell))
        assert.equal(withoutDigest(cell), withoutDigest(hex(text(expected[i]?.plain))))
        checked++
      })
    directions[dir].close()
  }
  assert.ok(checked > 1, 'cells in both directions')
}

test('CREATE_FAST: both sides derive the keys that decrypt the recorded cells', () => {
  const name = 'create_fast_begin_dir'
  const {x, y, kdf} = cases[name] ?? {}
  const ours = answerCreateFast(hex(text(x)), KEY_STREAM_LENGTH.tor1, hex(text(y)))
  assert.ok(ours.ok)
  const recorded = body(name, 'in').subarray(0, 40)
  assert.deepEqual(ours.value.reply, recorded)
  // The recorded stream begins with KH, which is in the reply, and ends with the keys.
  assert.equal(toBase16(recorded.subarray(20)), text(kdf).slice(0, 40))
  const shared = text(kdf).slice(40)
  assert.equal(toBase16(ours.value.keyMaterial).slice(0, shared.length), shared)
  const completed = completeCreateFast(hex(text(x)), recorded, KEY_STREAM_LENGTH.tor1)
  assert.deepEqual(completed, {ok: true, value: ours.value.keyMaterial})
  checkRelayCells(name, ours.value.keyMaterial)
})

test('ntor: our client derives from the recorded reply the keys that decrypt the recorded cells', () => {
  const name = 'ntor_begin_dir'
  const {client_ephemeral_secret, key_stream} = cases[name] ?? {}
  const ephemeral = importX25519(hex(text(client_ephemeral_secret)))
  const opened = openNtor({identity: rsaIdentity, onionKey}, ephemeral)
  assert.deepEqual(opened.onionSkin, onionSkin(name))
  const completed = completeNtor(opened.state, reply(name), KEY_STREAM_LENGTH.tor1)
  assert.ok(completed.ok)
  assert.equal(toBase16(completed.value), key_stream)
  checkRelayCells(name, completed.value)
  for (const {name: by, responder} of answering) {
    const [answer] = responder.ntor([onionSkin(name)], rsaIdentity, KEY_STREAM_LENGTH.tor1)
    assert.ok(answer?.ok, by)
  }
})

const v3Completed = Object.keys(cases).filter(name => cases[name]?.server_message !== undefined)

test('there are ntor-v3 runs with each kind of extension', () => assert.ok(v3Completed.length >= 5))

for (const name of v3Completed) {
  test(`${name}: our client derives the recorded key stream, and our relay reads the recorded onion skin`, () => {
    const {client_ephemeral_secret, client_message, server_message, key_stream_180} = cases[name] ?? {}
    const opened = openNtorV3(
      {identity: ed25519Identity, onionKey},
      hex(text(client_message)),
      undefined,
      importX25519(hex(text(client_ephemeral_secret)))
    )
    assert.ok(opened.ok)
    assert.deepEqual(opened.value.onionSkin, onionSkin(name))
    const completed = completeNtorV3(opened.value.state, reply(name), () => KEY_STREAM_LENGTH.cgo)
    assert.ok(completed.ok)
    assert.equal(toBase16(completed.value.message), server_message)
    assert.equal(toBase16(completed.value.keyMaterial), key_stream_180)

    for (const {name: by, responder} of answering) {
      const [answer]: NtorV3Answered<CircuitFeatures>[] = responder.ntorV3(
        [onionSkin(name)],
        ed25519Identity,
        asked => {
          assert.equal(toBase16(asked), client_message)
          return answerCircuitExtensions(asked, policy)
        }
      )
      if (name === 'ntor_v3_subproto_duplicate') {
        // C tor lets a duplicate pass; the specification does not.
        assert.equal(answer?.ok, false, by)
        continue
      }
      assert.ok(answer?.ok, by)
      const {keyMaterial, agreed} = answer.value
      const again = completeNtorV3(opened.value.state, answer.value.reply, () => keyMaterial.length)
      assert.ok(again.ok, by)
      assert.equal(toBase16(again.value.message), server_message)
      assert.deepEqual(again.value.keyMaterial, keyMaterial)
      if (agreed.relayCrypto === 'tor1') {
        checkRelayCells(name, completed.value.keyMaterial.subarray(0, KEY_STREAM_LENGTH.tor1))
      }
    }
  })
}

const v3Refused = Object.keys(cases).filter(name => cases[name]?.result === 'DESTROY')

test('there are ntor-v3 runs that end in DESTROY', () => assert.ok(v3Refused.length >= 2))

for (const name of v3Refused) {
  test(`${name}: our relay refuses what C tor refuses`, () => {
    const asked = hex(text(cases[name]?.client_message))
    const opened = openNtorV3({identity: ed25519Identity, onionKey}, asked)
    assert.ok(opened.ok)
    for (const {name: by, responder} of answering) {
      const [answer]: NtorV3Answered<CircuitFeatures>[] = responder.ntorV3(
        [opened.value.onionSkin],
        ed25519Identity,
        message => answerCircuitExtensions(message, policy)
      )
      assert.equal(answer?.ok === false && answer.fault.code, 'onion-skin-extensions', by)
    }
  })
}
