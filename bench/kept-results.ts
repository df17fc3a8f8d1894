// The results that are kept with the sources, and the picture of them.

import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import type {BenchReport} from './bench-command.ts'

export const RESULTS_FOLDER = 'bench/results'
export const CHART_PATH = 'docs/images/performance.svg'

/** Those with whole relays in them that were measured last. @param root the folder of package.json */
export function newestResults(root: string): BenchReport {
  const folder = join(root, RESULTS_FOLDER)
  const reports = readdirSync(folder)
    .filter(name => name.endsWith('.json'))
    .map(name => JSON.parse(readFileSync(join(folder, name), 'utf8')) as BenchReport)
    .filter(({endToEnd}) => endToEnd !== undefined)
    .sort((a, b) => a.machine.date.localeCompare(b.machine.date))
  const newest = reports.at(-1)
  if (newest === undefined) throw new Error(`${RESULTS_FOLDER} holds nothing to draw`)
  return newest
}
