// What the comparison with C tor prints: medians of runs and ratios of medians.

import assert from 'node:assert/strict'
import {test} from 'node:test'
import {medians, table} from '../../bench/end-to-end/report.ts'

const run = (subject: string, cost: number, shape = 'bulk') => ({shape, subject, figures: {cost}})

test('A figure is the median of its runs, and a ratio is one of medians', () => {
  const rows = medians([
    run('tor', 9),
    run('ramson', 1),
    run('tor', 4),
    run('ramson', 2),
    run('tor', 5),
    run('ramson', 90)
  ])
  assert.deepEqual(rows, [
    {shape: 'bulk', subject: 'tor', figures: {cost: 5}, ratios: {}, runs: 3},
    {shape: 'bulk', subject: 'ramson', figures: {cost: 2}, ratios: {cost: 0.4}, runs: 3}
  ])
})

test('The median of an even number of runs lies between the two in the middle', () => {
  assert.deepEqual(
    medians([8, 1, 2, 3].map(cost => run('ramson', cost))).map(({figures}) => figures),
    [{cost: 2.5}]
  )
})

test('Shapes are compared each with itself, and where C tor did not run there is no ratio', () => {
  const rows = medians([run('tor', 10), run('ramson', 5), run('ramson', 7, 'splice')])
  assert.deepEqual(
    rows.map(({shape, ratios}) => [shape, ratios]),
    [
      ['bulk', {}],
      ['bulk', {cost: 0.5}],
      ['splice', {}]
    ]
  )
})

test('The table has a line per figure with the ratio behind the value', () => {
  assert.match(table(medians([run('tor', 1234), run('ramson', 617)])), /cost +1,234 +617 \(0\.50\)/)
})
