// A reload: the settings are read again as at start, and the log takes on its part. At a fault everything stays as it was.
// What a running relay cannot change is refused, as C tor refuses it; what waits for the next start is told.

import {type ConfigFault, configFault} from '../config/fault.ts'
import {changedOptions, optionChange} from '../config/option-changes.ts'
import type {RelayConfig} from '../config/relay-config.ts'
import {ok, type Result} from '../fault/result.ts'
import {printLogFault} from '../log/fault.ts'
import type {Log} from '../log/log.ts'
import type {CommandLine} from './cli.ts'
import {logOptions} from './log-options.ts'
import {readConfig} from './read-config.ts'

export function reloadConfig(
  before: RelayConfig,
  command: CommandLine,
  log: Log
): Result<RelayConfig, ConfigFault> {
  const config = readConfig(command)
  return config.ok ? adoptConfig(before, config.value, command, log) : config
}

/** Takes on `next` as far as the log goes, or says why it cannot be. */
export function adoptConfig(
  before: RelayConfig,
  next: RelayConfig,
  command: CommandLine,
  log: Log
): Result<RelayConfig, ConfigFault> {
  const isRelay = before.orPorts.length > 0
  const changed = changedOptions(before, next).map(name => ({
    name,
    change: optionChange(name, isRelay)
  }))
  const refused = changed.find(({change}) => change === 'refused')?.name
  if (refused !== undefined) {
    const place = next.given.get(refused)?.at(-1)?.place
    return configFault('refused', `${refused} cannot change while the relay runs.`, place, refused)
  }
  const reconfigured = log.reconfigure(logOptions(next, command.quiet))
  if (!reconfigured.ok) return configFault('refused', printLogFault(reconfigured.fault), undefined, 'Log')
  const logger = log.logger.about('config')
  for (const notice of next.notices) logger.warn(notice)
  const waiting = changed.filter(({change}) => change === 'restart').map(({name}) => name)
  if (waiting.length > 0) {
    logger.warn(`These options changed, and will be in force after the next start: ${waiting.join(', ')}.`)
  }
  return ok(next)
}
