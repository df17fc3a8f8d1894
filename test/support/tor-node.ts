// One C tor of a private network: its torrc, its process, its control port.

import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {ControlClient} from './control-client.ts'
import {Daemon} from './daemon.ts'
import {waitUntil} from './wait-until.ts'

export type TorRole = 'authority' | 'relay' | 'exit' | 'client' | 'service'

export interface TorNodeOptions {
  readonly name: string
  readonly role: TorRole
  /** The network's folder; the node gets a folder of its own in it. */
  readonly directory: string
  /** An existing DataDirectory to run on instead of a new one. */
  readonly dataDirectory?: string
  readonly torrc: readonly string[]
  readonly orPort?: number
  readonly dirPort?: number
  readonly socksPort?: number
}

const START_TIMEOUT_MS = 90_000
const BOOTSTRAP_TIMEOUT_MS = 180_000

export class TorNode {
  readonly name: string
  readonly role: TorRole
  readonly dataDirectory: string
  readonly orPort: number
  readonly dirPort: number
  readonly socksPort: number
  readonly #torrcFile: string
  readonly #logFile: string
  readonly #controlSocket: string
  #daemon: Daemon | undefined
  #control: ControlClient | undefined

  constructor({name, role, directory, dataDirectory, torrc, ...ports}: TorNodeOptions) {
    this.name = name
    this.role = role
    this.orPort = ports.orPort ?? 0
    this.dirPort = ports.dirPort ?? 0
    this.socksPort = ports.socksPort ?? 0
    const folder = join(directory, name)
    this.dataDirectory = dataDirectory ?? join(folder, 'data')
    this.#torrcFile = join(folder, 'torrc')
    this.#logFile = join(folder, 'log')
    this.#controlSocket = join(folder, 'control')
    mkdirSync(folder, {recursive: true, mode: 0o700})
    mkdirSync(this.dataDirectory, {recursive: true, mode: 0o700})
    const level = process.env['RAMSON_NETWORK_LOG'] ?? 'notice'
    const own = [
      `DataDirectory ${this.dataDirectory}`,
      `Log ${level} file ${this.#logFile}`,
      `ControlPort unix:${this.#controlSocket}`,
      'CookieAuthentication 1',
      `__OwningControllerProcess ${process.pid}`,
      'SafeLogging 0',
      'NumCPUs 1',
      'DisableDebuggerAttachment 0'
    ]
    writeFileSync(this.#torrcFile, `${[...own, ...torrc].join('\n')}\n`)
  }

  start(): void {
    if (this.#daemon !== undefined && this.#daemon.end === undefined) return
    this.#daemon = new Daemon({
      name: this.name,
      command: 'tor',
      args: ['-f', this.#torrcFile, '--defaults-torrc', '/dev/null'],
      logFile: this.#logFile
    })
  }

  get daemon(): Daemon {
    if (this.#daemon === undefined) throw new Error(`${this.name} was not started`)
    return this.#daemon
  }

  /** The one control connection the tests share; opened when first asked for. */
  async control(): Promise<ControlClient> {
    this.#control ??= await this.openControl()
    return this.#control
  }

  /** A control connection of one's own, with its own event subscriptions. */
  openControl(): Promise<ControlClient> {
    return waitUntil(`control port of ${this.name}`, {timeoutMs: START_TIMEOUT_MS}, () => {
      this.#failIfEnded()
      return ControlClient.connect(this.#controlSocket, join(this.dataDirectory, 'control_auth_cookie'))
    })
  }

  /** Waits until C tor says that it is through with bootstrapping. */
  async bootstrapped(timeoutMs = BOOTSTRAP_TIMEOUT_MS): Promise<void> {
    const control = await this.control()
    await waitUntil(`${this.name} to bootstrap`, {timeoutMs}, async () => {
      this.#failIfEnded()
      return (await control.getInfo('status/bootstrap-phase')).includes('PROGRESS=100')
    })
  }

  /** Waits until the node has the microdescriptors of all of these, and so can extend to them and hand them on. */
  async knows(fingerprints: readonly string[]): Promise<void> {
    const control = await this.control()
    for (const fingerprint of fingerprints) {
      const what = `microdescriptor of ${fingerprint.slice(0, 8)} at ${this.name}`
      await waitUntil(what, {timeoutMs: BOOTSTRAP_TIMEOUT_MS}, async () => {
        this.#failIfEnded()
        return (await control.getInfo(`md/id/${fingerprint}`)) !== ''
      })
    }
  }

  /** Upper case hexadecimal RSA fingerprint, once the node has written it down. */
  fingerprint(): Promise<string> {
    return waitUntil(`fingerprint of ${this.name}`, {timeoutMs: START_TIMEOUT_MS}, () =>
      readFingerprint(this.dataDirectory)
    )
  }

  async stop(): Promise<void> {
    this.#control?.close()
    this.#control = undefined
    await this.#daemon?.stop()
  }

  #failIfEnded(): void {
    const end = this.#daemon?.end
    if (end !== undefined) throw new Error(`${this.name} ended with ${end.code ?? end.signal}`)
  }
}

/** The RSA fingerprint a relay's DataDirectory tells, or undefined when it tells none yet. */
export function readFingerprint(dataDirectory: string): string | undefined {
  const file = join(dataDirectory, 'fingerprint')
  if (!existsSync(file)) return undefined
  return /\b([0-9A-F]{40})\b/.exec(readFileSync(file, 'utf8'))?.[1]
}

/** The Ed25519 identity (base64 without padding) a relay's DataDirectory tells, or undefined. */
export function readEd25519Identity(dataDirectory: string): string | undefined {
  const file = join(dataDirectory, 'fingerprint-ed25519')
  if (!existsSync(file)) return undefined
  return /\s(\S{43})\s*$/.exec(readFileSync(file, 'utf8'))?.[1]
}
