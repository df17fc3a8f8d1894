// The subcredentials under which clients of a balanced service encrypt what they send us: a balancer puts our introduction
// points into the descriptors of its own service, so clients go by that service's keys. A client and we may be a time
// period apart, which leaves three for each master.

import {blindingParameter, blindPublic, subcredential} from '../../crypto/hs/blinding.ts'
import {nextTimePeriod, previousTimePeriod, type TimePeriod} from '../../crypto/hs/time-period.ts'

export class MasterSubcredentials {
  readonly #masters: readonly Uint8Array[]
  #known: {readonly period: number; readonly subcredentials: readonly Uint8Array[]} | undefined

  /** @param masters Ed25519 identities */
  constructor(masters: readonly Uint8Array[]) {
    this.#masters = masters
  }

  /** The likeliest first: those of the present period, of the one before and of the next. */
  around(period: TimePeriod): readonly Uint8Array[] {
    if (this.#known?.period === period.number) return this.#known.subcredentials
    const periods = [period, previousTimePeriod(period), nextTimePeriod(period)]
    const subcredentials = periods.flatMap(each =>
      this.#masters.flatMap(master => {
        const blinded = blindPublic(master, blindingParameter(master, each))
        return blinded === undefined ? [] : [subcredential(master, blinded)]
      })
    )
    this.#known = {period: period.number, subcredentials}
    return subcredentials
  }
}
