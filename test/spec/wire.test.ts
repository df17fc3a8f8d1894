// What the specification and C tor's practice say about single messages, where that is more than a row of fields.

import assert from 'node:assert/strict'
import {test} from 'node:test'
import {concat, fromText} from '../../src/bytes/octets.ts'
import {type DecodeCode, decode, encode, type Format} from '../../src/codec/codec.ts'
import {BugError} from '../../src/fault/fault.ts'
import {authChallenge} from '../../src/wire/auth-challenge.ts'
import {begin} from '../../src/wire/begin.ts'
import {ChannelCommand, isVariableLength} from '../../src/wire/channel-cell.ts'
import {circuitExtensions} from '../../src/wire/circuit-extensions.ts'
import {circuitPaddingNegotiate} from '../../src/wire/circuit-padding.ts'
import {create2, created2} from '../../src/wire/create.ts'
import {destroy} from '../../src/wire/destroy.ts'
import {ed25519Cert} from '../../src/wire/ed25519-cert.ts'
import {end} from '../../src/wire/end.ts'
import {extend2} from '../../src/wire/extend2.ts'
import {extended2} from '../../src/wire/extended2.ts'
import {establishIntro} from '../../src/wire/hs/establish-intro.ts'
import {introduce1, introduce2, MAX_INTRODUCE1} from '../../src/wire/hs/introduce.ts'
import {introduceEncrypted, introducePlaintext} from '../../src/wire/hs/introduce-encrypted.ts'
import {establishRendezvous, rendezvous1} from '../../src/wire/hs/rendezvous.ts'
import {netinfo} from '../../src/wire/netinfo.ts'
import {paddingNegotiate} from '../../src/wire/padding-negotiate.ts'
import {allFormats, channelMessages, relayMessages} from '../../src/wire/registry.ts'
import {MAX_RELAY_DATA, RELAY_BODY, RelayCommand, relayCellV0} from '../../src/wire/relay-cell.ts'
import {sendme} from '../../src/wire/sendme.ts'
import {truncate} from '../../src/wire/truncate.ts'
import {versions} from '../../src/wire/versions.ts'
import {hex} from '../support/hex.ts'

/** The value of octets that must be good. */
function read<Out, In>(format: Format<Out, In>, octets: Uint8Array): Out {
  const decoded = decode(format, octets)
  assert.ok(decoded.ok, format.name)
  return decoded.value
}

function refused<Out, In>(format: Format<Out, In>, octets: Uint8Array): DecodeCode {
  const decoded = decode(format, octets)
  assert.ok(!decoded.ok, format.name)
  return decoded.fault.code
}

const zeros = (length: number): Uint8Array => new Uint8Array(length)

test('a message has the number of its command, and no two have the same', () => {
  for (const {name, command} of channelMessages) assert.equal(ChannelCommand[name], command)
  for (const {name, command} of relayMessages) assert.equal(RelayCommand[name], command)
  assert.equal(new Set(channelMessages.map(({command}) => command)).size, channelMessages.length)
  assert.equal(new Set(relayMessages.map(({command}) => command)).size, relayMessages.length)
})

test('a relay message never exceeds what a relay cell holds', () => {
  for (const format of relayMessages) assert.ok(format.max <= MAX_RELAY_DATA, format.name)
})

test('every format names the section that defines it', () => {
  for (const {name, about} of allFormats) assert.match(about.spec, /^[a-z0-9-]+ \d/, name)
})

test('VERSIONS and the commands from 128 on have cells of variable length', () => {
  const variable = Object.values(ChannelCommand).filter(isVariableLength)
  assert.deepEqual(variable, [7, 128, 129, 130, 131, 132])
})

test('a VERSIONS cell of odd length is refused', () => {
  assert.deepEqual(read(versions, hex('000300040005')), {versions: [3, 4, 5]})
  assert.equal(refused(versions, hex('00030004ff')), 'truncated')
})

test('an address of a wrong type or length in NETINFO is unknown, and the ones after it are read', () => {
  const {otherAddress, myAddresses} = read(
    netinfo,
    hex('00000000' + '0403010203' + '03' + '0603aabbcc' + '0900' + '04047f000001')
  )
  assert.deepEqual(otherAddress, {kind: 'unknown', tag: 4, body: hex('010203')})
  assert.deepEqual(myAddresses, [
    {kind: 'unknown', tag: 6, body: hex('aabbcc')},
    {kind: 'unknown', tag: 9, body: hex('')},
    {kind: 'ipv4', address: hex('7f000001')}
  ])
})

test('the octets that pad a fixed cell are not looked at', () => {
  const body = zeros(509).fill(0xee, 1)
  assert.deepEqual(read(destroy, body), {reason: 0})
  assert.equal(refused(destroy, zeros(510)), 'length-exceeds')
})

test('a CREATE2 or CREATED2 whose length exceeds its cell is refused', () => {
  const body = zeros(509)
  body.set(hex('000201fa'))
  assert.equal(refused(create2, body), 'length-exceeds')
  body.set(hex('01fc'))
  assert.equal(refused(created2, body), 'length-exceeds')
  body.set(hex('01fb'))
  assert.equal(read(created2, body).reply.length, 507)
})

test('the length of an EXTENDED2 is at most what its message holds', () => {
  assert.equal(read(extended2, hex('0002aabb')).reply.length, 2)
  assert.equal(refused(extended2, hex('0003aabb')), 'length-exceeds')
})

test('a link specifier of a type that nobody knows is kept, and one of a wrong length is refused', () => {
  const tail = `0002${'0001'}ff`
  assert.deepEqual(read(extend2, hex(`01${'ee03'}010203${tail}`)).linkSpecifiers, [
    {kind: 'unknown', tag: 0xee, body: hex('010203')}
  ])
  assert.equal(refused(extend2, hex(`01${'0005'}0102030405${tail}`)), 'truncated')
  assert.equal(refused(extend2, hex(`01${'0007'}01020304050607${tail}`)), 'trailing')
})

test('an AUTH_CHALLENGE cannot claim more methods than it has octets for', () => {
  assert.equal(refused(authChallenge, concat(zeros(32), hex('ffff0003'))), 'count-exceeds')
})

test('a PADDING_NEGOTIATE of another version or command is left to the channel to pass over', () => {
  assert.deepEqual(read(paddingNegotiate, hex('01ff00010002')), {
    version: 1,
    command: 0xff,
    itoLowMs: 1,
    itoHighMs: 2
  })
})

test('a circuit-padding message of another version, command or echo is refused', () => {
  assert.equal(refused(circuitPaddingNegotiate, hex('0102000000000000')), 'bad-constant')
  assert.equal(refused(circuitPaddingNegotiate, hex('0003000000000000')), 'bad-enum')
  assert.equal(refused(circuitPaddingNegotiate, hex('0002000200000000')), 'bad-enum')
})

test('the data of a relay cell is at most 498 octets', () => {
  const cell = zeros(RELAY_BODY)
  cell.set(hex('01f2'), 9)
  assert.equal(read(relayCellV0, cell).data.length, MAX_RELAY_DATA)
  cell.set(hex('01f3'), 9)
  assert.equal(refused(relayCellV0, cell), 'length-exceeds')
})

test('a SENDME without a body, or of version 0 with one, is of version 0', () => {
  assert.deepEqual(read(sendme, hex('')), {kind: 'v0'})
  assert.deepEqual(read(sendme, hex('00')), {kind: 'v0'})
  assert.deepEqual(read(sendme, hex('000014aabb')), {kind: 'v0'})
  assert.deepEqual(encode(sendme, {kind: 'v0'}), hex(''))
})

test('a SENDME of version 1 carries a tag of 16 or 20 octets', () => {
  for (const length of [16, 20]) {
    const tag = zeros(length).fill(7)
    const octets = concat(Uint8Array.of(1, 0, length), tag)
    assert.deepEqual(read(sendme, octets), {kind: 'v1', tag})
  }
  assert.equal(refused(sendme, concat(hex('01000f'), zeros(15))), 'truncated')
  assert.equal(refused(sendme, concat(hex('010015'), zeros(21))), 'length-exceeds')
  assert.equal(refused(sendme, hex('01')), 'truncated')
})

test('a SENDME of a later version is told apart', () => {
  assert.deepEqual(read(sendme, hex('02ffff')), {kind: 'unknown', version: 2})
})

test('an END has a reason', () => {
  assert.equal(refused(end, hex('')), 'truncated')
  assert.equal(read(end, hex('63')).reason, 0x63)
})

test('a TRUNCATE may leave its reason out', () => {
  assert.equal(read(truncate, hex('')).reason, undefined)
  assert.equal(read(truncate, hex('05')).reason, 5)
})

test('the flags of a BEGIN may be left out', () => {
  assert.deepEqual(read(begin, concat(fromText('a:80'), hex('00'))), {addressPort: 'a:80', flags: undefined})
  assert.deepEqual(read(begin, concat(fromText('a:80'), hex('0000000003'))), {addressPort: 'a:80', flags: 3})
})

test('a circuit extension of a type that nobody knows is kept, and the body of a request is not looked at', () => {
  const {extensions} = read(circuitExtensions, hex('03' + '0102aabb' + '6303616263' + '030402060207'))
  assert.deepEqual(extensions, [
    {kind: 'ccRequest'},
    {kind: 'unknown', tag: 99, body: hex('616263')},
    {
      kind: 'subprotoRequest',
      requests: [
        {protocol: 2, version: 6},
        {protocol: 2, version: 7}
      ]
    }
  ])
})

test('a subprotocol request of odd length is refused', () => {
  assert.equal(refused(circuitExtensions, hex('010303020602')), 'truncated')
})

test('an Ed25519 certificate has version 1 and nothing after its signature', () => {
  const cert = encode(ed25519Cert, {
    type: 4,
    expirationHours: 1,
    keyType: 1,
    certifiedKey: zeros(32),
    extensions: [{type: 4, flags: 0, data: zeros(32)}],
    signature: zeros(64)
  })
  assert.equal(cert.length, 140)
  assert.equal(refused(ed25519Cert, concat(cert, hex('00'))), 'trailing')
  cert[0] = 2
  assert.equal(refused(ed25519Cert, cert), 'bad-constant')
})

test('a DOS_PARAMS extension that does not hold together is passed over', () => {
  const message = (extension: string): Uint8Array =>
    concat(hex('020000'), hex(extension), zeros(32), hex('0000'))
  const good = read(establishIntro, message('01' + '010a' + '01' + '02' + '00000000000000c8'))
  assert.deepEqual(good.extensions, [{kind: 'dosParams', params: [{type: 2, value: 200n}]}])
  const bad = read(establishIntro, message('01' + '010a' + '02' + '02' + '00000000000000c8'))
  assert.deepEqual(bad.extensions, [{kind: 'unknown', tag: 1, body: hex('020200000000000000c8')}])
})

test('HANDSHAKE_AUTH covers all before it, and the signature covers HANDSHAKE_AUTH as well', () => {
  const octets = concat(hex('020002aabb00'), zeros(32).fill(7), hex('0001ff'))
  const {authenticated, signed} = read(establishIntro, octets)
  assert.deepEqual(authenticated, octets.subarray(0, 6))
  assert.deepEqual(signed, octets.subarray(0, 38))
})

test('an INTRODUCE1 is at most 490 octets, whatever the circuit could carry', () => {
  const ofLength = (length: number): Uint8Array => concat(zeros(20), hex('02000000'), zeros(length - 24))
  assert.ok(decode(introduce1, ofLength(MAX_INTRODUCE1)).ok)
  assert.equal(refused(introduce1, ofLength(MAX_INTRODUCE1 + 1)), 'length-exceeds')
  assert.ok(decode(introduce2, ofLength(MAX_RELAY_DATA)).ok)
  const {header, encrypted} = read(introduce1, ofLength(30))
  assert.deepEqual([header.length, encrypted.length], [24, 6])
})

test('an INTRODUCE1 of a version 2 client, or without an encrypted part, is refused', () => {
  assert.equal(refused(introduce1, concat(hex('01'), zeros(40))), 'reserved-nonzero')
  assert.equal(refused(introduce1, concat(zeros(20), hex('02000000'))), 'truncated')
})

test('the MAC of an INTRODUCE message is its last 32 octets and covers all before it', () => {
  const octets = concat(zeros(32).fill(1), zeros(5).fill(2), zeros(32).fill(3))
  const {clientKey, ciphertext, mac, authenticated} = read(introduceEncrypted, octets)
  assert.deepEqual([clientKey[0], clientKey.length], [1, 32])
  assert.deepEqual(ciphertext, zeros(5).fill(2))
  assert.deepEqual(mac, zeros(32).fill(3))
  assert.deepEqual(authenticated, octets.subarray(0, 37))
  assert.equal(refused(introduceEncrypted, zeros(63)), 'truncated')
})

test('an introduction carries a proof of work of version 1', () => {
  const around = (extension: string): Uint8Array =>
    concat(zeros(20), hex('01'), hex(extension), hex('010000' + '00'))
  const proof = `02${'29'}01${'11'.repeat(16)}${'00000007'}${'22222222'}${'33'.repeat(16)}`
  const {extensions} = read(introducePlaintext, around(proof))
  assert.deepEqual(extensions, [
    {
      kind: 'proofOfWork',
      nonce: zeros(16).fill(0x11),
      effort: 7,
      seedHead: hex('22222222'),
      solution: zeros(16).fill(0x33)
    }
  ])
  assert.equal(refused(introducePlaintext, around(proof.replace('0229', '0228').slice(0, -2))), 'truncated')
})

test('an ESTABLISH_RENDEZVOUS is a cookie of 20 octets and nothing else', () => {
  assert.equal(read(establishRendezvous, zeros(20)).rendezvousCookie.length, 20)
  assert.equal(refused(establishRendezvous, zeros(19)), 'truncated')
  assert.equal(refused(establishRendezvous, zeros(21)), 'trailing')
})

test('a RENDEZVOUS1 has a cookie, and what follows goes on as it is', () => {
  assert.equal(refused(rendezvous1, zeros(19)), 'truncated')
  assert.deepEqual(read(rendezvous1, concat(zeros(20), hex('0102'))).handshakeInfo, hex('0102'))
})

test('what we write ourselves never exceeds its cell', () => {
  assert.throws(() => encode(extended2, {reply: zeros(497)}), BugError)
  assert.equal(encode(extended2, {reply: zeros(496)}).length, MAX_RELAY_DATA)
})
