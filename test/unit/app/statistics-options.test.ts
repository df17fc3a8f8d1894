import assert from 'node:assert/strict'
import {test} from 'node:test'
import {RelayStatistics, type StatisticsTotals} from '../../../src/app/relay-statistics.ts'
import {loadConfig, type RelayConfig} from '../../../src/config/relay-config.ts'
import {parseTorrcText} from '../../../src/config/torrc-text.ts'
import type {CircuitHandle, DataPlaneMeasures} from '../../../src/dataplane/contract.ts'
import {newCounters} from '../../../src/dataplane/counters.ts'

/** Noon: onion services are counted from noon to noon. */
const START = Date.UTC(2026, 10, 22, 12) / 1000
const DAY = 86_400
const CLIENT = Uint8Array.of(1, 2, 3, 4)

function totals(n: number): StatisticsTotals {
  return {
    readsLimited: n,
    writesLimited: n,
    portsExhausted: 0,
    onionSkinsAnswered: 0,
    onionSkinsDropped: 0,
    areDescriptorsExhausted: false,
    splicedCells: n,
    writeDrop: 0,
    writePad: n,
    writeTotal: n,
    readDrop: 0,
    readPad: n,
    readTotal: n,
    enabledReadPad: n,
    enabledReadTotal: n,
    enabledWritePad: n,
    enabledWriteTotal: n
  }
}

function read(torrc: string): RelayConfig {
  const lines = parseTorrcText(`ORPort 1\n${torrc}`, 'torrc')
  assert.ok(lines.ok)
  const config = loadConfig({torrc: lines.value})
  assert.ok(config.ok)
  return config.value
}

/** The lines of a relay after a day in which a client came and asked for a consensus. */
function dayOf(torrc: string, known: readonly ('ipv4' | 'ipv6')[] = ['ipv4']): string[] {
  const config = read(torrc)
  const statistics = new RelayStatistics(START, {
    param: () => undefined,
    overloaded: () => {},
    countries: {
      isRead: true,
      has: family => known.includes(family),
      country: () => 'xa',
      digestLines: () => []
    }
  })
  statistics.second(START, totals(1), config)
  statistics.entry.connected(CLIENT)
  statistics.consensusRequests.served(1000, {isDirect: false})(CLIENT)
  statistics.second(START + DAY, totals(5000), config)
  return statistics.lines(START + DAY, config)
}

function keywords(torrc: string, known?: readonly ('ipv4' | 'ipv6')[]): string[] {
  return dayOf(torrc, known).map(line => line.split(' ')[0] ?? '')
}

const DIRREQ = [
  'dirreq-stats-end',
  'dirreq-v3-ips',
  'dirreq-v3-reqs',
  'dirreq-v3-resp',
  'dirreq-v3-direct-dl',
  'dirreq-v3-tunneled-dl'
]
const HIDSERV = ['hidserv-v3-stats-end', 'hidserv-rend-v3-relayed-cells', 'hidserv-dir-v3-onions-seen']

test('HiddenServiceStatistics, PaddingStatistics and OverloadStatistics each put their lines into the extra-info, or none', () => {
  const all = [...DIRREQ, ...HIDSERV, 'padding-counts', 'overload-ratelimits']
  assert.deepEqual(keywords(''), all)
  const without = (beginning: string) => all.filter(line => !line.startsWith(beginning))
  assert.deepEqual(keywords('HiddenServiceStatistics 0'), without('hidserv'))
  assert.deepEqual(keywords('PaddingStatistics 0'), without('padding'))
  assert.deepEqual(keywords('OverloadStatistics 0'), without('overload'))
})

test('DirReqStatistics: requests for a consensus are counted where there is a GeoIPFile, and ExtraInfoStatistics is not off', () => {
  const lines = dayOf('')
  assert.deepEqual(lines.slice(0, 4), [
    'dirreq-stats-end 2026-11-23 12:00:00 (86400 s)',
    'dirreq-v3-ips xa=8',
    'dirreq-v3-reqs xa=8',
    'dirreq-v3-resp served=8,ok=8,not-enough-sigs=0,unavailable=0,not-found=0,not-modified=0,busy=0'
  ])
  const has = (torrc: string, known?: readonly ('ipv4' | 'ipv6')[]) =>
    keywords(torrc, known).some(line => line.startsWith('dirreq'))
  assert.ok(has(''))
  assert.ok(!has('DirReqStatistics 0'))
  assert.ok(!has('', ['ipv6']))
  assert.ok(!has('ExtraInfoStatistics 0'))
})

test('ConnDirectionStatistics: which way octets went on links is measured and told where that is asked for', () => {
  const config = read('ConnDirectionStatistics 1')
  const statistics = new RelayStatistics(START, {
    param: () => undefined,
    overloaded: () => {},
    countries: {isRead: true, has: () => false, country: () => '??', digestLines: () => []}
  })
  const counters = newCounters()
  const measured: DataPlaneMeasures[] = []
  statistics.attach({counters, setMeasures: measures => measured.push(measures)})
  counters.linksBoth = 1000
  statistics.second(START, totals(1), config)
  assert.deepEqual(measured, [{linkDirections: true, cellWaits: false}])
  Object.assign(counters, {linksLittle: 5, linksMostlyRead: 4, linksMostlyWritten: 3, linksBoth: 1002})
  Object.assign(counters, {ipv6LinksLittle: 1, ipv6LinksBoth: 2})
  statistics.second(START + DAY, totals(2), config)
  const told = (of: RelayConfig) => statistics.lines(START + DAY, of).filter(line => line.includes('conn-bi'))
  assert.deepEqual(told(config), [
    'conn-bi-direct 2026-11-23 12:00:00 (86400 s) 5,4,3,2',
    'ipv6-conn-bi-direct 2026-11-23 12:00:00 (86400 s) 1,0,0,2'
  ])
  assert.deepEqual(told(read('')), [])
  assert.deepEqual(told(read('ConnDirectionStatistics 1\nExtraInfoStatistics 0')), [])
  assert.deepEqual(measured, [
    {linkDirections: true, cellWaits: false},
    {linkDirections: false, cellWaits: false}
  ])
})

test('CellStatistics: circuits that close are measured and told of in tenths where that is asked for', () => {
  const config = read('CellStatistics 1')
  const statistics = new RelayStatistics(START, {
    param: () => undefined,
    overloaded: () => {},
    countries: {isRead: true, has: () => false, country: () => '??', digestLines: () => []}
  })
  const measured: DataPlaneMeasures[] = []
  statistics.attach({counters: newCounters(), setMeasures: measures => measured.push(measures)})
  statistics.second(START, totals(1), config)
  assert.deepEqual(measured, [{linkDirections: false, cellWaits: true}])
  statistics.cells.waited(1 as CircuitHandle, {cells: 30, waitedMs: 600, lastedMs: 10_000})
  statistics.second(START + DAY, totals(2), config)
  const told = (of: RelayConfig) => statistics.lines(START + DAY, of).filter(line => line.startsWith('cell-'))
  assert.deepEqual(told(config), [
    'cell-stats-end 2026-11-23 12:00:00 (86400 s)',
    'cell-processed-cells 30,0,0,0,0,0,0,0,0,0',
    'cell-queued-cells 0.03,0.00,0.00,0.00,0.00,0.00,0.00,0.00,0.00,0.00',
    'cell-time-in-queue 20,0,0,0,0,0,0,0,0,0',
    'cell-circuits-per-decile 1'
  ])
  assert.deepEqual(told(read('')), [])
  assert.deepEqual(told(read('CellStatistics 1\nExtraInfoStatistics 0')), [])
})

test('EntryStatistics: clients are counted by country where that is asked for, and there is a file of countries', () => {
  const lines = (torrc: string, known?: readonly ('ipv4' | 'ipv6')[]) =>
    dayOf(torrc, known).filter(line => line.startsWith('entry'))
  const told = ['entry-stats-end 2026-11-23 12:00:00 (86400 s)', 'entry-ips xa=8']
  assert.deepEqual(lines('EntryStatistics 1'), told)
  assert.deepEqual(lines('EntryStatistics 1', ['ipv6']), told)
  assert.deepEqual(lines('EntryStatistics 1', []), [])
  assert.deepEqual(lines(''), [])
  assert.deepEqual(lines('EntryStatistics 1\nExtraInfoStatistics 0'), [])
})
