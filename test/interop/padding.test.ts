// Padding with C tor at the other end. Of channels: between our client and a C tor guard, and between a C tor client and the
// relay under test. Of circuits to an onion service: our client's with C tor as the second hop, and a C tor client's with the
// relay under test there.

import assert from 'node:assert/strict'
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, before, describe, it} from 'node:test'
import {ClientNode} from '../../src/app/client-node.ts'
import {DEFAULT_CIRCUIT_PADDING} from '../../src/app/own-padding.ts'
import {pathHop} from '../../src/app/relay-core.ts'
import {fromBase16} from '../../src/bytes/base16.ts'
import {DEFAULT_CLIENT_PADDING} from '../../src/channel/padding.ts'
import {ed25519Ready} from '../../src/crypto/ed25519.ts'
import {authorityKeys} from '../support/authority-keys.ts'
import {CircuitDriver} from '../support/circuit-driver.ts'
import {whyWithoutTor} from '../support/needs-tor.ts'
import {onionAddress} from '../support/onion-watch.ts'
import {socksConnect} from '../support/socks-client.ts'
import {startTorNetwork, type TorNetwork} from '../support/tor-network.ts'
import type {TorNode} from '../support/tor-node.ts'
import {echo, TransferServer} from '../support/transfer-server.ts'
import {delay, waitUntil} from '../support/wait-until.ts'

const AUTHORITIES = 3
/** Of silence, in milliseconds, before one cell of padding: so short that a test need not wait for long. */
const ITO = {low: 150, high: 450, lowReduced: 500, highReduced: 700}
const PADDED = {timeoutMs: 20_000, everyMs: 50}
/** Of silence, in which many cells would have come. */
const QUIET_MS = 1500
const SERVICE_PORT = 80
const REACHED_MS = 90_000
const VISITS_MAX = 12

describe('padding', {skip: whyWithoutTor()}, () => {
  let network: TorNetwork
  let node: ClientNode
  let server: TransferServer
  const service = mkdtempSync(join(tmpdir(), 'ramson-padded-'))

  before(async () => {
    await ed25519Ready
    server = await TransferServer.listen()
    network = await startTorNetwork({
      authorities: AUTHORITIES,
      relays: 2,
      exits: 0,
      extraTorrc: ['Log [circ,or,net]info stdout'],
      consensusParams: {
        nf_ito_low: ITO.low,
        nf_ito_high: ITO.high,
        nf_ito_low_reduced: ITO.lowReduced,
        nf_ito_high_reduced: ITO.highReduced
      },
      subject: {
        torrc: [
          'Log notice stdout',
          `HiddenServiceDir ${service}`,
          `HiddenServicePort ${SERVICE_PORT} 127.0.0.1:${server.port}`
        ]
      }
    })
    const keys = await Promise.all(Array.from({length: AUTHORITIES}, (_, i) => authorityKeys(i)))
    const guardLines: string[] = []
    node = new ClientNode(
      {
        authorities: keys.map(({v3Identity}) => fromBase16(v3Identity) ?? assert.fail()),
        sources: network.authorities.map(({name, dirPort}) => ({
          name,
          isAuthority: true,
          dirPort: {octets: Uint8Array.of(127, 0, 0, 1), port: dirPort},
          orPort: undefined
        })),
        isTesting: true
      },
      {
        guards: {load: () => guardLines, save: lines => guardLines.splice(0, guardLines.length, ...lines)},
        clientKey: () => undefined,
        trouble: () => {},
        version: 'test'
      }
    )
    node.start()
    assert.ok(await node.ready(60_000), 'the client does not get to know the network')
  })

  after(async () => {
    await node?.close()
    server?.close()
    await network?.stop()
    rmSync(service, {recursive: true})
  })

  async function hop(relay: TorNode) {
    const identity = fromBase16(await relay.fingerprint()) ?? assert.fail()
    return pathHop(node.netDir?.relayByIdentity(identity) ?? assert.fail())
  }

  describe('of channels', () => {
    /** Cells of padding that C tor has processed. */
    async function processed(relay: TorNode): Promise<number> {
      const counts = () => [...relay.daemon.log().matchAll(/Cells processed: (\d+) padding/g)]
      const before = counts().length
      relay.daemon.signal('SIGUSR1')
      await waitUntil('the statistics of C tor', PADDED, () => counts().length > before)
      return Number(counts().at(-1)?.[1])
    }

    function negotiated({daemon}: TorNode): string[] {
      const found = daemon.log().matchAll(/Negotiated padding=(\d, lo=\d+, hi=\d+)/g)
      return [...new Set([...found].map(([, what = '']) => what))]
    }

    it('ConnectionPadding, ReducedConnectionPadding: C tor and our client pad a channel as the settings of the moment say', async () => {
      const [guard, middle] = network.relays
      const [last] = network.authorities
      assert.ok(guard && middle && last)
      const {counters} = node.core.plane
      const built = await node.core.build([await hop(guard), await hop(middle), await hop(last)], 20_000)
      assert.ok(built.ok)
      const sent = async (cells: number) => {
        const before = counters.paddingCellsSent
        await waitUntil('padding of ours', PADDED, () => counters.paddingCellsSent >= before + cells)
      }
      const received = async (cells: number) => {
        const before = counters.paddingCellsReceived
        await waitUntil('padding of C tor', PADDED, () => counters.paddingCellsReceived >= before + cells)
      }
      const processedBefore = await processed(guard)
      await Promise.all([sent(5), received(5)])
      assert.ok((await processed(guard)) >= processedBefore + 5)
      assert.deepEqual(negotiated(guard), [], 'there is nothing to negotiate as long as all is as by default')

      node.connectionPadding = {connection: 'never', isReduced: false}
      await waitUntil('STOP', PADDED, () => negotiated(guard).length > 0)
      await delay(ITO.high)
      const silent = {...counters}
      await delay(QUIET_MS)
      assert.equal(counters.paddingCellsSent, silent.paddingCellsSent)
      assert.equal(counters.paddingCellsReceived, silent.paddingCellsReceived)

      node.connectionPadding = {connection: 'auto', isReduced: true}
      await sent(1)
      const reduced = {...counters, atMs: performance.now()}
      await sent(3)
      const eachMs = (performance.now() - reduced.atMs) / 3
      assert.ok(eachMs >= ITO.lowReduced, `${eachMs} ms`)
      assert.equal(counters.paddingCellsReceived, silent.paddingCellsReceived)

      node.connectionPadding = DEFAULT_CLIENT_PADDING
      await Promise.all([sent(3), received(3)])
      const [low, high] = [ITO.low, ITO.high]
      assert.deepEqual(negotiated(guard), [`0, lo=${low}, hi=${low}`, `1, lo=${low}, hi=${high}`])
      built.value.circuit.close()
    })

    it('is done by the relay under test for a C tor client, as that asks for it', async () => {
      const {subject} = network
      const middles = await Promise.all(network.relays.map(relay => relay.fingerprint()))
      const relayed = () => {
        const lines = subject.daemon
          .log()
          .matchAll(/Channel padding since the start: (\d+) cells sent, (\d+) rec/g)
        return [...lines].map(([, sent, received]) => ({sent: Number(sent), received: Number(received)}))
      }
      const counts = async () => {
        const before = relayed().length
        subject.daemon.signal('SIGUSR1')
        await waitUntil('the statistics of the relay', PADDED, () => relayed().length > before)
        return relayed().at(-1) ?? assert.fail()
      }
      const path = [subject.fingerprint, ...middles]
      const driver = await CircuitDriver.start(network, 'padder', path)
      await driver.build(path)
      const before = await counts()
      await waitUntil('padding on both sides', PADDED, async () => {
        const {sent, received} = await counts()
        return sent >= before.sent + 5 && received >= before.received + 5
      })
      assert.match(driver.node.daemon.log(), /Sending netflow keepalive/)
      await driver.node.stop()

      const silent = await CircuitDriver.start(network, 'silent', path, ['ConnectionPadding 0'])
      await silent.build(path)
      await delay(ITO.high)
      const quiet = await counts()
      await delay(QUIET_MS)
      assert.deepEqual(await counts(), quiet)
      await silent.node.stop()
    })
  })

  describe('of circuits', () => {
    let visits = 0

    /** One connection over circuits of its own, to an introduction point and to a rendezvous point. */
    async function visit(): Promise<void> {
      const target = {address: await onionAddress(service), port: SERVICE_PORT, isolation: `${visits++}`}
      const stream = await waitUntil('the service', {timeoutMs: REACHED_MS, everyMs: 500}, async () => {
        const connected = await node.connect(target)
        return connected.ok ? connected.value : undefined
      })
      stream.destroy()
    }

    /** How often C tor relays started a machine for a client. */
    function registered(name: string): number {
      const logs = network.torRelays.map(({daemon}) => daemon.log())
      return logs.reduce(
        (total, log) => total + log.split(`Registering machine ${name} to non-`).length - 1,
        0
      )
    }

    it('CircuitPadding, ReducedCircuitPadding: our client has C tor run the machines on its circuits, or nobody', async () => {
      const {padding} = node
      while (
        visits < VISITS_MAX &&
        (registered('relay_ip_circ') === 0 || registered('relay_rp_circ') === 0)
      ) {
        await visit()
      }
      const {started} = padding.counts
      assert.ok(registered('relay_ip_circ') > 0 && registered('relay_rp_circ') > 0, `${started} started`)
      await waitUntil('the end of the machines', PADDED, () => padding.counts.stopped > 0)
      assert.equal(padding.counts.refused, 0)
      // Those of an introduction circuit, whose machine sends no fewer before it stops.
      assert.ok(padding.drops.received >= 7, `${padding.drops.received} DROP messages came`)
      assert.ok(padding.drops.sent > 0)
      assert.ok(padding.kept > 0, 'the introduction circuit lives on')

      for (const settings of [
        {isOn: false, isReduced: false},
        {isOn: true, isReduced: true}
      ]) {
        node.circuitPadding = settings
        const before = {...padding.counts}
        await visit()
        assert.deepEqual(padding.counts, before)
      }
      node.circuitPadding = DEFAULT_CIRCUIT_PADDING
    })

    it('are run by the relay under test as the second hop of a C tor client', async () => {
      const {subject} = network
      const [guard] = network.relays
      const client = await network.startClient('visitor', [
        `EntryNodes ${await guard?.fingerprint()}`,
        `HSLayer2Nodes ${subject.fingerprint}`
      ])
      const host = await onionAddress(service)
      const socket = await waitUntil('the service', {timeoutMs: REACHED_MS, everyMs: 500}, () =>
        socksConnect({socksPort: client.socksPort, host, port: SERVICE_PORT, timeoutMs: REACHED_MS}).catch(
          () => undefined
        )
      )
      assert.equal(await echo(socket, 'padded', 30_000), 'padded')
      const {daemon} = client
      const counted = (text: string) => daemon.log().split(text).length - 1
      await waitUntil(
        'the end of the machines',
        PADDED,
        () => counted('Received STOP command on PADDING') > 0
      )
      // Seven and more on the introduction circuit, and one on the rendezvous circuit.
      assert.ok(counted('Got padding cell on origin circuit') >= 8)
      assert.equal(counted('did not accept our padding request'), 0)
      await client.stop()
    })
  })
})
