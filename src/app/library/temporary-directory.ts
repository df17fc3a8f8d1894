// A directory for whoever names none: made when it is needed, removed with what uses it.

import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

export interface OwnDirectory {
  readonly path: string
  /** Removes it, if it is temporary. */
  close(): Promise<void>
}

/** @param path of one that stays; a temporary one where undefined */
export async function ownDirectory(path: string | undefined): Promise<OwnDirectory> {
  if (path !== undefined) return {path, close: async () => {}}
  const made = await mkdtemp(join(tmpdir(), 'ramson-'))
  return {path: made, close: () => rm(made, {recursive: true, force: true, maxRetries: 3})}
}
