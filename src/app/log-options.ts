// The log's part of a configuration, in the log's own terms.

import type {RelayConfig} from '../config/relay-config.ts'
import {defaultRoutes, type LogOptions} from '../log/log.ts'
import type {CommandLine} from './cli.ts'

/** `Log` lines win over --hush and --quiet. */
export function logOptions(config: RelayConfig, quiet: CommandLine['quiet']): LogOptions {
  return {
    routes: config.logRoutes ?? defaultRoutes(quiet),
    format: config.logFormat,
    timeGranularityMs: config.logTimeGranularityMs,
    showDomains: config.logMessageDomains,
    truncateFiles: config.truncateLogFile,
    safeLogging: config.safeLogging,
    protocolWarnings: config.protocolWarnings,
    syslogTag: config.syslogIdentityTag ?? 'ramson'
  }
}
