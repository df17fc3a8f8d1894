// INTRODUCE2 as a service reads it: what our client makes is understood, and everything else is refused for what it is.

import assert from 'node:assert/strict'
import {before, beforeEach, describe, test} from 'node:test'
import type {PathHop} from '../../../../src/circuit/open-circuit.ts'
import {type Encodable, encode} from '../../../../src/codec/codec.ts'
import {ed25519Ready, generateEd25519} from '../../../../src/crypto/ed25519.ts'
import {encryptIntroduce, openHsNtor} from '../../../../src/crypto/hs/hs-ntor.ts'
import {randomOctets} from '../../../../src/crypto/random.ts'
import {generateX25519, generateX25519Key} from '../../../../src/crypto/x25519.ts'
import {makeIntroduction} from '../../../../src/roles/client/introduce1.ts'
import {type Introduce2Options, readIntroduce2} from '../../../../src/roles/service/introduce2.ts'
import {ReplayCache} from '../../../../src/roles/service/replay-cache.ts'
import {introduce1} from '../../../../src/wire/hs/introduce.ts'
import {introducePlaintext, OnionKeyType} from '../../../../src/wire/hs/introduce-encrypted.ts'
import type {LinkSpecifier} from '../../../../src/wire/link-specifier.ts'

const CACHE = {entriesMax: 10, forMs: Infinity, nowMs: () => 0}
const subcredential = randomOctets(32)
const cookie = randomOctets(20)
const encryptionKey = generateX25519Key()
const specifiers: LinkSpecifier[] = [
  {kind: 'ipv4', address: Uint8Array.of(127, 0, 0, 1), port: 9001},
  {kind: 'rsaIdentity', identity: randomOctets(20)},
  {kind: 'ed25519Identity', identity: randomOctets(32)}
]
const rendezvousPoint: PathHop = {
  rsaIdentity: randomOctets(20),
  ed25519Identity: randomOctets(32),
  addresses: [{octets: Uint8Array.of(127, 0, 0, 1), port: 9001}],
  ntorOnionKey: generateX25519().public
}

describe('INTRODUCE2 (rend-spec-v3 3.3)', () => {
  let authKey: Uint8Array = new Uint8Array(32)
  let options: Introduce2Options

  before(async () => {
    await ed25519Ready
    authKey = generateEd25519().public
  })
  beforeEach(() => {
    options = {
      keys: {authKey, encryptionKey, subcredentials: [randomOctets(32), subcredential]},
      replays: new ReplayCache(CACHE),
      offersCongestionControl: true,
      allowPrivateAddresses: true
    }
  })

  const point = () => ({
    linkSpecifiers: [],
    ntorOnionKey: randomOctets(32),
    authKey,
    encryptionKey: encryptionKey.public
  })
  function introduction(
    changes: {subcredential?: Uint8Array; asksForCongestionControl?: boolean} = {}
  ): Uint8Array {
    const made = makeIntroduction({
      point: point(),
      subcredential,
      rendezvousCookie: cookie,
      rendezvousPoint,
      asksForCongestionControl: true,
      ...changes
    })
    assert.ok(made.ok)
    return made.value.body
  }

  /** What a client of another make might say. */
  function handMade(plaintext: Uint8Array): Uint8Array {
    const state = openHsNtor({authKey, encryptionKey: encryptionKey.public, subcredential})
    assert.ok(state.ok)
    const fields = {authKeyType: 2, authKey, extensions: []}
    const withPlaceholder = encode(introduce1, {...fields, encrypted: Uint8Array.of(0)})
    const header = withPlaceholder.subarray(0, withPlaceholder.length - 1)
    return encode(introduce1, {...fields, encrypted: encryptIntroduce(state.value, header, plaintext)})
  }
  const plaintext = (changes: Partial<Encodable<typeof introducePlaintext>> = {}) =>
    encode(introducePlaintext, {
      rendezvousCookie: cookie,
      extensions: [],
      onionKeyType: OnionKeyType.NTOR,
      onionKey: generateX25519().public,
      linkSpecifiers: specifiers,
      padding: new Uint8Array(0),
      ...changes
    })
  const rejection = (body: Uint8Array, changes: Partial<Introduce2Options> = {}) => {
    const read = readIntroduce2(body, {...options, ...changes})
    return read.ok ? 'accepted' : read.fault.code
  }

  test('what a client says comes out', () => {
    const read = readIntroduce2(introduction(), options)
    assert.ok(read.ok)
    const {value} = read
    assert.deepEqual(value.rendezvousCookie, cookie)
    assert.deepEqual(value.rendezvousPoint.rsaIdentity, rendezvousPoint.rsaIdentity)
    assert.deepEqual(value.rendezvousPoint.ed25519Identity, rendezvousPoint.ed25519Identity)
    assert.deepEqual(value.rendezvousPoint.ntorOnionKey, rendezvousPoint.ntorOnionKey)
    assert.equal(value.wantsCongestionControl, true)
    const without = readIntroduce2(introduction({asksForCongestionControl: false}), options)
    assert.ok(without.ok && !without.value.wantsCongestionControl)
  })

  test('link specifiers of unknown kinds are kept as they are', () => {
    const unknown: LinkSpecifier = {kind: 'unknown', tag: 200, body: Uint8Array.of(1, 2, 3)}
    const read = readIntroduce2(handMade(plaintext({linkSpecifiers: [...specifiers, unknown]})), options)
    assert.ok(read.ok)
    assert.deepEqual(read.value.rendezvousPoint.linkSpecifiers?.at(-1), unknown)
  })

  test('a message that was seen is a replay', () => {
    const body = introduction()
    assert.equal(rejection(body), 'accepted')
    assert.equal(rejection(body), 'replay')
    assert.equal(rejection(introduction()), 'accepted')
  })

  test('TROVE-2017-009: a replay with another header is none the less refused, and does not enter the cache', () => {
    const body = introduction()
    assert.equal(rejection(body), 'accepted')
    const size = options.replays.size
    // An extension more in the part that anybody can change: the number of extensions, and one of type 9 without a body.
    const at = 20 + 1 + 2 + 32
    const changed = new Uint8Array([...body.subarray(0, at), 1, 9, 0, ...body.subarray(at + 1)])
    assert.equal(rejection(changed), 'replay')
    const other = introduction()
    const forged = new Uint8Array([...other.subarray(0, at), 1, 9, 0, ...other.subarray(at + 1)])
    assert.equal(rejection(forged), 'subcredential')
    assert.equal(options.replays.size, size)
  })

  test('what is not for our descriptors, or not for this introduction point, is refused', () => {
    assert.equal(rejection(introduction({subcredential: randomOctets(32)})), 'subcredential')
    assert.equal(
      rejection(introduction(), {keys: {...options.keys, authKey: generateEd25519().public}}),
      'bad_auth_key'
    )
  })

  test('cut off anywhere it is refused, and nothing throws', () => {
    const body = introduction()
    for (let length = 0; length < body.length; length++) {
      assert.notEqual(rejection(body.subarray(0, length)), 'accepted', `${length}`)
    }
  })

  test('a rendezvous point that cannot be gone to is refused', () => {
    const without = (kind: string) =>
      plaintext({linkSpecifiers: specifiers.filter(each => each.kind !== kind)})
    for (const kind of ['ipv4', 'rsaIdentity', 'ed25519Identity']) {
      assert.equal(rejection(handMade(without(kind))), 'invalid_introduce2', kind)
    }
    assert.equal(rejection(handMade(plaintext()), {allowPrivateAddresses: false}), 'invalid_introduce2')
    assert.equal(rejection(handMade(plaintext({onionKeyType: 9}))), 'invalid_introduce2')
    assert.equal(rejection(handMade(plaintext({onionKey: new Uint8Array(31)}))), 'invalid_introduce2')
    assert.equal(rejection(handMade(plaintext())), 'accepted')
  })

  test('a client that asks for the congestion control that we do not offer is refused', () => {
    assert.equal(rejection(introduction(), {offersCongestionControl: false}), 'invalid_introduce2')
    const modest = introduction({asksForCongestionControl: false})
    assert.equal(rejection(modest, {offersCongestionControl: false}), 'accepted')
  })

  test('a proof of work that nobody asked for does no harm', () => {
    const proof = {
      kind: 'proofOfWork',
      nonce: randomOctets(16),
      effort: 100,
      seedHead: randomOctets(4),
      solution: randomOctets(16)
    } as const
    assert.equal(rejection(handMade(plaintext({extensions: [proof]}))), 'accepted')
  })
})
