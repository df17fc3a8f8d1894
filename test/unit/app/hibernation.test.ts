import assert from 'node:assert/strict'
import {test} from 'node:test'
import {Hibernation} from '../../../src/app/hibernation.ts'
import {loadConfig, type RelayConfig} from '../../../src/config/relay-config.ts'
import {parseTorrcText} from '../../../src/config/torrc-text.ts'
import {RelayState} from '../../../src/datadir/state-file.ts'
import {DEFAULT_LOG_OPTIONS, Log} from '../../../src/log/log.ts'

const MB = 2 ** 20
const HOUR_SECONDS = 3600
const START = Date.UTC(2026, 5, 1)

function settings(torrc: string): RelayConfig {
  const lines = parseTorrcText(`ORPort 1\nAccountingMax 1000 GB\n${torrc}`, 'torrc')
  assert.ok(lines.ok)
  const config = loadConfig({torrc: lines.value})
  assert.ok(config.ok)
  return config.value
}

/** A relay that reads so many octets a second. Gives at which seconds it wrote its state, after that of the start. */
class Counting {
  readonly saves: number[] = []
  readonly hibernation: Hibernation
  #second = 0
  #octets = 0

  constructor(torrc: string) {
    const log = Log.open({...DEFAULT_LOG_OPTIONS, routes: []})
    assert.ok(log.ok)
    this.hibernation = new Hibernation(settings(torrc), {
      state: new RelayState(),
      rsaIdentity: new Uint8Array(20),
      logger: log.value.logger,
      now: () => new Date(START + 1000 * this.#second),
      totals: () => ({read: this.#octets, written: 0}),
      closing: () => {},
      dormant: () => {},
      awake: () => {},
      save: () => this.saves.push(this.#second)
    })
    this.hibernation.second()
    assert.deepEqual(this.saves.splice(0), [0])
  }

  run(seconds: number, octetsPerSecond: number): number[] {
    for (let i = 0; i < seconds; i++) {
      this.#second++
      this.#octets += octetsPerSecond
      this.hibernation.second()
    }
    return this.saves.splice(0)
  }
}

test('AvoidDiskWrites: what was counted is written every two hours, not every ten minutes or twenty megabytes', () => {
  const often = new Counting('')
  assert.deepEqual(often.run(1200, 1), [600, 1200])
  assert.deepEqual(often.run(30, 2 * MB), [1210, 1220, 1230])
  const seldom = new Counting('AvoidDiskWrites 1')
  assert.deepEqual(seldom.run(4 * HOUR_SECONDS, MB), [2 * HOUR_SECONDS, 4 * HOUR_SECONDS])
  seldom.hibernation.configure(settings('AvoidDiskWrites 0'))
  assert.equal(seldom.run(60, MB).length, 3, 'a reload changes it')
})
