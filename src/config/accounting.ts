// AccountingStart: when the periods begin in which AccountingMax counts, in local time.

import {ok, type Result} from '../fault/result.ts'
import {type ConfigFault, configFault} from './fault.ts'
import type {ConfigLine} from './torrc-text.ts'

export interface AccountingStart {
  readonly unit: 'month' | 'week' | 'day'
  /** Of the month, from 1, or of the week, from 1 for Monday; 0 for periods of a day. */
  readonly day: number
  readonly hour: number
  readonly minute: number
}

export type AccountingRule = 'sum' | 'max' | 'in' | 'out'

/** Undefined where nothing is counted. */
export interface AccountingConfig {
  readonly start: AccountingStart
  /** Octets. */
  readonly max: number
  readonly rule: AccountingRule
}

const DEFAULT_START: AccountingStart = {unit: 'month', day: 1, hour: 0, minute: 0}
const LAST_DAY = {month: 28, week: 7} as const

/** `month DAY HH:MM`, `week DAY HH:MM` or `day HH:MM`. */
export function parseAccountingStart(
  value: string | undefined,
  line: ConfigLine | undefined
): Result<AccountingStart, ConfigFault> {
  if (value === undefined) return ok(DEFAULT_START)
  const [unit = '', ...rest] = value.trim().split(/\s+/)
  const time = /^(\d{1,2}):(\d{2})$/.exec(rest.at(-1) ?? '')
  const [hour, minute] = [Number(time?.[1] ?? 99), Number(time?.[2] ?? 99)]
  const isTime = hour < 24 && minute < 60
  if (unit === 'day' && rest.length === 1 && isTime) return ok({unit, day: 0, hour, minute})
  if ((unit === 'month' || unit === 'week') && rest.length === 2 && isTime) {
    const day = /^\d{1,2}$/.test(rest[0] ?? '') ? Number(rest[0]) : 0
    if (day >= 1 && day <= LAST_DAY[unit]) return ok({unit, day, hour, minute})
  }
  const message = `AccountingStart wants 'month 1 00:00' (up to the 28th), 'week 1 00:00' (Monday is 1) or 'day 00:00', not '${value}'.`
  return configFault('bad-value', message, line?.place, 'AccountingStart')
}
