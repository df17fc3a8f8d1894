// The results that are kept with the sources, and the picture of them.

import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import type {BenchReport} from './bench-command.ts'
import type {Median} from './end-to-end/report.ts'

export const RESULTS_FOLDER = 'bench/results'
export const CHART_PATH = 'docs/images/performance.svg'

/**
 * Those with whole relays in them: of each load the run that measured it last, on the processor of the newest.
 * @param root the folder of package.json
 */
export function newestResults(root: string): BenchReport {
  const folder = join(root, RESULTS_FOLDER)
  const reports = readdirSync(folder)
    .filter(name => name.endsWith('.json'))
    .map(name => JSON.parse(readFileSync(join(folder, name), 'utf8')) as BenchReport)
    .filter(({endToEnd}) => endToEnd !== undefined)
    .sort((a, b) => a.machine.date.localeCompare(b.machine.date))
  const newest = reports.at(-1)
  if (newest?.endToEnd === undefined) throw new Error(`${RESULTS_FOLDER} holds nothing to draw`)
  const byShape = new Map<string, readonly Median[]>()
  let widest = newest.endToEnd
  for (const {machine, endToEnd} of reports) {
    if (endToEnd === undefined || machine.cpu !== newest.machine.cpu) continue
    if (endToEnd.pairs >= widest.pairs) widest = endToEnd
    for (const {shape} of endToEnd.medians)
      byShape.set(
        shape,
        endToEnd.medians.filter(median => median.shape === shape)
      )
  }
  return {...newest, endToEnd: {...widest, medians: [...byShape.values()].flat()}}
}
