// The documents that a private network of C tor served, kept as vectors.

import {readVectors} from './package-root.ts'

interface ByAge<T> {
  readonly microdesc: T
  readonly ns: T
}

export interface LiveDirectory {
  readonly authority_certs: string
  readonly consensuses: ByAge<{readonly first: string; readonly second: string; readonly newest: string}>
  /** From the consensus of that name to the newest. */
  readonly consensus_diffs: ByAge<{readonly first: string; readonly second: string}>
  readonly microdescriptors: string
  readonly server_descriptors: string
  readonly extra_infos: string
}

export function readLiveDirectory(): LiveDirectory {
  return readVectors<LiveDirectory>('live_directory.json')
}
