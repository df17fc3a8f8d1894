// How the windows of all circuits with congestion control fare, for the metrics: totals of events, and the averages over all
// circuits since the start that C tor keeps under the same names. No circuit can be told from another here.

const COUNTS = [
  'rttResets',
  'clockStalls',
  'aboveDelta',
  'aboveSlowStartMax',
  'belowSlowStartFloor',
  'opened',
  'closed',
  'leftSlowStart'
] as const
export type CongestionCount = (typeof COUNTS)[number]

const AVERAGES = [
  'exitCwnd',
  'exitBdp',
  'exitStep',
  'closeCwnd',
  'closeSsCwnd',
  'blockedPct',
  'gammaDrop',
  'deltaDrop',
  'ssBlockedPct',
  'alphaPct',
  'betaPct',
  'deltaPct',
  'ssQueue',
  'queue',
  'bdp'
] as const
export type CongestionAverage = (typeof AVERAGES)[number]

export interface SteadyUpdate {
  readonly isAboveDelta: boolean
  readonly isAboveBeta: boolean
  readonly isBelowAlpha: boolean
  readonly isBlocked: boolean
}

export class CongestionStatistics {
  readonly counts = zeros(COUNTS)
  readonly #averages = zeros(AVERAGES)
  readonly #seen = zeros(AVERAGES)

  count(name: CongestionCount): void {
    this.counts[name]++
  }

  /** Takes a value into the average over all so far. */
  average(name: CongestionAverage, value: number): void {
    this.#seen[name]++
    this.#averages[name] += (value - this.#averages[name]) / this.#seen[name]
  }

  /** Rounded; 0 while there was nothing to average. */
  averageOf(name: CongestionAverage): number {
    return Math.round(this.#averages[name])
  }

  opened(): void {
    this.counts.opened++
  }

  closed(phase: 'slow-start' | 'steady', cwnd: number): void {
    this.counts.closed++
    this.average(phase === 'slow-start' ? 'closeSsCwnd' : 'closeCwnd', cwnd)
  }

  leftSlowStart(cwnd: number, bdp: number, step: number): void {
    this.counts.leftSlowStart++
    this.average('exitCwnd', cwnd)
    this.average('exitBdp', bdp)
    this.average('exitStep', step)
  }

  /** A window out of slow start was looked at anew: of the signals that it may get, which it got, in percent. */
  steadyUpdate(
    queued: number,
    bdp: number,
    {isAboveDelta, isAboveBeta, isBelowAlpha, isBlocked}: SteadyUpdate
  ): void {
    if (isAboveDelta) this.counts.aboveDelta++
    this.average('deltaPct', isAboveDelta ? 100 : 0)
    this.average('betaPct', isAboveBeta && !isAboveDelta ? 100 : 0)
    this.average('alphaPct', isBelowAlpha ? 100 : 0)
    this.average('blockedPct', isBlocked ? 100 : 0)
    this.average('queue', queued)
    this.average('bdp', bdp)
  }
}

function zeros<Name extends string>(names: readonly Name[]): Record<Name, number> {
  return Object.fromEntries(names.map(name => [name, 0])) as Record<Name, number>
}
