// The onion client against C tor's onion services in a network of C tor: reached by its own means, through its SOCKS port,
// with octets compared at both ends, and with restricted discovery.

import assert from 'node:assert/strict'
import {mkdirSync, writeFileSync} from 'node:fs'
import type {Socket} from 'node:net'
import {join} from 'node:path'
import {after, before, describe, it} from 'node:test'
import {ClientNode} from '../../src/app/client-node.ts'
import {fromBase16} from '../../src/bytes/base16.ts'
import {toBase32} from '../../src/bytes/base32.ts'
import {ed25519Ready} from '../../src/crypto/ed25519.ts'
import {parseOnionAddress} from '../../src/crypto/hs/onion-address.ts'
import {generateX25519} from '../../src/crypto/x25519.ts'
import {loadClientAuthKeys, printClientAuthKey} from '../../src/datadir/client-auth-files.ts'
import type {DirSource} from '../../src/directory/dir-source.ts'
import {SocksReply} from '../../src/roles/client/socks/reply.ts'
import {SocksServer} from '../../src/roles/client/socks/socks-server.ts'
import {authorityKeys} from '../support/authority-keys.ts'
import {whyWithoutTor} from '../support/needs-tor.ts'
import {onionAddress} from '../support/onion-watch.ts'
import {SocksRefusal, socksConnect} from '../support/socks-client.ts'
import {startTorNetwork, type TorNetwork} from '../support/tor-network.ts'
import type {TorNode} from '../support/tor-node.ts'
import {download, echo, expectedDigest, TransferServer, upload} from '../support/transfer-server.ts'
import {waitUntil} from '../support/wait-until.ts'

const AUTHORITIES = 3
const SERVICE_PORT = 80
/** Of the relays, authorities first: the client's guard, which has to die in the end. */
const DOOMED = AUTHORITIES
const DOWN_OCTETS = 20_000_000
const UP_OCTETS = 5_000_000
const TRANSFER_TIMEOUT_MS = 180_000
const UPLOADED_MS = 90_000
const RECOVERED_MS = 120_000

async function directorySources(network: TorNetwork): Promise<DirSource[]> {
  return network.authorities.map(({name, dirPort}) => ({
    name,
    isAuthority: true,
    dirPort: {octets: Uint8Array.of(127, 0, 0, 1), port: dirPort},
    orPort: undefined
  }))
}

describe('the onion client in a network of C tor', {skip: whyWithoutTor()}, () => {
  let network: TorNetwork
  let server: TransferServer
  let service: TorNode
  let doomed: TorNode
  let node: ClientNode
  let socks: SocksServer
  let socksPort = 0
  const address = {open: '', restricted: ''}
  const clientKey = generateX25519()
  const guardLines: string[] = []
  let keyOf: (identity: Uint8Array) => Uint8Array | undefined = () => undefined

  before(async () => {
    await ed25519Ready
    network = await startTorNetwork({
      authorities: AUTHORITIES,
      relays: 3,
      exits: 0,
      votingIntervalSeconds: 20
    })
    server = await TransferServer.listen()
    const directory = (name: string) => join(network.directory, `onion-${name}`)
    mkdirSync(join(directory('restricted'), 'authorized_clients'), {recursive: true, mode: 0o700})
    writeFileSync(
      join(directory('restricted'), 'authorized_clients', 'we.auth'),
      `descriptor:x25519:${toBase32(clientKey.public).toUpperCase()}\n`
    )
    // What the last test takes away is the client's guard and nothing of the service's.
    const fingerprints = await Promise.all(
      network.torRelays.map(async relay => `$${await relay.fingerprint()}`)
    )
    doomed = network.torRelays[DOOMED] ?? assert.fail()
    const lastWeek = new Date(Date.now() - 7 * 24 * 3600_000).toISOString().slice(0, 19)
    guardLines.push(
      `in=default rsa_id=${await doomed.fingerprint()} sampled_on=${lastWeek} listed=1 ` +
        `confirmed_on=${lastWeek} confirmed_idx=0`
    )
    service = network.addService('service', [
      `ExcludeNodes ${fingerprints[DOOMED]}`,
      `EntryNodes ${fingerprints.slice(0, 2)}`,
      `HSLayer2Nodes ${fingerprints.filter((_, i) => i >= 2 && i !== DOOMED)}`,
      ...Object.keys(address).flatMap(name => [
        `HiddenServiceDir ${directory(name)}`,
        `HiddenServicePort ${SERVICE_PORT} 127.0.0.1:${server.port}`
      ])
    ])
    service.start()
    const control = await service.openControl()
    const uploads = new Map<string, number>()
    control.onEvent(({keyword, rest}) => {
      const [action, onion = ''] = rest.split(' ')
      if (keyword === 'HS_DESC' && action === 'UPLOADED') uploads.set(onion, (uploads.get(onion) ?? 0) + 1)
    })
    await control.command('SETEVENTS HS_DESC')
    address.open = await onionAddress(directory('open'))
    address.restricted = await onionAddress(directory('restricted'))
    const keys = await Promise.all(Array.from({length: AUTHORITIES}, (_, i) => authorityKeys(i)))
    node = new ClientNode(
      {
        authorities: keys.map(({v3Identity}) => fromBase16(v3Identity) ?? assert.fail()),
        sources: await directorySources(network),
        isTesting: true
      },
      {
        guards: {load: () => guardLines, save: lines => guardLines.splice(0, guardLines.length, ...lines)},
        clientKey: identity => keyOf(identity),
        trouble: () => {},
        version: 'test'
      }
    )
    node.start()
    socks = new SocksServer({connect: target => node.connect(target)})
    socksPort = await socks.listen('127.0.0.1', 0)
    assert.ok(await node.ready(60_000), 'the client does not get to know the network')
    // Two descriptors of each service, with six HSDirs each at the most.
    for (const onion of Object.values(address)) {
      await waitUntil(
        `descriptors of ${onion}`,
        {timeoutMs: UPLOADED_MS},
        () => (uploads.get(onion.replace('.onion', '')) ?? 0) >= 8
      )
    }
  })

  after(async () => {
    await socks?.close()
    await node?.close()
    server?.close()
    await network?.stop()
  })

  const open = (host = address.open, user?: string): Promise<Socket> =>
    socksConnect({
      socksPort,
      host,
      port: SERVICE_PORT,
      timeoutMs: 90_000,
      ...(user === undefined ? {} : {user})
    })

  async function replyTo(host: string, port = SERVICE_PORT): Promise<number> {
    try {
      const socket = await socksConnect({socksPort, host, port, timeoutMs: 120_000})
      socket.destroy()
      return SocksReply.SUCCEEDED
    } catch (error) {
      if (error instanceof SocksRefusal) return error.code
      throw error
    }
  }

  it('reaches a service and talks with it', async () => {
    assert.equal(await echo(await open(), 'hello from far away', 30_000), 'hello from far away')
  })

  it(`takes ${DOWN_OCTETS / 1e6} MB from a service unchanged`, async t => {
    const got = await download(await open(), DOWN_OCTETS, 'onion-down', TRANSFER_TIMEOUT_MS)
    t.diagnostic(`${(got.count / 1e6 / got.seconds).toFixed(1)} MB/s`)
    assert.equal(got.digest, expectedDigest('onion-down', DOWN_OCTETS))
  })

  it(`brings ${UP_OCTETS / 1e6} MB to a service unchanged`, async t => {
    const sent = await upload(await open(), UP_OCTETS, 'onion-up', TRANSFER_TIMEOUT_MS)
    t.diagnostic(`${(sent.count / 1e6 / sent.seconds).toFixed(1)} MB/s`)
    assert.equal(sent.digest, expectedDigest('onion-up', UP_OCTETS))
  })

  it('shares a circuit between connections of one user and with nobody else', async () => {
    const before = node.client.size
    const sockets = await Promise.all([
      open(address.open, 'a'),
      open(address.open, 'a'),
      open(address.open, 'b')
    ])
    assert.equal(node.client.size, before + 2)
    assert.deepEqual(await Promise.all(sockets.map((socket, i) => echo(socket, `${i}`, 20_000))), [
      '0',
      '1',
      '2'
    ])
  })

  it('is refused where it has no key for restricted discovery, or a wrong one, and let in with the right one', async () => {
    assert.equal(await replyTo(address.restricted), SocksReply.ONION_CLIENT_AUTH_MISSING)
    keyOf = () => generateX25519().secret
    node.client.newIdentity()
    assert.equal(await replyTo(address.restricted), SocksReply.ONION_CLIENT_AUTH_WRONG)
    const identity = parseOnionAddress(address.restricted) ?? assert.fail()
    const directory = join(network.directory, 'client-auth')
    mkdirSync(directory, {mode: 0o700})
    const line = printClientAuthKey({identity, secret: clientKey.secret})
    writeFileSync(join(directory, 'restricted.auth_private'), line, {mode: 0o600})
    const keys = loadClientAuthKeys(directory)
    assert.ok(keys.ok)
    keyOf = keys.value.keyFor
    node.client.newIdentity()
    assert.equal(await echo(await open(address.restricted), 'let in', 30_000), 'let in')
  })

  it('says why there is no connection', async () => {
    assert.equal(await replyTo('example.com'), SocksReply.NOT_ALLOWED)
    assert.equal(await replyTo('127.0.0.1'), SocksReply.NOT_ALLOWED)
    const wrong = `${address.open[0] === 'a' ? 'b' : 'a'}${address.open.slice(1)}`
    assert.equal(await replyTo(wrong), SocksReply.ONION_ADDRESS_BAD)
    const nobody = 'pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion'
    assert.equal(await replyTo(nobody), SocksReply.ONION_NOT_FOUND)
  })

  it('begins circuits at its first guard, at its second where the first is the end of the path', () => {
    const confirmed = guardLines.filter(line => line.includes(' confirmed_on='))
    assert.ok(confirmed.length >= 1 && confirmed.length <= 2, guardLines.join('\n'))
    assert.equal([...node.core.channels.values()].length, confirmed.length)
  })

  /** Connects until it works, as a user would, and gives how long that took. */
  async function recovers(text: string): Promise<number> {
    const started = performance.now()
    const errors: string[] = []
    const attempt = async () => {
      try {
        return (await echo(await open(), text, 20_000)) === text
      } catch (error) {
        errors.push(`${((performance.now() - started) / 1000).toFixed(1)} s: ${String(error)}`)
        return false
      }
    }
    await waitUntil(
      'the service to be reached again',
      {timeoutMs: RECOVERED_MS, everyMs: 500},
      attempt
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${errors.join('\n')}`)
    })
    return (performance.now() - started) / 1000
  }

  it('finds the service again after it was restarted with other introduction points', async t => {
    await service.stop()
    service.start()
    t.diagnostic(`${(await recovers('you are back')).toFixed(1)} s`)
  })

  it('goes on with another guard when its own dies', async t => {
    assert.ok(
      guardLines[0]?.includes(await doomed.fingerprint()) && guardLines[0].includes(' confirmed_idx=0')
    )
    await doomed.stop()
    t.diagnostic(`${(await recovers('still here')).toFixed(1)} s`)
  })
})
