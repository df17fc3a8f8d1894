// An onion service and its client meet through relay cores in one process, over real TLS links and circuits of three hops:
// descriptor published and fetched, introduction, rendezvous, and octets through the splice there and back. Client and
// service are made of hs-ntor and our own circuits; no step is left out but the choosing of relays.

import assert from 'node:assert/strict'
import type {Duplex} from 'node:stream'
import {after, before, test} from 'node:test'
import {type OnionRoles, openOnionRoles} from '../../../src/app/onion-roles.ts'
import {toBase64Unpadded} from '../../../src/bytes/base64.ts'
import {concat} from '../../../src/bytes/octets.ts'
import {linkSpecifiers} from '../../../src/circuit/open-circuit.ts'
import {ntorHandshake, type OriginHandshake} from '../../../src/circuit/origin-handshake.ts'
import {decode, encode} from '../../../src/codec/codec.ts'
import {sha256} from '../../../src/crypto/digest.ts'
import {generateEd25519} from '../../../src/crypto/ed25519.ts'
import {
  answerHsNtor,
  completeHsNtor,
  decryptIntroduce,
  encryptIntroduce,
  openHsNtor
} from '../../../src/crypto/hs/hs-ntor.ts'
import {generateX25519Key} from '../../../src/crypto/x25519.ts'
import type {Result} from '../../../src/fault/result.ts'
import {DirectoryServer} from '../../../src/roles/relay/directory/directory-server.ts'
import {MemoryDirectoryStore} from '../../../src/roles/relay/directory/memory-directory-store.ts'
import type {OwnCircuit} from '../../../src/stream/origin-streams.ts'
import type {DirectoryPeer} from '../../../src/stream/relay-streams.ts'
import {begin} from '../../../src/wire/begin.ts'
import {IntroduceAckStatus, introduce1, introduce2, introduceAck} from '../../../src/wire/hs/introduce.ts'
import {introducePlaintext} from '../../../src/wire/hs/introduce-encrypted.ts'
import {rendezvous1, rendezvous2} from '../../../src/wire/hs/rendezvous.ts'
import {type RelayCellV0, RelayCommand} from '../../../src/wire/relay-cell.ts'
import {randomOctets, startCore, type TestCore} from '../../support/core.ts'
import {readReply, requestOctets} from '../../support/directory-client.ts'
import {establishIntroBody, introduce1Body, madeDescriptor} from '../../support/onion-messages.ts'
import {RawCircuit} from '../../support/raw-circuit.ts'
import {RawLink} from '../../support/raw-link.ts'
import {waitUntil, within} from '../../support/wait-until.ts'

const BUILD_MS = 10_000
const SOON = {timeoutMs: 10_000, everyMs: 10}
const LAST = 2
const NOTHING = new Uint8Array(0)
const OCTETS = 1_000_000
const KH_LENGTH = 20

interface Point extends TestCore {
  readonly onion: OnionRoles
}

let points: Point[] = []
let client: TestCore
let service: TestCore
let params = new Map<string, number>()

/** A relay with every role for onion services and a directory. */
async function startPoint(): Promise<Point> {
  const onion = openOnionRoles({
    param: name => params.get(name),
    refuseSingleHopRendezvous: () => 'auto',
    hsDirOctetsMax: () => 1_000_000,
    savedDescriptors: {take: () => undefined, put: () => {}},
    log: () => {}
  })
  const server = new DirectoryServer({}, {store: new MemoryDirectoryStore(), routes: onion.directoryRoutes})
  const openDirectory = (stream: Duplex, peer: DirectoryPeer) => server.open(stream, peer)
  const relay = await startCore({deps: {roles: onion.roles, openDirectory}})
  return {
    ...relay,
    onion,
    close: async () => {
      await relay.close()
      await onion.close()
    }
  }
}

before(async () => {
  points = await Promise.all([1, 2, 3].map(startPoint))
  ;[client, service] = await Promise.all([startCore(), startCore()])
})

after(async () => {
  await Promise.all([...points, client, service].map(relay => relay.close()))
})

/** A circuit over two relays to the last one, and KH of that last hop. */
async function build(origin: TestCore, last: number): Promise<OwnCircuit & {readonly keyHash: Uint8Array}> {
  const at = (index: number) => (points[index % points.length] as Point).hop
  const built = await origin.core.build([at(last + 1), at(last + 2)], BUILD_MS)
  assert.ok(built.ok, JSON.stringify(built))
  const {rsaIdentity, ntorOnionKey} = at(last)
  assert.ok(ntorOnionKey !== undefined)
  const handshake = ntorHandshake({rsaIdentity, ntorOnionKey})
  let keyHash = NOTHING
  const keeping: OriginHandshake = {
    ...handshake,
    complete: reply => {
      const keys = handshake.complete(reply)
      if (keys.ok) keyHash = keys.value.slice(-KH_LENGTH)
      return keys
    }
  }
  const extended = await built.value.circuit.extend(linkSpecifiers(at(last)), keeping)
  assert.ok(extended.ok, JSON.stringify(extended))
  return {...built.value, keyHash}
}

/** What the next message from the last hop does and says; `handle` runs before any other cell is looked at. */
function nextMessage<T>(
  {circuit}: OwnCircuit,
  command: number,
  handle: (message: RelayCellV0) => T
): Promise<T> {
  const heard = new Promise<T>((resolve, reject) => {
    circuit.onMessage((hop, message) => {
      try {
        assert.equal(hop, LAST)
        assert.equal(message.command, command)
        resolve(handle(message))
      } catch (error) {
        reject(error)
      }
    })
    circuit.onClose(fault => reject(new Error(`the circuit closed: ${fault.code}`)))
  })
  return within(`relay command ${command}`, SOON.timeoutMs, heard)
}

/** Sends a message to the last hop and hears its answer. */
function ask<T>(
  own: OwnCircuit,
  command: number,
  data: Uint8Array,
  answer: number,
  handle: (message: RelayCellV0) => T
): Promise<T> {
  const answered = nextMessage(own, answer, handle)
  own.circuit.send(LAST, command, 0, data)
  return answered
}

function closed({circuit}: OwnCircuit): Promise<void> {
  return within(
    'a circuit to close',
    SOON.timeoutMs,
    new Promise(resolve => circuit.onClose(() => resolve()))
  )
}

function must<T>(result: Result<T, never> | {readonly ok: boolean; readonly value?: T}): T {
  assert.ok(result.ok && 'value' in result, JSON.stringify(result))
  return result.value as T
}

async function directory(own: OwnCircuit, octets: Uint8Array) {
  const stream = must(await own.streams.open(LAST, RelayCommand.BEGIN_DIR, NOTHING))
  const reply = readReply(stream)
  stream.write(octets)
  return reply
}

/** An introduction circuit, its authentication key, and the circuits that are there once the test is over. */
async function establish(last = 0) {
  const authKey = generateEd25519()
  const own = await build(service, last)
  const body = establishIntroBody({authKey, keyHash: own.keyHash})
  await ask(own, RelayCommand.ESTABLISH_INTRO, body, RelayCommand.INTRO_ESTABLISHED, ({data}) =>
    assert.deepEqual(data, Uint8Array.of(0))
  )
  return {own, authKey}
}

function ackStatus({data}: RelayCellV0): number {
  return must(decode(introduceAck, data)).status
}

const sizes = () => points.map(({onion}) => onion.sizes())
const circuitsLeft = () => points.reduce((sum, {core}) => sum + core.registry.size, 0)

test('a descriptor is published and fetched over three hops, and refused over one', async () => {
  const {octets, blindedKey} = madeDescriptor()
  const path = `/tor/hs/3/${toBase64Unpadded(blindedKey)}`
  const publisher = await build(service, 0)
  const request = requestOctets('/tor/hs/3/publish', [], 'POST', Buffer.from(octets).toString('latin1'))
  assert.equal((await directory(publisher, request)).status, 200)
  assert.equal((await directory(publisher, request)).status, 400)
  const fetcher = await build(client, 0)
  const reply = await directory(fetcher, requestOctets(path))
  assert.equal(reply.status, 200)
  assert.deepEqual(new Uint8Array(reply.body), octets)
  const missing = requestOctets(`/tor/hs/3/${toBase64Unpadded(randomOctets(32))}`)
  assert.equal((await directory(fetcher, missing)).status, 404)

  const {link} = await RawLink.handshake(points[0]?.hop.addresses[0]?.port ?? 0)
  const direct = await RawCircuit.create(link, 0x80000001)
  direct.send(RelayCommand.BEGIN_DIR, 1, NOTHING)
  direct.send(RelayCommand.DATA, 1, requestOctets(path))
  let heard = ''
  while (!heard.includes('\r\n')) {
    const answer = await direct.next()
    assert.equal(answer.kind, 'message')
    if (answer.kind === 'message') heard += answer.message.data.toString('latin1')
  }
  assert.match(heard, /^HTTP\/1\.[01] 503 /)
  link.socket.destroy()
  publisher.circuit.close()
  fetcher.circuit.close()
})

test('a client is introduced, meets its service, and 1 MB goes through the splice there and back', async () => {
  const {own: intro, authKey} = await establish(0)
  const encryptionKey = generateX25519Key()
  const subcredential = randomOctets(32)

  // Client: waits at the rendezvous point and asks to be introduced.
  const rend = await build(client, 1)
  const rendezvousCookie = randomOctets(20)
  await ask(
    rend,
    RelayCommand.ESTABLISH_RENDEZVOUS,
    rendezvousCookie,
    RelayCommand.RENDEZVOUS_ESTABLISHED,
    ({data}) => assert.equal(data.length, 0)
  )
  assert.equal(sizes()[1]?.rendCookies, 1)
  const state = must(
    openHsNtor({authKey: authKey.public, encryptionKey: encryptionKey.public, subcredential})
  )
  const plaintext = encode(introducePlaintext, {
    rendezvousCookie,
    extensions: [],
    onionKeyType: 1,
    onionKey: points[1]?.hop.ntorOnionKey ?? NOTHING,
    linkSpecifiers: linkSpecifiers((points[1] as Point).hop),
    padding: new Uint8Array(50)
  })
  const message = {authKeyType: 2, authKey: authKey.public, extensions: []}
  const header = encode(introduce1, {...message, encrypted: Uint8Array.of(0)}).slice(0, -1)
  const introducing = await build(client, 0)
  const introduced = nextMessage(intro, RelayCommand.INTRODUCE2, ({data}) => data.slice())
  const status = await ask(
    introducing,
    RelayCommand.INTRODUCE1,
    concat(header, encryptIntroduce(state, header, plaintext)),
    RelayCommand.INTRODUCE_ACK,
    ackStatus
  )
  assert.equal(status, IntroduceAckStatus.SUCCESS)

  // Service: reads the introduction and comes to the rendezvous point.
  const introduction = must(decode(introduce2, await introduced))
  const keys = {authKey: authKey.public, encryptionKey, subcredentials: [subcredential]}
  const opened = must(decryptIntroduce(keys, introduction.header, introduction.encrypted))
  const asked = must(decode(introducePlaintext, opened.plaintext))
  const answer = must(answerHsNtor(keys, opened.clientKey))
  const meeting = await build(service, 1)
  const met = nextMessage(rend, RelayCommand.RENDEZVOUS2, ({data}) => {
    const {handshakeInfo} = must(decode(rendezvous2, data))
    return rend.circuit.addHsHop(must(completeHsNtor(state, handshakeInfo)), 'client')
  })
  const rendezvous = encode(rendezvous1, {
    rendezvousCookie: asked.rendezvousCookie,
    handshakeInfo: answer.handshakeInfo
  })
  meeting.circuit.send(LAST, RelayCommand.RENDEZVOUS1, 0, rendezvous)
  const hop = meeting.circuit.addHsHop(answer.keyMaterial, 'service')
  assert.ok(hop !== undefined)
  assert.equal(await met, hop)
  assert.equal(sizes()[1]?.rendCookies, 0)

  // Both: an echo through the splice.
  meeting.streams.listen(hop, {
    streamsMax: 1,
    onStream: incoming => {
      const stream = incoming.accept()
      stream.pipe(stream)
    }
  })
  const stream = must(
    await rend.streams.open(hop, RelayCommand.BEGIN, encode(begin, {addressPort: ':80', flags: undefined}))
  )
  const sent = randomOctets(OCTETS)
  const parts: Buffer[] = []
  let length = 0
  const echoed = new Promise<void>(resolve => {
    stream.on('data', (part: Buffer) => {
      parts.push(part)
      length += part.length
      if (length === OCTETS) resolve()
    })
  })
  stream.write(sent)
  await within('the echo', 30_000, echoed)
  assert.deepEqual(sha256(concat(...parts)), sha256(sent))

  // The client leaves, and so the service's circuit goes, too.
  const left = closed(meeting)
  rend.circuit.close()
  await left
  intro.circuit.close()
  introducing.circuit.close()
  await waitUntil('every circuit to be gone', SOON, () => circuitsLeft() === 0)
  for (const {introCircuits, rendCookies} of sizes()) assert.deepEqual([introCircuits, rendCookies], [0, 0])
})

test('a client that is refused goes on to another introduction point over the same circuit', async () => {
  const {own: intro, authKey} = await establish(1)
  const introducing = await build(client, 0)
  const body = introduce1Body(authKey.public)
  const refused = await ask(introducing, RelayCommand.INTRODUCE1, body, RelayCommand.INTRODUCE_ACK, ackStatus)
  assert.equal(refused, IntroduceAckStatus.UNKNOWN_ID)
  const {hop} = points[1] as Point
  assert.ok(hop.ntorOnionKey !== undefined)
  const handshake = ntorHandshake({rsaIdentity: hop.rsaIdentity, ntorOnionKey: hop.ntorOnionKey})
  assert.ok((await introducing.circuit.extend(linkSpecifiers(hop), handshake)).ok)
  const status = new Promise<number>(resolve => {
    introducing.circuit.onMessage((from, message) => {
      if (from === LAST + 1) resolve(ackStatus(message))
    })
  })
  introducing.circuit.send(LAST + 1, RelayCommand.INTRODUCE1, 0, body)
  assert.equal(await within('INTRODUCE_ACK', SOON.timeoutMs, status), IntroduceAckStatus.SUCCESS)
  introducing.circuit.close()
  intro.circuit.close()
})

test('the consensus limits introductions, and lets them pass again in time', async () => {
  params = new Map([
    ['HiddenServiceEnableIntroDoSDefense', 1],
    ['HiddenServiceEnableIntroDoSRatePerSec', 4],
    ['HiddenServiceEnableIntroDoSBurstPerSec', 4]
  ])
  const {own: intro, authKey} = await establish(0)
  const introduce = async () => {
    const own = await build(client, 0)
    const body = introduce1Body(authKey.public)
    const status = await ask(own, RelayCommand.INTRODUCE1, body, RelayCommand.INTRODUCE_ACK, ackStatus)
    own.circuit.close()
    return status
  }
  const statuses = await Promise.all(Array.from({length: 20}, introduce))
  const passed = statuses.filter(status => status === IntroduceAckStatus.SUCCESS).length
  const refused = statuses.filter(status => status === IntroduceAckStatus.UNKNOWN_ID).length
  assert.ok(passed >= 4 && passed < 20, `${passed} passed`)
  assert.equal(passed + refused, 20)
  await waitUntil(
    'an introduction to pass',
    SOON,
    async () => (await introduce()) === IntroduceAckStatus.SUCCESS
  )
  params = new Map()
  intro.circuit.close()
})

test('messages that break the rules close their circuit, over three hops and over one', async () => {
  const intro = await build(service, 0)
  const gone = closed(intro)
  const body = establishIntroBody({authKey: generateEd25519(), keyHash: randomOctets(KH_LENGTH)})
  intro.circuit.send(LAST, RelayCommand.ESTABLISH_INTRO, 0, body)
  await gone

  const {link} = await RawLink.handshake(points[0]?.hop.addresses[0]?.port ?? 0)
  const direct = await RawCircuit.create(link, 0x80000001)
  direct.send(RelayCommand.INTRODUCE1, 0, introduce1Body(randomOctets(32)))
  assert.deepEqual(await direct.next(), {kind: 'destroyed', reason: 1})
  link.socket.destroy()
})

test('tor-spec 5.2.1: KH of a CREATE_FAST circuit is what its reply has', async () => {
  const {link} = await RawLink.handshake(points[0]?.hop.addresses[0]?.port ?? 0)
  const direct = await RawCircuit.create(link, 0x80000001)
  const {keyHash} = direct
  direct.send(RelayCommand.ESTABLISH_INTRO, 0, establishIntroBody({authKey: generateEd25519(), keyHash}))
  const answer = await direct.next()
  assert.equal(
    answer.kind === 'message' ? answer.message.command : answer.kind,
    RelayCommand.INTRO_ESTABLISHED
  )
  link.socket.destroy()
})

test('a machine that pads to its end is heard over a real link', async () => {
  const own = await build(client, 0)
  const commands: number[] = []
  own.circuit.onPadding((_, {command}) => commands.push(command))
  own.circuit.send(LAST, RelayCommand.PADDING_NEGOTIATE, 0, Uint8Array.of(0, 2, 0, 0, 0, 0, 0, 1))
  await waitUntil(
    'the machine to end',
    SOON,
    () => commands.filter(at => at === RelayCommand.PADDING_NEGOTIATED).length === 2
  )
  assert.equal(commands[0], RelayCommand.PADDING_NEGOTIATED)
  assert.equal(commands.at(-1), RelayCommand.PADDING_NEGOTIATED)
  assert.ok(commands.slice(1, -1).every(command => command === RelayCommand.DROP))
  assert.ok(commands.length - 2 >= 7 && commands.length - 2 <= 10)
  own.circuit.close()
})

test('a single-hop client is refused a rendezvous by silence where the consensus says so', async () => {
  params = new Map([['DoSRefuseSingleHopClientRendezvous', 1]])
  const {link} = await RawLink.handshake(points[0]?.hop.addresses[0]?.port ?? 0)
  const direct = await RawCircuit.create(link, 0x80000001)
  direct.send(RelayCommand.ESTABLISH_RENDEZVOUS, 0, randomOctets(20))
  // The answer to what comes after shows that there was none to what came before, and that the circuit is alive.
  direct.send(RelayCommand.TRUNCATE, 0, Uint8Array.of(0))
  const answer = await direct.next()
  assert.equal(answer.kind === 'message' ? answer.message.command : answer.kind, RelayCommand.TRUNCATED)
  assert.equal(points[0]?.onion.counters.rendPoint.establishRendezvous.single_hop, 1)
  params = new Map()
  link.socket.destroy()
})
