// Statistics of the last whole day over a restart, as C tor keeps them: the lines of the extra-info in a file of the folder
// `stats` of the DataDirectory. What is older than a day and an hour, or from the future, says nothing any more.

import {mkdirSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {ok, type Result} from '../fault/result.ts'
import {parseTime} from '../netdoc/time.ts'
import {type DataDirFault, dataDirFault} from './fault.ts'
import {errorCode, readWhole, writeWhole} from './file.ts'

const HOUR_MS = 3_600_000
const AGE_MAX_MS = 25 * HOUR_MS
const AHEAD_MAX_MS = HOUR_MS

/** Files by name, with the keyword that the first line of each begins with. */
const KEYWORDS = {
  'dirreq-stats': 'dirreq-stats-end',
  'hidserv-v3-stats': 'hidserv-v3-stats-end',
  'entry-stats': 'entry-stats-end',
  'buffer-stats': 'cell-stats-end',
  'conn-stats': 'conn-bi-direct'
} as const

export type StatisticsFile = keyof typeof KEYWORDS

export function readStatistics(
  dataDirectory: string,
  name: StatisticsFile,
  now: Date
): Result<readonly string[], DataDirFault> {
  const octets = readWhole(join(dataDirectory, 'stats', name))
  if (!octets.ok) return octets
  const lines = Buffer.from(octets.value ?? [])
    .toString('latin1')
    .split('\n')
    .filter(line => line !== '')
  const [keyword, day = '', time = ''] = (lines[0] ?? '').split(' ')
  const end = parseTime(`${day} ${time}`)
  if (keyword !== KEYWORDS[name] || end === undefined) return ok([])
  const age = Number(now) - Number(end)
  return ok(age > AGE_MAX_MS || age < -AHEAD_MAX_MS ? [] : lines)
}

export function writeStatistics(
  dataDirectory: string,
  name: StatisticsFile,
  lines: readonly string[]
): Result<undefined, DataDirFault> {
  const path = join(dataDirectory, 'stats', name)
  try {
    mkdirSync(dirname(path), {mode: 0o700, recursive: true})
  } catch (error) {
    return dataDirFault('unwritable', path, `cannot be written (${errorCode(error)}).`)
  }
  return writeWhole(path, `${lines.join('\n')}\n`)
}
