// What a relay does about AccountingMax: counts once a second, closes its doors at the soft limit, everything at the hard one,
// and opens again when the next period has it awake. The octets counted are written to the state file as they come.

import type {RelayConfig} from '../config/relay-config.ts'
import type {RelayState} from '../datadir/state-file.ts'
import type {Logger} from '../log/logger.ts'
import {
  Accounting,
  type AccountingPhase,
  type AccountingSettings
} from '../roles/relay/accounting/accounting.ts'

/** As often as C tor; and after so many octets. */
const SAVE_MS = 600_000
const SAVE_OCTETS = 20 * 2 ** 20
/** With AvoidDiskWrites, whatever there was to count. */
const RARE_SAVE_MS = 7_200_000

export interface HibernationDeps {
  readonly state: RelayState
  readonly rsaIdentity: Uint8Array
  readonly logger: Logger
  readonly now: () => Date
  /** Octets read and written since the start. */
  readonly totals: () => {readonly read: number; readonly written: number}
  /** The doors close: no new links, no new circuits. */
  readonly closing: () => void
  /** All links end, and none is opened. */
  readonly dormant: () => void
  /** Everything begins anew. */
  readonly awake: () => void
  readonly save: () => void
}

export class Hibernation {
  readonly #deps: HibernationDeps
  #accounting: Accounting | undefined
  #avoidsDiskWrites = false
  #phase: AccountingPhase = 'awake'
  #savedAtMs = 0
  #savedOctets = 0

  constructor(config: RelayConfig, deps: HibernationDeps) {
    this.#deps = deps
    this.configure(config)
  }

  get phase(): AccountingPhase {
    return this.#phase
  }

  /** Of the present period; undefined without AccountingMax. */
  get accounting(): Accounting | undefined {
    return this.#accounting
  }

  configure(config: RelayConfig): void {
    this.#avoidsDiskWrites = config.avoidDiskWrites
    const settings = accountingSettings(config)
    const {state, rsaIdentity, now} = this.#deps
    if (settings === undefined) this.#accounting = undefined
    else if (this.#accounting === undefined) {
      this.#accounting = new Accounting(settings, rsaIdentity, state, now())
    } else this.#accounting.configure(settings, now())
  }

  /** Once a second, and first when the relay starts. */
  second(): void {
    const now = this.#deps.now()
    const phase = this.#accounting?.second(now, this.#deps.totals()) ?? 'awake'
    if (phase !== this.#phase) this.#enter(phase)
    this.#saveWhenDue(Number(now))
  }

  /** Before the state file is written. */
  remember(): void {
    this.#accounting?.save(this.#deps.state)
  }

  #enter(phase: AccountingPhase): void {
    const {logger, closing, dormant, awake} = this.#deps
    const before = this.#phase
    this.#phase = phase
    const used = `${this.#accounting?.used ?? 0} of ${this.#accounting?.max ?? 0} octets`
    if (phase === 'awake') {
      logger.notice('Hibernation is over; links and circuits are taken again.')
      awake()
      return
    }
    if (before === 'awake') closing()
    if (phase === 'closing') {
      logger.notice(`AccountingMax is nearly used up (${used}): no new connections until the next period.`)
    } else {
      logger.notice(`Hibernation begins (${used}): all connections are closed. ${this.#wakes()}`)
      dormant()
    }
  }

  #wakes(): string {
    const accounting = this.#accounting
    if (accounting === undefined) return ''
    const isAhead = accounting.wakesAt > this.#deps.now()
    if (isAhead) return `The relay wakes at ${accounting.wakesAt.toISOString()}.`
    return `The next period begins at ${accounting.period.end.toISOString()}.`
  }

  #saveWhenDue(nowMs: number): void {
    if (this.#accounting === undefined) return
    const {read, written} = this.#accounting
    const isMuch = !this.#avoidsDiskWrites && Math.abs(read + written - this.#savedOctets) >= SAVE_OCTETS
    const intervalMs = this.#avoidsDiskWrites ? RARE_SAVE_MS : SAVE_MS
    if (!isMuch && Math.abs(nowMs - this.#savedAtMs) < intervalMs) return
    this.#savedAtMs = nowMs
    this.#savedOctets = read + written
    this.#deps.save()
  }
}

function accountingSettings({accounting, relayBandwidthRate}: RelayConfig): AccountingSettings | undefined {
  return accounting && {...accounting, rate: relayBandwidthRate}
}
