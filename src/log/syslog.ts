// The system log. Node has none, so one `logger` process (util-linux) takes lines with their priority in front.

import {type ChildProcess, spawn} from 'node:child_process'
import {attempt, ignore} from './quiet.ts'
import {severityRank} from './severity.ts'
import type {Sink} from './sink.ts'

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
