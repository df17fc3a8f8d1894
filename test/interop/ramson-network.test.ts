// A network of ramson alone (authority, relays, service, client in one process), which C tor joins: C tor's client reaches
// ramson's service, ramson's client reaches C tor's service, with octets compared at both ends.

import assert from 'node:assert/strict'
import {existsSync, mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, before, describe, it} from 'node:test'
import {Daemon} from '../support/daemon.ts'
import {freePort} from '../support/free-ports.ts'
import {whyWithoutTor} from '../support/needs-tor.ts'
import {socksConnect} from '../support/socks-client.ts'
import {programFile} from '../support/subject.ts'
import {TorNode} from '../support/tor-node.ts'
import {
  download,
  echo,
  expectedDigest,
  type Transfer,
  TransferServer,
  upload
} from '../support/transfer-server.ts'
import {waitUntil} from '../support/wait-until.ts'

const DOWN_OCTETS = 20_000_000
const UP_OCTETS = 5_000_000
const TRANSFER_TIMEOUT_MS = 240_000
const READY_MS = 120_000
const REACHED_MS = 150_000

interface Ready {
  readonly onion: string
  readonly socksPort: number
  readonly joinClient: string
}

describe('a network of ramson alone, which C tor joins', {skip: whyWithoutTor()}, () => {
  let folder: string
  let server: TransferServer
  let network: Daemon
  let ready: Ready
  let client: TorNode
  let service: TorNode
  let hostname: string

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ramson-joined-'))
    server = await TransferServer.listen()
    const logFile = join(folder, 'network')
    const target = `127.0.0.1:${server.port}`
    const args = [programFile, 'network', '--json', '--target', target]
    network = new Daemon({name: 'network', command: process.execPath, args, logFile})
    ready = await waitUntil('the network to be ready', {timeoutMs: READY_MS}, () => readyEvent(network))
    const join1 = joinLines(ready.joinClient)
    const socksPort = await freePort()
    client = new TorNode({
      name: 'c-tor-client',
      role: 'client',
      directory: folder,
      socksPort,
      torrc: [...join1, `SocksPort 127.0.0.1:${socksPort}`]
    })
    const serviceDirectory = join(folder, 'c-tor-service-keys')
    service = new TorNode({
      name: 'c-tor-service',
      role: 'service',
      directory: folder,
      torrc: [
        ...join1,
        'SocksPort 0',
        `HiddenServiceDir ${serviceDirectory}`,
        `HiddenServicePort 80 127.0.0.1:${server.port}`
      ]
    })
    client.start()
    service.start()
    await Promise.all([client.bootstrapped(), service.bootstrapped()])
    const hostnameFile = join(serviceDirectory, 'hostname')
    hostname = await waitUntil('C tor’s service to have an address', {timeoutMs: 30_000}, () =>
      existsSync(hostnameFile) ? readFileSync(hostnameFile, 'utf8').trim() : undefined
    )
  })

  after(async () => {
    await client?.stop()
    await service?.stop()
    await network?.stop()
    server?.close()
    rmSync(folder, {recursive: true, force: true})
  })

  /** A connection over a SOCKS port, tried anew until the service is reached. */
  const reach = (socksPort: number, host: string) =>
    waitUntil('the service to be reached', {timeoutMs: REACHED_MS, everyMs: 1000}, () =>
      socksConnect({socksPort, host, port: 80, timeoutMs: 40_000})
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${network.interestingLines()}`)
    })

  for (const [pairing, through, to] of [
    ['C tor’s client reaches ramson’s service', () => client.socksPort, () => ready.onion],
    ['ramson’s client reaches C tor’s service', () => ready.socksPort, () => hostname]
  ] as const) {
    it(`${pairing}, with an echo`, async () => {
      assert.equal(await echo(await reach(through(), to()), 'hello', 30_000), 'hello')
    })

    it(`${pairing}: 20 MB down and 5 MB up, unchanged`, async t => {
      const down = await download(
        await reach(through(), to()),
        DOWN_OCTETS,
        'joined-down',
        TRANSFER_TIMEOUT_MS
      )
      assert.equal(down.digest, expectedDigest('joined-down', DOWN_OCTETS))
      const up = await upload(await reach(through(), to()), UP_OCTETS, 'joined-up', TRANSFER_TIMEOUT_MS)
      assert.equal(up.digest, expectedDigest('joined-up', UP_OCTETS))
      t.diagnostic(`${rate(down)} MB/s down, ${rate(up)} MB/s up`)
    })
  }
})

function rate({count, seconds}: Transfer): string {
  return (count / seconds / 1e6).toFixed(1)
}

function readyEvent(network: Daemon): Ready | undefined {
  if (network.end !== undefined) throw new Error(`the network ended: ${network.interestingLines()}`)
  for (const line of network.log().split('\n')) {
    if (!line.startsWith('{')) continue
    const event = JSON.parse(line) as {readonly event?: unknown} & Ready
    if (event.event === 'ready') return event
  }
  return undefined
}

/** The torrc that the network writes for clients, without what each node here has of its own. */
function joinLines(file: string): string[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter(line => line !== '' && !/^(?:#|DataDirectory|Log|SocksPort)/.test(line))
}
