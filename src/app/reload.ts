// A reload: the settings are read again as at start, and the log takes on its part. At a fault everything stays as it was.
// What a running relay cannot change is refused, as C tor refuses it.

import {type ConfigFault, configFault} from '../config/fault.ts'
import type {RelayConfig} from '../config/relay-config.ts'
import {ok, type Result} from '../fault/result.ts'
import {printLogFault} from '../log/fault.ts'
import type {Log} from '../log/log.ts'
import type {CommandLine} from './cli.ts'
import {logOptions} from './log-options.ts'
import {readConfig} from './read-config.ts'

const FIXED = {
  dataDirectory: 'DataDirectory',
  keyDirectory: 'KeyDirectory',
  cacheDirectory: 'CacheDirectory',
  pidFile: 'PidFile',
  testingTorNetwork: 'TestingTorNetwork',
  syslogIdentityTag: 'SyslogIdentityTag'
} as const satisfies {readonly [K in keyof RelayConfig]?: string}

export function reloadConfig(
  before: RelayConfig,
  command: CommandLine,
  log: Log
): Result<RelayConfig, ConfigFault> {
  const config = readConfig(command)
  if (!config.ok) return config
  for (const [field, option] of Object.entries(FIXED) as [keyof typeof FIXED, string][]) {
    if (config.value[field] === before[field]) continue
    const place = config.value.given.get(option)?.at(-1)?.place
    return configFault('refused', `${option} cannot change while the relay runs.`, place, option)
  }
  const reconfigured = log.reconfigure(logOptions(config.value, command.quiet))
  if (!reconfigured.ok) return configFault('refused', printLogFault(reconfigured.fault), undefined, 'Log')
  return ok(config.value)
}
