// Where lines end: a stream of this process, a file that can be opened anew after it was rotated away, or the system log.
// Files and streams are written synchronously, so that the last line before an end is there. A sink that breaks later (a
// full disk, a closed pipe) loses lines and says nothing: logging must not stop a relay.

import {type ChildProcess, spawn} from 'node:child_process'
import {pino} from 'pino'
import {ok, type Result} from '../fault/result.ts'
import {type LogFault, unopenable} from './fault.ts'
import {type LogTarget, type Severity, severityRank} from './severity.ts'

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
      return ok(syslogSink('logger', options.syslogTag))
    case 'file':
      return fileSink(target.path, options.truncate)
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
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    return unopenable(path, `the log file cannot be opened (${code}).`)
  }
}

/** syslog(3)'s numbers of our severities, in the order of SEVERITIES, for the facility `daemon` (3). */
const SYSLOG_PRIORITIES = [3, 4, 5, 6, 7]
const DAEMON = 3 << 3

/** Node has no system log, so one `logger` process (util-linux) takes lines that carry their priority in front. */
export function syslogSink(command: string, tag: string): Sink {
  const child: ChildProcess = spawn(command, ['--tag', tag, '--prio-prefix'], {
    stdio: ['pipe', 'ignore', 'ignore']
  })
  child.on('error', ignore)
  child.stdin?.on('error', ignore)
  child.unref()
  return {
    write(line, severity) {
      const priority = DAEMON + (SYSLOG_PRIORITIES[severityRank(severity)] ?? 7)
      attempt(() => child.stdin?.write(`<${priority}>${line}\n`))
    },
    reopen: ignore,
    close: () => attempt(() => child.stdin?.end())
  }
}

function ignore(): void {
  // Deliberately nothing: see the head of this file.
}

function attempt(action: () => unknown): void {
  try {
    action()
  } catch {
    // Deliberately nothing: see the head of this file.
  }
}
