import assert from 'node:assert/strict'
import {describe, it} from 'node:test'
import type {CircuitHandle} from '../../../src/dataplane/contract.ts'
import {formatTime} from '../../../src/netdoc/time.ts'
import {
  CellStatistics,
  CIRCUITS_MAX,
  CLOSING_MAX
} from '../../../src/roles/relay/statistics/cell-statistics.ts'
import {CLIENTS_MAX, ClientCountries} from '../../../src/roles/relay/statistics/client-countries.ts'
import {ConsensusRequestStatistics} from '../../../src/roles/relay/statistics/consensus-request-statistics.ts'
import {
  DAY_SECONDS,
  type DailyCounts,
  DailyStatistics
} from '../../../src/roles/relay/statistics/daily-statistics.ts'
import {
  DownloadSpeeds,
  SPEEDS_MAX,
  UNFINISHED_MAX
} from '../../../src/roles/relay/statistics/download-speeds.ts'

const NOW = Date.UTC(2026, 10, 22, 20) / 1000

/** By the first octet: 1 is in `aa`, 2 in `bb`, all others nowhere. */
const country = (address: Uint8Array) => ({1: 'aa', 2: 'bb'})[address[0] ?? 0] ?? '??'

function address(first: number, number: number): Uint8Array {
  return Uint8Array.of(first, number >> 16, number >> 8, number)
}

describe('clients by country', () => {
  it('are counted once each, rounded up to multiples of 8, the most first and then by name', () => {
    const clients = new ClientCountries(country)
    for (let number = 0; number < 9; number++) {
      clients.note(address(2, number))
      clients.note(address(2, number))
    }
    clients.note(address(9, 1))
    clients.note(address(1, 1))
    assert.equal(clients.text(), 'bb=16,??=8,aa=8')
    assert.equal(clients.size, 11)
    clients.clear()
    assert.equal(clients.text(), '')
    assert.equal(clients.size, 0)
  })

  it('are one client for all IPv6 addresses of a customer', () => {
    const clients = new ClientCountries(() => 'aa')
    const ipv6 = (subnet: number, host: number) => {
      const octets = new Uint8Array(16)
      octets.set([0x20, 1, 0x0d, 0xb8, 0, 0, 0, subnet], 0)
      octets[15] = host
      return octets
    }
    for (let host = 0; host < 50; host++) clients.note(ipv6(1, host))
    clients.note(ipv6(2, 0))
    assert.equal(clients.size, 2)
  })

  it('are no more than the bound, whoever comes', () => {
    const clients = new ClientCountries(country)
    for (let number = 0; number <= CLIENTS_MAX; number++) clients.note(address(1, number))
    assert.equal(clients.size, CLIENTS_MAX)
    assert.equal(clients.text(), `aa=${CLIENTS_MAX}`)
    clients.note(address(2, 1))
    assert.equal(clients.text(), `aa=${CLIENTS_MAX}`)
  })
})

describe('downloads', () => {
  function downloads() {
    const clock = {ms: 0}
    return {clock, speeds: new DownloadSpeeds({nowMs: () => clock.ms, random: () => 0.5})}
  }

  it('are complete, running, or a timeout after ten minutes, in multiples of 4', () => {
    const {clock, speeds} = downloads()
    const first = speeds.begun(1000)
    speeds.begun(1000)
    for (let index = 0; index < 5; index++) speeds.begun(1000).finished()
    clock.ms = 10 * 60_000
    speeds.begun(1000)
    assert.equal(speeds.text(), 'complete=8,timeout=0,running=4')
    clock.ms++
    assert.equal(speeds.text(), 'complete=8,timeout=4,running=4')
    first.finished()
    first.finished()
    assert.equal(speeds.text(), 'complete=8,timeout=4,running=4')
    speeds.clear()
    assert.equal(speeds.text(), 'complete=0,timeout=0,running=0')
  })

  it('have their speeds told, in octets a second, once there are more than a dozen', () => {
    const {clock, speeds} = downloads()
    for (let index = 1; index <= 20; index++) {
      const one = speeds.begun(index * 100)
      clock.ms += 1000
      one.finished()
    }
    assert.equal(
      speeds.text(),
      'complete=20,timeout=0,running=0,min=100,d1=200,d2=400,q1=500,d3=600,d4=800,md=1000,d6=1200,d7=1400,' +
        'q3=1500,d8=1600,d9=1800,max=2000'
    )
  })

  it('that are over in no time count as if they took a millisecond', () => {
    const {speeds} = downloads()
    for (let index = 0; index < 13; index++) speeds.begun(7).finished()
    assert.match(speeds.text(), /^complete=16,.*,min=7000,.*,max=7000$/)
  })

  it('hold no more than their bounds', () => {
    const {speeds} = downloads()
    for (let index = 0; index < SPEEDS_MAX + 100; index++) speeds.begun(1).finished()
    assert.equal(speeds.size, SPEEDS_MAX)
    for (let index = 0; index < UNFINISHED_MAX + 8; index++) speeds.begun(1)
    assert.equal(speeds.size, SPEEDS_MAX + UNFINISHED_MAX)
    assert.match(
      speeds.text(),
      new RegExp(`^complete=${SPEEDS_MAX + 100},timeout=8,running=${UNFINISHED_MAX},`)
    )
  })

  it('of another day belong to none', () => {
    const {speeds} = downloads()
    const one = speeds.begun(1)
    speeds.clear()
    one.finished()
    assert.equal(speeds.text(), 'complete=0,timeout=0,running=0')
  })
})

describe('requests for a consensus', () => {
  it('dir-spec 2.1.2: dirreq-stats tells of clients, requests, answers and downloads, and nothing of who asked unseen', () => {
    const statistics = new ConsensusRequestStatistics({country, formatTime, nowMs: () => 0, random: () => 0})
    const direct = {isDirect: true}
    statistics.served(100, direct)(address(1, 1))
    assert.equal(statistics.clients, 0)
    statistics.isOn = true
    for (let index = 0; index < 9; index++) statistics.served(100, direct)(address(1, 1))
    statistics.served(100, {isDirect: false})(address(2, 1))
    statistics.served(100, {isDirect: false})(undefined)
    statistics.served(100, {isDirect: false})
    for (const outcome of ['not-modified', 'not-found', 'not-enough-signatures', 'busy', 'cut-off']) {
      statistics.refused(outcome)
    }
    assert.deepEqual(statistics.lines(NOW, DAY_SECONDS), [
      'dirreq-stats-end 2026-11-22 20:00:00 (86400 s)',
      'dirreq-v3-ips aa=8,bb=8',
      'dirreq-v3-reqs aa=16,bb=8',
      'dirreq-v3-resp served=16,ok=16,not-enough-sigs=8,unavailable=0,not-found=8,not-modified=8,busy=8',
      'dirreq-v3-direct-dl complete=12,timeout=0,running=0',
      'dirreq-v3-tunneled-dl complete=4,timeout=0,running=4'
    ])
    statistics.clear()
    assert.equal(statistics.lines(NOW, DAY_SECONDS)[2], 'dirreq-v3-reqs ')
  })
})

describe('cells of circuits', () => {
  const circuit = (number: number) => number as CircuitHandle
  const cellStatistics = () => new CellStatistics({formatTime, random: () => 0.5})

  it('dir-spec 2.1.2: cell-stats tells means for tenths of the circuits, the busiest first', () => {
    const statistics = cellStatistics()
    statistics.second(NOW)
    for (let number = 1; number <= 20; number++) {
      statistics.waited(circuit(number), {cells: number, waitedMs: number * 10, lastedMs: 2000})
    }
    statistics.second(NOW + 4)
    assert.equal(statistics.lines(NOW, DAY_SECONDS).at(-1), 'cell-circuits-per-decile 0')
    statistics.second(NOW + 5)
    assert.deepEqual(statistics.lines(NOW, DAY_SECONDS), [
      'cell-stats-end 2026-11-22 20:00:00 (86400 s)',
      'cell-processed-cells 19,17,15,13,11,9,7,5,3,1',
      'cell-queued-cells 0.05,0.04,0.04,0.03,0.03,0.02,0.02,0.01,0.01,0.00',
      'cell-time-in-queue 10,10,10,10,10,10,10,10,10,10',
      'cell-circuits-per-decile 2'
    ])
  })

  it('makes one circuit of two ends that are told of one after the other', () => {
    const statistics = cellStatistics()
    statistics.waited(circuit(1), {cells: 10, waitedMs: 100, lastedMs: 5000})
    statistics.waited(circuit(1), {cells: 30, waitedMs: 700, lastedMs: 4000})
    statistics.second(NOW)
    const [, processed, queued, waited, circuits] = statistics.lines(NOW, DAY_SECONDS)
    assert.match(processed ?? '', /^cell-processed-cells 40,0,/)
    assert.match(queued ?? '', /^cell-queued-cells 0.08,0.00,/)
    assert.match(waited ?? '', /^cell-time-in-queue 20,0,/)
    assert.equal(circuits, 'cell-circuits-per-decile 1')
  })

  it('holds no more circuits than its bounds, however many close', () => {
    const statistics = cellStatistics()
    const waits = {cells: 1, waitedMs: 0, lastedMs: 0}
    for (let number = 0; number < CIRCUITS_MAX + CLOSING_MAX + 1000; number++) {
      statistics.waited(circuit(number), waits)
    }
    assert.equal(statistics.size, CIRCUITS_MAX + CLOSING_MAX)
    statistics.second(NOW)
    assert.equal(statistics.size, CIRCUITS_MAX)
    const per = (CIRCUITS_MAX + CLOSING_MAX + 1000) / 10
    assert.equal(statistics.lines(NOW, DAY_SECONDS).at(-1), `cell-circuits-per-decile ${per}`)
    statistics.clear()
    assert.equal(statistics.size, 0)
  })
})

describe('the statistics of a day', () => {
  class Recorded implements DailyCounts {
    cleared = 0
    lines(now: number, seconds: number): string[] {
      return [`${now - NOW} ${seconds}`]
    }
    clear(): void {
      this.cleared++
    }
  }

  it('are lines after 24 hours, saved, and begin anew', () => {
    const saved: (readonly string[])[] = []
    const counts = new Recorded()
    const days = new DailyStatistics(counts, {lines: ['of before'], save: lines => saved.push(lines)})
    assert.deepEqual(days.lines(), [])
    days.switch('on', NOW)
    days.switch('on', NOW + 5)
    assert.equal(counts.cleared, 1)
    days.second(NOW + DAY_SECONDS - 1)
    assert.deepEqual(days.lines(), ['of before'])
    days.second(NOW + DAY_SECONDS)
    assert.deepEqual(days.lines(), [`${DAY_SECONDS} ${DAY_SECONDS}`])
    assert.deepEqual(saved, [days.lines()])
    assert.equal(counts.cleared, 2)
    days.second(NOW + 2 * DAY_SECONDS - 1)
    assert.equal(saved.length, 1)
    days.second(NOW + 2 * DAY_SECONDS + 3)
    assert.deepEqual(days.lines(), [`${2 * DAY_SECONDS + 3} ${DAY_SECONDS + 3}`])
  })

  it('are forgotten when they are switched off', () => {
    const counts = new Recorded()
    const days = new DailyStatistics(counts)
    days.switch('on', NOW)
    days.second(NOW + DAY_SECONDS)
    days.switch('off', NOW + DAY_SECONDS)
    assert.deepEqual(days.lines(), [])
    assert.equal(counts.cleared, 3)
    days.second(NOW + 3 * DAY_SECONDS)
    days.switch('on', NOW + 3 * DAY_SECONDS)
    days.second(NOW + 4 * DAY_SECONDS - 1)
    assert.deepEqual(days.lines(), [`${DAY_SECONDS} ${DAY_SECONDS}`])
  })
})
