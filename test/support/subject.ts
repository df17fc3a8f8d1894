// The relay under test, started from a torrc as an operator would start it. With RAMSON_SUBJECT=tor in the environment C tor
// runs in its place: a suite that C tor does not pass itself says nothing about ramson.

import {existsSync, mkdirSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {connect} from 'node:tls'
import {fileURLToPath} from 'node:url'
import {Daemon, type DaemonEnd} from './daemon.ts'
import {readEd25519Identity, readFingerprint} from './tor-node.ts'
import {waitUntil} from './wait-until.ts'

export type SubjectImplementation = 'ramson' | 'tor'

/** What runs as the subject in this test run. */
export const subjectImplementation: SubjectImplementation =
  process.env['RAMSON_SUBJECT'] === 'tor' ? 'tor' : 'ramson'

/** The compiled program: tests lie in <out>/test/support, the program in <out>/src/app. */
export const programFile = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'src', 'app', 'main.js')

const START_TIMEOUT_MS = 90_000

export interface SubjectOptions {
  readonly nickname: string
  readonly directory: string
  readonly orPort: number
  readonly torrc: readonly string[]
  readonly implementation?: SubjectImplementation
  /** An existing DataDirectory to run on instead of a new one. */
  readonly dataDirectory?: string
  readonly env?: Readonly<Record<string, string>>
}

/** How a stopped subject ended, and after how long. */
export interface SubjectEnd extends DaemonEnd {
  readonly seconds: number
}

export class Subject {
  readonly nickname: string
  readonly orPort: number
  readonly dataDirectory: string
  readonly implementation: SubjectImplementation
  readonly #torrcFile: string
  readonly #logFile: string
  readonly #env: Readonly<Record<string, string>>
  #torrc: readonly string[]
  #daemon: Daemon | undefined

  constructor(options: SubjectOptions) {
    this.nickname = options.nickname
    this.orPort = options.orPort
    this.implementation = options.implementation ?? subjectImplementation
    this.#env = options.env ?? {}
    const folder = join(options.directory, options.nickname)
    this.dataDirectory = options.dataDirectory ?? join(folder, 'data')
    this.#torrcFile = join(folder, `torrc-${this.implementation}`)
    this.#logFile = join(folder, `log-${this.implementation}`)
    mkdirSync(folder, {recursive: true, mode: 0o700})
    mkdirSync(this.dataDirectory, {recursive: true, mode: 0o700})
    const own = [
      `Nickname ${this.nickname}`,
      `ORPort 127.0.0.1:${this.orPort}`,
      `DataDirectory ${this.dataDirectory}`,
      `Log ${process.env['RAMSON_SUBJECT_LOG'] ?? 'info'} file ${this.#logFile}`
    ]
    this.#torrc = [...own, ...options.torrc]
    writeFileSync(this.#torrcFile, `${this.#torrc.join('\n')}\n`)
  }

  /** Rewrites the torrc with `line` in place of the lines of the same option; takes effect on a start or on SIGHUP. */
  configure(line: string): void {
    const option = line.slice(0, line.indexOf(' ') + 1)
    this.#torrc = [...this.#torrc.filter(other => !other.startsWith(option)), line]
    writeFileSync(this.#torrcFile, `${this.#torrc.join('\n')}\n`)
  }

  /** Adds a line behind those of the torrc; takes effect on a start or on SIGHUP. */
  add(line: string): void {
    this.#torrc = [...this.#torrc, line]
    writeFileSync(this.#torrcFile, `${this.#torrc.join('\n')}\n`)
  }

  /** Takes all lines of an option out of the torrc. */
  remove(option: string): void {
    this.#torrc = this.#torrc.filter(line => !line.startsWith(`${option} `))
    writeFileSync(this.#torrcFile, `${this.#torrc.join('\n')}\n`)
  }

  /** Starts it and waits until its ORPort answers TLS and its fingerprint is written. */
  async start(): Promise<void> {
    this.launch()
    await this.ready()
  }

  /** Starts it without waiting. */
  launch(): void {
    const isTor = this.implementation === 'tor'
    const args = ['-f', this.#torrcFile]
    this.#daemon = new Daemon({
      name: `${this.nickname} (${this.implementation})`,
      command: isTor ? 'tor' : process.execPath,
      args: isTor ? [...args, '--defaults-torrc', '/dev/null'] : [programFile, ...args],
      logFile: this.#logFile,
      env: this.#env
    })
  }

  async ready(): Promise<void> {
    try {
      await waitUntil(`${this.nickname} to listen`, {timeoutMs: START_TIMEOUT_MS, everyMs: 100}, async () => {
        if (this.daemon.end !== undefined) return true
        return readFingerprint(this.dataDirectory) !== undefined && (await answersTls(this.orPort))
      })
    } catch (error) {
      throw new Error(`${String(error)}\n${this.daemon.interestingLines()}`)
    }
    if (this.daemon.end !== undefined) {
      const {code, signal} = this.daemon.end
      throw new Error(
        `${this.nickname} (${this.implementation}) ended at once with ${code ?? signal}:\n${this.daemon.interestingLines()}`
      )
    }
  }

  get daemon(): Daemon {
    if (this.#daemon === undefined) throw new Error(`${this.nickname} was not started`)
    return this.#daemon
  }

  get isRunning(): boolean {
    return this.#daemon !== undefined && this.#daemon.end === undefined
  }

  /** Upper case hexadecimal RSA fingerprint, as the DataDirectory tells it. */
  get fingerprint(): string {
    const fingerprint = readFingerprint(this.dataDirectory)
    if (fingerprint === undefined) throw new Error(`${this.nickname} wrote no fingerprint`)
    return fingerprint
  }

  /** Base64 Ed25519 identity without padding, as the DataDirectory tells it. */
  get ed25519Identity(): string {
    const identity = readEd25519Identity(this.dataDirectory)
    if (identity === undefined) throw new Error(`${this.nickname} wrote no Ed25519 fingerprint`)
    return identity
  }

  /** Sends the signal and waits for the end. */
  async end(signal: NodeJS.Signals, timeoutMs: number): Promise<SubjectEnd> {
    const started = performance.now()
    this.daemon.signal(signal)
    const end = await this.daemon.ended(timeoutMs)
    return {...end, seconds: (performance.now() - started) / 1000}
  }

  async stop(): Promise<void> {
    await this.#daemon?.stop()
  }
}

/** True when the program under test has been built (C tor always is). */
export function subjectIsBuilt(): boolean {
  return subjectImplementation === 'tor' || existsSync(programFile)
}

/** True once a TLS handshake completes: then the event loop runs, and not only the socket listens. */
function answersTls(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({host: '127.0.0.1', port, rejectUnauthorized: false})
    const settle = (answers: boolean): void => {
      socket.destroy()
      resolve(answers)
    }
    socket.setTimeout(5_000, () => settle(false))
    socket.once('secureConnect', () => settle(true))
    socket.once('error', () => settle(false))
    socket.once('close', () => settle(false))
  })
}
