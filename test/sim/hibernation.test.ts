// Accounting and hibernation of a relay, with real links and a clock that the test sets: it uses up its AccountingMax, closes,
// goes to sleep, stays asleep over a restart, and wakes in the next period. An authority stands by and keeps what is published.

import assert from 'node:assert/strict'
import {mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {connect, createServer, type Socket} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {Duplex} from 'node:stream'
import {after, before, describe, it} from 'node:test'
import {RelayNode} from '../../src/app/relay-node.ts'
import type {PathHop} from '../../src/circuit/open-circuit.ts'
import {loadConfig} from '../../src/config/relay-config.ts'
import {parseTorrcText} from '../../src/config/torrc-text.ts'
import {Log} from '../../src/log/log.ts'
import {parseRouterDescriptor} from '../../src/netdoc/router-descriptor/parse.ts'
import type {OwnCircuit} from '../../src/stream/origin-streams.ts'
import {RelayCommand} from '../../src/wire/relay-cell.ts'
import {startCore, type TestCore} from '../support/core.ts'
import {waitUntil} from '../support/wait-until.ts'

const MAX = 2 * 2 ** 20
const PIECE = 16 * 1024
const WAIT = {timeoutMs: 10_000, everyMs: 50}
const NOON = new Date(2026, 5, 15, 12)
/** At the end of the next period: the relay may wake at any time before, as long as it has its hours left. */
const NEXT_DAY = new Date(2026, 5, 17, 5, 59)

describe('accounting', () => {
  const directory = mkdtempSync(join(tmpdir(), 'ramson-hibernation-'))
  /** Descriptors that came in, newest last. */
  const published: string[] = []
  let clock = {setTo: NOON, atMs: performance.now()}
  let origin: TestCore
  let server: TestCore
  const authority = createServer(socket => answer(socket))
  let node: RelayNode

  const now = () => new Date(Number(clock.setTo) + performance.now() - clock.atMs)
  const used = () => Math.max(node.core.plane.counters.bytesRead, node.core.plane.counters.bytesWritten)
  const isHibernating = () => {
    const parsed = parseRouterDescriptor(new TextEncoder().encode(published.at(-1) ?? ''))
    return parsed.ok && parsed.value.isHibernating
  }

  async function startNode(): Promise<RelayNode> {
    const address = authority.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const torrc = [
      'Nickname sleeper',
      'ORPort 127.0.0.1:auto',
      'DirPort 127.0.0.1:auto',
      `DataDirectory ${directory}`,
      'TestingTorNetwork 1',
      'AssumeReachable 1',
      `AccountingMax ${MAX}`,
      'AccountingStart day 06:00',
      `DirAuthority a v3ident=${'A'.repeat(40)} 127.0.0.1:${port} ${'B'.repeat(40)}`
    ]
    const lines = parseTorrcText(torrc.join('\n'), 'torrc')
    assert.ok(lines.ok)
    const config = loadConfig({torrc: lines.value})
    assert.ok(config.ok, JSON.stringify(config))
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
    const started = await RelayNode.start({config: config.value, logger: log.value.logger, shards: 0, now})
    assert.ok(started.ok, JSON.stringify(started))
    return started.value
  }

  /** Takes uploads and has no documents. */
  function answer(stream: Socket): void {
    let text = ''
    stream.on('error', () => {})
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      const length = Number(/^content-length: (\d+)/im.exec(text)?.[1] ?? 0)
      const [head = '', ...body] = text.split('\r\n\r\n')
      const content = body.join('\r\n\r\n')
      if (!text.includes('\r\n\r\n') || content.length < length) return
      if (head.startsWith('POST')) published.push(content.slice(0, content.indexOf('extra-info sleeper')))
      stream.end(`HTTP/1.0 ${head.startsWith('POST') ? '200 OK' : '404 Not found'}\r\n\r\n`)
    })
  }

  /** Each octet that comes asks for a piece. */
  function serve(stream: Duplex): void {
    stream.on('error', () => {})
    stream.on('data', (asked: Buffer) => stream.write(new Uint8Array(PIECE * asked.length)))
  }

  function nodeHop(port = node.listeners[0]?.port ?? 0): PathHop {
    return {
      rsaIdentity: Uint8Array.from(Buffer.from(node.fingerprint, 'hex')),
      ed25519Identity: undefined,
      addresses: [{octets: Uint8Array.of(127, 0, 0, 1), port}],
      ntorOnionKey: undefined
    }
  }

  async function open(): Promise<{readonly circuit: OwnCircuit['circuit']; readonly stream: Duplex}> {
    const built = await origin.core.build([nodeHop(), server.hop], 5000)
    assert.ok(built.ok, JSON.stringify(built))
    const opened = await built.value.streams.open(1, RelayCommand.BEGIN_DIR, new Uint8Array(0))
    assert.ok(opened.ok)
    return {circuit: built.value.circuit, stream: opened.value}
  }

  function piece(stream: Duplex): Promise<void> {
    return new Promise((resolve, reject) => {
      let left = PIECE
      const take = (chunk: Buffer) => {
        left -= chunk.length
        if (left > 0) return
        stream.off('data', take)
        stream.off('close', reject)
        resolve()
      }
      stream.on('data', take)
      stream.once('close', reject)
      stream.write(Uint8Array.of(1))
    })
  }

  before(async () => {
    origin = await startCore()
    server = await startCore({openDirectory: serve})
    await new Promise<void>(done => authority.listen(0, '127.0.0.1', done))
    node = await startNode()
  })

  after(async () => {
    await node.close()
    await Promise.all([origin, server].map(core => core.close()))
    authority.close()
    rmSync(directory, {recursive: true})
  })

  it('takes no new connections and circuits at the soft limit, and goes on with those that there are', async () => {
    await waitUntil('a descriptor', WAIT, () => published.length > 0)
    assert.equal(isHibernating(), false)
    const port = node.listeners[0]?.port ?? 0
    const {circuit, stream} = await open()
    while (used() < 0.96 * MAX) await piece(stream)
    await waitUntil('the soft limit', WAIT, () => node.hibernation.phase === 'closing')
    assert.deepEqual(node.listeners, [])
    assert.equal(await refuses(port), true)
    const refused = await origin.core.build([nodeHop(port)], 3000)
    assert.ok(!refused.ok, 'a new circuit was taken')
    await piece(stream)
    await waitUntil('the news', WAIT, isHibernating)
    circuit.close()
  })

  it('closes every link at the hard limit and writes down what it used', async () => {
    const {plane, channels} = node.core
    const built = [...channels.values()]
    assert.ok(built.length > 0, 'links are open at the soft limit')
    // What is left of the limit goes with cells of padding, which count like all others.
    const [channel] = built.filter(({info}) => info.direction === 'received')
    assert.ok(channel !== undefined)
    while (used() < MAX) {
      for (let i = 0; i < 50; i++) plane.sendCell(channel.info.channel, 0, 0, new Uint8Array(0))
      await new Promise(done => setTimeout(done, 20))
    }
    await waitUntil('the hard limit', WAIT, () => node.hibernation.phase === 'dormant')
    await waitUntil('the end of all links', WAIT, () => channels.size === 0)
    const own = await node.core.build([server.hop], 1000)
    assert.ok(!own.ok, 'a dormant relay built a circuit')
  })

  it('stays asleep over a restart, by what the state file says', async () => {
    await node.close()
    const state = readFileSync(join(directory, 'state'), 'utf8')
    assert.ok(Number(/^AccountingBytesWrittenInInterval (\d+)$/m.exec(state)?.[1]) >= 0.95 * MAX, state)
    assert.match(state, /^AccountingIntervalStart 2026-06-15 \d\d:00:00$/m)
    assert.match(state, /^AccountingSoftLimitHitAt 2026-06-15 /m)
    node = await startNode()
    assert.equal(node.hibernation.phase, 'dormant')
    assert.deepEqual(node.listeners, [])
  })

  it('wakes in the next period, takes links again and says so', async () => {
    const before = published.length
    clock = {setTo: NEXT_DAY, atMs: performance.now()}
    await waitUntil('the relay to wake', WAIT, () => node.hibernation.phase === 'awake')
    await waitUntil('the ORPort', WAIT, () => node.listeners.length > 0)
    const {circuit, stream} = await open()
    await piece(stream)
    circuit.close()
    await waitUntil(
      'the news',
      {...WAIT, timeoutMs: 20_000},
      () => published.length > before && !isHibernating()
    )
  })
})

function refuses(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({host: '127.0.0.1', port})
    socket.once('connect', () => {
      socket.destroy()
      resolve(false)
    })
    socket.once('error', () => resolve(true))
  })
}
