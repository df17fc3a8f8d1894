// Debian's onionbalance, as an operator runs it: a key and a config of its own, and a tor to speak to.

import {execFileSync} from 'node:child_process'
import {mkdirSync, readdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {Daemon} from './daemon.ts'

const KEY = '.key'

export class OnionBalancer {
  /** Of the service that it publishes, with `.onion`. */
  readonly address: string
  readonly #folder: string
  #daemon: Daemon | undefined

  /** Makes its key. */
  constructor(folder: string) {
    mkdirSync(folder, {recursive: true, mode: 0o700})
    const words = ['--hs-version', 'v3', '-n', '1', '--no-interactive', '--output', folder]
    execFileSync('onionbalance-config', words, {cwd: folder, stdio: 'ignore'})
    const key = readdirSync(folder).find(name => name.endsWith(KEY)) ?? ''
    this.#folder = folder
    this.address = `${key.slice(0, -KEY.length)}.onion`
  }

  /** Speaks to the tor whose control port this is, and balances one instance. */
  start(controlPort: number, instance: string): void {
    const config = [
      'services:',
      '- instances:',
      `  - address: ${instance}`,
      '    name: node1',
      `  key: ${this.address.replace('.onion', KEY)}`
    ]
    const file = join(this.#folder, 'config.yaml')
    writeFileSync(file, `${config.join('\n')}\n`)
    this.#daemon = new Daemon({
      name: 'onionbalance',
      command: 'onionbalance',
      args: ['--is-testnet', '-v', 'debug', '-i', '127.0.0.1', '-p', `${controlPort}`, '-c', file],
      logFile: join(this.#folder, 'log')
    })
  }

  log(): string {
    return this.#daemon?.log() ?? ''
  }

  async stop(): Promise<void> {
    await this.#daemon?.stop()
  }
}
