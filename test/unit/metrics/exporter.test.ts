import {deepEqual, equal, match, ok, rejects} from 'node:assert/strict'
import {describe, it} from 'node:test'
import {catalog} from '../../../src/metrics/catalog.ts'
import {Exporter} from '../../../src/metrics/exporter.ts'
import {Histogram} from '../../../src/metrics/histogram.ts'
import {parseExposition} from '../../support/exposition.ts'

describe('Exporter', () => {
  it('reads all values once for each page', async () => {
    let reads = 0
    const exporter = new Exporter(() => ({ramson_queued_bytes: ++reads, ramson_channels_opened_total: reads}))
    const first = parseExposition(await exporter.text())
    equal(first.get('ramson_queued_bytes')?.series.get(''), 1)
    equal(first.get('ramson_channels_opened_total')?.series.get(''), 1)
    const second = parseExposition(await exporter.text())
    equal(second.get('ramson_channels_opened_total')?.series.get(''), 2)
    equal(reads, 2)
  })

  it('tells every series of a metric, with 0 where nothing was counted, and nothing of a metric without values', async () => {
    const page = parseExposition(await new Exporter(() => ({ramson_hsdir_fetches_total: {found: 3}})).text())
    deepEqual([...page.keys()], ['ramson_hsdir_fetches_total'])
    deepEqual(
      [...(page.get('ramson_hsdir_fetches_total')?.series ?? [])],
      [
        ['{outcome="found"}', 3],
        ['{outcome="not_found"}', 0],
        ['{outcome="not_anonymous"}', 0]
      ]
    )
  })

  it('refuses a value for a series that the catalog does not have', async () => {
    const exporter = new Exporter(() => ({ramson_hsdir_fetches_total: {'192.0.2.1': 1}}))
    await rejects(exporter.text(), /metric-series/)
  })

  it('writes histograms with cumulative buckets, sum and count', async () => {
    const lag = new Histogram(catalog.ramson_event_loop_lag_seconds.bounds ?? [])
    for (const value of [0.0004, 0.02, 0.02, 99]) lag.record(value)
    const page = parseExposition(await new Exporter(() => ({ramson_event_loop_lag_seconds: lag})).text())
    const series = page.get('ramson_event_loop_lag_seconds')?.series
    equal(series?.get('_bucket{le="0.0005"}'), 1)
    equal(series?.get('_bucket{le="0.01"}'), 1)
    equal(series?.get('_bucket{le="0.025"}'), 3)
    equal(series?.get('_bucket{le="+Inf"}'), 4)
    equal(series?.get('_count'), 4)
    equal(series?.get('_sum'), 99.0404)
  })
})

describe('the catalog', () => {
  it('gives every metric a help text, and every label a closed set of values unless the operator names them', () => {
    for (const [name, {help, series}] of Object.entries(catalog)) {
      match(help, /^[A-Z0-9].{8,}[^.]$/, name)
      if (series === 'open') ok(/^tor_hs_|_service_|_shard_busy_|build_info$/.test(name), name)
      else ok(series.length > 0, name)
    }
  })

  it('has no label that could tell of an address, relay, circuit, cookie or key', () => {
    const allowed = new Set([
      ...[
        'action',
        'cap',
        'command',
        'direction',
        'fate',
        'family',
        'outcome',
        'peer',
        'reason',
        'shard',
        'side',
        'state'
      ],
      ...['step', 'subsys', 'type', 'violation'],
      ...['onion', 'port'],
      ...['version', 'node', 'implementation', 'kernel', 'plane', 'record_layer']
    ])
    for (const [name, {labels}] of Object.entries(catalog)) {
      for (const label of labels) ok(allowed.has(label), `${name} ${label}`)
    }
  })

  it('ends own names in their unit', () => {
    for (const [name, {kind}] of Object.entries(catalog)) {
      if (!name.startsWith('ramson_')) continue
      equal(name.endsWith('_total'), kind === 'counter', name)
      ok(!/_(ms|msec|millis|kb|octets)(_|$)/.test(name), name)
    }
  })
})
