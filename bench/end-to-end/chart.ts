// Draws kept results as an SVG for the README: for each shape a bar per subject of what a gigabyte, or a handshake, costs the
// relay in CPU time. Shorter is better.
//
//   node dist/bench/end-to-end/chart.js bench/results/<file>.json > chart.svg

import {readFileSync} from 'node:fs'
import type {Median} from './report.ts'

interface Report {
  readonly machine: {readonly cpu: string; readonly node: string; readonly date: string}
  readonly medians: readonly Median[]
}

const LABELS: Readonly<Record<string, string>> = {
  bulk: 'bulk, 64 circuits',
  down: 'bulk, towards clients',
  one: 'one circuit',
  many: '64 links, 1,000 circuits, a record per cell',
  splice: 'rendezvous'
}
const FIGURE = 'cpuSecondsPerGigabyte'
const COLOURS = ['#7d4698', '#2f6f8f', '#4aa3a2', '#8fbf6b']
const WIDTH = 760
const LABEL_WIDTH = 300
const BAR = 16
const GAP = 18
const TOP = 56

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;')
}

/** @throws where the results have no figure of a cost */
export function draw({machine, medians}: Report): string {
  const rows = medians.filter(({shape, figures}) => shape in LABELS && figures[FIGURE] !== undefined)
  if (rows.length === 0) throw new Error('there is nothing to draw')
  const subjects = [...new Set(rows.map(({subject}) => subject))]
  const most = Math.max(...rows.map(({figures}) => figures[FIGURE] ?? 0))
  const parts: string[] = []
  const text = (x: number, y: number, content: string, more = '') =>
    parts.push(`<text x="${x}" y="${y}" ${more}>${escaped(content)}</text>`)
  text(0, 16, 'CPU seconds of the relay per gigabyte relayed (shorter is better)', 'font-weight="bold"')
  for (const [i, subject] of subjects.entries()) {
    const x = i * 150
    parts.push(`<rect x="${x}" y="27" width="12" height="12" fill="${COLOURS[i % COLOURS.length]}"/>`)
    text(x + 18, 38, subject)
  }
  let y = TOP
  for (const shape of new Set(rows.map(row => row.shape))) {
    const ofShape = rows.filter(row => row.shape === shape)
    text(0, y + (ofShape.length * BAR) / 2 + 4, LABELS[shape] ?? shape)
    for (const {subject, figures} of ofShape) {
      const cost = figures[FIGURE] ?? 0
      const length = ((WIDTH - LABEL_WIDTH - 60) * cost) / most
      const colour = COLOURS[subjects.indexOf(subject) % COLOURS.length]
      parts.push(
        `<rect x="${LABEL_WIDTH}" y="${y}" width="${length.toFixed(1)}" height="${BAR - 2}" fill="${colour}"/>`
      )
      text(LABEL_WIDTH + length + 6, y + BAR - 4, cost.toFixed(2))
      y += BAR
    }
    y += GAP
  }
  text(0, y + 6, `${machine.cpu}, Node ${machine.node}, ${machine.date.slice(0, 10)}`, 'fill="#666"')
  const height = y + 20
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="13" fill="#222">
<rect width="100%" height="100%" fill="#fff"/>
${parts.join('\n')}
</svg>`
}

const [file] = process.argv.slice(2)
if (file === undefined) {
  console.error('The results to draw are wanted: a file that --out wrote.')
  process.exit(1)
}
console.log(draw(JSON.parse(readFileSync(file, 'utf8'))))
