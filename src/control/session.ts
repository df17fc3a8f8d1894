// One controller's connection.
//
//   octets ─▶ CommandReader ─▶ commands, one after the other ─▶ reply      events ─▶ told between replies
//
// A stranger, who has not authenticated, may ask how to, and do so; anything else ends the connection, as does a line that
// is too long, and doing nothing for a while. Whoever does not read loses events, and is not read from until the replies
// have gone out.

import type {Socket} from 'node:net'
import type {Authentication, Challenge} from './authentication.ts'
import {CommandReader, type CommandText} from './command-reader.ts'
import {type CommandContext, type CommandSession, readGiven} from './commands/command.ts'
import {findCommand} from './commands/table.ts'
import type {ControlCounters} from './counters.ts'
import type {ControlEvents, EventListener, EventName} from './events.ts'
import type {FailedTries} from './failed-tries.ts'
import type {ControlledNode} from './node.ts'
import {farewell, printReply, type Reply, reply, Status} from './reply.ts'

export interface SessionOptions {
  /** A stranger is cut off after this. */
  readonly strangerTimeoutMs: number
  /** Octets that may wait to be read by the controller before events are left out. */
  readonly eventsWaitingMax: number
}

export const DEFAULT_SESSION_OPTIONS: SessionOptions = {
  strangerTimeoutMs: 60_000,
  eventsWaitingMax: 4 << 20
}

export interface SessionDeps {
  readonly node: ControlledNode
  readonly authentication: Authentication
  readonly events: ControlEvents
  readonly counters: ControlCounters
  readonly failedTries: FailedTries
  readonly detachedOnions: Set<string>
  readonly failed: (error: unknown) => void
  /** The node was owned by this controller, which has gone. */
  readonly ownerGone: () => void
}

/** Octets that may wait before no more commands are taken, and commands that may wait to be answered. */
const REPLIES_WAITING_MAX = 1 << 20
const COMMANDS_WAITING_MAX = 64
const HTTP = /^(?:GET|POST|PUT|HEAD|CONNECT|OPTIONS|DELETE) /

export class ControlSession implements CommandSession, EventListener {
  challenge: Challenge | undefined
  hasAskedProtocol = false
  isOwner = false
  readonly onions = new Set<string>()
  events: ReadonlySet<EventName> = new Set()
  readonly #socket: Socket
  readonly #deps: SessionDeps
  readonly #options: SessionOptions
  readonly #reader = new CommandReader()
  readonly #context: CommandContext
  readonly #strangerTimer: NodeJS.Timeout
  #isAuthenticated = false
  #isAnswering = false
  #isFirst = true

  constructor(socket: Socket, deps: SessionDeps, options: SessionOptions = DEFAULT_SESSION_OPTIONS) {
    this.#socket = socket
    this.#deps = deps
    this.#options = options
    this.#context = {...deps, session: this}
    this.#strangerTimer = setTimeout(() => this.#strangerTimedOut(), options.strangerTimeoutMs)
    this.#strangerTimer.unref()
    deps.events.add(this)
    socket.on('data', (octets: Buffer) => this.#received(octets))
    socket.on('drain', () => this.#resume())
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#closed())
  }

  get isAuthenticated(): boolean {
    return this.#isAuthenticated
  }

  authenticated(): void {
    this.#deps.counters.authenticated++
    this.#isAuthenticated = true
    this.#reader.trust()
    clearTimeout(this.#strangerTimer)
  }

  async authenticationFailed(): Promise<void> {
    this.#deps.counters.authenticationsFailed++
    const delayMs = this.#deps.failedTries.note()
    await new Promise<void>(done => {
      const timer = setTimeout(done, delayMs)
      this.#socket.once('close', () => {
        clearTimeout(timer)
        done()
      })
    })
  }

  listen(events: ReadonlySet<EventName>): void {
    this.events = events
    this.#deps.events.subscriptionsChanged()
  }

  told(event: Reply): void {
    if (this.#socket.destroyed || this.#socket.writableEnded) return
    if (this.#socket.writableLength > this.#options.eventsWaitingMax) {
      this.#deps.counters.eventsDropped++
      return
    }
    this.#socket.write(printReply(event))
  }

  close(): void {
    this.#socket.destroy()
  }

  #received(octets: Buffer): void {
    if (this.#isFirst) {
      this.#isFirst = false
      // A web page that makes a browser talk to us gets nothing to work with.
      if (HTTP.test(octets.subarray(0, 16).toString('latin1'))) {
        this.#socket.end('HTTP/1.0 501 Not Implemented\r\n\r\nThe control port is not an HTTP proxy.\r\n')
        return
      }
    }
    if (!this.#reader.push(octets).ok) {
      this.#deps.counters.linesTooLong++
      this.#send(farewell(500, 'Line too long.'))
      return
    }
    if (this.#reader.size > COMMANDS_WAITING_MAX) this.#socket.pause()
    void this.#answerAll()
  }

  async #answerAll(): Promise<void> {
    if (this.#isAnswering) return
    this.#isAnswering = true
    try {
      while (!this.#socket.destroyed && !this.#socket.writableEnded) {
        if (this.#socket.writableLength > REPLIES_WAITING_MAX) {
          this.#socket.pause()
          return
        }
        const command = this.#reader.next()
        if (command === undefined) break
        await this.#answer(command)
      }
    } finally {
      this.#isAnswering = false
    }
    this.#socket.resume()
  }

  #resume(): void {
    void this.#answerAll()
  }

  async #answer(text: CommandText): Promise<void> {
    const answered = await this.#run(text)
    if (answered === undefined) return
    const {counters} = this.#deps
    if (answered.status < 300) counters.commandsDone++
    else counters.commandsRefused++
    this.#send(answered)
  }

  async #run({line, data}: CommandText): Promise<Reply | undefined> {
    const [, name = '', rest = ''] = /^\s*(\S*)\s*(.*)$/s.exec(line) ?? []
    if (name === '' && data === undefined) return undefined
    const command = findCommand(`${data === undefined ? '' : '+'}${name}`)
    if (!this.#isAuthenticated && command?.forStrangers !== true) {
      return farewell(Status.UNAUTHENTICATED, 'Authentication required.')
    }
    if (command === undefined) return reply(Status.SYNTAX_ERROR, `Unrecognized command "${name}"`)
    const given = readGiven(command, rest, data)
    if ('status' in given) return given
    try {
      return await command.run(given, this.#context)
    } catch (error) {
      this.#deps.failed(error)
      return reply(Status.INTERNAL, 'Internal error')
    }
  }

  #send(answered: Reply): void {
    if (this.#socket.destroyed || this.#socket.writableEnded) return
    if (answered.closes) this.#socket.end(printReply(answered))
    else this.#socket.write(printReply(answered))
  }

  #strangerTimedOut(): void {
    this.#deps.counters.strangersTimedOut++
    this.#socket.destroy()
  }

  #closed(): void {
    clearTimeout(this.#strangerTimer)
    const {events, node, ownerGone} = this.#deps
    events.delete(this)
    for (const id of this.onions) node.onions.remove(id)
    this.onions.clear()
    if (this.isOwner) ownerGone()
  }
}
