// From runs to what is shown: medians per shape and subject, and what each is of C tor's where C tor ran too.

import type {Figures} from './shapes.ts'

export interface Result {
  readonly shape: string
  readonly subject: string
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
      rows.push({shape, subject, figures, ratios, runs: runs.length})
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
    for (const name of Object.keys(ofShape[0]?.figures ?? {})) {
      lines.push(`  ${name.padEnd(24)}${ofShape.map(row => cellText(row, name).padStart(22)).join('')}`)
    }
  }
  return lines.join('\n')
}

function cellText({figures, ratios}: Median, name: string): string {
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
