// Places on the hash ring (rend-spec-v3 2.2.3): where descriptors belong and where HSDirs stand, and the shared random
// value that everybody can compute when the authorities have none. The number of the period comes first in one of the two
// indexes and last in the other; that is how the specification has it.

import {fromText} from '../../bytes/octets.ts'
import {sha3_256} from '../digest.ts'
import {int8, type TimePeriod} from './time-period.ts'

const STORE_AT = fromText('store-at-idx')
const NODE = fromText('node-idx')
const DISASTER = fromText('shared-random-disaster')

/** Where replica `replica` (1, 2, …) of a descriptor belongs. */
export function hsIndex(blindedPublic: Uint8Array, replica: number, period: TimePeriod): Uint8Array {
  return sha3_256(STORE_AT, blindedPublic, int8(replica), int8(period.lengthMinutes), int8(period.number))
}

/** Where the HSDir with this Ed25519 identity stands. */
export function hsdirIndex(
  ed25519Identity: Uint8Array,
  sharedRandom: Uint8Array,
  period: TimePeriod
): Uint8Array {
  return sha3_256(NODE, ed25519Identity, sharedRandom, int8(period.number), int8(period.lengthMinutes))
}

/** What takes the place of a shared random value that no consensus has. */
export function disasterSharedRandom(period: TimePeriod): Uint8Array {
  return sha3_256(DISASTER, int8(period.lengthMinutes), int8(period.number))
}
