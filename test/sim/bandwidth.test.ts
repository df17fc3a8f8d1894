// RelayBandwidthRate and PerConnBWRate, on the plain data plane and on native shards: what a relay reads and writes under a
// transfer that would take all there is.

import assert from 'node:assert/strict'
import {type Duplex, Readable} from 'node:stream'
import {after, before, describe, it} from 'node:test'
import {OriginCore} from '../../src/app/origin-core.ts'
import {paddingParams} from '../../src/channel/padding.ts'
import {loadAddon} from '../../src/crypto/binding.ts'
import {LinkEndpoint} from '../../src/dataplane/link-endpoint.ts'
import {RelayCommand} from '../../src/wire/relay-cell.ts'
import {startCore, type TestCore} from '../support/core.ts'

const BUILD_MS = 10_000
const RATE = 1_000_000
const DOWNLOAD = 1
const UPLOAD = 2
const MEASURED_MS = 30_000
const WARM_UP_MS = 1_500
const SHORT_MS = 3_000
const NO_LINK_LIMIT = {linkRate: 0, linkBurst: 0}
const NO_LIMIT = {rate: 0, burst: 0, ...NO_LINK_LIMIT}

/** Sends without an end. */
function flood(stream: Duplex): void {
  const chunk = new Uint8Array(16 * 1024)
  const source = new Readable({
    read() {
      this.push(chunk)
    }
  })
  stream.on('error', () => {})
  stream.once('close', () => source.destroy())
  source.pipe(stream)
}

/** Takes whatever comes, and sends without an end when it was asked to. */
function serve(stream: Duplex): void {
  stream.on('error', () => {})
  stream.once('data', (asked: Buffer) => {
    if (asked[0] === DOWNLOAD) flood(stream)
  })
  stream.resume()
}

interface Measured {
  readonly read: number
  readonly written: number
}

/** Octets a second over all links of a relay. */
async function rates(relay: TestCore, ms: number): Promise<Measured> {
  const {counters} = relay.core.plane
  const [read, written, startedAt] = [counters.bytesRead, counters.bytesWritten, performance.now()]
  await new Promise(done => setTimeout(done, ms))
  const seconds = (performance.now() - startedAt) / 1000
  return {read: (counters.bytesRead - read) / seconds, written: (counters.bytesWritten - written) / seconds}
}

async function startOnShards(shards: number): Promise<TestCore> {
  const before = process.env['RAMSON_SHARDS']
  process.env['RAMSON_SHARDS'] = `${shards}`
  try {
    return await startCore()
  } finally {
    if (before === undefined) delete process.env['RAMSON_SHARDS']
    else process.env['RAMSON_SHARDS'] = before
  }
}

describe('bandwidth', () => {
  /** By data plane. */
  const relays = new Map<string, TestCore>()
  let origin: TestCore
  let server: TestCore
  let client: OriginCore

  before(async () => {
    origin = await startCore()
    server = await startCore({openDirectory: serve})
    client = new OriginCore(
      {circuitCellsMax: 2500, rate: 0, burst: 0, unverifiedMax: 16},
      {
        endpoint: LinkEndpoint.openClient({
          paddingParams: () => paddingParams(() => undefined),
          nowSeconds: () => Math.floor(Date.now() / 1000)
        }),
        listed: () => undefined
      }
    )
    relays.set('plain', await startCore())
    if (loadAddon().addon !== undefined) relays.set('native shards', await startOnShards(2))
  })

  after(async () => {
    await client.close()
    await Promise.all([origin, server, ...relays.values()].map(relay => relay.close()))
  })

  /** Through a relay to another one, or from there, as fast as it goes; gives what ends it. */
  async function transfer(
    from: Pick<OriginCore, 'build'>,
    relay: TestCore,
    direction: typeof DOWNLOAD | typeof UPLOAD
  ): Promise<() => void> {
    const built = await from.build([relay.hop, server.hop], BUILD_MS)
    assert.ok(built.ok, JSON.stringify(built))
    const {circuit, streams} = built.value
    const opened = await streams.open(1, RelayCommand.BEGIN_DIR, new Uint8Array(0))
    assert.ok(opened.ok)
    opened.value.resume()
    opened.value.write(Uint8Array.of(direction))
    if (direction === UPLOAD) flood(opened.value)
    return () => circuit.close()
  }

  /** A download through a relay: what came, and when. */
  async function arriving(relay: TestCore) {
    const built = await origin.core.build([relay.hop, server.hop], BUILD_MS)
    assert.ok(built.ok, JSON.stringify(built))
    const {circuit, streams} = built.value
    const opened = await streams.open(1, RelayCommand.BEGIN_DIR, new Uint8Array(0))
    assert.ok(opened.ok)
    const arrivals: {atMs: number; octets: number}[] = []
    opened.value.on('data', (chunk: Buffer) => {
      arrivals.push({atMs: performance.now(), octets: chunk.length})
    })
    opened.value.write(Uint8Array.of(DOWNLOAD))
    return {arrivals, end: () => circuit.close()}
  }

  function eachRelay<T>(what: (relay: TestCore, name: string) => Promise<T>): Promise<T[]> {
    return Promise.all([...relays].map(([name, relay]) => what(relay, name)))
  }

  it('stays within 5 % of RelayBandwidthRate over 30 s, whoever the octets are for', async t => {
    await eachRelay(async (relay, name) => {
      relay.core.plane.setRates({rate: RATE, burst: RATE, ...NO_LINK_LIMIT})
      const ends = [
        await transfer(origin.core, relay, DOWNLOAD),
        await transfer(origin.core, relay, DOWNLOAD),
        await transfer(client, relay, DOWNLOAD)
      ]
      await new Promise(done => setTimeout(done, WARM_UP_MS))
      const {read, written} = await rates(relay, MEASURED_MS)
      for (const end of ends) end()
      t.diagnostic(
        `${name}: ${Math.round(read)} octets a second read, ${Math.round(written)} written, of ${RATE}`
      )
      assert.ok(Math.abs(read / RATE - 1) < 0.05, `${name} read ${Math.round(read)} octets a second`)
      assert.ok(Math.abs(written / RATE - 1) < 0.05, `${name} wrote ${Math.round(written)} octets a second`)
    })
  })

  it('holds the links of clients to PerConnBWRate, those of relays not, and none once it is gone', async () => {
    const rate = RATE / 4
    const isNear = (measured: number) => Math.abs(measured / rate - 1) < 0.15
    await eachRelay(async (relay, name) => {
      relay.core.plane.setRates({...NO_LIMIT, linkRate: rate, linkBurst: rate})
      const download = await transfer(client, relay, DOWNLOAD)
      await new Promise(done => setTimeout(done, WARM_UP_MS))
      const {written} = await rates(relay, SHORT_MS)
      assert.ok(isNear(written), `${name} wrote ${Math.round(written)} octets a second`)
      download()
      const upload = await transfer(client, relay, UPLOAD)
      await new Promise(done => setTimeout(done, WARM_UP_MS))
      const {read} = await rates(relay, SHORT_MS)
      assert.ok(isNear(read), `${name} read ${Math.round(read)} octets a second`)
      const ofRelay = await transfer(origin.core, relay, DOWNLOAD)
      assert.ok((await rates(relay, WARM_UP_MS)).written > 3 * rate, `${name} holds a relay's link, too`)
      ofRelay()
      relay.core.plane.setRates(NO_LIMIT)
      await new Promise(done => setTimeout(done, WARM_UP_MS / 4))
      assert.ok((await rates(relay, WARM_UP_MS)).written > 3 * rate, `${name} goes on as if it were limited`)
      upload()
    })
  })

  it('CountPrivateBandwidth 0: links with private addresses have no limit together, and count for nothing', async () => {
    await eachRelay(async (relay, name) => {
      const rate = RATE / 20
      relay.core.plane.setRates({rate, burst: rate, ...NO_LINK_LIMIT, privateIsFree: true})
      const {arrivals, end} = await arriving(relay)
      await new Promise(done => setTimeout(done, WARM_UP_MS))
      const before = [relay.core.plane.counters.bytesRead, relay.core.plane.counters.bytesWritten]
      arrivals.length = 0
      await new Promise(done => setTimeout(done, WARM_UP_MS))
      const octets = arrivals.reduce((sum, arrival) => sum + arrival.octets, 0)
      assert.ok(octets > (3 * rate * WARM_UP_MS) / 1000, `${name} let ${octets} octets through`)
      assert.deepEqual([relay.core.plane.counters.bytesRead, relay.core.plane.counters.bytesWritten], before)
      end()
    })
  })

  it('TokenBucketRefillInterval: what the limit held back goes on as often, with all that was earned meanwhile', async () => {
    const longest = async (relay: TestCore, refillMs: number) => {
      const rate = RATE / 20
      relay.core.plane.setRates({rate, burst: rate, ...NO_LINK_LIMIT, refillMs})
      const {arrivals, end} = await arriving(relay)
      await new Promise(done => setTimeout(done, WARM_UP_MS))
      arrivals.length = 0
      await new Promise(done => setTimeout(done, 5000))
      end()
      const gaps = arrivals.slice(1).map(({atMs}, i) => atMs - (arrivals[i]?.atMs ?? 0))
      return gaps.sort((a, b) => b - a)
    }
    await eachRelay(async (relay, name) => {
      const [, second = 0, third = 0] = await longest(relay, 1000)
      assert.ok(second > 500 && third > 500, `${name} paused for ${second} and ${third} ms`)
      const [, , short = 0] = await longest(relay, 20)
      assert.ok(short < 500, `${name} paused for ${short} ms`)
      relay.core.plane.setRates(NO_LIMIT)
    })
  })
})
