import assert from 'node:assert/strict'
import {test} from 'node:test'
import {RelayStatistics, type StatisticsTotals} from '../../../src/app/relay-statistics.ts'
import {loadConfig} from '../../../src/config/relay-config.ts'
import {parseTorrcText} from '../../../src/config/torrc-text.ts'

/** Noon: onion services are counted from noon to noon. */
const START = Date.UTC(2026, 10, 22, 12) / 1000
const DAY = 86_400

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

const countries = {has: () => false, country: () => '??', digestLines: () => []}
const statistics = new RelayStatistics(START, {param: () => undefined, overloaded: () => {}, countries})
statistics.second(START, totals(1))
statistics.second(START + DAY, totals(5000))

function keywords(torrc: string): string[] {
  const lines = parseTorrcText(`ORPort 1\n${torrc}`, 'torrc')
  assert.ok(lines.ok)
  const config = loadConfig({torrc: lines.value})
  assert.ok(config.ok)
  return statistics.lines(START + DAY, config.value).map(line => line.split(' ')[0] ?? '')
}

test('HiddenServiceStatistics, PaddingStatistics and OverloadStatistics each put their lines into the extra-info, or none', () => {
  const all = [
    'hidserv-v3-stats-end',
    'hidserv-rend-v3-relayed-cells',
    'hidserv-dir-v3-onions-seen',
    'padding-counts',
    'overload-ratelimits'
  ]
  assert.deepEqual(keywords(''), all)
  const without = (beginning: string) => all.filter(line => !line.startsWith(beginning))
  assert.deepEqual(keywords('HiddenServiceStatistics 0'), without('hidserv'))
  assert.deepEqual(keywords('PaddingStatistics 0'), without('padding'))
  assert.deepEqual(keywords('OverloadStatistics 0'), without('overload'))
})
