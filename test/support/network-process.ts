// `ramson network --json` as a process of its own, with a directory for temporary files that nothing else uses: what the
// process leaves behind can then be seen.

import {type ChildProcess, spawn} from 'node:child_process'
import {mkdtempSync, readdirSync, rmSync} from 'node:fs'
import {connect} from 'node:net'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {createInterface} from 'node:readline'
import {fileURLToPath} from 'node:url'
import type {NetworkAddresses} from '../../src/app/network/events.ts'
import {waitUntil, within} from './wait-until.ts'

const program = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'src', 'app', 'main.js')
const READY_TIMEOUT_MS = 90_000
const END_TIMEOUT_MS = 30_000

/** A line of the output, as it was parsed. */
export interface PrintedEvent {
  readonly event: string
  readonly [key: string]: unknown
}

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export class NetworkProcess {
  readonly events: PrintedEvent[] = []
  readonly ended: Promise<Ended>
  readonly #child: ChildProcess
  readonly #temporary = mkdtempSync(join(tmpdir(), 'ramson-network-test-'))
  readonly #faults: string[] = []
  #hasEnded = false
  #errors = ''

  constructor(words: readonly string[]) {
    const env = {...process.env, TMPDIR: this.#temporary}
    // In a process group of its own, so that whatever it might start could be found.
    const child = spawn(process.execPath, [program, 'network', '--json', ...words], {
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe']
    })
    this.#child = child
    createInterface({input: child.stdout}).on('line', line => this.#line(line))
    child.stderr.on('data', (chunk: Buffer) => {
      this.#errors += chunk.toString()
    })
    this.ended = new Promise(resolve => {
      child.once('close', (code, signal) => {
        this.#hasEnded = true
        resolve({code, signal})
      })
    })
  }

  /** Resolves when the page was fetched. */
  async ready(): Promise<NetworkAddresses> {
    await this.seen('ready', READY_TIMEOUT_MS)
    const [ready] = this.named('ready')
    return ready as unknown as NetworkAddresses
  }

  async seen(event: string, timeoutMs: number): Promise<void> {
    await waitUntil(`the event ${event}`, {timeoutMs, everyMs: 50}, () => {
      if (this.#hasEnded && this.named(event).length === 0) throw new Error(`it has ended: ${this.explain()}`)
      return this.named(event).length > 0
    }).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.explain()}`)
    })
  }

  named(event: string): readonly PrintedEvent[] {
    return this.events.filter(each => each.event === event)
  }

  kill(signal: NodeJS.Signals): Promise<Ended> {
    this.#child.kill(signal)
    return within(`the end after ${signal}`, END_TIMEOUT_MS, this.ended)
  }

  /** What it printed that is no event, on either stream. */
  get strayOutput(): string {
    return [...this.#faults, this.#errors].join('\n').trim()
  }

  /** Names of what lies in the directory for temporary files. */
  get temporaryFiles(): readonly string[] {
    return readdirSync(this.#temporary)
  }

  /** Whether any process of its group is there. */
  get isAlive(): boolean {
    try {
      process.kill(-(this.#child.pid ?? 0), 0)
      return true
    } catch {
      return false
    }
  }

  /** Ends it if it has not ended, without asking. */
  async dispose(): Promise<void> {
    if (!this.#hasEnded) await this.kill('SIGKILL')
    rmSync(this.#temporary, {recursive: true, force: true})
  }

  explain(): string {
    return `${this.events.map(event => JSON.stringify(event)).join('\n')}\n${this.strayOutput}`
  }

  #line(line: string): void {
    try {
      this.events.push(JSON.parse(line) as PrintedEvent)
    } catch {
      this.#faults.push(line)
    }
  }
}

export function isListening(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({host: '127.0.0.1', port})
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
