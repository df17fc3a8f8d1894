// Where statistics of the last whole day are over a restart.

import {printDataDirFault} from '../datadir/fault.ts'
import {ONION_SERVICE_STATISTICS, readStatistics, writeStatistics} from '../datadir/statistics-file.ts'
import type {Logger} from '../log/logger.ts'
import type {SavedStatistics} from './relay-statistics.ts'

export function savedStatistics(dataDirectory: string, logger: Logger): SavedStatistics {
  const read = readStatistics(dataDirectory, ONION_SERVICE_STATISTICS, new Date())
  if (!read.ok) logger.warn(printDataDirFault(read.fault))
  return {
    lines: read.ok ? read.value : [],
    save: lines => {
      const written = writeStatistics(dataDirectory, ONION_SERVICE_STATISTICS, lines)
      if (!written.ok) logger.warn(printDataDirFault(written.fault))
    }
  }
}
