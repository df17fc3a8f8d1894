import assert from 'node:assert/strict'
import {describe, it} from 'node:test'
import {toBase16} from '../../../src/bytes/base16.ts'
import {disasterSharedRandom, hsdirIndex, hsIndex} from '../../../src/crypto/hs/hash-ring.ts'
import {
  currentTimePeriod,
  type HsdirRing,
  hsdirRings,
  isBetweenPeriodAndSharedRandom
} from '../../../src/netdir/hsdir-ring.ts'
import type {NetDir} from '../../../src/netdir/net-dir.ts'
import type {Relay} from '../../../src/netdir/relay.ts'
import {makeNetDir} from '../../support/made-net-dir.ts'

const MAIN = {isTesting: false}
const blindedKey = new Uint8Array(32).fill(0x42)
const relays = (count: number) => Array.from({length: count}, () => ({}))
const names = (found: readonly Relay[]) => found.map(relay => relay.status.nickname)

/** The specification's words without any cleverness: for each replica walk the sorted ring. */
function expected(netDir: NetDir, period: HsdirRing['period'], random: Uint8Array, spread: number): string[] {
  const found: string[] = []
  for (const replica of [1, 2]) {
    const from = toBase16(hsIndex(blindedKey, replica, period))
    const places = netDir.relays
      .map(relay => ({
        name: relay.status.nickname,
        index: toBase16(hsdirIndex(relay.ed25519 ?? assert.fail(), random, period))
      }))
      .sort((a, b) => (a.index < b.index ? -1 : 1))
    const inOrder = [
      ...places.filter(({index}) => index >= from),
      ...places.filter(({index}) => index < from)
    ]
    const fresh = inOrder.filter(({name}) => !found.includes(name))
    found.push(...fresh.slice(0, spread).map(({name}) => name))
  }
  return found
}

describe('the ring of HSDirs (rend-spec-v3 2.2.3)', () => {
  it('gives 3 relays a replica to fetch from and 4 to store at, two replicas, each relay once', () => {
    const netDir = makeNetDir({relays: relays(40), previousRandom: 1, currentRandom: 2})
    const {fetch} = hsdirRings(netDir, MAIN)
    const random = new Uint8Array(32).fill(2)
    assert.deepEqual(names(fetch.responsible(blindedKey, 'fetch')), expected(netDir, fetch.period, random, 3))
    assert.deepEqual(names(fetch.responsible(blindedKey, 'store')), expected(netDir, fetch.period, random, 4))
  })

  it('takes the numbers from the consensus, within bounds', () => {
    const params = 'hsdir_n_replicas=3 hsdir_spread_fetch=2 hsdir_spread_store=0'
    const {fetch} = hsdirRings(makeNetDir({relays: relays(40), params}), MAIN)
    assert.equal(fetch.responsible(blindedKey, 'fetch').length, 6)
    assert.equal(fetch.responsible(blindedKey, 'store').length, 3)
  })

  it('has only relays with the flag HSDir that speak version 2', () => {
    const netDir = makeNetDir({
      relays: [{}, {flags: ['Fast', 'Running', 'Valid']}, {protocols: 'HSDir=1 Link=4-5 Relay=2-4'}, {}]
    })
    const {fetch} = hsdirRings(netDir, MAIN)
    assert.equal(fetch.size, 2)
    assert.deepEqual(names(fetch.responsible(blindedKey, 'store')).sort(), ['relay0', 'relay3'])
  })

  it('is empty in a network without HSDirs', () => {
    const {fetch} = hsdirRings(makeNetDir({relays: [{flags: ['Running']}]}), MAIN)
    assert.deepEqual(fetch.responsible(blindedKey, 'fetch'), [])
  })

  it('stands on a disaster value that everybody can compute when there is no shared random value', () => {
    const netDir = makeNetDir({relays: relays(12)})
    const {fetch} = hsdirRings(netDir, MAIN)
    assert.deepEqual(
      names(fetch.responsible(blindedKey, 'fetch')),
      expected(netDir, fetch.period, disasterSharedRandom(fetch.period), 3)
    )
  })
})

describe('the rings of a time (rend-spec-v3 2.2.4)', () => {
  const at = (time: string) =>
    makeNetDir({relays: relays(30), validAfter: new Date(time), previousRandom: 1, currentRandom: 2})

  it('change with the time period at noon and with the shared random value at midnight', () => {
    assert.equal(isBetweenPeriodAndSharedRandom(at('2026-11-22T11:00:00Z'), MAIN), false)
    assert.equal(isBetweenPeriodAndSharedRandom(at('2026-11-22T12:00:00Z'), MAIN), true)
    assert.equal(isBetweenPeriodAndSharedRandom(at('2026-11-22T23:00:00Z'), MAIN), true)
    assert.equal(isBetweenPeriodAndSharedRandom(at('2026-11-23T00:00:00Z'), MAIN), false)
    const before = currentTimePeriod(at('2026-11-22T11:00:00Z'), MAIN).number
    assert.equal(currentTimePeriod(at('2026-11-22T12:00:00Z'), MAIN).number, before + 1)
  })

  it('are of two periods, and clients look where one of the two descriptors is', () => {
    const morning = hsdirRings(at('2026-11-22T11:00:00Z'), MAIN)
    assert.equal(morning.fetch, morning.storeFirst)
    assert.equal(morning.storeSecond.period.number, morning.fetch.period.number + 1)
    const evening = hsdirRings(at('2026-11-22T12:00:00Z'), MAIN)
    assert.equal(evening.fetch, evening.storeSecond)
    assert.equal(evening.storeFirst.period.number, evening.fetch.period.number - 1)
  })

  it('let a descriptor that was stored before noon and before midnight be found after it', () => {
    const morning = hsdirRings(at('2026-11-22T11:00:00Z'), MAIN)
    const evening = hsdirRings(at('2026-11-22T12:00:00Z'), MAIN)
    const found = (ring: HsdirRing, spread: 'fetch' | 'store') => names(ring.responsible(blindedKey, spread))
    assert.deepEqual(found(morning.storeSecond, 'store'), found(evening.storeSecond, 'store'))
    // At midnight the current value becomes the previous one.
    const night = makeNetDir({
      relays: relays(30),
      validAfter: new Date('2026-11-23T00:00:00Z'),
      previousRandom: 2,
      currentRandom: 3
    })
    assert.deepEqual(found(hsdirRings(night, MAIN).storeFirst, 'store'), found(evening.storeSecond, 'store'))
    for (const {fetch} of [morning, evening]) {
      const stored = found(fetch, 'store')
      for (const name of found(fetch, 'fetch')) assert.ok(stored.includes(name))
    }
  })

  it('last as long as one run of the shared random protocol in a testing network', () => {
    const netDir = at('2026-11-22T12:00:00Z')
    assert.equal(currentTimePeriod(netDir, {isTesting: true}).lengthMinutes, 24 * 60)
    assert.equal(currentTimePeriod(netDir, MAIN).lengthMinutes, 1440)
    const hourly = makeNetDir({relays: relays(3), params: 'hsdir_interval=60'})
    assert.equal(currentTimePeriod(hourly, MAIN).lengthMinutes, 60)
    assert.equal(currentTimePeriod(hourly, {isTesting: true}).lengthMinutes, 1440)
  })
})
