// Where lines end: a stream of this process, a file that can be opened anew after it was rotated away, or the system log.
// Files and streams are written synchronously, so that the last line before an end is there. A sink that breaks later (a
// full disk, a closed pipe) loses lines and says nothing: logging must not stop a relay.

import {pino} from 'pino'
import {ok, type Result} from '../fault/result.ts'
import {type LogFault, unopenable} from './fault.ts'
import {attempt, ignore} from './quiet.ts'
import type {LogTarget, Severity} from './severity.ts'
import {syslogSink} from './syslog.ts'

export interface Sink {
  /** `line` has no line feed */
  write(line: string, severity: Severity): void
  /** Opens the file of the same name again. */
  reopen(): void
  close(): void
}

export interface SinkOptions {
  readonly truncate: boolean
  readonly syslogTag: string
}

export function openSink(target: LogTarget, options: SinkOptions): Result<Sink, LogFault> {
  switch (target.kind) {
    case 'stdout':
      return ok(streamSink(1))
    case 'stderr':
      return ok(streamSink(2))
    case 'syslog':
      return openSyslog(options.syslogTag)
    case 'file':
      return fileSink(target.path, options.truncate)
  }
}

/** Where the system has no such program lines are lost; where it may not be run, that is told. */
function openSyslog(tag: string): Result<Sink, LogFault> {
  try {
    return ok(syslogSink('logger', tag))
  } catch (error) {
    return unopenable('syslog', `the program logger cannot be run (${codeOf(error)}).`)
  }
}

function streamSink(descriptor: number): Sink {
  const stream = pino.destination({dest: descriptor, sync: true})
  stream.on('error', ignore)
  return {write: line => attempt(() => stream.write(`${line}\n`)), reopen: ignore, close: ignore}
}

function fileSink(path: string, truncate: boolean): Result<Sink, LogFault> {
  try {
    const stream = pino.destination({dest: path, sync: true, append: !truncate, mode: 0o600})
    stream.on('error', ignore)
    return ok({
      write: line => attempt(() => stream.write(`${line}\n`)),
      reopen: () => attempt(() => stream.reopen()),
      close: () => attempt(() => stream.end())
    })
  } catch (error) {
    return unopenable(path, `the log file cannot be opened (${codeOf(error)}).`)
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
}
