// PerConnBWRate: the two token buckets of one link, for peers that did not authenticate as relays.

import type {DataPlaneRates} from './contract.ts'
import {RateLimit} from './rate-limit.ts'

export class LinkLimits {
  readonly read: RateLimit
  readonly write: RateLimit

  /** Without a limit at first. */
  constructor(nowMs: number) {
    this.read = new RateLimit(0, 0, nowMs)
    this.write = new RateLimit(0, 0, nowMs)
  }

  configure({linkRate, linkBurst}: Pick<DataPlaneRates, 'linkRate' | 'linkBurst'>): void {
    this.read.configure(linkRate, linkBurst)
    this.write.configure(linkRate, linkBurst)
  }
}
