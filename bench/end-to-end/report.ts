// From runs to what is shown: medians per shape and subject, and what each is of C tor's where C tor ran too.

import type {Figures} from './shapes.ts'

export interface Result {
  readonly shape: string
  readonly subject: string
  /** 0 for the plain data plane, and for C tor. */
  readonly shards: number
  readonly figures: Figures
}

export interface Median extends Result {
  readonly runs: number
  /** Of C tor's median, figure by figure; none where C tor did not run. */
  readonly ratios: Figures
}

const REFERENCE = 'tor'

export function medians(results: readonly Result[]): Median[] {
  const rows: Median[] = []
  for (const shape of new Set(results.map(result => result.shape))) {
    const ofShape = results.filter(result => result.shape === shape)
    const reference = medianFigures(ofShape.filter(({subject}) => subject === REFERENCE))
    for (const subject of new Set(ofShape.map(result => result.subject))) {
      const runs = ofShape.filter(result => result.subject === subject)
      const figures = medianFigures(runs)
      const ratios = subject === REFERENCE ? {} : ratiosOf(figures, reference)
      rows.push({shape, subject, shards: runs[0]?.shards ?? 0, figures, ratios, runs: runs.length})
    }
  }
  return rows
}

/** For people: a block per shape, a line per figure, a column per subject and its ratio. */
export function table(rows: readonly Median[]): string {
  const lines: string[] = []
  for (const shape of new Set(rows.map(row => row.shape))) {
    const ofShape = rows.filter(row => row.shape === shape)
    lines.push('', shape.padEnd(26) + ofShape.map(({subject}) => subject.padStart(22)).join(''))
    for (const name of new Set(ofShape.flatMap(({figures}) => Object.keys(figures)))) {
      lines.push(`  ${name.padEnd(24)}${ofShape.map(row => cellText(row, name).padStart(22)).join('')}`)
    }
  }
  return lines.join('\n')
}

/** What more shards bring in one shape, beside one shard of the same. */
export interface Scaling {
  readonly shape: string
  readonly subject: string
  readonly shards: number
  readonly cellsPerSecond: number
  /** Cells per second beside those of one shard, as the generator let them through. */
  readonly measured: number
  /** What so many cores would give if each were as busy as the one: shards, by what a cell costs more with them. */
  readonly ceiling: number
  /** Of the cells that came in. */
  readonly crossedShare: number
}

const PER_GIGABYTE = 'cpuSecondsPerGigabyte'

export function scalingOf(rows: readonly Median[]): Scaling[] {
  return rows.flatMap(({shape, subject, shards, figures}) => {
    const ones = rows.filter(row => row.shape === shape && row.shards === 1)
    const one = ones.find(row => nodeOf(row.subject) === nodeOf(subject))?.figures
    const [cells, cost] = [figures['cellsPerSecond'], figures[PER_GIGABYTE]]
    if (one === undefined || shards < 2 || cells === undefined || cost === undefined) return []
    return [
      {
        shape,
        subject,
        shards,
        cellsPerSecond: cells,
        measured: cells / (one['cellsPerSecond'] ?? Number.NaN),
        ceiling: (shards * (one[PER_GIGABYTE] ?? Number.NaN)) / cost,
        crossedShare: figures['crossedShare'] ?? Number.NaN
      }
    ]
  })
}

const nodeOf = (subject: string) => /Node \d+$/.exec(subject)?.[0]

/** For people; nothing where there is but one number of shards. */
export function scalingTable(rows: readonly Scaling[]): string {
  if (rows.length === 0) return ''
  const head = ['', 'shards beside one', 'cells/s', 'measured', 'computed ceiling', 'crossed']
  const lines = rows.map(row => [
    row.shape,
    row.subject,
    numberText(row.cellsPerSecond),
    `x ${row.measured.toFixed(2)}`,
    `x ${row.ceiling.toFixed(2)}`,
    `${(row.crossedShare * 100).toFixed(0)} %`
  ])
  const widths = head.map((_, i) => Math.max(...[head, ...lines].map(line => (line[i] ?? '').length)))
  const shown = [head, ...lines].map(line =>
    line.map((cell, i) => (i < 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ')
  )
  return ['', ...shown].join('\n')
}

function cellText({figures, ratios}: Median, name: string): string {
  if (figures[name] === undefined) return '-'
  const ratio = ratios[name]
  const text = numberText(figures[name] ?? Number.NaN)
  return ratio === undefined ? text : `${text} (${ratio.toFixed(2)})`
}

function numberText(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en') : value.toPrecision(3)
}

function medianFigures(results: readonly Result[]): Figures {
  const names = Object.keys(results[0]?.figures ?? {})
  return Object.fromEntries(
    names.map(name => [name, median(results.map(({figures}) => figures[name] ?? Number.NaN))])
  )
}

function ratiosOf(figures: Figures, reference: Figures): Figures {
  const names = Object.keys(figures).filter(name => (reference[name] ?? 0) !== 0)
  return Object.fromEntries(names.map(name => [name, (figures[name] ?? 0) / (reference[name] ?? 1)]))
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2
}
