// Whether a relay finds out that others reach it, over IPv4 and over IPv6: real links and circuits between cores on loopback, with
// a consensus that the test makes.

import assert from 'node:assert/strict'
import {createServer} from 'node:net'
import {after, before, describe, it} from 'node:test'
import {SelfTest} from '../../src/app/self-test.ts'
import type {AddressFamily} from '../../src/config/address.ts'
import type {Relay} from '../../src/netdir/relay.ts'
import {startCore, type TestCore} from '../support/core.ts'
import {makeNetDir} from '../support/made-net-dir.ts'
import {waitUntil} from '../support/wait-until.ts'

const WAIT = {timeoutMs: 15_000, everyMs: 50}
const LOOPBACK_4 = Uint8Array.of(127, 0, 0, 1)
const LOOPBACK_6 = Uint8Array.from({length: 16}, (_, i) => (i === 15 ? 1 : 0))
const hasIpv6 = await new Promise<boolean>(resolve => {
  const server = createServer()
  server.once('error', () => resolve(false))
  server.listen(0, '::1', () => server.close(() => resolve(true)))
})

describe('the self-test of a relay', () => {
  let own: TestCore
  let others: TestCore[] = []
  let relays: Relay[] = []
  const ports: {[F in AddressFamily]?: number} = {}
  const told: string[] = []

  before(async () => {
    own = await startCore()
    others = await Promise.all([startCore(), startCore()])
    ports.ipv4 = own.hop.addresses[0]?.port ?? 0
    if (hasIpv6) ports.ipv6 = (await own.core.plane.listen({host: '::1', port: 0})).port
    const hops = [own, ...others].map(({hop}) => hop)
    hops.sort((a, b) => Buffer.compare(a.rsaIdentity, b.rsaIdentity))
    const netDir = makeNetDir({
      relays: hops.map(({rsaIdentity, ed25519Identity, ntorOnionKey, addresses}) => ({
        identity: rsaIdentity,
        ...(ed25519Identity === undefined ? {} : {ed25519: ed25519Identity}),
        ...(ntorOnionKey === undefined ? {} : {ntorOnionKey}),
        ipv4: '127.0.0.1',
        orPort: addresses[0]?.port ?? 0
      }))
    })
    relays = [...netDir.relays]
  })

  after(() => Promise.all([own, ...others].map(core => core.close())))

  /** `withIpv6`: whether the others have an address of that family, and so can reach ours. */
  function test(
    port: {[F in AddressFamily]?: number},
    assumed: boolean | 'auto',
    withIpv6: boolean
  ): SelfTest {
    const ipv6 = withIpv6 ? {address: LOOPBACK_6, port: 1} : undefined
    const known = relays.map(relay => ({...relay, status: {...relay.status, ipv6}}))
    const {rsaIdentity, ed25519Identity, ntorOnionKey} = own.hop
    const selfTest = new SelfTest({
      core: own.core,
      network: {randomRelay: isFit => known.find(isFit ?? (() => true)), isTrustedToSeeUs: () => false},
      address: {ipv4: LOOPBACK_4, ipv6: LOOPBACK_6, suggest: () => false},
      ourselves: () => ({rsaIdentity, ed25519Identity, ntorOnionKey}),
      config: () => ({assumeReachable: false, assumeReachableIpv6: assumed}),
      orPort: family => port[family],
      logger: {notice: text => void told.push(text), warn: text => void told.push(text)}
    })
    own.core.channels.onOpened(channel => selfTest.channelOpened(channel))
    return selfTest
  }

  it('proves IPv6 by an EXTEND2 that names the IPv6 address alone, through a relay that has IPv6', {
    skip: hasIpv6 ? false : 'there is no ::1'
  }, async () => {
    const {ipv6 = 0} = ports
    const selfTest = test({ipv6}, 'auto', true)
    assert.equal(selfTest.isReachable('ipv6'), false)
    selfTest.configure(Date.now())
    await waitUntil('the proof', WAIT, () => selfTest.isReachable('ipv6'))
    assert.equal(selfTest.isReachable('ipv4'), false)
    assert.match(told.at(-1) ?? '', /reachable from the outside over IPv6/)
    const families = [...own.core.channels.values()]
      .filter(({info}) => info.direction === 'received')
      .map(({info}) => info.ownAddressSeen.length)
    assert.ok(families.includes(16))
    selfTest.stop()
  })

  it('proves IPv4 over two relays, neither of which is the relay itself', async () => {
    const {ipv4 = 0} = ports
    for (const channel of [...own.core.channels.values()]) own.core.plane.closeChannel(channel.info.channel)
    await waitUntil('the links to close', WAIT, () =>
      others.every(
        ({core}) =>
          ![...core.channels.values()].some(
            ({info}) => info.ownAddressSeen.length === 16 || info.address.octets.length === 16
          )
      )
    )
    const selfTest = test({ipv4}, 'auto', false)
    selfTest.configure(Date.now())
    await waitUntil('the proof', WAIT, () => selfTest.isReachable('ipv4'))
    selfTest.stop()
  })

  it('proves nothing where no relay has IPv6, or where nobody listens, unless AssumeReachableIPv6 says so', async () => {
    const without = test({ipv6: ports.ipv6 ?? 1}, 'auto', false)
    const nobody = test({ipv6: 1}, 'auto', true)
    for (const selfTest of [without, nobody]) selfTest.configure(Date.now())
    await new Promise(done => setTimeout(done, 1000))
    for (const selfTest of [without, nobody]) {
      assert.equal(selfTest.isReachable('ipv6'), false)
      selfTest.stop()
    }
    assert.equal(test({ipv6: 1}, true, false).isReachable('ipv6'), true)
  })
})
