// The defences of a relay put together, with settings and consensus that change while links are open.

import assert from 'node:assert/strict'
import {after, before, test} from 'node:test'
import {RelayDefences} from '../../../src/app/relay-defences.ts'
import {printConfigFault} from '../../../src/config/fault.ts'
import {loadConfig, type RelayConfig} from '../../../src/config/relay-config.ts'
import {parseTorrcText} from '../../../src/config/torrc-text.ts'
import {ok} from '../../../src/fault/result.ts'
import {DEFAULT_LOG_OPTIONS, Log} from '../../../src/log/log.ts'
import {openRendPoint} from '../../../src/roles/rend-point/rend-point.ts'
import {startCore, type TestCore} from '../../support/core.ts'
import {RawLink} from '../../support/raw-link.ts'
import {SplicedLink} from '../../support/spliced-link.ts'
import {waitUntil} from '../../support/wait-until.ts'

const SOON = {timeoutMs: 20_000, everyMs: 10}
const MB = 2 ** 20

const lines: string[] = []
const consensus = new Map<string, number>()
let defences: RelayDefences
let relay: TestCore
let port = 0
let cached = 0

function settings(torrc = ''): RelayConfig {
  const parsed = parseTorrcText(`ORPort 9001\n${torrc}`, 'torrc')
  assert.ok(parsed.ok)
  const host = {homeDirectory: '/', workingDirectory: '/', totalMemory: 2 ** 30, cpuCount: 1}
  const config = loadConfig({torrc: parsed.value}, host)
  return config.ok ? config.value : assert.fail(printConfigFault(config.fault))
}

/**
 * How many of so many connections from 127.0.0.`host` the relay lets through TLS. They are closed again. `refilled`: what
 * a bucket that gets one token a second can have got meanwhile.
 */
async function admitted(host: number, count: number): Promise<{links: number; refilled: number}> {
  const startedAtMs = performance.now()
  const attempts = Array.from({length: count}, () => RawLink.open(port, `127.0.0.${host}`))
  const links = (await Promise.allSettled(attempts)).filter(({status}) => status === 'fulfilled')
  const open = links.map(link => (link as PromiseFulfilledResult<RawLink>).value)
  for (const link of open) link.close()
  await waitUntil('the links are gone', SOON, () => relay.core.channels.size === 0)
  return {links: open.length, refilled: Math.ceil((performance.now() - startedAtMs) / 1000)}
}

before(async () => {
  const sink = {write: (line: string) => void lines.push(line), reopen: () => ok(undefined), close: () => {}}
  const log = Log.open(DEFAULT_LOG_OPTIONS, {now: () => new Date(), openSink: () => ok(sink)})
  assert.ok(log.ok)
  defences = new RelayDefences(settings(), {
    param: name => consensus.get(name),
    isListed: () => false,
    logger: log.value.logger
  })
  const {roles} = openRendPoint({refusesSingleHop: () => false, log: () => {}})
  relay = await startCore({
    deps: {
      roles: new Map(roles),
      gate: defences.addresses,
      admits: channel => defences.addresses.admitsCircuit(channel),
      outboundQueueFull: channel => defences.addresses.outboundQueueFull(channel)
    }
  })
  port = relay.hop.addresses[0]?.port ?? 0
  const hsDirCache = {
    subsystem: 'hsdir',
    bytes: () => cached,
    keptBytes: () => 8 * MB,
    trim: (octets: number) => {
      cached -= octets
      return octets
    }
  } as const
  defences.attach(relay.core, [hsDirCache])
})

after(async () => {
  defences.stop()
  await relay.close()
})

test('without a word of torrc and consensus an address may open any number of connections', async () => {
  assert.equal((await admitted(2, 60)).links, 60)
})

test('a new consensus turns a defence on, changes it and turns it off again', async () => {
  consensus.set('DoSConnectionEnabled', 1)
  consensus.set('DoSConnectionConnectBurst', 10)
  consensus.set('DoSConnectionConnectRate', 1)
  defences.configure(settings())
  const {links, refilled} = await admitted(3, 30)
  assert.ok(links >= 10 && links <= 10 + refilled, `${links} were admitted`)
  consensus.clear()
  defences.configure(settings())
  assert.equal((await admitted(3, 30)).links, 30)
})

test('a reload with an option of its own goes before the consensus', async () => {
  consensus.set('DoSConnectionEnabled', 1)
  consensus.set('DoSConnectionConnectBurst', 10)
  consensus.set('DoSConnectionConnectRate', 1)
  defences.configure(settings('DoSConnectionEnabled 0'))
  assert.equal((await admitted(4, 30)).links, 30)
  defences.configure(settings('DoSConnectionConnectBurst 20'))
  const {links, refilled} = await admitted(5, 30)
  assert.ok(links >= 20 && links <= 20 + refilled, `${links} were admitted`)
  consensus.clear()
  defences.configure(settings())
})

test('a new consensus changes what a circuit may have waiting', async () => {
  consensus.set('circ_max_cell_queue_size', 50)
  defences.configure(settings())
  const path = await SplicedLink.open(port, {sender: 6, reader: 7})
  path.stopReading()
  await path.send(30_000)
  await waitUntil(
    'the circuit is closed',
    SOON,
    () => relay.core.circuitCounters.violations['queue-full'] === 1
  )
  const {circuit_killed_max_cell: killed} = defences.totals({singleHopRefused: 0, introduce2Rejected: 0})
  assert.equal(killed, 1)
  path.close()
  consensus.clear()
  defences.configure(settings())
})

test('MaxMemInQueues: the cache gives first, then the oldest circuits; the descriptor and the log tell, and no more', async () => {
  consensus.set('circ_max_cell_queue_size', 2 ** 31 - 1)
  defences.configure(settings('MaxMemInQueues 64 MB'))
  cached = 30 * MB
  const path = await SplicedLink.open(port, {sender: 8, reader: 9})
  path.stopReading()
  await path.send(200_000)
  await waitUntil(
    'a circuit is closed',
    SOON,
    () => relay.core.circuitCounters.violations['memory-pressure'] === 1
  )
  assert.equal(cached, 8 * MB)
  assert.equal(defences.freed?.hsdir, 22 * MB)
  assert.ok((defences.freed?.cell ?? 0) > 30 * MB)
  assert.ok(defences.overload.shownAt(new Date()) !== undefined)
  const told = lines.filter(line => line.includes('low on memory'))
  assert.equal(told.length, 1)
  assert.ok(lines.every(line => !line.includes('127.0.0.')))
  path.close()
})
