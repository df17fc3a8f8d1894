// What the comparison with C tor prints: medians of runs and ratios of medians.

import assert from 'node:assert/strict'
import {test} from 'node:test'
import {medians, scalingOf, scalingTable, table} from '../../bench/end-to-end/report.ts'

const run = (subject: string, cost: number, shape = 'bulk') => ({shape, subject, shards: 0, figures: {cost}})

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
    {shape: 'bulk', subject: 'tor', shards: 0, figures: {cost: 5}, ratios: {}, runs: 3},
    {shape: 'bulk', subject: 'ramson', shards: 0, figures: {cost: 2}, ratios: {cost: 0.4}, runs: 3}
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

test('What shards bring is measured beside one shard on the same Node, and computed from what a cell costs', () => {
  const rows = [
    [1, '20', 100, 1, 0],
    [2, '20', 150, 1.25, 0.5],
    [1, '24', 200, 1, 0],
    [2, '24', 380, 1, 0.5]
  ].map(([shards, node, cellsPerSecond, cpuSecondsPerGigabyte, crossedShare]) => ({
    shape: 'bulk',
    subject: `ramson, ${shards}, Node ${node}`,
    shards: Number(shards),
    figures: {cellsPerSecond, cpuSecondsPerGigabyte, crossedShare} as Record<string, number>
  }))
  const scaling = scalingOf(medians(rows))
  assert.deepEqual(
    scaling.map(({subject, measured, ceiling}) => [subject, measured, ceiling]),
    [
      ['ramson, 2, Node 20', 1.5, 1.6],
      ['ramson, 2, Node 24', 1.9, 2]
    ]
  )
  assert.match(scalingTable(scaling), /ramson, 2, Node 20 +150 +x 1\.50 +x 1\.60 +50 %/)
})
