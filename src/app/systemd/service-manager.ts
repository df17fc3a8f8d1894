// What systemd is told of this process (sd_notify): that it is ready, reads its settings anew, is on its way out; a line on
// how it is; and, where the unit has WatchdogSec, that its event loop still turns. Without NOTIFY_SOCKET there is nobody to
// tell and nothing happens.

import {hrtime} from 'node:process'
import {type SendNotification, sendNotification} from './send-notification.ts'

const SECOND_MS = 1000
/** How long after the last link is gone the end may still take. */
const LEEWAY_MS = 15 * SECOND_MS
const STATUS_EVERY_MS = 30 * SECOND_MS

export interface ServiceManagerDeps {
  /** One line for `systemctl status`. */
  readonly status: () => string
  /** Hears, once, that messages do not get away. */
  readonly unheard: () => void
  readonly send?: SendNotification
}

export class ServiceManager {
  readonly #socket: string
  readonly #watchdogMs: number | undefined
  readonly #deps: ServiceManagerDeps
  #timer: NodeJS.Timeout | undefined
  #lastStatus = ''
  #isUnheard = false

  private constructor(socket: string, watchdogMs: number | undefined, deps: ServiceManagerDeps) {
    this.#socket = socket
    this.#watchdogMs = watchdogMs
    this.#deps = deps
  }

  /** Undefined where no service manager asks to be told. */
  static find(environment: NodeJS.ProcessEnv, deps: ServiceManagerDeps): ServiceManager | undefined {
    const socket = environment['NOTIFY_SOCKET'] ?? ''
    if (!/^[/@]./.test(socket)) return undefined
    const microseconds = Number(environment['WATCHDOG_USEC'])
    const forUs = [undefined, '', String(process.pid)].includes(environment['WATCHDOG_PID'])
    const watchdogMs = forUs && microseconds > 0 ? microseconds / 1000 : undefined
    return new ServiceManager(socket, watchdogMs, deps)
  }

  /** The node is up: from now on the watchdog is fed, at twice the rate that it wants. */
  ready(): void {
    this.#lastStatus = this.#deps.status()
    this.#tell('READY=1', `STATUS=${this.#lastStatus}`)
    const everyMs = Math.min(STATUS_EVERY_MS, (this.#watchdogMs ?? STATUS_EVERY_MS) / 2)
    this.#timer = setInterval(() => this.#turn(), everyMs)
    this.#timer.unref()
  }

  /** The moment belongs to the message, so that the manager knows which reload the next READY=1 ends. */
  reloading(): void {
    this.#tell('RELOADING=1', `MONOTONIC_USEC=${hrtime.bigint() / 1000n}`)
  }

  reloaded(): void {
    this.#tell('READY=1', `STATUS=${this.#deps.status()}`)
  }

  /** @param inMs how long it will go on for those who are still served */
  stopping(inMs: number): void {
    const atMostUsec = Math.ceil(inMs + LEEWAY_MS) * 1000
    this.#tell('STOPPING=1', `EXTEND_TIMEOUT_USEC=${atMostUsec}`, 'STATUS=shutting down')
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #turn(): void {
    const lines = this.#watchdogMs === undefined ? [] : ['WATCHDOG=1']
    const status = this.#deps.status()
    if (status !== this.#lastStatus) lines.push(`STATUS=${status}`)
    this.#lastStatus = status
    if (lines.length > 0) this.#tell(...lines)
  }

  #tell(...lines: readonly string[]): void {
    const send = this.#deps.send ?? sendNotification
    if (send(this.#socket, lines.join('\n')) || this.#isUnheard) return
    this.#isUnheard = true
    this.#deps.unheard()
  }
}
