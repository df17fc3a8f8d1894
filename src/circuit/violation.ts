// What a circuit that has to go tells its neighbours, by what the data plane found.

import type {CircuitViolation} from '../dataplane/contract.ts'
import {DestroyReason} from '../wire/destroy.ts'

export const VIOLATION_REASON = {
  'unrecognized-at-end': DestroyReason.TORPROTOCOL,
  'relay-early-inbound': DestroyReason.TORPROTOCOL,
  'relay-early-exceeded': DestroyReason.TORPROTOCOL,
  'queue-full': DestroyReason.RESOURCELIMIT,
  'outbound-queue-full': DestroyReason.RESOURCELIMIT,
  'memory-pressure': DestroyReason.RESOURCELIMIT
} as const satisfies Readonly<Record<CircuitViolation, DestroyReason>>
