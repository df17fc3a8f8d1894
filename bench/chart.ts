// Kept results as an SVG: a panel per kind of figure, in it a row per load, in that a bar per subject. What decides how long a
// bar is stands beside it as a number, so the picture says nothing that the file does not. Colours follow the reader's
// scheme, light or dark, and the ground is left to the page.

import type {BenchReport} from './bench-command.ts'
import type {Median} from './end-to-end/report.ts'

interface Row {
  readonly shape: string
  readonly figure: string
  readonly label: string
}

interface Panel {
  readonly title: string
  readonly rows: readonly Row[]
}

const PER_GIGABYTE = 'cpuSecondsPerGigabyte'
const CELLS = 'cellsPerSecond'
const PANELS: readonly Panel[] = [
  {
    title: 'Cells a second through a relay on one core; longer is better',
    rows: [
      {shape: 'bulk', figure: CELLS, label: '64 circuits, full records, away from clients'},
      {shape: 'many', figure: CELLS, label: '64 links, 1,000 circuits, a record per cell'},
      {shape: 'splice', figure: CELLS, label: 'rendezvous, both ways'}
    ]
  },
  {
    title: 'CPU seconds of the relay per gigabyte of cells; shorter is better',
    rows: [
      {shape: 'bulk', figure: PER_GIGABYTE, label: '64 circuits, full records, away from clients'},
      {shape: 'down', figure: PER_GIGABYTE, label: 'the same, towards clients'},
      {shape: 'one', figure: PER_GIGABYTE, label: 'one circuit'},
      {shape: 'many', figure: PER_GIGABYTE, label: '64 links, 1,000 circuits, a record per cell'},
      {shape: 'splice', figure: PER_GIGABYTE, label: 'rendezvous, both ways'}
    ]
  },
  {
    title: 'Onion skins answered per CPU second; longer is better',
    rows: [
      {shape: 'ntor', figure: 'handshakesPerCpuSecond', label: 'ntor'},
      {shape: 'ntor-v3', figure: 'handshakesPerCpuSecond', label: 'ntor v3'}
    ]
  },
  {
    title: 'Microseconds that the relay adds to the way of a cell, over 64 links; shorter is better',
    rows: [
      {shape: 'paced-2000', figure: 'addedP50us', label: '2,000 cells a second, median'},
      {shape: 'paced-2000', figure: 'addedP99us', label: '99 of 100'},
      {shape: 'paced-20000', figure: 'addedP50us', label: '20,000 cells a second, median'},
      {shape: 'paced-20000', figure: 'addedP99us', label: '99 of 100'}
    ]
  },
  {
    title: 'Octets of memory per idle circuit; shorter is better',
    rows: [{shape: 'idle', figure: 'octetsPerCircuit', label: 'the second 10,000 circuits of two hops'}]
  }
]

const WIDTH = 820
const LABEL_WIDTH = 310
const VALUE_WIDTH = 110
const BAR = 14
const ROW_GAP = 10
const PANEL_GAP = 22
const STYLE = `
    text { fill: #24292f; font: 13px system-ui, sans-serif }
    .title { font-weight: 600 }
    .faint { fill: #57606a; font-size: 12px }
    .s0 { fill: #b8860b } .s1 { fill: #7d4698 } .s2 { fill: #2f7f8f } .s3 { fill: #4f8f3f } .s4 { fill: #a04050 }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 }
      .faint { fill: #9aa4ae }
      .s0 { fill: #d9a528 } .s1 { fill: #b58ad0 } .s2 { fill: #5fb3c4 } .s3 { fill: #85c274 } .s4 { fill: #e08090 }
    }
  `
const COLOURS = 5

/** @throws where the report holds no run of a whole relay */
export function drawChart({machine, endToEnd}: BenchReport): string {
  if (endToEnd === undefined || endToEnd.medians.length === 0) throw new Error('there is nothing to draw')
  const {medians} = endToEnd
  const subjects = [...new Set(medians.map(({subject}) => subject))]
  const page = new Page()
  page.legend(subjects)
  for (const panel of PANELS) page.panel(panel, medians, subjects)
  const [day] = machine.date.split('T')
  page.note(
    `${machine.cpu}, ${day}. Relay on core ${endToEnd.relayCores || 'any'}, load generator on core ` +
      `${endToEnd.generatorCores || 'any'}; medians of ${endToEnd.pairs} runs in turn, ${endToEnd.seconds} s each.`
  )
  for (const version of endToEnd.versions) page.note(version)
  return page.svg()
}

class Page {
  readonly #parts: string[] = []
  #y = 16

  legend(subjects: readonly string[]): void {
    let x = 0
    for (const [i, subject] of subjects.entries()) {
      this.#rect(x, this.#y - 11, 12, `s${i % COLOURS}`)
      this.#text(x + 18, this.#y, subject)
      x += 42 + subject.length * 7.2
    }
    this.#y += PANEL_GAP
  }

  panel({title, rows}: Panel, medians: readonly Median[], subjects: readonly string[]): void {
    const figureOf = ({shape, figure}: Row, subject: string) =>
      medians.find(row => row.shape === shape && row.subject === subject)?.figures[figure]
    const shown = rows.filter(row => subjects.some(subject => figureOf(row, subject) !== undefined))
    if (shown.length === 0) return
    const values = shown.flatMap(row => subjects.map(subject => figureOf(row, subject) ?? 0))
    const most = Math.max(...values, Number.MIN_VALUE)
    this.#y += 8
    this.#text(0, this.#y, title, 'title')
    this.#y += 10
    for (const row of shown) {
      const bars = subjects.flatMap((subject, i) => {
        const value = figureOf(row, subject)
        return value === undefined ? [] : [{value, colour: `s${i % COLOURS}`}]
      })
      this.#text(0, this.#y + (bars.length * BAR) / 2 + 4, row.label)
      for (const {value, colour} of bars) {
        const length = Math.max(1, ((WIDTH - LABEL_WIDTH - VALUE_WIDTH) * Math.max(0, value)) / most)
        this.#rect(LABEL_WIDTH, this.#y, length, colour)
        this.#text(LABEL_WIDTH + length + 6, this.#y + BAR - 3, numberText(value), 'faint')
        this.#y += BAR
      }
      this.#y += ROW_GAP
    }
    this.#y += PANEL_GAP - ROW_GAP
  }

  note(content: string): void {
    this.#text(0, this.#y, content, 'faint')
    this.#y += 16
  }

  svg(): string {
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${this.#y}" width="${WIDTH}" height="${this.#y}" role="img">`,
      `  <title>What ramson costs beside C tor</title>`,
      `  <style>${STYLE}</style>`,
      ...this.#parts,
      '</svg>',
      ''
    ].join('\n')
  }

  #rect(x: number, y: number, width: number, colour: string): void {
    this.#parts.push(
      `  <rect class="${colour}" x="${x.toFixed(0)}" y="${y}" width="${width.toFixed(1)}" height="${BAR - 2}"/>`
    )
  }

  #text(x: number, y: number, content: string, kind = ''): void {
    const escaped = content.replace(/&/g, '&amp;').replace(/</g, '&lt;')
    const attribute = kind === '' ? '' : ` class="${kind}"`
    this.#parts.push(`  <text x="${x.toFixed(1)}" y="${y.toFixed(0)}"${attribute}>${escaped}</text>`)
  }
}

function numberText(value: number): string {
  return Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en') : value.toPrecision(3)
}
