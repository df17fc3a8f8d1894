// The README's picture of what was measured: drawn from the kept results alone, and readable on light and dark ground.

import assert from 'node:assert/strict'
import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {test} from 'node:test'
import type {BenchReport} from '../../bench/bench-command.ts'
import {drawChart} from '../../bench/chart.ts'
import {medians} from '../../bench/end-to-end/report.ts'
import {CHART_PATH, newestResults} from '../../bench/kept-results.ts'
import {packageRoot} from '../support/package-root.ts'

const machine = {
  cpu: 'A <fast> one',
  cores: 2,
  system: 'linux',
  node: 'v20',
  date: '2026-01-02T03:04:05.000Z'
}

function report(subjects: readonly (readonly [string, number])[]): BenchReport {
  const results = subjects.map(([subject, cpuSecondsPerGigabyte]) => ({
    shape: 'bulk',
    subject,
    shards: 0,
    figures: {cpuSecondsPerGigabyte}
  }))
  const endToEnd = {
    seconds: 1,
    pairs: 1,
    relayCores: '0',
    generatorCores: '1',
    versions: [],
    medians: medians(results),
    scaling: [],
    results,
    failures: []
  }
  return {machine, endToEnd}
}

test('the picture in the README is that of the newest results', () => {
  const drawn = drawChart(newestResults(packageRoot()))
  assert.equal(readFileSync(join(packageRoot(), CHART_PATH), 'utf8'), drawn)
})

test('a bar is as long as its figure is large, and has it beside it', () => {
  const svg = drawChart(
    report([
      ['tor', 4],
      ['ramson', 1]
    ])
  )
  const widths = [...svg.matchAll(/<rect class="s\d" x="310" y="\d+" width="([\d.]+)"/g)].map(([, width]) =>
    Number(width)
  )
  assert.equal(widths.length, 2)
  assert.ok(Math.abs((widths[0] ?? 0) / (widths[1] ?? 0) - 4) < 0.01)
  assert.match(svg, />4\.00</)
  assert.match(svg, />1\.00</)
  assert.match(svg, /A &lt;fast> one, 2026-01-02/)
})

test('what was not measured has no panel, and without results there is nothing to draw', () => {
  assert.doesNotMatch(drawChart(report([['tor', 4]])), /Onion skins/)
  assert.throws(() => drawChart({machine}))
})

test('colours follow the scheme of whoever reads', () => {
  assert.match(drawChart(report([['tor', 4]])), /prefers-color-scheme: dark/)
})
