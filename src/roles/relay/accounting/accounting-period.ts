// The periods in which octets are counted: months, weeks or days that begin at a time of day of the operator's clock, and
// the moment in each at which the relay wakes. A relay that will have used up its octets long before the end wakes at a
// moment that others cannot foretell, so that not all relays of that kind are there at the beginning and gone at the end.

import {sha1} from '../../../crypto/digest.ts'
import {formatTime} from '../../../netdoc/time.ts'

export interface PeriodStart {
  readonly unit: 'month' | 'week' | 'day'
  /** Of the month, from 1, or of the week, from 1 for Monday. */
  readonly day: number
  readonly hour: number
  readonly minute: number
}

export interface Period {
  readonly start: Date
  readonly end: Date
}

/** The period that `now` is in, its start included. */
export function periodOf(now: Date, at: PeriodStart): Period {
  const [before, here, after] = [-1, 0, 1].map(step => edge(now, at, step)) as [Date, Date, Date]
  return now < here ? {start: before, end: here} : {start: here, end: after}
}

/** The beginning of a period in the calendar unit of `now`, or so many later. */
function edge(now: Date, {unit, day, hour, minute}: PeriodStart, step: number): Date {
  const [year, month, date] = [now.getFullYear(), now.getMonth(), now.getDate()]
  if (unit === 'month') return new Date(year, month + step, day, hour, minute)
  if (unit === 'day') return new Date(year, month, date + step, hour, minute)
  const weekday = (now.getDay() + 6) % 7
  return new Date(year, month, date - weekday + day - 1 + 7 * step, hour, minute)
}

export interface WakeInputs {
  /** Octets of the whole period. */
  readonly max: number
  /** Octets a minute that the relay is expected to use; 0: unknown. */
  readonly expectedPerMinute: number
  /** Ours; makes the moment ours alone. */
  readonly rsaIdentity: Uint8Array
}

/** When to wake in a period: at its start where the octets will do or nothing is known yet. */
export function wakeTime({start, end}: Period, {max, expectedPerMinute, rsaIdentity}: WakeInputs): Date {
  if (expectedPerMinute === 0) return start
  const neededMs = (max / expectedPerMinute) * 60_000
  const spareMs = Number(end) - Number(start) - neededMs
  if (spareMs < 1000) return start
  const drawn = sha1(new TextEncoder().encode(formatTime(start)), rsaIdentity)
  const fraction = new DataView(drawn.buffer, drawn.byteOffset).getUint32(0) / 2 ** 32
  return new Date(Number(start) + Math.floor((fraction * spareMs) / 1000) * 1000)
}
