// Turns the values of one moment into the text that Prometheus reads. The only file that knows prom-client, whose registry
// checks names and labels and writes the text.
//
//   text() ─▶ read() once ─▶ each metric that has values: every series of the catalog, 0 where nothing was counted ─▶ text
//
// Nothing is counted here: layers keep plain numbers, and those are read when somebody scrapes.

import {Counter, Gauge, Histogram, type LabelValues, Registry} from 'prom-client'
import {BugError} from '../fault/fault.ts'
import {catalog, type MetricName, metricOf, type Readings} from './catalog.ts'
import type {HistogramReadings, HistogramSample, LabelSet, Metric, Reading, Sample} from './metric.ts'

type Exported = Counter | Gauge | ReadHistogram

export class Exporter {
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE
  readonly #read: () => Readings
  readonly #registry = new Registry()
  readonly #exported = new Map<MetricName, Exported>()

  constructor(read: () => Readings) {
    this.#read = read
    for (const name of Object.keys(catalog) as MetricName[]) {
      this.#exported.set(name, exported(name, metricOf(name), this.#registry))
    }
  }

  /** What stands on the page at this moment. Rejects with a BugError where values do not fit the catalog. */
  async text(): Promise<string> {
    const readings = this.#read()
    const blocks: string[] = []
    for (const [name, metric] of this.#exported) {
      const reading = readings[name]
      if (reading === undefined) continue
      take(name, metric, reading)
      blocks.push(await this.#registry.getSingleMetricAsString(name))
    }
    return `${blocks.join('\n')}\n`
  }
}

function exported(name: MetricName, {kind, help, labels, bounds = []}: Metric, registry: Registry): Exported {
  const configuration = {name, help, labelNames: [...labels], registers: [registry]}
  switch (kind) {
    case 'counter':
      return new Counter(configuration)
    case 'gauge':
      return new Gauge(configuration)
    case 'histogram':
      return new ReadHistogram({...configuration, buckets: [...bounds]})
  }
}

function take(name: MetricName, metric: Exported, reading: Reading | HistogramReadings): void {
  const about = metricOf(name)
  if (metric instanceof ReadHistogram) {
    metric.samples = histogramSamples(reading as HistogramReadings)
    return
  }
  metric.reset()
  for (const {labels, value} of allSamples(name, about, reading as Reading)) {
    if (metric instanceof Counter) metric.inc(labels as LabelValues<string>, value)
    else metric.set(labels as LabelValues<string>, value)
  }
}

/** Those given, and a 0 for every other series of the catalog. */
function allSamples(name: MetricName, {labels, series}: Metric, reading: Reading): Sample[] {
  const given = samplesOf(labels, reading)
  if (series === 'open') return given
  const values = new Map(given.map(sample => [key(labels, sample.labels), sample.value]))
  const all = series.map(set => ({labels: set, value: values.get(key(labels, set)) ?? 0}))
  const known = new Set(series.map(set => key(labels, set)))
  for (const each of values.keys())
    if (!known.has(each)) throw new BugError('metric-series', `${name} ${each}`)
  return all
}

function samplesOf(labels: readonly string[], reading: Reading): Sample[] {
  if (typeof reading === 'number') return [{labels: {}, value: reading}]
  if (isSamples(reading)) return [...reading]
  const [label = ''] = labels
  return Object.entries(reading).map(([value, count]) => ({labels: {[label]: value}, value: count}))
}

function isSamples(reading: Exclude<Reading, number>): reading is readonly Sample[] {
  return Array.isArray(reading)
}

function key(labels: readonly string[], set: LabelSet): string {
  return labels.map(label => `${label}=${set[label] ?? ''}`).join(',')
}

function histogramSamples(reading: HistogramReadings): readonly HistogramSample[] {
  return 'count' in reading ? [{labels: {}, histogram: reading}] : reading
}

/** A histogram whose numbers are counted elsewhere. */
class ReadHistogram extends Histogram {
  samples: readonly HistogramSample[] = []
  readonly #about: {readonly name: string; readonly help: string}
  readonly #bounds: readonly number[]

  constructor(configuration: {
    name: string
    help: string
    labelNames: string[]
    buckets: number[]
    registers: Registry[]
  }) {
    super(configuration)
    this.#about = configuration
    this.#bounds = configuration.buckets
  }

  override get(): ReturnType<Histogram['get']> {
    const {name, help} = this.#about
    const values = this.samples.flatMap(({labels, histogram: {atMost, count, sum}}) => [
      ...this.#bounds.map((bound, i) => line(`${name}_bucket`, {...labels, le: `${bound}`}, atMost[i] ?? 0)),
      line(`${name}_bucket`, {...labels, le: '+Inf'}, count),
      line(`${name}_sum`, labels, sum),
      line(`${name}_count`, labels, count)
    ])
    return Promise.resolve({name, help, type: 'histogram', values, aggregator: 'sum'} as unknown as Awaited<
      ReturnType<Histogram['get']>
    >)
  }

  /** What the registry asks for the text by. */
  getForPromString(): ReturnType<Histogram['get']> {
    return this.get()
  }
}

function line(metricName: string, labels: LabelSet, value: number) {
  return {metricName, labels, value}
}
