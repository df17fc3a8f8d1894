// Debian's Prometheus, scraping for a test. Where it is missing a suite is left out, and says so in a line nobody overlooks;
// with RAMSON_REQUIRE_PROMETHEUS=1 (as in CI) its absence is a failure.

import {spawnSync} from 'node:child_process'
import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {Daemon} from './daemon.ts'
import {freePort} from './free-ports.ts'
import {packageRoot} from './package-root.ts'
import {waitUntil} from './wait-until.ts'

/** False when it is there; otherwise the reason to leave a suite out. Throws where leaving out is not allowed. */
export function whyWithoutPrometheus(): string | false {
  const missing = ['prometheus', 'promtool'].filter(
    command => spawnSync(command, ['--version']).error !== undefined
  )
  if (missing.length === 0) return false
  const reason = `${missing.join(' and ')} not installed (Debian: apt-get install prometheus)`
  if (process.env['RAMSON_REQUIRE_PROMETHEUS'] === '1')
    throw new Error(`${reason}, and RAMSON_REQUIRE_PROMETHEUS=1`)
  console.error(`\n*** METRICS NOT TESTED WITH PROMETHEUS: ${reason} ***\n`)
  return reason
}

export interface QueryResult {
  readonly metric: Readonly<Record<string, string>>
  readonly value: readonly [at: number, value: string]
}

export class Prometheus {
  readonly #url: string
  readonly #daemon: Daemon

  private constructor(url: string, daemon: Daemon) {
    this.#url = url
    this.#daemon = daemon
  }

  /** Scrapes these ports of 127.0.0.1 every second as the job `ramson`, with the rules that ramson ships. */
  static async start(folder: string, ports: readonly number[]): Promise<Prometheus> {
    mkdirSync(folder)
    const port = await freePort()
    const file = join(folder, 'prometheus.yml')
    const rules = join(packageRoot(), 'grafana', 'prometheus', 'rules', '*.yml')
    const targets = ports.map(each => `'127.0.0.1:${each}'`).join(', ')
    writeFileSync(
      file,
      `global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: ['${rules}']
scrape_configs:
  - job_name: ramson
    static_configs: [{targets: [${targets}]}]
`
    )
    const daemon = new Daemon({
      name: 'prometheus',
      command: 'prometheus',
      args: [
        `--config.file=${file}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`
      ],
      logFile: join(folder, 'log')
    })
    const prometheus = new Prometheus(`http://127.0.0.1:${port}`, daemon)
    await waitUntil('Prometheus to be ready', {timeoutMs: 30_000}, async () => {
      return (await fetch(`${prometheus.#url}/-/ready`)).ok
    })
    return prometheus
  }

  /** Rejects with Prometheus's own words where it does not take the expression. */
  async query(expression: string): Promise<readonly QueryResult[]> {
    const body = new URLSearchParams({query: expression})
    const response = await fetch(`${this.#url}/api/v1/query`, {method: 'POST', body})
    const answer = (await response.json()) as {
      readonly error?: string
      readonly data?: {readonly result: readonly QueryResult[]}
    }
    if (answer.data === undefined) throw new Error(`${expression}: ${answer.error}`)
    return answer.data.result
  }

  /** The rules that could not be evaluated, with why. */
  async rulesInTrouble(): Promise<readonly string[]> {
    const answer = (await (await fetch(`${this.#url}/api/v1/rules`)).json()) as {
      readonly data: {
        readonly groups: readonly {
          readonly rules: readonly {
            readonly name: string
            readonly health: string
            readonly lastError?: string
          }[]
        }[]
      }
    }
    return answer.data.groups
      .flatMap(group => group.rules)
      .filter(rule => rule.health !== 'ok')
      .map(rule => `${rule.name}: ${rule.health} ${rule.lastError ?? ''}`)
  }

  async stop(): Promise<void> {
    await this.#daemon.stop()
  }
}
