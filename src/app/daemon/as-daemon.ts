// RunAsDaemon in the process that goes on: it knows by its environment what it is, works in the root directory so that no file
// system is held, and tells the program that started it what there is to warn of until it is up.

import {keepWorkingDirectory} from '../../config/host.ts'
import type {Severity} from '../../log/severity.ts'
import {DAEMON_VARIABLE, type DaemonInput, type DaemonMessage} from './messages.ts'

export class AsDaemon {
  /** What the program that started us read from its standard input. */
  readonly standardInput: string | undefined

  private constructor({standardInput}: DaemonInput) {
    this.standardInput = standardInput
  }

  /** Undefined where this process is none. Call it before settings are read: they say where files are, seen from here. */
  static async find(): Promise<AsDaemon | undefined> {
    if (process.env[DAEMON_VARIABLE] === undefined || process.send === undefined) return undefined
    delete process.env[DAEMON_VARIABLE]
    const input = await new Promise<DaemonInput>(resolve => process.once('message', resolve))
    keepWorkingDirectory()
    process.chdir('/')
    return new AsDaemon(input)
  }

  tell(severity: Severity, text: string): void {
    this.#send({kind: 'line', severity, text})
  }

  /** The last word: nobody listens from now on. */
  up(): void {
    this.#send({kind: 'up'})
  }

  #send(message: DaemonMessage): void {
    // Who started us may have been killed, which is no reason not to go on.
    if (process.connected) process.send?.(message, undefined, undefined, () => {})
  }
}
