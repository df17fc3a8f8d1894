// The relay under test as HSDir, introduction point and rendezvous point of C tor's onion services and clients. A bandwidth
// file favours it so that C tor chooses it often; guards and second hops are fixed to other relays so that what is seen of it
// is these roles. Every claim is read from the control ports of the C tor service and client.

import assert from 'node:assert/strict'
import {join} from 'node:path'
import {after, before, describe, it, type TestContext} from 'node:test'
import {whyWithoutTor} from '../support/needs-tor.ts'
import {type OnionConnection, OnionWatch, onionAddress} from '../support/onion-watch.ts'
import {startTorNetwork, type TorNetwork} from '../support/tor-network.ts'
import {download, echo, expectedDigest, TransferServer, upload} from '../support/transfer-server.ts'
import {delay, waitUntil} from '../support/wait-until.ts'

const FAVOURED_BANDWIDTH = 2_000_000
const SERVICE_PORT = 80
const DOWN_OCTETS = 20_000_000
const UP_OCTETS = 5_000_000
const TRANSFER_TIMEOUT_MS = 180_000
const ATTEMPTS = 40
const DOS_RATE_PER_SECOND = 1
const DOS_BURST = 2

/** INTRODUCE_ACK status "service ID not recognized", also given when a service's bucket is empty. */
const STATUS_UNKNOWN_ID = 1

const serviceLines: Record<string, readonly string[]> = {
  plain: [],
  dos: [
    'HiddenServiceEnableIntroDoSDefense 1',
    `HiddenServiceEnableIntroDoSRatePerSec ${DOS_RATE_PER_SECOND}`,
    `HiddenServiceEnableIntroDoSBurstPerSec ${DOS_BURST}`
  ],
  pow: ['HiddenServicePoWDefensesEnabled 1']
}

describe('onion services of C tor', {skip: whyWithoutTor()}, () => {
  let network: TorNetwork
  let server: TransferServer
  let service: OnionWatch
  let client: OnionWatch
  let subject = ''
  const address: Record<string, string> = {}

  before(async () => {
    network = await startTorNetwork({
      subject: {},
      subjectBandwidth: FAVOURED_BANDWIDTH,
      votingIntervalSeconds: 20,
      // Without spares a service keeps the introduction points it chose; else the slowest to answer are dropped again.
      consensusParams: {hs_intro_num_extra: 0}
    })
    subject = network.subject.fingerprint
    await network.inConsensus('the favour', [subject], entry => entry.bandwidth === FAVOURED_BANDWIDTH)
    server = await TransferServer.listen()
    const guards = await Promise.all(network.relays.slice(0, 2).map(node => node.fingerprint()))
    const seconds = await Promise.all(
      [...network.relays.slice(2), ...network.authorities].map(node => node.fingerprint())
    )
    const path = [
      `EntryNodes ${guards.map(fp => `$${fp}`).join(',')}`,
      `HSLayer2Nodes ${seconds.map(fp => `$${fp}`).join(',')}`
    ]
    const directories = Object.keys(serviceLines).map(name => join(network.directory, `onion-${name}`))
    const serviceNode = network.addService('service', [
      ...path,
      ...Object.values(serviceLines).flatMap((lines, i) => [
        `HiddenServiceDir ${directories[i]}`,
        `HiddenServicePort ${SERVICE_PORT} 127.0.0.1:${server.port}`,
        ...lines
      ])
    ])
    serviceNode.start()
    service = await OnionWatch.of(serviceNode)
    client = await OnionWatch.of(await network.startClient('client', path))
    for (const [i, name] of Object.keys(serviceLines).entries()) {
      address[name] = await onionAddress(directories[i] ?? '')
    }
  })

  after(async () => {
    service?.close()
    client?.close()
    server?.close()
    await network?.stop()
  })

  const addressOf = (name: string): string => address[name] ?? ''

  /** Waits until the service says that one of its established introduction circuits ends at the subject. */
  async function introducesBySubject(name: string): Promise<void> {
    await waitUntil(`an introduction circuit of ${name} at the subject`, {timeoutMs: 90_000}, async () =>
      (await service.introductionPoints(addressOf(name))).includes(subject)
    )
    await waitUntil(`the descriptor of ${name} at the subject`, {timeoutMs: 90_000}, () =>
      uploads(name).some(report => report.action === 'UPLOADED')
    )
  }

  const uploads = (name: string): typeof service.descriptors =>
    service.descriptors.filter(
      report => report.hsDir === subject && report.address === addressOf(name).replace('.onion', '')
    )

  /** Connects anew until `wanted` holds of a connection, and gives that connection. */
  async function connectUntil(
    name: string,
    wanted: (connection: OnionConnection) => boolean
  ): Promise<OnionConnection> {
    const seen: string[] = []
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const connection = await client.connect(addressOf(name), SERVICE_PORT)
      if (wanted(connection)) return connection
      connection.socket.destroy()
      seen.push(
        `${connection.introductions.map(intro => intro.point.slice(0, 6))}/${connection.rendezvousPoint.slice(0, 6)}`
      )
    }
    throw new Error(`not one of ${ATTEMPTS} connections: ${seen.join(' ')}`)
  }

  const introducedBySubjectAlone = ({introductions}: OnionConnection): boolean =>
    introductions.length === 1 && introductions[0]?.point === subject && introductions[0].acknowledged

  const metAtSubject = ({rendezvousPoint}: OnionConnection): boolean => rendezvousPoint === subject

  async function moveBytes(
    t: TestContext,
    name: string,
    wanted: (c: OnionConnection) => boolean
  ): Promise<void> {
    const first = await connectUntil(name, wanted)
    assert.equal(await echo(first.socket, 'hello', 30_000), 'hello')
    const second = await connectUntil(name, wanted)
    const down = await download(second.socket, DOWN_OCTETS, `down-${name}`, TRANSFER_TIMEOUT_MS)
    assert.equal(down.digest, expectedDigest(`down-${name}`, DOWN_OCTETS))
    const third = await connectUntil(name, wanted)
    const up = await upload(third.socket, UP_OCTETS, `up-${name}`, TRANSFER_TIMEOUT_MS)
    assert.equal(up.digest, expectedDigest(`up-${name}`, UP_OCTETS))
    const speed = (octets: number, seconds: number): string => (octets / 1e6 / seconds).toFixed(1)
    t.diagnostic(`${speed(DOWN_OCTETS, down.seconds)} MB/s down, ${speed(UP_OCTETS, up.seconds)} MB/s up`)
  }

  it('the authorities give the relay the HSDir flag', async () => {
    await network.inConsensus('HSDir', [subject], entry => entry.flags.has('HSDir'))
  })

  describe('HSDir', () => {
    it('descriptors are uploaded to the relay and none of its answers is a refusal', async () => {
      for (const name of Object.keys(serviceLines)) {
        await introducesBySubject(name)
        const actions = uploads(name).map(report => report.action)
        assert.ok(actions.includes('UPLOADED'), `${name}: ${actions.join(' ')}`)
        assert.ok(!actions.includes('FAILED'), `${name}: ${actions.join(' ')}`)
      }
    })

    it('descriptors are fetched from the relay, each time it is asked', async () => {
      for (const name of Object.keys(serviceLines)) {
        for (let i = 0; i < 5; i++) {
          const {action, fields} = await client.fetchDescriptor(addressOf(name), subject)
          assert.equal(action, 'RECEIVED', `${name}: ${fields['REASON']}`)
        }
      }
    })
  })

  describe('introduction point', () => {
    it('passes on the only introduction of a connection and acknowledges it', async () => {
      for (let i = 0; i < 5; i++) {
        const connection = await connectUntil('plain', introducedBySubjectAlone)
        assert.equal(await echo(connection.socket, `introduction ${i}`, 30_000), `introduction ${i}`)
      }
    })
  })

  describe('rendezvous point', () => {
    it('carries an echo, 20 MB down and 5 MB up', t => moveBytes(t, 'plain', metAtSubject))

    it('and does so for connections it introduced as well', t =>
      moveBytes(t, 'plain', connection => metAtSubject(connection) && introducedBySubjectAlone(connection)))
  })

  describe('with HiddenServicePoWDefensesEnabled', () => {
    it('connections are introduced and met by the relay', async t => {
      await introducesBySubject('pow')
      await client.control.setEvents('CIRC', 'CIRC_MINOR', 'STREAM', 'HS_DESC', 'INFO', 'DEBUG')
      const params = client.control.nextEvent('proof-of-work parameters', 60_000, event =>
        event.keyword === 'DEBUG' && event.rest.includes('PoW params present') ? true : undefined
      )
      ;(await client.connect(addressOf('pow'), SERVICE_PORT)).socket.destroy()
      assert.ok(await params)
      await client.control.setEvents('CIRC', 'CIRC_MINOR', 'STREAM', 'HS_DESC', 'INFO')
      await moveBytes(
        t,
        'pow',
        connection => metAtSubject(connection) && introducedBySubjectAlone(connection)
      )
    })
  })

  describe('with HiddenServiceEnableIntroDoSDefense', () => {
    it('introductions beyond the burst are refused with INTRODUCE_ACK, and later ones are taken again', async () => {
      await introducesBySubject('dos')
      const refused = (): boolean =>
        client.refusals.some(({point, status}) => point === subject && status === STATUS_UNKNOWN_ID)
      await waitUntil('a refusal by the relay', {timeoutMs: 60_000}, async () => {
        const burst = Array.from({length: 20}, () => client.attempt(addressOf('dos'), SERVICE_PORT))
        await Promise.all(burst)
        await client.forget()
        return refused()
      })
      await delay(((DOS_BURST + 1) / DOS_RATE_PER_SECOND) * 1000)
      await client.forget()
      const connection = await waitUntil('service again', {timeoutMs: 90_000, everyMs: 2_000}, async () => {
        await client.forget()
        const again = await client.connect(addressOf('dos'), SERVICE_PORT, 20_000)
        if (introducedBySubjectAlone(again)) return again
        again.socket.destroy()
        return undefined
      })
      assert.equal(await echo(connection.socket, 'again', 30_000), 'again')
    })
  })
})
