// Others join a private network of ramson alone, by the torrcs that it writes: C tor as a client and as a relay, and ramson
// as both. What they fetch from its onion service arrives unchanged.

import assert from 'node:assert/strict'
import {mkdtempSync, readFileSync, rmSync} from 'node:fs'
import type {Socket} from 'node:net'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {after, before, describe, it} from 'node:test'
import {fileURLToPath} from 'node:url'
import type {NetworkAddresses} from '../../src/app/network/events.ts'
import {Daemon} from '../support/daemon.ts'
import {whyWithoutTor} from '../support/needs-tor.ts'
import {NetworkProcess} from '../support/network-process.ts'
import {socksConnect} from '../support/socks-client.ts'
import {download, expectedDigest, TransferServer, upload} from '../support/transfer-server.ts'
import {waitUntil} from '../support/wait-until.ts'

const program = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'src', 'app', 'main.js')
const OCTETS = 20_000_000
const TRANSFER_TIMEOUT_MS = 180_000
const BOOTSTRAP_TIMEOUT_MS = 60_000
/** Three intervals of voting. */
const LISTED_TIMEOUT_MS = 100_000

describe('a private network of ramson alone that others join', {skip: whyWithoutTor()}, () => {
  const directory = mkdtempSync(join(tmpdir(), 'ramson-joined-'))
  const daemons: Daemon[] = []
  let server: TransferServer
  let network: NetworkProcess
  let addresses: NetworkAddresses

  before(async () => {
    server = await TransferServer.listen()
    network = new NetworkProcess(['--target', `127.0.0.1:${server.port}`])
    addresses = await network.ready()
  })

  after(async () => {
    await Promise.all(daemons.map(daemon => daemon.stop()))
    await network?.dispose()
    server?.close()
    rmSync(directory, {recursive: true, force: true})
  })

  const logOf = (name: string) => readFileSync(join(directory, `${name}.out`), 'utf8')

  function joinAs(name: string, implementation: 'tor' | 'ramson', torrc: string, ...more: string[]): void {
    const [command, first] = implementation === 'tor' ? ['tor', []] : [process.execPath, [program]]
    const args = [...first, '-f', torrc, '--DataDirectory', join(directory, `${name}-data`), ...more]
    daemons.push(new Daemon({name, command, args, logFile: join(directory, name)}))
  }

  /** The port of a client, once it has come so far as to have one. */
  function socksPort(name: string): Promise<number> {
    return waitUntil(`${name} to open its port`, {timeoutMs: BOOTSTRAP_TIMEOUT_MS}, () => {
      const port = /Socks listener (?:listening )?on port (\d+)/.exec(logOf(name))?.[1]
      return port === undefined ? undefined : Number(port)
    })
  }

  /** Asks until the client knows the network. */
  async function connect(name: string): Promise<Socket> {
    const port = await socksPort(name)
    const target = {socksPort: port, host: addresses.onion, port: 80, timeoutMs: 60_000}
    return waitUntil(`${name} to reach the service`, {timeoutMs: BOOTSTRAP_TIMEOUT_MS}, () =>
      socksConnect(target)
    )
  }

  for (const implementation of ['tor', 'ramson'] as const) {
    it(`lets ${implementation} be a client, with ${OCTETS / 1e6} MB each way unchanged`, async t => {
      const name = `client-${implementation}`
      joinAs(name, implementation, addresses.joinClient)
      const got = await download(await connect(name), OCTETS, name, TRANSFER_TIMEOUT_MS)
      assert.equal(got.digest, expectedDigest(name, OCTETS))
      const sent = await upload(await connect(name), OCTETS, `${name}-up`, TRANSFER_TIMEOUT_MS)
      assert.equal(sent.digest, expectedDigest(`${name}-up`, OCTETS))
      const rate = ({count, seconds}: typeof got) => (count / 1e6 / seconds).toFixed(1)
      t.diagnostic(`${rate(got)} MB/s down, ${rate(sent)} MB/s up`)
    })
  }

  it('lists relays that join, of C tor and of ramson, as running', async () => {
    joinAs('relay-tor', 'tor', addresses.joinRelay, '--Nickname', 'joinedtor')
    joinAs('relay-ramson', 'ramson', addresses.joinRelay, '--Nickname', 'joinedramson')
    const dirPort = /^DirAuthority .* 127\.0\.0\.1:(\d+) /m.exec(
      readFileSync(addresses.joinRelay, 'utf8')
    )?.[1]
    const url = `http://127.0.0.1:${dirPort}/tor/status-vote/current/consensus`
    for (const nickname of ['joinedtor', 'joinedramson']) {
      const entry = new RegExp(`^r ${nickname} (?:.*\\n)+?s .*\\bRunning\\b`, 'm')
      await waitUntil(`${nickname} in the consensus`, {timeoutMs: LISTED_TIMEOUT_MS}, async () =>
        entry.test(await (await fetch(url)).text())
      )
    }
  })

  it('goes on working for its own client', async () => {
    const socket = await socksConnect({socksPort: addresses.socksPort, host: addresses.onion, port: 80})
    const got = await download(socket, 1_000_000, 'own', TRANSFER_TIMEOUT_MS)
    assert.equal(got.digest, expectedDigest('own', 1_000_000))
  })
})
