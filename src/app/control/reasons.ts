// Why a circuit ended, in the words of control-spec 4.1.1.

import type {BuildFault} from '../../circuit/open-circuit.ts'
import {DestroyReason} from '../../wire/destroy.ts'

const REASONS: Readonly<Record<BuildFault['code'], string>> = {
  'no-circ-id': 'RESOURCELIMIT',
  'circuit-destroyed': 'DESTROYED',
  'circuit-truncated': 'DESTROYED',
  'channel-closed': 'CHANNEL_CLOSED',
  'handshake-failed': 'TORPROTOCOL',
  'protocol-violation': 'TORPROTOCOL',
  'out-of-room': 'RESOURCELIMIT',
  'circuit-closed': 'FINISHED',
  'first-hop-unreachable': 'CONNECTFAILED',
  'hop-without-onion-key': 'NOPATH',
  'build-timeout': 'TIMEOUT',
  'empty-path': 'NOPATH'
}

export function circuitReason({code}: BuildFault): string {
  return REASONS[code]
}

/** What the relay that ended it said. */
export function remoteReason({data}: BuildFault): string | undefined {
  if (data === undefined || !('reason' in data)) return undefined
  const wanted = data.reason
  return Object.entries(DestroyReason).find(([, reason]) => reason === wanted)?.[0] ?? 'NONE'
}
