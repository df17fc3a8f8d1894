// ramson's onion services in a network of C tor, reached by C tor's client: echo, downloads and uploads whose octets are
// compared at both ends, restricted discovery, a restart that keeps the address, and points that go away.

import assert from 'node:assert/strict'
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {after, before, describe, it} from 'node:test'
import {toBase32} from '../../src/bytes/base32.ts'
import {generateX25519} from '../../src/crypto/x25519.ts'
import {Daemon} from '../support/daemon.ts'
import {freePort} from '../support/free-ports.ts'
import {whyWithoutTor} from '../support/needs-tor.ts'
import {OnionWatch} from '../support/onion-watch.ts'
import {SocksRefusal, socksConnect} from '../support/socks-client.ts'
import {programFile, type Subject} from '../support/subject.ts'
import {startTorNetwork, TorNetwork} from '../support/tor-network.ts'
import type {TorNode} from '../support/tor-node.ts'
import {download, echo, expectedDigest, TransferServer, upload} from '../support/transfer-server.ts'
import {waitUntil} from '../support/wait-until.ts'

const PORT = 80
const DOWN_OCTETS = 20_000_000
const UP_OCTETS = 5_000_000
const TRANSFER_TIMEOUT_MS = 240_000
const REACHED_MS = 150_000

describe('onion services of ramson in a network of C tor', {skip: whyWithoutTor()}, () => {
  let network: TorNetwork
  let server: TransferServer
  let host: ServiceHost
  let client: TorNode
  let stranger: TorNode
  const clientKey = generateX25519()

  before(async () => {
    network = await startTorNetwork({authorities: 3, relays: 4, exits: 0, votingIntervalSeconds: 20})
    server = await TransferServer.listen()
    host = new ServiceHost(network, server.port, ['open', 'restricted'])
    host.authorize('restricted', clientKey.public)
    host.start()
    const authDirectory = join(network.directory, 'client-auth')
    mkdirSync(authDirectory, {mode: 0o700})
    await host.address('restricted')
    writeFileSync(
      join(authDirectory, 'service.auth_private'),
      `${(await host.address('restricted')).replace('.onion', '')}:descriptor:x25519:${toBase32(clientKey.secret).toUpperCase()}\n`,
      {mode: 0o600}
    )
    client = await network.startClient('client', [`ClientOnionAuthDir ${authDirectory}`])
    stranger = await network.addClient('stranger', [], 'ExtendedErrors')
    stranger.start()
    await stranger.bootstrapped()
  })

  after(async () => {
    await host?.stop()
    server?.close()
    await network?.stop()
  })

  /** A connection through a client, tried anew until it is reached; each try asks the HSDirs anew. */
  async function reach(name: string, port = PORT, by = client) {
    const address = await host.address(name)
    return waitUntil(`${name} to be reached`, {timeoutMs: REACHED_MS, everyMs: 1000}, async () => {
      try {
        return await socksConnect({socksPort: by.socksPort, host: address, port, timeoutMs: 30_000})
      } catch (error) {
        await forget(by)
        throw error
      }
    }).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${host.explain()}\n${network.explain()}`)
    })
  }

  it('is reached and echoes', async () => {
    assert.equal(await echo(await reach('open'), 'hello', 30_000), 'hello')
  })

  it('carries 20 MB down, unchanged', async t => {
    const down = await download(await reach('open'), DOWN_OCTETS, 'down', TRANSFER_TIMEOUT_MS)
    assert.equal(down.digest, expectedDigest('down', DOWN_OCTETS))
    t.diagnostic(`${(DOWN_OCTETS / 1e6 / down.seconds).toFixed(1)} MB/s`)
  })

  it('carries 5 MB up, unchanged', async t => {
    const up = await upload(await reach('open'), UP_OCTETS, 'up', TRANSFER_TIMEOUT_MS)
    assert.equal(up.digest, expectedDigest('up', UP_OCTETS))
    t.diagnostic(`${(UP_OCTETS / 1e6 / up.seconds).toFixed(1)} MB/s`)
  })

  it('refuses a port that it does not have, and is reached on the others afterwards', async () => {
    const address = await host.address('open')
    await assert.rejects(
      socksConnect({socksPort: client.socksPort, host: address, port: 81, timeoutMs: 60_000}),
      SocksRefusal
    )
    assert.equal(await echo(await reach('open'), 'again', 30_000), 'again')
  })

  describe('with restricted discovery', () => {
    it('is reached by a client that has the key', async () => {
      assert.equal(await echo(await reach('restricted'), 'secret', 30_000), 'secret')
    })

    it('is not found by one that has not', async () => {
      const address = await host.address('restricted')
      await assert.rejects(
        socksConnect({socksPort: stranger.socksPort, host: address, port: PORT, timeoutMs: 60_000}),
        // C tor's extended error: client authorization is missing.
        (error: unknown) => error instanceof SocksRefusal && error.code === 0xf4
      )
      assert.equal(await echo(await reach('open', PORT, stranger), 'open', 30_000), 'open')
    })
  })

  it('has the same address after a restart and is reached again', async () => {
    const address = await host.address('open')
    await host.stop()
    host.start()
    assert.equal(await host.address('open'), address)
    await forget(client)
    assert.equal(await echo(await reach('open'), 'restarted', 30_000), 'restarted')
  })
})

describe('onion services of ramson, hosted and visited in other ways', {skip: whyWithoutTor()}, () => {
  let network: TorNetwork
  let server: TransferServer
  let host: RamsonNode
  let visitor: RamsonNode
  let relay: Subject
  let client: TorNode
  let socksPort = 0

  before(async () => {
    server = await TransferServer.listen()
    network = new TorNetwork({authorities: 3, relays: 4, exits: 0, votingIntervalSeconds: 20})
    await network.start()
    const directory = join(network.directory, 'relay-service')
    relay = await network.addSubject('host', {torrc: serviceLines(directory, server.port)})
    await relay.start()
    host = new RamsonNode(
      network,
      'service-host',
      serviceLines(join(network.directory, 'service'), server.port)
    )
    socksPort = await freePort()
    visitor = new RamsonNode(network, 'visitor', [`SocksPort 127.0.0.1:${socksPort}`])
    host.start()
    visitor.start()
    client = await network.startClient('client')
  })

  after(async () => {
    await visitor?.stop()
    await host?.stop()
    server?.close()
    await network?.stop()
  })

  /** A connection by a SOCKS port, tried until it comes about. */
  function reach(directory: string, port: number, forgetting: () => Promise<void>) {
    return waitUntil('the service to be reached', {timeoutMs: REACHED_MS, everyMs: 1000}, async () => {
      const address = readAddress(directory)
      try {
        return await socksConnect({socksPort: port, host: address, port: PORT, timeoutMs: 40_000})
      } catch (error) {
        await forgetting()
        throw error
      }
    }).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${host.explain()}\n${visitor.explain()}\n${network.explain()}`)
    })
  }
  const byClient = (name: string) =>
    reach(join(network.directory, name), client.socksPort, () => forget(client))
  const byVisitor = (name: string) => reach(join(network.directory, name), socksPort, () => Promise.resolve())

  it('a client of ramson reaches it and carries 20 MB down and 5 MB up', async () => {
    const down = await download(await byVisitor('service'), DOWN_OCTETS, 'down', TRANSFER_TIMEOUT_MS)
    assert.equal(down.digest, expectedDigest('down', DOWN_OCTETS))
    const up = await upload(await byVisitor('service'), UP_OCTETS, 'up', TRANSFER_TIMEOUT_MS)
    assert.equal(up.digest, expectedDigest('up', UP_OCTETS))
  })

  it('a relay hosts one besides relaying, and clients of both kinds reach it', async () => {
    assert.equal(await echo(await byClient('relay-service'), 'hosted', 30_000), 'hosted')
    assert.equal(await echo(await byVisitor('relay-service'), 'hosted', 30_000), 'hosted')
  })

  /** Stops a relay of C tor for as long as `meanwhile` takes. */
  async function without(fingerprint: string, meanwhile: () => Promise<void>): Promise<void> {
    const fingerprints = await Promise.all(network.torRelays.map(node => node.fingerprint()))
    const node = network.torRelays[fingerprints.indexOf(fingerprint)]
    assert.ok(node, `${fingerprint} is no relay of C tor`)
    await node.stop()
    await meanwhile()
    node.start()
    await node.bootstrapped()
  }

  async function reachedAgain(): Promise<void> {
    await forget(client)
    assert.equal(await echo(await byClient('service'), 'again', 30_000), 'again')
  }

  it('is reached again when the relay that introduced it is gone', async () => {
    const watch = await OnionWatch.of(client)
    const address = readAddress(join(network.directory, 'service'))
    const point = await waitUntil(
      'an introduction by a relay of C tor',
      {timeoutMs: REACHED_MS},
      async () => {
        await watch.forget()
        const {introductions, socket} = await watch.connect(address, PORT)
        socket.destroy()
        return introductions.find(
          introduction => introduction.acknowledged && introduction.point !== relay.fingerprint
        )
      }
    )
    watch.close()
    await without(point.point, reachedAgain)
  })

  it('is reached again when its guard is gone', () => without(host.guard(), reachedAgain))
})

/** Makes a client forget descriptors, and which introduction points failed. */
async function forget(node: TorNode): Promise<void> {
  await (await node.control()).command('SIGNAL NEWNYM')
}

function serviceLines(directory: string, targetPort: number): string[] {
  return [`HiddenServiceDir ${directory}`, `HiddenServicePort ${PORT} 127.0.0.1:${targetPort}`]
}

/** With `.onion`; throws as long as there is none. */
function readAddress(directory: string): string {
  return readFileSync(join(directory, 'hostname'), 'latin1').trim()
}

/** A ramson without an ORPort. */
class RamsonNode {
  protected readonly folder: string
  readonly #name: string
  readonly #torrcFile: string
  #daemon: Daemon | undefined

  constructor(network: TorNetwork, name: string, torrc: readonly string[]) {
    this.#name = `${name} (ramson)`
    this.folder = join(network.directory, name)
    this.#torrcFile = join(this.folder, 'torrc')
    mkdirSync(this.folder, {mode: 0o700})
    const lines = [
      ...network.commonTorrc.filter(line => !/^(?:AssumeReachable|Address) /.test(line)),
      `DataDirectory ${join(this.folder, 'data')}`,
      `Log info file ${join(this.folder, 'log')}`,
      ...torrc
    ]
    writeFileSync(this.#torrcFile, `${lines.join('\n')}\n`)
  }

  start(): void {
    this.#daemon = new Daemon({
      name: this.#name,
      command: process.execPath,
      args: [programFile, '-f', this.#torrcFile],
      logFile: join(this.folder, 'log')
    })
  }

  /** Fingerprint of the first guard that it has used with success. */
  guard(): string {
    const state = readFileSync(join(this.folder, 'data', 'state'), 'latin1')
    const line = state.split('\n').find(each => each.includes(' confirmed_idx=0'))
    return /rsa_id=([0-9A-F]{40})/.exec(line ?? '')?.[1] ?? assert.fail(state)
  }

  explain(): string {
    return this.#daemon?.interestingLines(20) ?? ''
  }

  async stop(): Promise<void> {
    await this.#daemon?.stop()
  }
}

/** Services, each in front of the same server. */
class ServiceHost extends RamsonNode {
  constructor(network: TorNetwork, targetPort: number, names: readonly string[]) {
    const folder = join(network.directory, 'service-host')
    const lines = names.flatMap(name => serviceLines(join(folder, name), targetPort))
    super(network, 'service-host', lines)
  }

  authorize(name: string, key: Uint8Array): void {
    const directory = join(this.folder, name, 'authorized_clients')
    mkdirSync(directory, {recursive: true, mode: 0o700})
    writeFileSync(join(directory, 'client.auth'), `descriptor:x25519:${toBase32(key).toUpperCase()}\n`)
  }

  address(name: string): Promise<string> {
    return waitUntil(`the address of ${name}`, {timeoutMs: 30_000}, () =>
      readAddress(join(this.folder, name))
    )
  }
}
