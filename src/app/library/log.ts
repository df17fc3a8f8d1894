// The log of an embedded node: every message goes to one function, and without one nowhere. Nothing is written to the
// standard output or to a file.

import {ok} from '../../fault/result.ts'
import {DEFAULT_LOG_OPTIONS, Log} from '../../log/log.ts'
import type {Logger} from '../../log/logger.ts'
import type {Severity} from '../../log/severity.ts'

/** How grave a message is, from `err` to `debug`, as C tor has them. */
export type LogSeverity = Severity

export interface LogMessage {
  readonly severity: LogSeverity
  /** One sentence, without anything that links a client, a service or a circuit. */
  readonly text: string
}

export interface LogOptions {
  /** Gets every message; without it there is no log. What it throws is nobody's. */
  readonly log?: ((message: LogMessage) => void) | undefined
  /** The least grave message that is told. Default: `notice`. */
  readonly logSeverity?: LogSeverity | undefined
}

const nowhere = {write: () => {}, reopen: () => {}, close: () => {}}

/** A logger that tells `log`. It holds nothing that would have to be closed. */
export function openLog({log, logSeverity = 'notice'}: LogOptions): Logger {
  const ranges = [{min: logSeverity, max: 'err' as const, domains: undefined}]
  const routes = log === undefined ? [] : [{ranges, target: {kind: 'stdout' as const}}]
  const opened = Log.open(
    {...DEFAULT_LOG_OPTIONS, routes},
    {now: () => new Date(), openSink: () => ok(nowhere)}
  )
  if (!opened.ok) throw new Error('a log without files cannot fail to open')
  if (log !== undefined) opened.value.watch((severity, text) => log({severity, text}))
  return opened.value.logger
}
