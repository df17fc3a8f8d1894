// A client of C tor's control port, as far as the tests steer and watch C tor with it: commands in order, replies matched
// to commands in the same order (control-spec 2.3), asynchronous 650 replies handed to whoever waits for them.

import {readFileSync} from 'node:fs'
import {createConnection, type Socket} from 'node:net'
import {within} from './wait-until.ts'

/** One reply: its status and its lines without status; data blocks follow their line after a newline. */
export interface ControlReply {
  readonly status: number
  readonly lines: readonly string[]
}

/** An event line split once: `CIRC 5 BUILT …` has keyword CIRC and rest `5 BUILT …`. */
export interface ControlEvent {
  readonly keyword: string
  readonly rest: string
  readonly at: number
}

type EventListener = (event: ControlEvent) => void

const COMMAND_TIMEOUT_MS = 20_000

export class ControlClient {
  readonly #socket: Socket
  readonly #replies: ((reply: ControlReply | Error) => void)[] = []
  readonly #listeners = new Set<EventListener>()
  #buffered = ''
  #lines: string[] = []
  #dataBlock: string[] | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setEncoding('latin1')
    socket.on('data', (chunk: string) => this.#take(chunk))
    const fail = (): void => {
      for (const reply of this.#replies.splice(0)) reply(new Error('control connection closed'))
    }
    socket.on('close', fail)
    socket.on('error', fail)
  }

  /** Connects to the unix socket at `path` and authenticates with the cookie file. */
  static async connect(path: string, cookieFile: string): Promise<ControlClient> {
    const socket = createConnection(path)
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', reject)
    })
    const client = new ControlClient(socket)
    await client.command(`AUTHENTICATE ${readFileSync(cookieFile).toString('hex')}`)
    return client
  }

  close(): void {
    this.#socket.destroy()
  }

  /** Sends one command line; rejects on any reply that is not 2xx. */
  async command(line: string): Promise<ControlReply> {
    const reply = await this.attempt(line)
    if (reply.status < 200 || reply.status > 299) {
      throw new Error(`${line.split(' ')[0]}: ${reply.status} ${reply.lines.join(' / ')}`)
    }
    return reply
  }

  /** Sends one command line and gives the reply whatever its status. */
  attempt(line: string): Promise<ControlReply> {
    const answered = new Promise<ControlReply>((resolve, reject) => {
      this.#replies.push(reply => (reply instanceof Error ? reject(reply) : resolve(reply)))
    })
    this.#socket.write(`${line}\r\n`)
    return within(`control command ${line.split(' ')[0]}`, COMMAND_TIMEOUT_MS, answered)
  }

  /** The value of one GETINFO key, of one line or many. */
  async getInfo(key: string): Promise<string> {
    const {lines} = await this.command(`GETINFO ${key}`)
    const first = lines[0] ?? ''
    return first.slice(first.indexOf('=') + 1).replace(/^\n/, '')
  }

  async setEvents(...keywords: readonly string[]): Promise<void> {
    await this.command(`SETEVENTS ${keywords.join(' ')}`)
  }

  /** Calls `listener` for each event from now on; the returned function ends that. */
  onEvent(listener: EventListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** The first event from now on for which `pick` gives something. */
  async nextEvent<T>(
    what: string,
    timeoutMs: number,
    pick: (event: ControlEvent) => T | undefined
  ): Promise<T> {
    let forget = (): void => undefined
    const seen = new Promise<T>(resolve => {
      forget = this.onEvent(event => {
        const picked = pick(event)
        if (picked !== undefined) resolve(picked)
      })
    })
    try {
      return await within(what, timeoutMs, seen)
    } finally {
      forget()
    }
  }

  #take(chunk: string): void {
    this.#buffered += chunk
    for (;;) {
      const end = this.#buffered.indexOf('\r\n')
      if (end < 0) return
      const line = this.#buffered.slice(0, end)
      this.#buffered = this.#buffered.slice(end + 2)
      this.#takeLine(line)
    }
  }

  #takeLine(line: string): void {
    if (this.#dataBlock !== undefined) {
      if (line !== '.') {
        this.#dataBlock.push(line.startsWith('..') ? line.slice(1) : line)
        return
      }
      const opening = this.#lines.pop() ?? ''
      this.#lines.push([opening, ...this.#dataBlock].join('\n'))
      this.#dataBlock = undefined
      return
    }
    this.#lines.push(line.slice(4))
    if (line[3] === '+') this.#dataBlock = []
    if (line[3] !== ' ') return
    const reply = {status: Number(line.slice(0, 3)), lines: this.#lines}
    this.#lines = []
    if (reply.status === 650) this.#announce(reply.lines.join('\n'))
    else this.#replies.shift()?.(reply)
  }

  #announce(text: string): void {
    const space = text.indexOf(' ')
    const event = {keyword: text.slice(0, space), rest: text.slice(space + 1), at: performance.now()}
    for (const listener of [...this.#listeners]) listener(event)
  }
}
