// ConstrainedSockets: what the kernel keeps for each of our sockets, read back from the kernel. It keeps twice what it is
// asked for, because what a packet costs counts as well.

import assert from 'node:assert/strict'
import {mkdtempSync, rmSync} from 'node:fs'
import {connect, createServer, type Socket} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, before, describe, test} from 'node:test'
import {RelayNode} from '../../src/app/relay-node.ts'
import {SocketSettings} from '../../src/app/socket-settings.ts'
import {loadConfig, type RelayConfig} from '../../src/config/relay-config.ts'
import {parseTorrcText} from '../../src/config/torrc-text.ts'
import {loadAddon} from '../../src/crypto/binding.ts'
import {Log} from '../../src/log/log.ts'
import {startCore, type TestCore} from '../support/core.ts'
import {freePort} from '../support/free-ports.ts'
import {RawLink} from '../support/raw-link.ts'
import {socketBuffers} from '../support/socket-buffers.ts'
import {waitUntil} from '../support/wait-until.ts'

const OCTETS = 16 * 1024
const KEPT = [2 * OCTETS, 2 * OCTETS]
const SOON = {timeoutMs: 5000, everyMs: 20}
const {reason} = loadAddon()

function setEnvironment(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name]
  else process.env[name] = value
}

for (const {name, shards, links} of [
  {name: 'on the plain data plane', shards: undefined, links: undefined},
  {name: 'on native links', shards: '2', links: 'native'},
  {name: 'on links of shards over node:tls', shards: '2', links: 'node'}
]) {
  describe(`links ${name}`, {skip: reason}, () => {
    let relay: TestCore
    let other: TestCore
    let octets: number | undefined = OCTETS

    before(async () => {
      other = await startCore()
      setEnvironment('RAMSON_SHARDS', shards)
      setEnvironment('RAMSON_LINKS', links)
      relay = await startCore({deps: {socketOctets: () => octets}})
    })

    after(async () => {
      setEnvironment('RAMSON_SHARDS', undefined)
      setEnvironment('RAMSON_LINKS', undefined)
      await relay.close()
      await other.close()
    })

    test('ConstrainedSockets: links that come in and links that go out have what they may, and later ones as they please', async () => {
      const [own, theirs] = [relay, other].map(({hop}) => hop.addresses[0]?.port ?? 0) as [number, number]
      const {link} = await RawLink.handshake(own)
      assert.deepEqual(socketBuffers(own), [KEPT])
      const built = await relay.core.build([other.hop], 10_000)
      assert.ok(built.ok)
      assert.deepEqual(socketBuffers(theirs, 'other'), [KEPT])
      octets = undefined
      const {link: second} = await RawLink.handshake(own)
      const kept = socketBuffers(own)
      assert.equal(kept.filter(each => `${each}` === `${KEPT}`).length, 1, `${kept}`)
      assert.equal(kept.length, 2)
      link.close()
      second.close()
      built.value.circuit.close()
    })
  })
}

describe('the other sockets of a relay', {skip: reason}, () => {
  const directory = mkdtempSync(join(tmpdir(), 'ramson-sockets-'))
  const sockets: Socket[] = []
  let node: RelayNode
  let config: RelayConfig
  const ports = {DirPort: 0, SocksPort: 0, MetricsPort: 0}

  before(async () => {
    for (const name of Object.keys(ports) as (keyof typeof ports)[]) ports[name] = await freePort()
    const text = [
      `ORPort 127.0.0.1:${await freePort()}`,
      ...Object.entries(ports).map(([name, port]) => `${name} 127.0.0.1:${port}`),
      'MetricsPortPolicy accept 127.0.0.1',
      `DataDirectory ${directory}`,
      'TestingTorNetwork 1',
      'ConstrainedSockets 1',
      `ConstrainedSockSize ${OCTETS}`,
      `DirAuthority a v3ident=${'A'.repeat(40)} 127.0.0.1:2 ${'B'.repeat(40)}`
    ]
    const lines = parseTorrcText(text.join('\n'), 'torrc')
    assert.ok(lines.ok)
    const loaded = loadConfig({torrc: lines.value})
    assert.ok(loaded.ok, JSON.stringify(loaded))
    config = loaded.value
    const log = Log.open({
      routes: [],
      format: 'text',
      timeGranularityMs: 1000,
      showDomains: false,
      truncateFiles: false,
      safeLogging: 'all',
      protocolWarnings: false,
      syslogTag: 'ramson'
    })
    assert.ok(log.ok)
    const started = await RelayNode.start({config, logger: log.value.logger, shards: 0})
    assert.ok(started.ok)
    node = started.value
  })

  after(async () => {
    for (const socket of sockets) socket.destroy()
    await node.close()
    rmSync(directory, {recursive: true, force: true})
  })

  test('ConstrainedSockSize: ports for directories, SOCKS and metrics', async () => {
    for (const [name, port] of Object.entries(ports)) {
      sockets.push(connect(port, '127.0.0.1').on('error', () => {}))
      await waitUntil(name, SOON, () => `${socketBuffers(port)}` === `${[KEPT]}`)
    }
  })

  test('ConstrainedSockSize: connections to the targets of onion services', async () => {
    const server = createServer()
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
    const {port} = server.address() as {port: number}
    const socket = new SocketSettings(() => config).connectTarget({kind: 'tcp', host: '127.0.0.1', port})
    sockets.push(socket)
    await waitUntil('the connection', SOON, () => `${socketBuffers(port, 'other')}` === `${[KEPT]}`)
    server.close()
  })
})
