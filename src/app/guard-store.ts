// Entry guards over a restart: the `Guard` lines of the state file.

import type {RelayConfig} from '../config/relay-config.ts'
import {printDataDirFault} from '../datadir/fault.ts'
import {type RelayState, saveState} from '../datadir/state-file.ts'
import type {Logger} from '../log/logger.ts'
import type {GuardStore} from '../netdir/guards/entry-guards.ts'
import {versionText} from './version.ts'

/** Saves at once: a guard that is forgotten is one more that sees us. */
export function guardStore(config: RelayConfig, state: RelayState, logger: Logger): GuardStore {
  return {
    load: () => state.all('Guard'),
    save: lines => {
      state.set('Guard', ...lines)
      const saved = saveState(config.dataDirectory, state, versionText(), new Date())
      if (!saved.ok) logger.warn(printDataDirFault(saved.fault))
    }
  }
}
