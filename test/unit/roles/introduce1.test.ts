import assert from 'node:assert/strict'
import {before, describe, it} from 'node:test'
import {linkSpecifiers, type PathHop} from '../../../src/circuit/open-circuit.ts'
import {decode} from '../../../src/codec/codec.ts'
import {ed25519Ready, generateEd25519} from '../../../src/crypto/ed25519.ts'
import {answerHsNtor, completeHsNtor, decryptIntroduce} from '../../../src/crypto/hs/hs-ntor.ts'
import {generateX25519, importX25519} from '../../../src/crypto/x25519.ts'
import {makeIntroduction} from '../../../src/roles/client/introduce1.ts'
import {introduce1} from '../../../src/wire/hs/introduce.ts'
import {introducePlaintext} from '../../../src/wire/hs/introduce-encrypted.ts'
import {randomOctets} from '../../support/core.ts'

/** X and the MAC, which the encryption adds. */
const ADDED = 32 + 32

describe('INTRODUCE1 as a client makes it (rend-spec-v3 3.2.1, 3.3)', () => {
  const serviceKey = generateX25519()
  const subcredential = randomOctets(32)
  const rendezvousCookie = randomOctets(20)
  let authKey: Uint8Array
  let rendezvousPoint: PathHop

  before(async () => {
    await ed25519Ready
    authKey = generateEd25519().public
    rendezvousPoint = {
      rsaIdentity: randomOctets(20),
      ed25519Identity: generateEd25519().public,
      addresses: [{octets: Uint8Array.of(127, 0, 0, 1), port: 9001}],
      ntorOnionKey: generateX25519().public
    }
  })

  function make(asksForCongestionControl: boolean, changes: Partial<PathHop> = {}) {
    const point = {
      linkSpecifiers: [],
      ntorOnionKey: generateX25519().public,
      authKey,
      encryptionKey: serviceKey.public
    }
    const made = makeIntroduction({
      point,
      subcredential,
      rendezvousCookie,
      rendezvousPoint: {...rendezvousPoint, ...changes},
      asksForCongestionControl
    })
    assert.ok(made.ok)
    const message = decode(introduce1, made.value.body)
    assert.ok(message.ok)
    const keys = {authKey, encryptionKey: importX25519(serviceKey.secret), subcredentials: [subcredential]}
    const opened = decryptIntroduce(keys, message.value.header, message.value.encrypted)
    assert.ok(opened.ok)
    const plaintext = decode(introducePlaintext, opened.value.plaintext)
    assert.ok(plaintext.ok)
    return {
      ...made.value,
      keys,
      clientKey: opened.value.clientKey,
      message: message.value,
      plaintext: plaintext.value
    }
  }

  it('names the introduction circuit to the relay and the rendezvous point to the service alone', () => {
    const {message, plaintext} = make(false)
    assert.deepEqual(message.authKey, authKey)
    assert.deepEqual(plaintext.rendezvousCookie, rendezvousCookie)
    assert.deepEqual(plaintext.onionKey, rendezvousPoint.ntorOnionKey)
    assert.deepEqual(plaintext.linkSpecifiers, linkSpecifiers(rendezvousPoint))
    assert.deepEqual(plaintext.extensions, [])
  })

  it('asks for congestion control where the service has it', () => {
    assert.deepEqual(
      make(true).plaintext.extensions.map(({kind}) => kind),
      ['ccRequest']
    )
  })

  it('has the same length whatever is in it, and no more than an introduction point lets through', () => {
    const v6 = {octets: new Uint8Array(16).fill(1), port: 9001}
    const addresses = [...rendezvousPoint.addresses, v6]
    const lengths = [make(false), make(true), make(true, {addresses})].map(({body}) => body.length)
    assert.deepEqual(lengths, [246 + ADDED, 246 + ADDED, 246 + ADDED])
  })

  it('carries the half of a handshake that RENDEZVOUS2 completes', () => {
    const {keys, clientKey, state} = make(true)
    const answer = answerHsNtor(keys, clientKey)
    assert.ok(answer.ok)
    const {handshakeInfo, keyMaterial} = answer.value
    const completed = completeHsNtor(state, handshakeInfo)
    assert.ok(completed.ok)
    assert.deepEqual(completed.value, keyMaterial)
    const other = make(true)
    assert.equal(completeHsNtor(other.state, handshakeInfo).ok, false)
  })

  it('is not made for a service whose key is none', () => {
    const point = {
      linkSpecifiers: [],
      ntorOnionKey: new Uint8Array(32),
      authKey,
      encryptionKey: new Uint8Array(32)
    }
    const introduction = {
      point,
      subcredential,
      rendezvousCookie,
      rendezvousPoint,
      asksForCongestionControl: false
    }
    assert.equal(makeIntroduction(introduction).ok, false)
  })
})
