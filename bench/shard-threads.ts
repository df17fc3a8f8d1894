// Native shards in threads of their own, and what more of them move together than one: cells in memory, without TLS and
// sockets, so that a thread spends all of its time on cells and no load generator stands in the way. Every shard has links
// that bring cells; of its circuits as many go on at each other shard as at itself, so that with two shards half of the cells
// cross, as in a relay whose links are dealt to shards evenly.

import {once} from 'node:events'
import {availableParallelism} from 'node:os'
import {fileURLToPath} from 'node:url'
import {Worker} from 'node:worker_threads'
import type {Figure} from './measure.ts'
import type {ThreadCount, ThreadOrder} from './shard-thread.ts'

const CELL = 514
/** Rounds of each number of threads, in turns: 1, 2, 1, 2, … */
const ROUNDS = 3
const THREADS_MAX = 16

export async function shardThreadFigures(timeMs: number): Promise<Figure[]> {
  const most = Math.min(THREADS_MAX, availableParallelism())
  const counts = [1, 2, 4, 8, 16].filter(count => count <= Math.max(2, most))
  const runs = new Map<number, ThreadCount[]>(counts.map(count => [count, []]))
  for (let round = 0; round < ROUNDS; round++) {
    for (const count of counts) runs.get(count)?.push(await runThreads(count, timeMs))
  }
  const one = median(runs.get(1)?.map(({perSecond}) => perSecond) ?? [])
  return [...runs].map(([count, ofCount]) => {
    const perSecond = median(ofCount.map(run => run.perSecond))
    const deviation = median(ofCount.map(run => Math.abs(run.perSecond - perSecond))) / perSecond
    const crossed = median(ofCount.map(run => run.crossed))
    const name =
      count === 1
        ? '1 thread'
        : `${count} threads, x ${(perSecond / one).toFixed(2)}, ${Math.round(crossed * 100)} % crossed`
    return {
      group: 'Cells through native shards',
      name,
      unit: 'cell',
      ns: 1e9 / perSecond,
      deviation,
      cpuNs: median(ofCount.map(run => run.cpuNs)),
      perSecond,
      megabytesPerSecond: (perSecond * CELL) / 1e6
    }
  })
}

/** One run: all threads open their channels, then their circuits, and then move cells for as long as they are told. */
async function runThreads(count: number, timeMs: number): Promise<ThreadCount> {
  const program = fileURLToPath(new URL('shard-thread.js', import.meta.url))
  const workers = Array.from({length: count}, (_, index) => {
    const order: ThreadOrder = {index, shards: count}
    return new Worker(program, {workerData: order})
  })
  try {
    const all = (send: unknown) =>
      Promise.all(
        workers.map(async worker => {
          const answer = once(worker, 'message')
          worker.postMessage(send)
          return (await answer)[0] as ThreadCount
        })
      )
    await all('channels')
    await all('circuits')
    const cpu = process.cpuUsage()
    const parts = await all(timeMs)
    const spent = process.cpuUsage(cpu)
    const cells = parts.reduce((sum, part) => sum + part.cells, 0)
    const crossed = parts.reduce((sum, part) => sum + part.crossed * part.cells, 0) / cells
    const perSecond = parts.reduce((sum, part) => sum + part.perSecond, 0)
    return {cells, perSecond, crossed, cpuNs: ((spent.user + spent.system) * 1000) / cells}
  } finally {
    await Promise.all(workers.map(worker => worker.terminate()))
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? Number.NaN
}
