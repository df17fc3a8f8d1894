// The HSDir cache's place while the relay is stopped: one file of the CacheDirectory, mode 0600.

import {rmSync} from 'node:fs'
import {join} from 'node:path'
import type {DataDirFault} from '../datadir/fault.ts'
import {readWhole, writeWhole} from '../datadir/file.ts'
import {SAVED_OCTETS_MAX, type SavedDescriptorsFile} from '../roles/hsdir/saved-descriptors.ts'

const NAME = 'cached-hs-descriptors'
/** The octets of the descriptors, and a little for each of them: none is shorter than its keys and signature. */
const FILE_OCTETS_MAX = SAVED_OCTETS_MAX + SAVED_OCTETS_MAX / 8

/** @param onFault hears of a file that cannot be read or written; the relay does without it */
export function savedDescriptorsFile(
  cacheDirectory: string,
  onFault: (fault: DataDirFault) => void
): SavedDescriptorsFile {
  const path = join(cacheDirectory, NAME)
  return {
    take() {
      const read = readWhole(path, FILE_OCTETS_MAX)
      if (!read.ok) {
        onFault(read.fault)
        return undefined
      }
      rmSync(path, {force: true})
      return read.value
    },
    put(octets) {
      const written = writeWhole(path, octets)
      if (!written.ok) onFault(written.fault)
    }
  }
}
