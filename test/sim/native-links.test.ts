// Links of shards whichever TLS they have: those that go over to native sockets when they are verified, those that stay with
// node:tls, and what a peer may do with the octets below TLS.

import assert from 'node:assert/strict'
import {connect, type Socket} from 'node:net'
import {after, before, describe, test} from 'node:test'
import type {ConnectionOptions} from 'node:tls'
import {loadAddon} from '../../src/crypto/binding.ts'
import {openRendPoint} from '../../src/roles/rend-point/rend-point.ts'
import {RelayCommand} from '../../src/wire/relay-cell.ts'
import {randomOctets, startCore, type TestCore} from '../support/core.ts'
import {RawCircuit} from '../support/raw-circuit.ts'
import {RawCommand, RawLink} from '../support/raw-link.ts'
import {waitUntil, within} from '../support/wait-until.ts'

const SOON_MS = 10_000
/** One that nobody may have finished reading when the link is taken over. */
const BURST_CELLS = 2000

const rendPoint = openRendPoint({refusesSingleHop: () => false, log: () => {}})

describe('links of native shards', {skip: loadAddon().reason}, () => {
  let relay: TestCore
  let port = 0
  let lastCircId = 0x80000000
  const links: RawLink[] = []

  before(async () => {
    process.env['RAMSON_SHARDS'] = '2'
    relay = await startCore({deps: {roles: new Map(rendPoint.roles)}})
    port = relay.hop.addresses[0]?.port ?? 0
  })

  after(async () => {
    for (const link of links) link.socket.destroy()
    await relay.close()
  })

  async function open(tls: ConnectionOptions = {}): Promise<RawLink> {
    const {link} = await RawLink.handshake(port, [4, 5], undefined, tls)
    links.push(link)
    return link
  }

  /** A circuit over the link that the relay does what it is asked on. */
  async function works(link: RawLink): Promise<RawCircuit> {
    const circuit = await RawCircuit.create(link, ++lastCircId)
    circuit.send(RelayCommand.ESTABLISH_RENDEZVOUS, 0, randomOctets(20))
    const answer = await circuit.next()
    assert.equal(answer.kind === 'message' && answer.message.command, RelayCommand.RENDEZVOUS_ESTABLISHED)
    return circuit
  }

  const kinds: readonly {
    readonly name: string
    readonly protocol: string
    readonly tls: ConnectionOptions
  }[] = [
    {name: 'TLS_AES_128_GCM_SHA256', protocol: 'TLSv1.3', tls: {ciphers: 'TLS_AES_128_GCM_SHA256'}},
    {name: 'TLS_AES_256_GCM_SHA384', protocol: 'TLSv1.3', tls: {ciphers: 'TLS_AES_256_GCM_SHA384'}},
    {
      name: 'TLS_CHACHA20_POLY1305_SHA256',
      protocol: 'TLSv1.3',
      tls: {ciphers: 'TLS_CHACHA20_POLY1305_SHA256'}
    },
    {name: 'ECDHE-RSA-AES128-GCM-SHA256', protocol: 'TLSv1.2', tls: {maxVersion: 'TLSv1.2'}}
  ]
  for (const {name, protocol, tls} of kinds) {
    test(`circuits work over ${protocol} with ${name}`, async () => {
      const link = await open(tls)
      assert.equal(link.socket.getProtocol(), protocol)
      assert.equal(link.socket.getCipher().name, name)
      await works(link)
      await works(link)
    })
  }

  test('cells that come right behind the link handshake are lost no more than later ones', async () => {
    const link = await open()
    const ids = Array.from({length: BURST_CELLS}, () => ++lastCircId)
    for (const id of ids) link.sendCell(id, RawCommand.CREATE_FAST, new Uint8Array(20))
    const answered = new Set<number>()
    for (const _ of ids) {
      const {circuitId, command} = await link.nextCell()
      assert.equal(command, RawCommand.CREATED_FAST)
      answered.add(circuitId)
    }
    assert.deepEqual([...answered].sort(), ids)
  })

  test('octets that are no records end their link, and no other', async () => {
    const other = await open()
    const kept = await works(other)
    const tcp: Socket = connect({host: '127.0.0.1', port})
    const link = await open({socket: tcp})
    await works(link)
    const malformed = relay.core.plane.counters.linksMalformed
    // A first octet that no record begins with.
    tcp.write(Uint8Array.of(0, ...randomOctets(1999)))
    await within('the end of the link', SOON_MS, link.closed)
    // The peer may hear of it before this thread does.
    const isCounted = () => relay.core.plane.counters.linksMalformed === malformed + 1
    await waitUntil('the end is counted', {timeoutMs: SOON_MS}, isCounted)
    assert.equal(other.isClosed, false)
    await works(other)
    assert.equal(kept.link.isClosed, false)
  })

  test('a link that its peer closes is closed, whatever was under way', async () => {
    const opened = relay.core.plane.counters.channelsOpened
    const link = await open()
    await works(link)
    link.socket.destroy()
    const second = await open()
    const circuit = await works(second)
    assert.equal(relay.core.plane.counters.channelsOpened, opened + 2)
    assert.equal(circuit.link.isClosed, false)
  })
})
