// Where statistics of the last whole day are over a restart.

import {printDataDirFault} from '../datadir/fault.ts'
import {readStatistics, type StatisticsFile, writeStatistics} from '../datadir/statistics-file.ts'
import type {Logger} from '../log/logger.ts'
import type {SavedLines} from '../roles/relay/statistics/daily-statistics.ts'

export function savedStatistics(dataDirectory: string, name: StatisticsFile, logger: Logger): SavedLines {
  const read = readStatistics(dataDirectory, name, new Date())
  if (!read.ok) logger.warn(printDataDirFault(read.fault))
  return {
    lines: read.ok ? read.value : [],
    save: lines => {
      const written = writeStatistics(dataDirectory, name, lines)
      if (!written.ok) logger.warn(printDataDirFault(written.fault))
    }
  }
}
