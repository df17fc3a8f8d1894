// The log of a process. A message goes in order through: the rate limit of its logger, pino (which drops what no route
// wants and makes the JSON), then each route that takes its severity and domain, as text or as JSON. Settings and files
// change as a whole at a reload: the new sinks are opened first, and if one cannot be, the old log goes on.

import {pino} from 'pino'
import {ok, type Result} from '../fault/result.ts'
import type {LogFault} from './fault.ts'
import {coarseTime, formatLine, printable} from './line.ts'
import type {Logger} from './logger.ts'
import {RateLimits} from './rate-limit.ts'
import {
  type LogDomain,
  type LogRoute,
  type LogTarget,
  routeTakes,
  SEVERITIES,
  type Severity,
  severityRank
} from './severity.ts'
import {openSink, type Sink, type SinkOptions} from './sink.ts'

export interface LogOptions {
  readonly routes: readonly LogRoute[]
  readonly format: 'text' | 'json'
  readonly timeGranularityMs: number
  readonly showDomains: boolean
  readonly truncateFiles: boolean
  readonly safeLogging: 'off' | 'all' | 'relay'
  readonly protocolWarnings: boolean
  readonly syslogTag: string
}

export interface LogDeps {
  readonly now: () => Date
  readonly openSink: (target: LogTarget, options: SinkOptions) => Result<Sink, LogFault>
}

/** What there is to hear without `Log` lines: notices, with --hush warnings, with --quiet nothing, all on stdout. */
export function defaultRoutes(quiet: 'normal' | 'hush' | 'quiet'): LogRoute[] {
  if (quiet === 'quiet') return []
  const min = quiet === 'hush' ? 'warn' : 'notice'
  return [{ranges: [{min, max: 'err', domains: undefined}], target: {kind: 'stdout'}}]
}

export const DEFAULT_LOG_OPTIONS: LogOptions = {
  routes: defaultRoutes('normal'),
  format: 'text',
  timeGranularityMs: 1000,
  showDomains: false,
  truncateFiles: false,
  safeLogging: 'all',
  protocolWarnings: false,
  syslogTag: 'ramson'
}

interface Watcher {
  readonly told: (severity: Severity, text: string) => void
  readonly least: Severity | undefined
}

interface OpenRoute {
  readonly route: LogRoute
  readonly sink: Sink
}

const LEVELS = Object.fromEntries(
  SEVERITIES.map(severity => [severity, 60 - 10 * severityRank(severity)])
) as Record<Severity, number>

export class Log {
  readonly logger: Logger
  readonly #deps: LogDeps
  readonly #pino: pino.Logger<Severity>
  readonly #limits = new RateLimits()
  #options: LogOptions
  #routes: readonly OpenRoute[]
  readonly #watchers = new Set<Watcher>()
  #isDebugging = false
  #message: {severity: Severity; domain: LogDomain; text: string; time: Date} | undefined

  private constructor(options: LogOptions, routes: readonly OpenRoute[], deps: LogDeps) {
    this.#options = options
    this.#routes = routes
    this.#deps = deps
    this.#pino = pino<Severity>(
      {
        customLevels: LEVELS,
        useOnlyCustomLevels: true,
        level: chattiest(options.routes),
        base: null,
        timestamp: () => `,"time":"${this.#message?.time.toISOString() ?? ''}"`,
        formatters: {level: label => ({level: label})}
      },
      {write: (json: string) => this.#write(json)}
    )
    this.logger = this.#loggerFor('general', undefined)
  }

  static open(options: LogOptions, deps: LogDeps = {now: () => new Date(), openSink}): Result<Log, LogFault> {
    const routes = openRoutes(options, deps)
    return routes.ok ? ok(new Log(options, routes.value, deps)) : routes
  }

  /** Takes on new settings and files, or, at a fault, leaves everything as it was. */
  reconfigure(options: LogOptions): Result<undefined, LogFault> {
    const before = this.#routes
    // The program that takes lines for the system log goes on: NoExec would not let another one begin.
    const syslog = before.find(({route}) => route.target.kind === 'syslog')?.sink
    const isSame = options.syslogTag === this.#options.syslogTag
    // A file that was open before goes on where it ended, whatever TruncateLogFile says.
    const routes = openRoutes({...options, truncateFiles: false}, this.#deps, isSame ? syslog : undefined)
    if (!routes.ok) return routes
    this.#routes = routes.value
    this.#options = options
    this.#isDebugging = false
    this.#setLevel()
    const kept = new Set(routes.value.map(({sink}) => sink))
    for (const {sink} of before) if (!kept.has(sink)) sink.close()
    return ok(undefined)
  }

  /**
   * Tells every message that passed its rate limit and that any route could take, whichever do; with `least`, everything
   * down to that, whatever routes take. The returned function ends that.
   */
  watch(told: (severity: Severity, text: string) => void, least?: Severity): () => void {
    const watcher = {told, least}
    this.#watchers.add(watcher)
    this.#setLevel()
    return () => {
      this.#watchers.delete(watcher)
      this.#setLevel()
    }
  }

  /** After somebody moved the files away. */
  reopen(): void {
    for (const {sink} of this.#routes) sink.reopen()
  }

  /** Every route takes everything from now on, until the next reconfigure. */
  makeDebug(): void {
    this.#routes = this.#routes.map(({route, sink}) => ({
      sink,
      route: {...route, ranges: [{min: 'debug', max: 'err', domains: undefined}]}
    }))
    this.#isDebugging = true
    this.#setLevel()
  }

  close(): void {
    for (const {sink} of this.#routes) sink.close()
    this.#routes = []
  }

  #loggerFor(domain: LogDomain, limit: {key: string; intervalMs: number} | undefined): Logger {
    const log = (severity: Severity, message: string) => {
      if (!this.#takes(severity)) return
      const heldBack = limit && this.#limits.admit(limit.key, limit.intervalMs, this.#deps.now().getTime())
      if (limit !== undefined && heldBack === undefined) return
      this.#emit(
        severity,
        domain,
        heldBack ? `${message} [${heldBack} similar messages were held back.]` : message
      )
    }
    return {
      log,
      err: message => log('err', message),
      warn: message => log('warn', message),
      notice: message => log('notice', message),
      info: message => log('info', message),
      debug: message => log('debug', message),
      protocol: message => log(this.#options.protocolWarnings ? 'warn' : 'info', message),
      about: other => this.#loggerFor(other, limit),
      limited: (key, intervalMs) => this.#loggerFor(domain, {key, intervalMs}),
      scrub: address => (this.#options.safeLogging === 'off' ? address : '[scrubbed]'),
      takes: severity => this.#takes(severity)
    }
  }

  #takes(severity: Severity): boolean {
    return this.#pino.isLevelEnabled(severity) && this.#routes.length + this.#watchers.size > 0
  }

  #setLevel(): void {
    const wanted = [...this.#watchers].map(({least}) => severityRank(least ?? 'err'))
    this.#pino.level = SEVERITIES[Math.max(this.#routesRank(), ...wanted)] ?? 'err'
  }

  #routesRank(): number {
    return severityRank(this.#isDebugging ? 'debug' : chattiest(this.#options.routes))
  }

  #emit(severity: Severity, domain: LogDomain, text: string): void {
    const time = coarseTime(this.#deps.now(), this.#options.timeGranularityMs)
    this.#message = {severity, domain, text, time}
    this.#pino[severity]({domain}, printable(text))
    this.#message = undefined
  }

  /** Called by pino, within #emit, with the JSON of the message and its line feed. */
  #write(json: string): void {
    const message = this.#message
    if (message === undefined) return
    const routesRank = this.#routesRank()
    for (const {told, least} of this.#watchers) {
      const rank = least === undefined ? routesRank : severityRank(least)
      if (severityRank(message.severity) <= rank) told(message.severity, printable(message.text))
    }
    const {format, showDomains} = this.#options
    const line = format === 'json' ? json.trimEnd() : formatLine(message, showDomains ? 'shown' : 'hidden')
    for (const {route, sink} of this.#routes) {
      if (routeTakes(route, message.severity, message.domain)) sink.write(line, message.severity)
    }
  }
}

/** `syslog`: one that is open already. */
function openRoutes(options: LogOptions, deps: LogDeps, syslog?: Sink): Result<OpenRoute[], LogFault> {
  const opened: OpenRoute[] = []
  for (const route of options.routes) {
    if (route.target.kind === 'syslog' && syslog !== undefined) {
      opened.push({route, sink: syslog})
      continue
    }
    const sink = deps.openSink(route.target, {truncate: options.truncateFiles, syslogTag: options.syslogTag})
    if (!sink.ok) {
      for (const each of opened) if (each.sink !== syslog) each.sink.close()
      return sink
    }
    opened.push({route, sink: sink.value})
  }
  return ok(opened)
}

function chattiest(routes: readonly LogRoute[]): Severity {
  const ranks = routes.flatMap(route => route.ranges.map(range => severityRank(range.min)))
  return SEVERITIES[Math.max(0, ...ranks)] ?? 'err'
}
