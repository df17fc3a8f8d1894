// The last notices of all nodes, for the status page, and each node's log: a file of its own beside its keys.

import {ok, type Result} from '../../fault/result.ts'
import type {LogFault} from '../../log/fault.ts'
import {DEFAULT_LOG_OPTIONS, Log} from '../../log/log.ts'
import type {LogRange, LogTarget, Severity} from '../../log/severity.ts'
import {openSink, type Sink, type SinkOptions} from '../../log/sink.ts'
import type {StatusNotice} from '../status/status.ts'

const KEPT = 20
/** The time and the severity that begin a line of the log. */
const LINE_START = /^.*? \[\w+\] /

export class Notices {
  readonly #kept: StatusNotice[] = []

  add(severity: Severity, text: string): void {
    this.#kept.push({atMs: Date.now(), severity, text})
    if (this.#kept.length > KEPT) this.#kept.shift()
  }

  /** The newest first. */
  list(): StatusNotice[] {
    return this.#kept.toReversed()
  }

  /** A log that writes to a file and tells its notices here as well, under the name of the node. */
  openLog(node: string, file: string): Result<Log, LogFault> {
    const from = (min: Severity): LogRange => ({min, max: 'err', domains: undefined})
    return Log.open(
      {
        ...DEFAULT_LOG_OPTIONS,
        routes: [
          {ranges: [from('info')], target: {kind: 'file', path: file}},
          {ranges: [from('notice')], target: {kind: 'stdout'}}
        ]
      },
      {now: () => new Date(), openSink: (target, options) => this.#sink(node, target, options)}
    )
  }

  #sink(node: string, target: LogTarget, options: SinkOptions): Result<Sink, LogFault> {
    if (target.kind === 'file') return openSink(target, options)
    const nothing = () => {}
    return ok({
      write: (line, severity) => this.add(severity, `${node}: ${line.replace(LINE_START, '')}`),
      reopen: nothing,
      close: nothing
    })
  }
}
