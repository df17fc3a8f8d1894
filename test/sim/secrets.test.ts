// Under load, with service and client included, nothing that is written or shown tells of a client, an onion service or a
// circuit. The test plays clients and a service itself, so that it knows what must not be found: addresses that nobody else
// comes from, cookies, keys of circuits and of introductions, blinded keys, onion addresses. It looks for all of them, in
// every form that a leak might have, in logs of every severity, metrics, status pages, the statistics of SIGUSR1, and every
// file that is left.
//
//   a private network ◀─ a relay and a host of service and client, both with logs from debug up ◀─ visitors
//
// RAMSON_LEAK_SEARCH_SECONDS sets how long the load goes on.

import assert from 'node:assert/strict'
import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {request} from 'node:http'
import {tmpdir} from 'node:os'
import {dirname, join, relative} from 'node:path'
import type {Duplex} from 'node:stream'
import {after, before, describe, it} from 'node:test'
import {fileURLToPath} from 'node:url'
import {PrivateNetwork} from '../../src/app/network/private-network.ts'
import {generateEd25519} from '../../src/crypto/ed25519.ts'
import {printOnionAddress} from '../../src/crypto/hs/onion-address.ts'
import {Daemon} from '../support/daemon.ts'
import {freePort} from '../support/free-ports.ts'
import {type Found, Needles} from '../support/needles.ts'
import {RawVisitor} from '../support/raw-visitor.ts'
import {socksConnect} from '../support/socks-client.ts'
import {echo, TransferServer} from '../support/transfer-server.ts'
import {delay, waitUntil, within} from '../support/wait-until.ts'
import {addAddress, readAddress, WatchedNode} from '../support/watched-node.ts'

const program = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'src', 'app', 'main.js')
const LOAD_SECONDS = Number(process.env['RAMSON_LEAK_SEARCH_SECONDS'] ?? 20)
const RELAYS = 7
const INTERVAL_SECONDS = 10
const VIRTUAL_PORT = 80
/** Whatever a visitor does is over by then, one way or another. */
const TURN_MS = 30_000
const START = {timeoutMs: 90_000, everyMs: 250}
/** A client host that nothing else in the world has the address of. */
const ADDRESSES = Array.from({length: 8}, (_, i) => `127.77.${31 + i * 23}.${201 + i}`)
const STRANGER = '127.77.250.66'
const CROWD = '127.77.251.67'
const KINDS = [
  'client address',
  'onion address',
  'rendezvous cookie',
  'circuit key',
  'introduction key',
  'blinded key',
  'destination',
  'isolation'
] as const
/** An HSDir keeps descriptors over a restart, as they are and with the keys that they are found by, and nothing else. */
const KEPT_DESCRIPTORS = 'cached-hs-descriptors'

describe('what is written and shown under load, service and client included', () => {
  const directory = mkdtempSync(join(tmpdir(), 'ramson-secrets-'))
  // Keys of the service that the test plays lie apart: its own files may hold what others' may not.
  const apart = mkdtempSync(join(tmpdir(), 'ramson-secrets-own-'))
  const needles = new Needles()
  const ports = {or: 0, relayMetrics: 0, status: 0, socks: 0, hostMetrics: 0}
  const found: string[] = []
  let server: TransferServer
  let network: PrivateNetwork
  let relay: Daemon
  let host: Daemon
  let played: WatchedNode
  let visitor: RawVisitor
  let hostAddress = ''
  const visits = {toPlayed: 0, toHost: 0, byPlayed: 0, refused: 0, pages: 0}

  before(async () => {
    server = await TransferServer.listen()
    for (const name of Object.keys(ports) as (keyof typeof ports)[]) ports[name] = await freePort()
    const started = await PrivateNetwork.start(
      {relays: RELAYS, keep: join(directory, 'network'), intervalSeconds: INTERVAL_SECONDS},
      {step: () => {}, ready: () => {}}
    )
    assert.ok(started.ok, JSON.stringify(started))
    network = started.value
    const common = readFileSync(network.addresses.joinClient, 'utf8')
      .split('\n')
      .filter(line => /^(?:TestingTorNetwork|DirAuthority|PathsNeeded)/.test(line))
    relay = launch('relay', [
      ...common,
      'Nickname searched',
      'Address 127.0.0.1',
      `ORPort 127.0.0.1:${ports.or}`,
      'AssumeReachable 1',
      'ContactInfo nobody',
      'ProtocolWarnings 1',
      'DoSConnectionEnabled 1',
      'DoSConnectionMaxConcurrentCount 20',
      'DoSCircuitCreationEnabled 1',
      'DoSCircuitCreationMinConnections 2',
      'DoSCircuitCreationBurst 60',
      `StatusPort ${ports.status}`,
      ...metricsLines(ports.relayMetrics)
    ])
    const onion = join(apart, 'host-onion')
    host = launch('host', [
      ...common,
      `SocksPort 127.0.0.1:${ports.socks} ExtendedErrors`,
      `HiddenServiceDir ${onion}`,
      `HiddenServicePort ${VIRTUAL_PORT} 127.0.0.1:${server.port}`,
      ...metricsLines(ports.hostMetrics)
    ])
    played = await WatchedNode.start(
      {
        torrc: common,
        directory: join(apart, 'played'),
        logFile: join(directory, 'played.log'),
        target: {port: server.port, virtualPort: VIRTUAL_PORT}
      },
      needles
    )
    hostAddress = await waitUntil('the address of the host', START, () => readAddress(onion))
    addAddress(needles, hostAddress)
    visitor = new RawVisitor(ports.or, needles)
    await waitUntil('the descriptors to be published', START, () => played.isPublished)
    await waitUntil('the relay to be listed', START, async () => {
      return (await get(ports.relayMetrics, '/in-consensus'))?.status === 200
    })
  })

  after(async () => {
    await played?.close()
    await Promise.all([relay?.stop(), host?.stop()])
    await network?.stop()
    server?.close()
    if (process.env['RAMSON_KEEP_NETWORK'] === '1') console.error(`kept ${directory}`)
    else for (const each of [directory, apart]) rmSync(each, {recursive: true, force: true})
  })

  function launch(name: string, torrc: readonly string[]): Daemon {
    const folder = join(directory, name)
    mkdirSync(folder, {mode: 0o700})
    const lines = [
      ...torrc,
      `DataDirectory ${join(folder, 'data')}`,
      `Log debug file ${join(folder, 'log')}`,
      'HeartbeatPeriod 5 seconds'
    ]
    writeFileSync(join(apart, `${name}.torrc`), `${lines.join('\n')}\n`)
    return new Daemon({
      name,
      command: process.execPath,
      args: [program, '-f', join(apart, `${name}.torrc`)],
      logFile: join(folder, 'log')
    })
  }

  /** Looks at a page, and remembers what should not be there. */
  async function look(where: string, port: number, path: string): Promise<void> {
    const page = await get(port, path)
    if (page?.status !== 200) return
    visits.pages++
    note(where, needles.findIn(Buffer.from(page.body)))
  }

  function note(where: string, finds: readonly Found[]): void {
    for (const {kind, form, excerpt} of finds) {
      if (kind === 'blinded key' && where.endsWith(KEPT_DESCRIPTORS)) continue
      found.push(`${where}: ${kind} as ${form}: ${excerpt}`)
    }
  }

  function lookAtFiles(): {readonly files: number; readonly octets: number} {
    let [files, octets] = [0, 0]
    for (const entry of readdirSync(directory, {recursive: true, withFileTypes: true})) {
      if (!entry.isFile()) continue
      const path = join(entry.parentPath, entry.name)
      const content = readFileSync(path)
      files++
      octets += content.length
      note(relative(directory, path), needles.findIn(content))
    }
    return {files, octets}
  }

  /** By the host's SOCKS port, with a user that must not be told of either. */
  async function visitBySocks(to: string, counter: 'toPlayed' | 'toHost', turn: number): Promise<void> {
    const user = `needle-user-${turn}-${counter}`
    needles.addText('isolation', user)
    const target = {socksPort: ports.socks, host: to, port: VIRTUAL_PORT, user, timeoutMs: 20_000}
    assert.equal(await echo(await socksConnect(target), 'there', 10_000), 'there')
    visits[counter]++
  }

  async function visitHost(turn: number): Promise<void> {
    const target = {address: hostAddress, port: VIRTUAL_PORT, isolation: `${turn}`}
    const connected = await played.client.connect(target)
    if (!connected.ok) return
    assert.equal(await answerTo(connected.value, 'ECHO\nhello'), 'hello')
    visits.byPlayed++
  }

  /** Where nobody is: an onion service that has no descriptor, and names that are no onion address. */
  async function visitNobody(turn: number): Promise<void> {
    const nobody = printOnionAddress(generateEd25519().public)
    addAddress(needles, nobody)
    const name = `needle-${turn}.somebody.example`
    needles.addText('destination', name)
    for (const to of [nobody, name, `${nobody.slice(0, 30)}.onion`]) {
      const target = {socksPort: ports.socks, host: to, port: VIRTUAL_PORT, timeoutMs: 20_000}
      await socksConnect(target).then(
        socket => socket.destroy(),
        () => visits.refused++
      )
    }
  }

  it('is the work of all roles', async t => {
    const untilMs = performance.now() + LOAD_SECONDS * 1000
    const troubles = new Map<string, number>()
    const repeat = async (name: string, pauseMs: number, work: (turn: number) => Promise<unknown>) => {
      for (let turn = 0; performance.now() < untilMs; turn++) {
        await within(name, TURN_MS, work(turn)).catch((error: unknown) => {
          const trouble = `${name}: ${error instanceof Error ? error.message : String(error)}`
          troubles.set(trouble, (troubles.get(trouble) ?? 0) + 1)
        })
        await delay(pauseMs)
      }
    }
    await Promise.all([
      repeat('by hand', 100, turn => visitor.visit(ADDRESSES[turn % ADDRESSES.length] ?? '')),
      repeat('crowd', 4000, () => visitor.crowd(CROWD)),
      repeat('to the service of the test', 200, turn => visitBySocks(played.address, 'toPlayed', turn)),
      repeat('to the service of the host', 300, turn => visitBySocks(hostAddress, 'toHost', turn)),
      repeat('from the test', 200, visitHost),
      repeat('to nobody', 1000, visitNobody),
      repeat('keys', 500, async turn => {
        played.noteBlindedKeys(hostAddress)
        if (turn % 5 === 4) played.client.client.newIdentity()
      }),
      repeat('looks', 2000, async () => {
        for (const daemon of [relay, host]) daemon.signal('SIGUSR1')
        await look('metrics of the relay', ports.relayMetrics, '/metrics')
        await look('metrics of the host', ports.hostMetrics, '/metrics')
        for (const path of ['/', '/status.json']) {
          await look('status page of the relay', ports.status, path)
          await look('status page of the network', Number(new URL(network.addresses.statusUrl).port), path)
        }
        // Whom the policy does not let in, and whom there is nothing for.
        needles.addAddress('client address', STRANGER)
        await get(ports.relayMetrics, '/metrics', STRANGER)
        await get(ports.relayMetrics, '/nothing')
      }),
      repeat('reload', 8000, async turn => {
        if (turn > 0) relay.signal('SIGHUP')
      })
    ])
    t.diagnostic(`${LOAD_SECONDS} s: ${JSON.stringify({...visitor.done, ...visits})}`)
    for (const [trouble, count] of troubles) t.diagnostic(`${count}× ${trouble}`)
    t.diagnostic(`${JSON.stringify(Object.fromEntries(needles.counts))}`)
    assert.ok(visitor.done.visits > 0 && visitor.done.refusals > 0)
    assert.ok(Math.min(...Object.values(visits)) > 0, JSON.stringify(visits))
    assert.ok(played.introductions > 0)
    for (const kind of KINDS) assert.ok((needles.counts.get(kind) ?? 0) > 0, kind)
    for (const daemon of [relay, host]) assert.match(daemon.log(), /\[notice\] Heartbeat: /)
    assert.match(relay.log(), /\[debug\] ESTABLISH_RENDEZVOUS: /)
    assert.match(host.log(), /Statistics, as asked for/)
    assert.match(relay.log(), /\[notice\] Cells: \d+ received/, 'the statistics of SIGUSR1')
  })

  it('has none of it in files while everything runs, and in no page that was shown', () => {
    lookAtFiles()
    assert.deepEqual([...new Set(found)], [])
  })

  it('has none of it in files when everything has ended', async t => {
    await played.close()
    await Promise.all([relay.stop(), host.stop()])
    await network.stop()
    const {files, octets} = lookAtFiles()
    t.diagnostic(`${files} files, ${(octets / 1e6).toFixed(1)} MB`)
    assert.deepEqual([...new Set(found)], [])
  })

  it('would have been found, in every form', () => {
    const planted = new Map<string, string>()
    const folder = join(directory, 'relay', 'data')
    for (const kind of KINDS) {
      for (const [form, octets] of needles.samples(kind)) {
        const file = join(folder, `planted-${planted.size}`)
        writeFileSync(file, Buffer.concat([Buffer.from('x '), octets, Buffer.from(' y')]))
        planted.set(`${relative(directory, file)}: ${kind} as `, form)
      }
    }
    assert.ok(planted.size >= KINDS.length * 2)
    found.length = 0
    lookAtFiles()
    for (const [line, form] of planted) {
      assert.ok(
        found.some(each => each.startsWith(line)),
        `${line}${form}`
      )
    }
  })
})

function metricsLines(port: number): string[] {
  return [`MetricsPort 127.0.0.1:${port}`, 'MetricsPortPolicy accept 127.0.0.1']
}

function get(
  port: number,
  path: string,
  from?: string
): Promise<{readonly status: number; readonly body: string} | undefined> {
  return new Promise(resolve => {
    const localAddress = from === undefined ? {} : {localAddress: from}
    const asked = request(
      {host: '127.0.0.1', port, path, agent: false, timeout: 5000, ...localAddress},
      response => {
        let body = ''
        response.setEncoding('latin1')
        response.on('data', (chunk: string) => {
          body += chunk
        })
        response.on('end', () => resolve({status: response.statusCode ?? 0, body}))
        response.on('error', () => resolve(undefined))
      }
    )
    asked.on('timeout', () => asked.destroy())
    asked.on('error', () => resolve(undefined))
    asked.end()
  })
}

/** What comes back on a stream, as many characters as were sent behind the request line. */
async function answerTo(stream: Duplex, said: string): Promise<string> {
  const wanted = said.length - said.indexOf('\n') - 1
  let text = ''
  stream.write(said)
  try {
    for await (const chunk of stream) {
      text += String(chunk)
      if (text.length >= wanted) break
    }
  } finally {
    stream.destroy()
  }
  return text
}
