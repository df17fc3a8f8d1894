// RunAsDaemon at the terminal: the same program is started once more, in a session of its own, without standard streams. We
// print what it warns of while it starts, and end with status 0 when it is up or with its status when it is not.
//
// Node cannot fork: a process with threads and an event loop does not survive that. Everything is read anew by the daemon.

import {spawn} from 'node:child_process'
import type {CommandLine} from '../cli.ts'
import {DONE, FAILED, fail} from '../exit-status.ts'
import {DAEMON_VARIABLE, type DaemonInput, type DaemonMessage} from './messages.ts'

const ENDING_SIGNALS = ['SIGINT', 'SIGTERM'] as const

/** Resolves with the exit status. */
export function startDaemon(input: DaemonInput, quiet: CommandLine['quiet']): Promise<number> {
  return new Promise(resolve => {
    const daemon = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
      detached: true,
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      env: {...process.env, [DAEMON_VARIABLE]: '1'}
    })
    const pass = (signal: NodeJS.Signals) => daemon.kill(signal)
    const settle = (status: number) => {
      for (const signal of ENDING_SIGNALS) process.off(signal, pass)
      resolve(status)
    }
    let wasTold = false
    let status: number | undefined
    // Its last words may come behind the news of its end.
    const ended = () => {
      if (status === undefined || daemon.connected) return
      if (!wasTold) fail(`The daemon ended while it started (status ${status}).`)
      settle(status)
    }
    for (const signal of ENDING_SIGNALS) process.on(signal, pass)
    daemon.once('error', error => settle(fail(`The daemon could not be started: ${error.message}.`)))
    daemon.once('disconnect', ended)
    daemon.once('exit', code => {
      status = code ?? FAILED
      ended()
    })
    daemon.on('message', (message: DaemonMessage) => {
      if (message.kind === 'up') {
        daemon.removeAllListeners()
        daemon.disconnect()
        daemon.unref()
        settle(DONE)
        return
      }
      wasTold ||= message.severity === 'err'
      if (quiet !== 'quiet') process.stderr.write(`[${message.severity}] ${message.text}\n`)
    })
    daemon.send(input)
  })
}
