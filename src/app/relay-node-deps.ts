// What the command line hands to the relay that it starts.

import type {ConfigFault} from '../config/fault.ts'
import type {RelayConfig} from '../config/relay-config.ts'
import type {Result} from '../fault/result.ts'
import type {Log} from '../log/log.ts'

export interface RelayNodeDeps {
  readonly log: Log
  /** Reads the settings again and lets the log take on its part; at a fault the ones in force stay. */
  readonly reload: (before: RelayConfig) => Result<RelayConfig, ConfigFault>
  /** Takes on these in place of those before, as a reload does. */
  readonly adopt: (before: RelayConfig, next: RelayConfig) => Result<RelayConfig, ConfigFault>
  /** The settings that there would be if the torrc held this text. */
  readonly readText: (torrc: string) => Result<RelayConfig, ConfigFault>
  /** Empty where there is none. */
  readonly torrcFile: string
  readonly defaultsFile: string
  /** Hears that the node is up. */
  readonly up?: (() => void) | undefined
}
