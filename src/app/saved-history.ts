// The bandwidth history over a restart, under the keys that C tor keeps it by in the state file: when the day under way ends,
// and for each direction octets by day and the best ten seconds of each, in octets a second, the day under way last.

import type {RelayState} from '../datadir/state-file.ts'
import type {BandwidthHistory, SavedDirection} from '../roles/relay/bandwidth-history.ts'

const DIRECTIONS = {read: 'Read', written: 'Write'} as const
const INTERVAL_SECONDS = 86_400
/** Nobody learns how much exactly. */
const ROUNDED_TO = 1024

export function saveHistory(history: BandwidthHistory, state: RelayState): void {
  const {saved} = history
  for (const [direction, name] of Object.entries(DIRECTIONS) as [keyof typeof DIRECTIONS, string][]) {
    const {totals, best} = saved[direction]
    state.setTime(`BWHistory${name}Ends`, new Date(saved.endsSeconds * 1000))
    state.set(`BWHistory${name}Interval`, `${INTERVAL_SECONDS}`)
    state.set(`BWHistory${name}Values`, totals.map(rounded).join(','))
    state.set(`BWHistory${name}Maxima`, best.map(rounded).join(','))
  }
}

/** Nothing changes where the state has no history, or one of other intervals. */
export function restoreHistory(history: BandwidthHistory, state: RelayState, nowSeconds: number): void {
  const ends = state.time('BWHistoryReadEnds')
  const read = direction(state, DIRECTIONS.read)
  const written = direction(state, DIRECTIONS.written)
  if (ends === undefined || read === undefined || written === undefined) return
  if (state.time('BWHistoryWriteEnds')?.getTime() !== ends.getTime()) return
  history.restore({endsSeconds: Math.floor(ends.getTime() / 1000), read, written}, nowSeconds)
}

function direction(state: RelayState, name: string): SavedDirection | undefined {
  if (state.get(`BWHistory${name}Interval`) !== `${INTERVAL_SECONDS}`) return undefined
  const totals = numbers(state.get(`BWHistory${name}Values`))
  if (totals === undefined) return undefined
  // Without them the average is the least that there must have been.
  const best = numbers(state.get(`BWHistory${name}Maxima`))
  return {
    totals,
    best: best?.length === totals.length ? best : totals.map(total => Math.floor(total / INTERVAL_SECONDS))
  }
}

function numbers(text: string | undefined): number[] | undefined {
  const words = (text ?? '').split(',')
  return words.every(word => /^\d{1,15}$/.test(word)) ? words.map(Number) : undefined
}

function rounded(value: number): number {
  return value - (value % ROUNDED_TO)
}
