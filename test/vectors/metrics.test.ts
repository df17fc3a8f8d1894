// The series of a C tor relay, name by name and label by label, against what the exporter writes.

import {deepEqual, equal, ok} from 'node:assert/strict'
import {describe, it} from 'node:test'
import {ALWAYS_ZERO, cTorRelayMetrics, LEFT_OUT} from '../../src/metrics/c-tor-relay-metrics.ts'
import {cTorServiceMetrics} from '../../src/metrics/c-tor-service-metrics.ts'
import type {MetricName, Readings} from '../../src/metrics/catalog.ts'
import {Exporter} from '../../src/metrics/exporter.ts'
import {parseExposition} from '../support/exposition.ts'
import {readVectors} from '../support/package-root.ts'

interface Reference {
  readonly metrics: Readonly<Record<string, {readonly type: string; readonly series: readonly string[]}>>
}

const reference = readVectors<Reference>('metrics_reference.json')

/** No values: every series of the catalog at 0. */
const nothing = Object.fromEntries(
  (Object.keys(cTorRelayMetrics) as MetricName[]).map(name => [name, []])
) as Readings
const page = parseExposition(await new Exporter(() => nothing).text())

describe('the series of a C tor relay', () => {
  for (const [name, {type, series}] of Object.entries(reference.metrics)) {
    it(`${name} has the same type and the same labels`, () => {
      const metric = page.get(name)
      equal(metric?.type, type)
      deepEqual([...(metric?.series.keys() ?? [])].sort(), [...series].sort())
    })
  }

  it('are all that is told under the names of C tor, but for what is left out with a reason', () => {
    const others = Object.keys(cTorRelayMetrics).filter(name => !(name in reference.metrics))
    deepEqual(others, ['tor_relay_signing_cert_expiry_timestamp'])
    for (const name of others) ok(name in LEFT_OUT, name)
  })

  it('that stay at zero are named, each with its reason, and are there', () => {
    for (const [series, why] of Object.entries(ALWAYS_ZERO)) {
      const [name = '', labels = ''] = series.split(/(?=\{)/)
      ok(why.length > 10, series)
      const told = [...(page.get(name)?.series.keys() ?? [])]
      const wanted = labels.slice(1, -1)
      ok(
        told.some(each => each.includes(wanted)),
        series
      )
    }
  })
})

describe('the series of hosted onion services', () => {
  // Names, types and labels as C tor 0.4.9 has them; its own page shows them only where a service runs.
  const expected: Readonly<Record<string, readonly [type: string, ...labels: string[]]>> = {
    tor_hs_intro_num_total: ['counter', 'onion'],
    tor_hs_app_write_bytes_total: ['counter', 'onion', 'port'],
    tor_hs_app_read_bytes_total: ['counter', 'onion', 'port'],
    tor_hs_rdv_established_count: ['gauge', 'onion'],
    tor_hs_rdv_num_total: ['counter', 'onion'],
    tor_hs_rdv_error_count: ['counter', 'onion', 'reason'],
    tor_hs_intro_established_count: ['gauge', 'onion'],
    tor_hs_intro_rejected_intro_req_count: ['counter', 'onion', 'reason'],
    tor_hs_intro_circ_build_time: ['histogram', 'onion'],
    tor_hs_rend_circ_build_time: ['histogram', 'onion'],
    tor_hs_rdv_pow_pqueue_count: ['gauge', 'onion'],
    tor_hs_pow_suggested_effort: ['gauge', 'onion']
  }

  for (const [name, [type, ...labels]] of Object.entries(expected)) {
    it(`${name} has the same type and the same labels, or is left out with a reason`, () => {
      const metric = Object.entries(cTorServiceMetrics).find(([own]) => own === name)?.[1]
      if (metric === undefined) ok(name in LEFT_OUT)
      else deepEqual([metric.kind, ...metric.labels], [type, ...labels])
    })
  }

  it('are no others', () => {
    deepEqual(
      Object.keys(cTorServiceMetrics).filter(name => !(name in expected)),
      []
    )
  })
})
