// The relay under test among C tor: authorities accept it and flag it, clients build circuits through it in each position and
// move bytes through it, and a client that can reach nothing else boots from it. What happened is asked of C tor.

import assert from 'node:assert/strict'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {get} from 'node:http'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, before, describe, it} from 'node:test'
import {CircuitDriver} from '../support/circuit-driver.ts'
import {freePort} from '../support/free-ports.ts'
import {whyWithoutTor} from '../support/needs-tor.ts'
import {subjectImplementation} from '../support/subject.ts'
import {startTorNetwork, type TorNetwork} from '../support/tor-network.ts'
import {download, echo, expectedDigest, TransferServer, upload} from '../support/transfer-server.ts'
import {waitUntil} from '../support/wait-until.ts'

const CIRCUITS = 100
const CIRCUITS_NEEDED = 99
const DOWN_OCTETS = 30_000_000
const UP_OCTETS = 15_000_000
const TRANSFER_TIMEOUT_MS = 120_000

function httpGet(port: number, path: string): Promise<{status: number; body: string}> {
  return new Promise((resolve, reject) => {
    const request = get({host: '127.0.0.1', port, path}, response => {
      let body = ''
      response.setEncoding('latin1')
      response.on('data', (chunk: string) => {
        body += chunk
      })
      response.on('end', () => resolve({status: response.statusCode ?? 0, body}))
    })
    request.on('error', reject)
  })
}

describe('a relay in a network of C tor', {skip: whyWithoutTor()}, () => {
  let network: TorNetwork
  let driver: CircuitDriver
  let server: TransferServer
  const countries = mkdtempSync(join(tmpdir(), 'ramson-countries-'))
  let metricsPort = 0
  let subject = ''
  let exit = ''
  let others: readonly string[] = []

  before(async () => {
    writeFileSync(join(countries, 'geoip'), '2130706432,2147483647,XA\n')
    metricsPort = await freePort()
    // Everything that can be counted is, while all that follows goes on.
    const counting = ['DirReqStatistics', 'EntryStatistics', 'CellStatistics', 'ConnDirectionStatistics']
    const torrc = [
      ...counting.map(option => `${option} 1`),
      `GeoIPFile ${join(countries, 'geoip')}`,
      `MetricsPort 127.0.0.1:${metricsPort}`,
      'MetricsPortPolicy accept 127.0.0.1'
    ]
    network = await startTorNetwork({subject: {torrc}})
    subject = network.subject.fingerprint
    others = await Promise.all([...network.relays, ...network.authorities].map(node => node.fingerprint()))
    exit = await Promise.all(network.exits.map(node => node.fingerprint())).then(([first = '']) => first)
    driver = await CircuitDriver.start(network, 'driver', [subject, exit, ...others])
    server = await TransferServer.listen()
  })

  after(async () => {
    server?.close()
    await network?.stop()
    rmSync(countries, {recursive: true, force: true})
  })

  const other = (index: number): string => others[index % others.length] ?? ''

  describe('in the directory', () => {
    it('has its descriptor and its extra-info at every authority', async () => {
      for (const authority of network.authorities) {
        const descriptor = await httpGet(authority.dirPort, `/tor/server/fp/${subject}`)
        assert.equal(descriptor.status, 200, authority.name)
        assert.match(descriptor.body, /^router subject 127\.0\.0\.1 /m)
        assert.ok(descriptor.body.includes(`fingerprint ${subject.match(/.{4}/g)?.join(' ')}`))
        assert.match(descriptor.body, /^tunnelled-dir-server$/m)
        const extraInfo = await httpGet(authority.dirPort, `/tor/extra/fp/${subject}`)
        assert.equal(extraInfo.status, 200, authority.name)
        assert.ok(extraInfo.body.startsWith(`extra-info subject ${subject}\n`))
        assert.match(extraInfo.body, /^geoip-db-digest [0-9A-F]{40}$/m)
      }
    })

    it('is Running, Valid, Fast, V2Dir, and where limits are lowered Stable and Guard', async () => {
      const wanted = ['Running', 'Valid', 'Fast', 'V2Dir', 'Stable', 'Guard']
      await network.inConsensus('the wanted flags', [subject], entry =>
        wanted.every(flag => entry.flags.has(flag))
      )
      const flags = [...((await network.consensus()).get(subject)?.flags ?? [])]
      assert.deepEqual(
        wanted.filter(flag => !flags.includes(flag)),
        []
      )
    })

    it('names the Ed25519 identity of its DataDirectory in the descriptor', async () => {
      const [authority] = network.authorities
      assert.ok(authority)
      const {body} = await httpGet(authority.dirPort, `/tor/server/fp/${subject}`)
      assert.equal(/^master-key-ed25519 (\S+)$/m.exec(body)?.[1], network.subject.ed25519Identity)
    })
  })

  describe('in circuits that C tor builds', () => {
    const positions: Record<string, (index: number) => readonly string[]> = {
      guard: index => [subject, other(index), exit],
      middle: index => [other(index), subject, exit],
      last: index => [other(index), other(index + 1), subject]
    }
    for (const [position, pathOf] of Object.entries(positions)) {
      it(`completes at least ${CIRCUITS_NEEDED} of ${CIRCUITS} three-hop circuits as ${position}`, async t => {
        const failures = (await driver.buildMany(CIRCUITS, 8, pathOf)).filter(
          outcome => outcome !== undefined
        )
        t.diagnostic(`${CIRCUITS - failures.length} of ${CIRCUITS} built`)
        assert.ok(CIRCUITS - failures.length >= CIRCUITS_NEEDED, failures.slice(0, 5).join('\n'))
      })
    }

    for (const position of ['guard', 'middle'] as const) {
      const path = (): readonly string[] => positions[position]?.(0) ?? []

      it(`carries ${DOWN_OCTETS / 1e6} MB down as ${position}`, async t => {
        const circuit = await driver.build(path())
        const socket = await driver.connect(circuit, server.port)
        const got = await download(socket, DOWN_OCTETS, `down-${position}`, TRANSFER_TIMEOUT_MS)
        await driver.close(circuit)
        t.diagnostic(`${(got.count / 1e6 / got.seconds).toFixed(1)} MB/s`)
        assert.equal(got.count, DOWN_OCTETS)
        assert.equal(got.digest, expectedDigest(`down-${position}`, DOWN_OCTETS))
      })

      it(`carries ${UP_OCTETS / 1e6} MB up as ${position}`, async t => {
        const circuit = await driver.build(path())
        const socket = await driver.connect(circuit, server.port)
        const sent = await upload(socket, UP_OCTETS, `up-${position}`, TRANSFER_TIMEOUT_MS)
        await driver.close(circuit)
        t.diagnostic(`${(sent.count / 1e6 / sent.seconds).toFixed(1)} MB/s`)
        assert.equal(sent.digest, expectedDigest(`up-${position}`, UP_OCTETS))
      })
    }

    it('carries 20 circuits in parallel, each with streams both ways', async () => {
      const octets = 500_000
      const one = async (index: number): Promise<void> => {
        const pathOf = positions[index % 2 === 0 ? 'guard' : 'middle']
        const circuit = await driver.build(pathOf?.(index) ?? [])
        const [down, up] = await Promise.all([
          driver
            .connect(circuit, server.port)
            .then(socket => download(socket, octets, `many-${index}`, TRANSFER_TIMEOUT_MS)),
          driver
            .connect(circuit, server.port)
            .then(socket => upload(socket, octets, `many-up-${index}`, TRANSFER_TIMEOUT_MS))
        ])
        assert.equal(down.digest, expectedDigest(`many-${index}`, octets))
        assert.equal(up.digest, expectedDigest(`many-up-${index}`, octets))
        await driver.close(circuit)
      }
      await Promise.all(Array.from({length: 20}, (_, index) => one(index)))
    })

    it('keeps a stream alive that is idle between two exchanges', async () => {
      const circuit = await driver.build([subject, other(1), exit])
      for (const text of ['first', 'second']) {
        const socket = await driver.connect(circuit, server.port)
        assert.equal(await echo(socket, text, 20_000), text)
        await new Promise(resolve => setTimeout(resolve, 1_000))
      }
      await driver.close(circuit)
    })
  })

  it('boots a fresh client whose only guard and only directory it is', async () => {
    const client = await network.startClient('only-subject', [
      `ReachableAddresses 127.0.0.1:${network.subject.orPort}`,
      `FallbackDir 127.0.0.1:1 orport=${network.subject.orPort} id=${subject}`,
      `EntryNodes $${subject}`
    ])
    const control = await client.control()
    const connections = (await control.getInfo('orconn-status')).split('\n').filter(Boolean)
    assert.ok(connections.length > 0)
    for (const connection of connections) assert.ok(connection.startsWith(`$${subject}`), connection)
    await waitUntil('a circuit of its own', {timeoutMs: 30_000}, async () =>
      (await control.getInfo('circuit-status')).split('\n').some(line => / BUILT /.test(line))
    )
    await client.stop()
    if (subjectImplementation === 'tor') return
    // It took a consensus and is a client: one address, which nobody can be told by.
    const {body} = await httpGet(metricsPort, '/metrics')
    assert.match(body, /^ramson_cap_used\{cap="statistics_clients"\} 1$/m)
  })
})
