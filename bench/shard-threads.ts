// Native shards in threads of their own, and what more of them move together than one: cells in memory, without TLS, sockets
// and Node, so that a thread spends all of its time on cells and no load generator stands in the way. With two shards half of
// the cells cross, as in a relay whose links are dealt to shards evenly; the same with none that cross is there to compare.

import {availableParallelism} from 'node:os'
import {type Addon, loadAddon} from '../src/crypto/binding.ts'
import type {Figure} from './measure.ts'

const CELL = 514
/** Rounds of each number of threads, in turns: 1, 2, 1, 2, … */
const ROUNDS = 5
const THREADS = [1, 2, 4, 8, 14, 16]

interface Layout {
  readonly threads: number
  readonly crosses: boolean
}

interface Run {
  readonly perSecond: number
  /** Of the threads, for a cell. */
  readonly cpuNs: number
  /** Messages from shard to shard, for a cell. */
  readonly crossed: number
}

export function shardThreadFigures(timeMs: number): Figure[] {
  const {addon, reason} = loadAddon()
  if (addon === undefined) throw new Error(`there is no addon to measure: ${reason}`)
  const most = Math.max(2, availableParallelism())
  const layouts: Layout[] = THREADS.filter(threads => threads <= most).flatMap(threads =>
    threads === 1
      ? [{threads, crosses: false}]
      : [
          {threads, crosses: true},
          {threads, crosses: false}
        ]
  )
  const rounds = Array.from({length: ROUNDS}, () => layouts.map(layout => runThreads(addon, layout, timeMs)))
  const one = median(rounds.map(runs => runs[0]?.perSecond ?? Number.NaN))
  return layouts.map(({threads}, at) => {
    const runs = rounds.map(round => round[at] as Run)
    const perSecond = median(runs.map(run => run.perSecond))
    const crossed = median(runs.map(run => run.crossed))
    return {
      group: 'Cells through native shards',
      name:
        threads === 1
          ? '1 thread'
          : `${threads} threads, x ${(perSecond / one).toFixed(2)}, ${Math.round(crossed * 100)} % crossed`,
      unit: 'cell',
      ns: 1e9 / perSecond,
      deviation: median(runs.map(run => Math.abs(run.perSecond - perSecond))) / perSecond,
      cpuNs: median(runs.map(run => run.cpuNs)),
      perSecond,
      megabytesPerSecond: (perSecond * CELL) / 1e6
    }
  })
}

function runThreads(addon: Addon, {threads, crosses}: Layout, timeMs: number): Run {
  const report = new Float64Array(4)
  const settings = Float64Array.of(threads, crosses ? 1 : 0, timeMs / 5, timeMs)
  const kernel = addon.kernels.indexOf(addon.kernel)
  if (addon.shardThreads(kernel, settings, report) !== undefined) throw new Error('the shards did not run')
  const [cells, seconds, cpuSeconds, crossed] = report as unknown as [number, number, number, number]
  return {perSecond: cells / seconds, cpuNs: (cpuSeconds * 1e9) / cells, crossed: crossed / cells}
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? Number.NaN
}
