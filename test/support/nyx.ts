// Debian's nyx in a terminal of its own (tmux), as a person would run it: keys go in, the screen comes out.

import {execFileSync} from 'node:child_process'
import {mkdirSync} from 'node:fs'
import {waitUntil} from './wait-until.ts'

const WIDTH = 160
const HEIGHT = 50

export class Nyx {
  readonly #socket: string

  private constructor(socket: string) {
    this.#socket = socket
  }

  /** @param folder for its settings; @param controlPort on 127.0.0.1 */
  static start(folder: string, controlPort: number): Nyx {
    mkdirSync(folder, {recursive: true})
    const nyx = new Nyx(`ramson-nyx-${process.pid}`)
    const command = `env HOME='${folder}' TERM=screen nyx -i 127.0.0.1:${controlPort}`
    nyx.#tmux('new-session', '-d', '-x', `${WIDTH}`, '-y', `${HEIGHT}`, command)
    return nyx
  }

  press(...keys: readonly string[]): void {
    this.#tmux('send-keys', ...keys)
  }

  /** What stands on the screen. */
  screen(): string {
    return this.#tmux('capture-pane', '-p')
  }

  /** The screen as soon as it shows this. */
  shows(what: RegExp): Promise<string> {
    return waitUntil(`nyx to show ${what}, not\n${this.screen()}`, {timeoutMs: 30_000, everyMs: 200}, () => {
      const screen = this.screen()
      return what.test(screen) ? screen : undefined
    })
  }

  stop(): void {
    try {
      this.#tmux('kill-server')
    } catch {
      // It ended by itself.
    }
  }

  #tmux(...words: readonly string[]): string {
    return execFileSync('tmux', ['-L', this.#socket, '-f', '/dev/null', ...words], {encoding: 'utf8'})
  }
}
