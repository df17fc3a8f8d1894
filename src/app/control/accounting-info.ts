// GETINFO accounting/…: what counts against AccountingMax, in C tor's words.

import type {Accounting, AccountingPhase} from '../../roles/relay/accounting/accounting.ts'

export interface AccountingSource {
  readonly phase: AccountingPhase
  /** Undefined where no octets are counted. */
  readonly accounting: Accounting | undefined
}

const HIBERNATING: Readonly<Record<AccountingPhase, string>> = {
  awake: 'awake',
  closing: 'soft',
  dormant: 'hard'
}

/** @param what stands behind `accounting/`; undefined: there is no such thing */
export function accountingInfo({phase, accounting}: AccountingSource, what: string): string | undefined {
  if (what === 'enabled') return accounting === undefined ? '0' : '1'
  if (what === 'hibernating') return HIBERNATING[phase]
  if (accounting === undefined) return what === 'bytes' ? '0 0' : undefined
  const {period, wakesAt, read, written, max, used} = accounting
  const left = Math.max(0, max - used)
  switch (what) {
    case 'bytes':
      return `${read} ${written}`
    case 'bytes-left':
      return `${left} ${left}`
    case 'interval-start':
      return timeText(period.start)
    case 'interval-end':
      return timeText(period.end)
    case 'interval-wake':
      return timeText(wakesAt)
    default:
      return undefined
  }
}

function timeText(time: Date): string {
  return time.toISOString().slice(0, 19).replace('T', ' ')
}
