// The log's part of a configuration, in the log's own terms.

import type {RelayConfig} from '../config/relay-config.ts'
import {defaultRoutes, type LogOptions} from '../log/log.ts'
import type {LogRoute} from '../log/severity.ts'
import type {CommandLine} from './cli.ts'

/** `Log` lines win over --hush and --quiet. */
export function logOptions(config: RelayConfig, quiet: CommandLine['quiet']): LogOptions {
  return {
    routes: routes(config, quiet),
    format: config.logFormat,
    timeGranularityMs: config.logTimeGranularityMs,
    showDomains: config.logMessageDomains,
    truncateFiles: config.truncateLogFile,
    safeLogging: config.safeLogging,
    protocolWarnings: config.protocolWarnings,
    syslogTag: config.syslogIdentityTag ?? 'ramson'
  }
}

/** A daemon has no streams to log to, and nothing that stands for them. */
function routes({logRoutes, runAsDaemon}: RelayConfig, quiet: CommandLine['quiet']): readonly LogRoute[] {
  if (!runAsDaemon) return logRoutes ?? defaultRoutes(quiet)
  return (logRoutes ?? []).filter(({target}) => target.kind !== 'stdout' && target.kind !== 'stderr')
}
