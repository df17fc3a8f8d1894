// The library as whoever embeds it uses it: a private network in this process, services and clients in it, and nothing left
// open, whenever it is given up.

import assert from 'node:assert/strict'
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {createServer as createHttpServer, get} from 'node:http'
import {createServer} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {createInterface} from 'node:readline'
import type {Duplex} from 'node:stream'
import {text} from 'node:stream/consumers'
import {after, before, describe, it} from 'node:test'
import {generateX25519} from '../../src/crypto/x25519.ts'
import {
  connectOnion,
  createNetwork,
  createOnionClient,
  createOnionService,
  createRelay,
  type LogMessage,
  type Network,
  RamsonError,
  type TorNetwork
} from '../../src/index.ts'
import {waitUntil} from '../support/wait-until.ts'

const EVENTS = [
  'exit',
  'beforeExit',
  'SIGINT',
  'SIGTERM',
  'SIGHUP',
  'SIGUSR1',
  'SIGUSR2',
  'uncaughtException'
]
const directory = mkdtempSync(join(tmpdir(), 'ramson-library-'))
// What others make meanwhile is not ours to count.
process.env['TMPDIR'] = directory
let listenersBefore: Record<string, number> = {}
let openBefore: Record<string, number> = {}
let temporaryBefore: readonly string[] = []
let network: TorNetwork & Pick<Network, 'relays'>

/** Its network is another process's, so that what is open here is of this process's doing. */
const host = spawn(process.execPath, ['--input-type=module', '--eval', hostProgram()], {
  stdio: ['pipe', 'pipe', 'inherit']
})

before(
  async () => {
    for await (const line of createInterface(host.stdout)) {
      network = JSON.parse(line) as TorNetwork & Pick<Network, 'relays'>
      break
    }
    // The pipe to it is no longer counted among what is open.
    openBefore = openThings()
    temporaryBefore = temporary()
    listenersBefore = listeners()
  },
  {timeout: 90_000}
)
after(async () => {
  host.stdin.end()
  if (host.exitCode === null) await once(host, 'exit')
  rmSync(directory, {recursive: true, force: true})
})

function hostProgram(): string {
  return `
    import {createNetwork} from ${JSON.stringify(new URL('../../src/index.js', import.meta.url).href)}
    const {torrc, relays, close} = await createNetwork({signal: AbortSignal.timeout(60_000)})
    console.log(JSON.stringify({torrc, relays}))
    process.stdin.resume().on('end', close)`
}

/** How many listen to what the process as a whole hears. */
function listeners(): Record<string, number> {
  return Object.fromEntries(EVENTS.map(event => [event, process.listenerCount(event)]))
}

/** What of ours keeps a process alive, by kind. */
function openThings(): Record<string, number> {
  const counts = {TCPServerWrap: 0, TCPSocketWrap: 0, MessagePort: 0, TLSWrap: 0, ProcessWrap: 0}
  for (const kind of process.getActiveResourcesInfo())
    if (kind in counts) counts[kind as keyof typeof counts]++
  return counts
}

function temporary(): string[] {
  return readdirSync(tmpdir()).filter(name => /^ramson-(network-)?[A-Za-z0-9]{6}$/.test(name))
}

/** Resolves when no more is open than there was. */
async function closedAgain(before: Record<string, number>): Promise<void> {
  await waitUntil('what was opened is closed', {timeoutMs: 10_000, everyMs: 20}, () => {
    const more = Object.entries(openThings()).filter(([kind, count]) => count > (before[kind] ?? 0))
    assert.deepEqual(more, [])
    return true
  })
}

const soon = () => AbortSignal.timeout(60_000)

async function rejection(work: Promise<unknown>): Promise<unknown> {
  try {
    await work
  } catch (error) {
    return error
  }
  return assert.fail('it resolved')
}

async function assertCode(work: Promise<unknown>, code: RamsonError['code']): Promise<RamsonError> {
  const error = await rejection(work)
  assert.ok(error instanceof RamsonError, String(error))
  assert.equal(error.code, code, error.message)
  return error
}

/** Echoes what comes. */
const echo = (stream: Duplex) => void stream.pipe(stream)

async function echoed(stream: Duplex, octets: Buffer): Promise<Buffer> {
  const came: Buffer[] = []
  let length = 0
  const done = new Promise<void>((resolve, reject) => {
    stream.on('data', (chunk: Buffer) => {
      came.push(chunk)
      length += chunk.length
      if (length >= octets.length) resolve()
    })
    stream.once('close', () => reject(new Error(`closed after ${length} octets`)))
  })
  stream.write(octets)
  await done
  return Buffer.concat(came)
}

describe('createNetwork', () => {
  it('gives an authority and relays that are in the consensus, and ends them all', {
    timeout: 90_000
  }, async () => {
    const before = [openThings(), temporary()] as const
    const own = await createNetwork({signal: soon()})
    const {relays, torrc, statusUrl} = own
    assert.equal(relays.length, 8)
    assert.equal(relays[0]?.name, 'authority')
    assert.equal(new Set(relays.map(({port}) => port)).size, 8)
    for (const {fingerprint} of relays) assert.match(fingerprint, /^[0-9A-F]{40}$/)
    assert.match(torrc, /^TestingTorNetwork 1\nDirAuthority authority /)
    assert.match(torrc, new RegExp(relays[0]?.fingerprint ?? 'none'))
    const page = await fetch(statusUrl, {headers: {connection: 'close'}})
    assert.match(await page.text(), /<html/)
    assert.deepEqual(listeners(), listenersBefore)
    await own.close()
    await own.close()
    assert.equal(existsSync(own.directory), false)
    await closedAgain(before[0])
    assert.deepEqual(temporary(), before[1])
  })

  it('refuses what cannot be, before anything is opened', async () => {
    const before = openThings()
    await assertCode(createNetwork({relays: 3}), 'settings')
    const file = join(directory, 'file')
    writeFileSync(file, '')
    await assertCode(createNetwork({directory: join(file, 'below')}), 'network-failed')
    assert.deepEqual(openThings(), before)
  })
})

describe('an onion service and its clients', () => {
  it('carries a megabyte both ways, from a function to a client that stays', {timeout: 90_000}, async () => {
    const before = openThings()
    const messages: LogMessage[] = []
    const service = await createOnionService({
      network,
      ports: {7: echo},
      log: message => messages.push(message),
      logSeverity: 'info',
      signal: soon()
    })
    assert.match(service.address, /^[a-z2-7]{56}\.onion$/)
    const client = await createOnionClient({network, signal: soon()})
    const stream = await client.connect({address: service.address, port: 7, signal: soon()})
    const octets = Buffer.alloc(1 << 20, 'ramson ')
    assert.deepEqual(await echoed(stream, octets), octets)
    assert.equal(service.clients, 1)

    const second = await client.connect({
      address: service.address,
      port: 7,
      isolation: 'other',
      signal: soon()
    })
    assert.equal(service.clients, 2, 'another isolation has a circuit of its own')
    second.end('all that there was')
    await new Promise(resolve => second.once('close', resolve))

    const refused = await assertCode(
      client.connect({address: service.address, port: 8, signal: soon()}),
      'onion-stream-refused'
    )
    assert.equal(typeof refused.reason, 'number')
    assert.ok(messages.some(({severity}) => severity === 'info'))
    assert.ok(messages.every(({text: said}) => !said.includes(service.address.slice(0, 56))))

    await service.close()
    await new Promise(resolve => (stream.destroyed ? resolve(undefined) : stream.once('close', resolve)))
    await client.close()
    await client.close()
    await assertCode(client.connect({address: service.address, port: 7}), 'closed')
    await closedAgain(before)
  })

  it('is a web server of this process, over connectOnion', {timeout: 90_000}, async () => {
    const before = openThings()
    const server = createHttpServer((request, response) => response.end(`you asked for ${request.url}`))
    const service = await createOnionService({
      network,
      directory: join(directory, 'web'),
      dataDirectory: join(directory, 'web-data'),
      ports: {80: stream => server.emit('connection', stream)},
      signal: soon()
    })
    assert.equal(readFileSync(join(directory, 'web', 'hostname'), 'utf8'), `${service.address}\n`)
    assert.match(readFileSync(join(directory, 'web-data', 'state'), 'utf8'), /^Guard /m)
    await assertCode(
      createOnionClient({network, dataDirectory: join(directory, 'web-data'), signal: soon()}),
      'directory'
    )
    const stream = await connectOnion({network, address: service.address, port: 80, signal: soon()})
    const body = await new Promise<string>((resolve, reject) => {
      const request = get(`http://${service.address}/page`, {createConnection: () => stream as never})
      request.once('response', response => text(response).then(resolve, reject))
      request.once('error', reject)
    })
    assert.equal(body, 'you asked for /page')
    stream.destroy()
    await service.close()
    await closedAgain(before)
  })

  it('leads to a TCP port and a Unix socket, for those clients alone that it knows', {
    timeout: 90_000
  }, async () => {
    const before = openThings()
    const greeter = createServer(socket => socket.end('good day'))
    await new Promise<void>(resolve => greeter.listen(0, '127.0.0.1', resolve))
    const unix = createServer(socket => socket.end('good evening'))
    const path = join(directory, 'socket')
    await new Promise<void>(resolve => unix.listen(path, resolve))
    const {port} = greeter.address() as {port: number}
    const key = generateX25519()
    const service = await createOnionService({
      network,
      ports: {1: {port}, 2: {path}},
      authorizedClients: [key.public],
      signal: soon()
    })
    const keys = {[service.address]: key.secret}
    const friend = await createOnionClient({network, keys, signal: soon()})
    assert.equal(await text(await friend.connect({address: service.address, port: 1})), 'good day')
    assert.equal(await text(await friend.connect({address: service.address, port: 2})), 'good evening')
    await assertCode(
      connectOnion({network, address: service.address, port: 1, signal: soon()}),
      'onion-client-auth-missing'
    )
    await Promise.all([friend.close(), service.close()])
    greeter.close()
    unix.close()
    await closedAgain(before)
  })

  it('names what is wrong with its options', async () => {
    const before = openThings()
    const ports = {80: echo}
    await assertCode(createOnionService({network, ports: {}}), 'settings')
    await assertCode(createOnionService({network, ports: {0: echo}}), 'settings')
    await assertCode(createOnionService({network, ports: {80: {port: 70_000}}}), 'settings')
    await assertCode(createOnionService({network, ports, introductionPoints: 2}), 'settings')
    await assertCode(
      createOnionService({network, ports, authorizedClients: [new Uint8Array(31)]}),
      'settings'
    )
    await assertCode(createOnionService({network: {torrc: 'DirAuthority nonsense'}, ports}), 'settings')
    await assertCode(createOnionClient({network, keys: {'nobody.onion': new Uint8Array(32)}}), 'settings')
    await assertCode(connectOnion({network, address: 'example.com', port: 80}), 'onion-address-bad')
    await assertCode(
      connectOnion({network, address: `${'a'.repeat(56)}.onion`, port: 80}),
      'onion-address-bad'
    )
    assert.deepEqual(openThings(), before)
  })
})

describe('createRelay', () => {
  it('joins the network, and keeps its identity in its DataDirectory', {timeout: 60_000}, async () => {
    const before = openThings()
    const home = join(directory, 'relay')
    const torrc = `Nickname embedded\nORPort 127.0.0.1:auto\nAddress 127.0.0.1\nAssumeReachable 1\nNumCPUs 1\nDataDirectory ${home}\n`
    const relay = await createRelay({network, torrc, signal: soon()})
    assert.equal(relay.addresses[0]?.host, '127.0.0.1')
    assert.ok((relay.addresses[0]?.port ?? 0) > 0)
    await waitUntil('it knows the network', {timeoutMs: 30_000}, () => relay.knownRelays >= 8)
    assert.match(readFileSync(join(home, 'fingerprint'), 'utf8'), new RegExp(relay.fingerprint))
    await relay.close()
    const again = await createRelay({network, torrc, signal: soon()})
    assert.equal(again.fingerprint, relay.fingerprint)
    again.stopListening()
    await again.close()
    await closedAgain(before)
  })

  it('has a directory of its own, which goes with it, where none is named', async () => {
    const before = [openThings(), temporary()] as const
    const relay = await createRelay({network, torrc: 'ORPort 127.0.0.1:auto\nNumCPUs 1\n'})
    assert.equal(temporary().length, before[1].length + 1)
    await relay.close()
    assert.deepEqual(temporary(), before[1])
    await closedAgain(before[0])
  })

  it('names what is wrong with its settings', async () => {
    const before = [openThings(), temporary()]
    const unknown = await assertCode(createRelay({torrc: 'ORPort 127.0.0.1:auto\nNickname2 x'}), 'settings')
    assert.match(unknown.message, /torrc, line 2: .*Nickname2/)
    await assertCode(createRelay({network, torrc: 'Nickname x'}), 'settings')
    await assertCode(
      createRelay({network, torrc: `ORPort 127.0.0.1:${network.relays[0]?.port}\nNumCPUs 1`}),
      'cannot-start'
    )
    assert.deepEqual([openThings(), temporary()], before)
  })
})

describe('an AbortSignal', () => {
  const reason = new Error('enough')

  function abortAfter(ms: number): AbortSignal {
    if (ms === 0) return AbortSignal.abort(reason)
    const controller = new AbortController()
    setTimeout(() => controller.abort(reason), ms)
    return controller.signal
  }

  /** On a quick machine it may have been through before; at the first moments it cannot. */
  async function givenUp(work: Promise<AsyncDisposable | Duplex>, ms: number): Promise<void> {
    try {
      const made = await work
      assert.ok(ms > 1, `it came about in ${ms} ms`)
      if ('destroy' in made) made.destroy()
      else await made[Symbol.asyncDispose]()
    } catch (error) {
      const isThrough = ms > 1 && error instanceof RamsonError && error.code === 'onion-descriptor-not-found'
      if (!isThrough) assert.equal(error, reason, `after ${ms} ms`)
    }
  }

  const unknown = 'pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion'
  const relayTorrc = 'ORPort 127.0.0.1:auto\nNumCPUs 1\n'
  const starts: Readonly<
    Record<string, readonly [(signal: AbortSignal) => Promise<AsyncDisposable | Duplex>, readonly number[]]>
  > = {
    createNetwork: [signal => createNetwork({signal}), [0, 1, 300]],
    createRelay: [signal => createRelay({network, torrc: relayTorrc, signal}), [0, 1, 50]],
    createOnionService: [signal => createOnionService({network, ports: {80: echo}, signal}), [0, 1, 60, 150]],
    createOnionClient: [signal => createOnionClient({network, signal}), [0, 1, 20]],
    // A service that there is not: it is looked for until it is given up, or not found.
    connectOnion: [signal => connectOnion({network, address: unknown, port: 80, signal}), [0, 1, 60, 120]]
  }
  for (const [name, [start, moments]] of Object.entries(starts)) {
    it(`ends ${name} at any moment, with its own reason and nothing left open`, {
      timeout: 60_000
    }, async () => {
      const before = [openThings(), temporary()] as const
      for (const ms of moments) await givenUp(start(abortAfter(ms)), ms)
      await closedAgain(before[0])
      assert.deepEqual(temporary(), before[1])
    })
  }

  it('gives up one connection of a client that stays', {timeout: 60_000}, async () => {
    const before = openThings()
    const client = await createOnionClient({network, signal: soon()})
    assert.equal(await rejection(client.connect({address: unknown, port: 80, signal: abortAfter(5)})), reason)
    await assertCode(
      client.connect({address: unknown, port: 80, signal: soon()}),
      'onion-descriptor-not-found'
    )
    await client.close()
    await closedAgain(before)
  })
})

describe('the process', () => {
  it('was told of nothing, and nothing is open in it', {timeout: 30_000}, async () => {
    await closedAgain(openBefore)
    assert.deepEqual(listeners(), listenersBefore)
    assert.deepEqual(temporary(), temporaryBefore)
  })
})
