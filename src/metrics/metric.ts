// What a metric is, as data: its name stands in a catalog, its values are read from the parts of the relay when somebody
// scrapes. Labels have closed sets of values, so that every series is there from the first scrape on and none can grow with
// what peers do; only the labels of hosted services, which the operator names, are open.

export type LabelSet = Readonly<Record<string, string>>

export interface Metric {
  readonly kind: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels: readonly string[]
  /** Every series that there is; 'open' where the operator's settings decide. */
  readonly series: readonly LabelSet[] | 'open'
  /** Of a histogram: upper bounds of its buckets but for the last, which has none. */
  readonly bounds?: readonly number[]
}

export interface Sample {
  readonly labels: LabelSet
  readonly value: number
}

/** How many values were at most each bound, how many there were in all, and their sum. */
export interface HistogramReading {
  readonly atMost: readonly number[]
  readonly count: number
  readonly sum: number
}

export interface HistogramSample {
  readonly labels: LabelSet
  readonly histogram: HistogramReading
}

/** A number where there are no labels, numbers by label value where there is one label, or whole samples. */
export type Reading = number | Readonly<Record<string, number>> | readonly Sample[]
export type HistogramReadings = HistogramReading | readonly HistogramSample[]

type Values = Readonly<Record<string, readonly string[]>>

/** Every combination of the values of labels. */
export function eachOf(values: Values): LabelSet[] {
  let sets: LabelSet[] = [{}]
  for (const [label, among] of Object.entries(values)) {
    sets = sets.flatMap(set => among.map(value => ({...set, [label]: value})))
  }
  return sets
}

/** Counter with labels, each of a closed set; without labels one series. */
export function counter(help: string, values: Values = {}): Metric & {readonly kind: 'counter'} {
  return {kind: 'counter', help, labels: Object.keys(values), series: eachOf(values)}
}

export function gauge(help: string, values: Values = {}): Metric & {readonly kind: 'gauge'} {
  return {kind: 'gauge', help, labels: Object.keys(values), series: eachOf(values)}
}

export function histogram(
  help: string,
  bounds: readonly number[],
  values: Values = {}
): Metric & {readonly kind: 'histogram'} {
  return {kind: 'histogram', help, labels: Object.keys(values), series: eachOf(values), bounds}
}

/** The same metric with its series left to the operator's settings, under these labels. */
export function perService<M extends Metric>(metric: M, labels: readonly string[]): M {
  return {...metric, labels, series: 'open'}
}
