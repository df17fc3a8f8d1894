// Circuit padding of our own clients: what settings and consensus say of it, and its metrics.

import {OriginPadding} from '../circuit/padding/origin-padding.ts'
import {mayPadCircuits} from '../circuit/padding/padding-share.ts'
import {randomWithin} from '../crypto/random.ts'
import type {DataPlaneCounters} from '../dataplane/contract.ts'
import type {Readings} from '../metrics/catalog.ts'
import {after} from './after.ts'

/** CircuitPadding and ReducedCircuitPadding. */
export interface CircuitPaddingSettings {
  readonly isOn: boolean
  readonly isReduced: boolean
}

export const DEFAULT_CIRCUIT_PADDING: CircuitPaddingSettings = {isOn: true, isReduced: false}

/** `param`, `settings` and `counters`: of the moment. Neither machine is one for reduced padding. */
export function openOwnPadding(
  param: (name: string) => number | undefined,
  settings: () => CircuitPaddingSettings,
  counters: () => Readonly<DataPlaneCounters>
): OriginPadding {
  const says = (name: string) => (param(name) ?? 0) > 0
  return new OriginPadding({
    after,
    pick: randomWithin,
    queuedCellsMax: () => param('circpad_max_circ_queued_cells') ?? 1000,
    isAllowed: drops => {
      const {isOn, isReduced} = settings()
      if (!isOn || isReduced || says('circpad_padding_reduced')) return false
      const {cellsSent, paddingCellsSent} = counters()
      return mayPadCircuits(param, drops, cellsSent - paddingCellsSent)
    }
  })
}

export function ownPaddingReadings({counts, drops, kept}: OriginPadding): Readings {
  return {
    ramson_client_padding_machines_total: {...counts},
    ramson_client_padding_drops_total: [
      {labels: {direction: 'sent'}, value: drops.sent},
      {labels: {direction: 'received'}, value: drops.received}
    ],
    ramson_client_padding_circuits: kept
  }
}
