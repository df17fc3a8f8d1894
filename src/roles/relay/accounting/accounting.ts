// AccountingMax: how many octets of the period are used up, and what follows from it. Pure; the clock and what was moved come
// in once a second, and what is to be remembered over restarts goes out under the names of C tor's state file.
//
//   awake ──(soft limit)──▶ closing: no new connections ──(AccountingMax)──▶ dormant: none at all
//     ▲                        │                                               │
//     └───────(the next period's moment of waking)─────────────────────────────┘

import {type Period, type PeriodStart, periodOf, wakeTime} from './accounting-period.ts'

export type AccountingPhase = 'awake' | 'closing' | 'dormant'

export interface AccountingSettings {
  readonly start: PeriodStart
  /** Octets in a period. */
  readonly max: number
  /** What counts: both directions, the larger one, or one of them. */
  readonly rule: 'sum' | 'max' | 'in' | 'out'
  /** BandwidthRate, octets a second: more is never expected. */
  readonly rate: number
}

/** Of the state file; see datadir/state-file.ts. */
export interface AccountingMemory {
  get(key: string): string | undefined
  time(key: string): Date | undefined
  set(key: string, ...values: readonly string[]): void
  setTime(key: string, time: Date): void
}

/** The soft limit leaves this share, but no more than these octets or what three hours are expected to take. */
const SOFT_SHARE = 0.95
const SOFT_OCTETS = 500 * 2 ** 20
const SOFT_MINUTES = 180
/** From so many seconds on, a period says something about the next one. */
const TELLING_SECONDS = 30 * 60

export class Accounting {
  #settings: AccountingSettings
  readonly #rsaIdentity: Uint8Array
  #period: Period
  #wakesAt: Date
  #phase: AccountingPhase = 'awake'
  #read = 0
  #written = 0
  #secondsActive = 0
  #expectedPerMinute = 0
  #softLimitAt: Date | undefined
  #octetsAtSoftLimit = 0
  #secondsToSoftLimit = 0
  #last: {readonly read: number; readonly written: number; readonly seconds: number} | undefined

  constructor(settings: AccountingSettings, rsaIdentity: Uint8Array, memory: AccountingMemory, now: Date) {
    this.#settings = settings
    this.#rsaIdentity = rsaIdentity
    this.#period = periodOf(now, settings.start)
    this.#expectedPerMinute = octets(memory.get('AccountingExpectedUsage'))
    this.#recall(memory)
    this.#wakesAt = this.#wakeTime()
    this.#phase = this.#phaseAt(now)
  }

  get phase(): AccountingPhase {
    return this.#phase
  }

  get period(): Period {
    return this.#period
  }

  /** In the present period. */
  get wakesAt(): Date {
    return this.#wakesAt
  }

  get read(): number {
    return this.#read
  }

  get written(): number {
    return this.#written
  }

  get max(): number {
    return this.#settings.max
  }

  /** Octets of the period that count against AccountingMax. */
  get used(): number {
    const {rule} = this.#settings
    if (rule === 'sum') return this.#read + this.#written
    if (rule === 'in') return this.#read
    return rule === 'out' ? this.#written : Math.max(this.#read, this.#written)
  }

  configure(settings: AccountingSettings, now: Date): void {
    const isSame = JSON.stringify(settings.start) === JSON.stringify(this.#settings.start)
    this.#settings = settings
    if (!isSame) this.#begin(periodOf(now, settings.start))
    this.#wakesAt = this.#wakeTime()
    this.#phase = this.#phaseAt(now)
  }

  /** @param totals octets read and written since the process began */
  second(now: Date, totals: {readonly read: number; readonly written: number}): AccountingPhase {
    const seconds = Math.floor(Number(now) / 1000)
    if (now >= this.#period.end || now < this.#period.start) {
      this.#expectedPerMinute = this.#expectation(this.#period.start)
      this.#begin(periodOf(now, this.#settings.start))
      this.#wakesAt = this.#wakeTime()
    }
    const {read, written, seconds: before} = this.#last ?? {...totals, seconds}
    this.#read += totals.read - read
    this.#written += totals.written - written
    if (totals.read > read || totals.written > written) {
      this.#secondsActive += Math.min(60, Math.max(0, seconds - before))
    }
    this.#last = {...totals, seconds}
    const phase = this.#phaseAt(now)
    if (phase !== 'awake' && this.#phase === 'awake' && this.#softLimitAt === undefined && this.#isSoft) {
      this.#softLimitAt = now
      this.#octetsAtSoftLimit = this.used
      this.#secondsToSoftLimit = this.#secondsActive
    }
    this.#phase = phase
    return phase
  }

  /** Writes what a restart must not forget. */
  save(memory: AccountingMemory): void {
    memory.setTime('AccountingIntervalStart', this.#period.start)
    memory.set('AccountingBytesReadInInterval', `${Math.round(this.#read)}`)
    memory.set('AccountingBytesWrittenInInterval', `${Math.round(this.#written)}`)
    memory.set('AccountingSecondsActive', `${this.#secondsActive}`)
    memory.set('AccountingExpectedUsage', `${Math.round(this.#expectedPerMinute)}`)
    if (this.#softLimitAt === undefined) {
      for (const key of SOFT_LIMIT_KEYS) memory.set(key)
      return
    }
    memory.setTime('AccountingSoftLimitHitAt', this.#softLimitAt)
    memory.set('AccountingSecondsToReachSoftLimit', `${this.#secondsToSoftLimit}`)
    memory.set('AccountingBytesAtSoftLimit', `${Math.round(this.#octetsAtSoftLimit)}`)
  }

  /** What was counted in an earlier period tells what to expect of this one. */
  #recall(memory: AccountingMemory): void {
    const start = memory.time('AccountingIntervalStart')
    if (start === undefined) return
    this.#read = octets(memory.get('AccountingBytesReadInInterval'))
    this.#written = octets(memory.get('AccountingBytesWrittenInInterval'))
    this.#secondsActive = octets(memory.get('AccountingSecondsActive'))
    const softLimitAt = memory.time('AccountingSoftLimitHitAt')
    if (softLimitAt !== undefined && softLimitAt > start) {
      this.#softLimitAt = softLimitAt
      this.#octetsAtSoftLimit = octets(memory.get('AccountingBytesAtSoftLimit'))
      this.#secondsToSoftLimit = octets(memory.get('AccountingSecondsToReachSoftLimit'))
    }
    // A period that begins a little earlier or later than before is still the same one.
    const moved = Math.abs(Number(this.#period.start) - Number(start))
    if (2 * moved <= Number(this.#period.end) - Number(this.#period.start)) return
    this.#expectedPerMinute = this.#expectation(start)
    this.#begin(this.#period)
  }

  #begin(period: Period): void {
    this.#period = period
    this.#read = 0
    this.#written = 0
    this.#secondsActive = 0
    this.#softLimitAt = undefined
    this.#octetsAtSoftLimit = 0
    this.#secondsToSoftLimit = 0
  }

  #wakeTime(): Date {
    const {max} = this.#settings
    const inputs = {max, expectedPerMinute: this.#expectedPerMinute, rsaIdentity: this.#rsaIdentity}
    return wakeTime(this.#period, inputs)
  }

  #phaseAt(now: Date): AccountingPhase {
    if (this.used >= this.#settings.max || now < this.#wakesAt) return 'dormant'
    return this.#isSoft ? 'closing' : 'awake'
  }

  get #isSoft(): boolean {
    const {max} = this.#settings
    const expected = this.#expectedPerMinute * SOFT_MINUTES
    const limit = Math.max(max * SOFT_SHARE, max - SOFT_OCTETS, expected === 0 ? 0 : max - expected)
    return this.used >= limit
  }

  /** Octets a minute, from the period that ends, or 0 where it was too short to tell. */
  #expectation(start: Date): number {
    const most = this.#settings.rate * 60 * (this.#settings.rule === 'sum' ? 2 : 1)
    const untilSoftLimit = (Number(this.#softLimitAt ?? start) - Number(start)) / 1000
    if (untilSoftLimit > TELLING_SECONDS && this.#octetsAtSoftLimit > 0) {
      return Math.min(most, this.#octetsAtSoftLimit / (untilSoftLimit / 60))
    }
    if (this.#secondsActive < TELLING_SECONDS) return 0
    return Math.min(most, this.used / (this.#secondsActive / 60))
  }
}

const SOFT_LIMIT_KEYS = [
  'AccountingSoftLimitHitAt',
  'AccountingSecondsToReachSoftLimit',
  'AccountingBytesAtSoftLimit'
]

/** C tor writes a plain number, and takes one with a unit. */
function octets(text: string | undefined): number {
  const number = Number(/^\d+/.exec(text ?? '')?.[0] ?? 0)
  return Number.isSafeInteger(number) ? number : 0
}
