// Time periods (rend-spec-v3 2.2.1): the stretches of time that one blinded key and one place on the hash ring are good
// for. They are counted from 1970 in minutes, moved by twelve voting intervals, so that a period changes between two
// changes of the shared random value.

import {Writer} from '../../bytes/writer.ts'

const MINUTE_MS = 60_000
/** A shared random value is agreed on in two phases of so many votes. */
const ROUNDS_PER_PHASE = 12
const PHASES = 2

/** How a network divides time. */
export interface TimePeriodRules {
  /** Consensus parameter `hsdir_interval`. */
  readonly lengthMinutes: number
  /** Minutes by which periods begin later than multiples of their length. */
  readonly offsetMinutes: number
}

export interface TimePeriod {
  readonly number: number
  readonly lengthMinutes: number
}

/** The public network: a day, from noon UTC. */
export const DEFAULT_TIME_PERIOD_RULES: TimePeriodRules = {lengthMinutes: 1440, offsetMinutes: 720}

/** In a testing network a period is one run of the shared random protocol, whatever the consensus parameter says. */
export function testingTimePeriodRules(votingIntervalSeconds: number): TimePeriodRules {
  const phaseMinutes = Math.floor((ROUNDS_PER_PHASE * votingIntervalSeconds) / 60)
  const lengthMinutes = Math.floor((ROUNDS_PER_PHASE * PHASES * votingIntervalSeconds) / 60)
  return {lengthMinutes, offsetMinutes: phaseMinutes}
}

export function timePeriodAt(now: Date, {lengthMinutes, offsetMinutes}: TimePeriodRules): TimePeriod {
  const minutes = Math.floor(now.getTime() / MINUTE_MS)
  return {number: Math.floor((minutes - offsetMinutes) / lengthMinutes), lengthMinutes}
}

export function timePeriodStart({number, lengthMinutes}: TimePeriod, {offsetMinutes}: TimePeriodRules): Date {
  return new Date((number * lengthMinutes + offsetMinutes) * MINUTE_MS)
}

export function nextTimePeriod({number, lengthMinutes}: TimePeriod): TimePeriod {
  return {number: number + 1, lengthMinutes}
}

export function previousTimePeriod({number, lengthMinutes}: TimePeriod): TimePeriod {
  return {number: number - 1, lengthMinutes}
}

/** A number as hashes over time periods take it: eight octets, big-endian. */
export function int8(value: number): Uint8Array {
  return new Writer(8).u64(BigInt(value)).finish()
}
