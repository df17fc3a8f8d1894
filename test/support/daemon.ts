// One child process of a test network: started with a torrc, its output kept, always ended. Ended means by its own pid;
// when the test process itself goes, `exit` handlers end what is left.

import {type ChildProcess, spawn} from 'node:child_process'
import {appendFileSync, existsSync, readFileSync} from 'node:fs'
import {within} from './wait-until.ts'

export interface DaemonEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface DaemonOptions {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  /** Where the process itself logs; what it prints on stdout and stderr is appended to `<logFile>.out`. */
  readonly logFile: string
  readonly env?: Readonly<Record<string, string>>
}

/** What C tor always says in a private network. */
const noise =
  /used DirAuthority|TestingTorNetwork is set|VotingInterval is very low|choose an exit server|"\) from server \S+ while fetching consensus/

const running = new Set<ChildProcess>()

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** A started process. */
export class Daemon {
  readonly name: string
  readonly #child: ChildProcess
  readonly #logFile: string
  readonly #ended: Promise<DaemonEnd>
  #end: DaemonEnd | undefined

  constructor({name, command, args, logFile, env}: DaemonOptions) {
    this.name = name
    this.#logFile = logFile
    const child = spawn(command, args, {stdio: ['ignore', 'pipe', 'pipe'], env: {...process.env, ...env}})
    this.#child = child
    running.add(child)
    const keep = (chunk: Buffer): void => appendFileSync(`${logFile}.out`, chunk)
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    this.#ended = new Promise(resolve => {
      const settle = (end: DaemonEnd): void => {
        running.delete(child)
        this.#end = end
        resolve(end)
      }
      child.once('error', error => {
        appendFileSync(`${logFile}.out`, `${String(error)}\n`)
        settle({code: 127, signal: null})
      })
      child.once('exit', (code, signal) => settle({code, signal}))
    })
  }

  get pid(): number {
    return this.#child.pid ?? -1
  }

  /** How it ended, or undefined while it runs. */
  get end(): DaemonEnd | undefined {
    return this.#end
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Resolves when the process has ended; rejects when it still runs after `timeoutMs`. */
  ended(timeoutMs: number): Promise<DaemonEnd> {
    return within(`${this.name} (pid ${this.pid}) to end`, timeoutMs, this.#ended)
  }

  /** SIGTERM, and SIGKILL when that is not heeded within five seconds. */
  async stop(): Promise<DaemonEnd> {
    if (this.#end !== undefined) return this.#end
    this.#child.kill('SIGTERM')
    try {
      return await this.ended(5_000)
    } catch {
      this.#child.kill('SIGKILL')
      return this.#ended
    }
  }

  /** Everything it logged and printed so far. */
  log(): string {
    return [this.#logFile, `${this.#logFile}.out`]
      .filter(file => existsSync(file))
      .map(file => readFileSync(file, 'utf8'))
      .join('')
  }

  /** The last lines of the log that a person would look at first. */
  interestingLines(limit = 15): string {
    const lines = this.log()
      .split('\n')
      .filter(line => line !== '' && !noise.test(line))
    const telling = lines.filter(line => /\[(?:warn|err)\]|error|fault|bootstrap/i.test(line))
    return (telling.length > 0 ? telling : lines).slice(-limit).join('\n')
  }
}
