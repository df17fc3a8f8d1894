// `npm run bench:chart`: draws the newest kept results, bench/results/*.json, as the picture of the README.

import {writeFileSync} from 'node:fs'
import {fileURLToPath} from 'node:url'
import {drawChart} from './chart.ts'
import {CHART_PATH, newestResults} from './kept-results.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
writeFileSync(`${root}${CHART_PATH}`, drawChart(newestResults(root)))
