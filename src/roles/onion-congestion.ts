// Congestion control between a client and an onion service (proposal 324, 5; proposal 340): the service says in its
// descriptor that it has it, the client asks for it in INTRODUCE1, and both then count by the descriptor's increment.

import type {ClockCheck} from '../circuit/congestion-control/clock-check.ts'
import {Vegas} from '../circuit/congestion-control/vegas.ts'
import {
  type ConsensusParams,
  grantedSendmeIncrement,
  vegasParams
} from '../circuit/congestion-control/vegas-params.ts'
import type {OriginCircuit} from '../circuit/origin-circuit.ts'
import type {NetDir} from '../netdir/net-dir.ts'
import type {HsFlowControl} from '../netdoc/hs-descriptor/hs-descriptor.ts'

const VEGAS_VERSION = 2

export function consensusParams(netDir: NetDir): ConsensusParams {
  return name => netDir.consensus.params.get(name)
}

/** The increment to use with a service; undefined: fixed windows, since one of us has nothing else or the two disagree. */
export function agreedSendmeIncrement(
  netDir: NetDir,
  flowControl: HsFlowControl | undefined
): number | undefined {
  const own = grantedSendmeIncrement(consensusParams(netDir))
  if (own === undefined || flowControl?.protocols.supports('FlowCtrl', VEGAS_VERSION) !== true)
    return undefined
  // The parameter may change by one between two consensuses, and no two ends need have the same of the two.
  const {sendmeIncrement} = flowControl
  return Math.abs(sendmeIncrement - own) <= 1 ? sendmeIncrement : undefined
}

export function onionVegas(
  netDir: NetDir,
  clock: ClockCheck,
  circuit: OriginCircuit,
  sendmeIncrement: number
): Vegas {
  const params = vegasParams(consensusParams(netDir), 'onion')
  return new Vegas({params, sendmeIncrement}, {clock, localQueue: () => circuit.localQueue})
}
