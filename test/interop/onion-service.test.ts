// ramson's onion services in a network of C tor, reached by C tor's client: echo, downloads and uploads whose octets are
// compared at both ends, restricted discovery, a restart that keeps the address, and points that go away.

import assert from 'node:assert/strict'
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {after, before, describe, it} from 'node:test'
import {toBase32} from '../../src/bytes/base32.ts'
import {generateX25519} from '../../src/crypto/x25519.ts'
import {Daemon} from '../support/daemon.ts'
import {whyWithoutTor} from '../support/needs-tor.ts'
import {SocksRefusal, socksConnect} from '../support/socks-client.ts'
import {programFile} from '../support/subject.ts'
import {startTorNetwork, type TorNetwork} from '../support/tor-network.ts'
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

/** Makes a client forget descriptors, and which introduction points failed. */
async function forget(node: TorNode): Promise<void> {
  await (await node.control()).command('SIGNAL NEWNYM')
}

/** A ramson without an ORPort that runs services, each in front of the same server. */
class ServiceHost {
  readonly #folder: string
  readonly #torrcFile: string
  #daemon: Daemon | undefined

  constructor(network: TorNetwork, targetPort: number, names: readonly string[]) {
    this.#folder = join(network.directory, 'service-host')
    this.#torrcFile = join(this.#folder, 'torrc')
    mkdirSync(this.#folder, {mode: 0o700})
    const lines = [
      ...network.commonTorrc.filter(line => !/^(?:AssumeReachable|Address) /.test(line)),
      `DataDirectory ${join(this.#folder, 'data')}`,
      `Log info file ${join(this.#folder, 'log')}`,
      ...names.flatMap(name => [
        `HiddenServiceDir ${this.directory(name)}`,
        `HiddenServicePort ${PORT} 127.0.0.1:${targetPort}`
      ])
    ]
    writeFileSync(this.#torrcFile, `${lines.join('\n')}\n`)
  }

  directory(name: string): string {
    return join(this.#folder, name)
  }

  authorize(name: string, key: Uint8Array): void {
    const directory = join(this.directory(name), 'authorized_clients')
    mkdirSync(directory, {recursive: true, mode: 0o700})
    writeFileSync(join(directory, 'client.auth'), `descriptor:x25519:${toBase32(key).toUpperCase()}\n`)
  }

  start(): void {
    this.#daemon = new Daemon({
      name: 'service host (ramson)',
      command: process.execPath,
      args: [programFile, '-f', this.#torrcFile],
      logFile: join(this.#folder, 'log')
    })
  }

  address(name: string): Promise<string> {
    return waitUntil(`the address of ${name}`, {timeoutMs: 30_000}, () =>
      readFileSync(join(this.directory(name), 'hostname'), 'latin1').trim()
    )
  }

  explain(): string {
    return this.#daemon?.interestingLines(20) ?? ''
  }

  async stop(): Promise<void> {
    await this.#daemon?.stop()
  }
}
