// Circuit padding of our own clients: what settings and consensus say of it, and its metrics.

import {OriginPadding} from '../circuit/padding/origin-padding.ts'
import {randomWithin} from '../crypto/random.ts'
import type {Readings} from '../metrics/catalog.ts'
import {after} from './after.ts'

/** CircuitPadding and ReducedCircuitPadding. */
export interface CircuitPaddingSettings {
  readonly isOn: boolean
  readonly isReduced: boolean
}

export const DEFAULT_CIRCUIT_PADDING: CircuitPaddingSettings = {isOn: true, isReduced: false}

/** `param` and `settings`: of the moment. Neither machine is one for reduced padding. */
export function openOwnPadding(
  param: (name: string) => number | undefined,
  settings: () => CircuitPaddingSettings
): OriginPadding {
  const says = (name: string) => (param(name) ?? 0) > 0
  return new OriginPadding({
    after,
    pick: randomWithin,
    queuedCellsMax: () => param('circpad_max_circ_queued_cells') ?? 1000,
    isAllowed: () => {
      const {isOn, isReduced} = settings()
      return isOn && !isReduced && !says('circpad_padding_disabled') && !says('circpad_padding_reduced')
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
