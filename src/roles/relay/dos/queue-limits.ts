// How many cells may wait on one circuit, by the consensus (param-spec circ_max_cell_queue_size and its _out), and how soon what
// a circuit sent is forgotten when it is told whose turn it is (param-spec CircuitPriorityHalflifeMsec).

import {type DataPlaneLimits, PRIORITY_HALF_LIFE_MS} from '../../../dataplane/contract.ts'
import type {ConsensusParam} from './dos-params.ts'

const CELLS_MIN = 50
const CELLS_DEFAULT = 2500
const INT32_MAX = 2 ** 31 - 1

/**
 * Outbound takes the value for inbound where the consensus sets none.
 * @param halfLifeMs the operator's, which goes before that of the consensus; undefined where there is none
 */
export function queueLimits(param: ConsensusParam, halfLifeMs: number | undefined): DataPlaneLimits {
  const cells = (name: string, otherwise: number) => within(CELLS_MIN, param(name) ?? otherwise)
  const circuitCellsMax = cells('circ_max_cell_queue_size', CELLS_DEFAULT)
  return {
    circuitCellsMax,
    outboundCellsMax: cells('circ_max_cell_queue_size_out', circuitCellsMax),
    priorityHalfLifeMs: within(1, halfLifeMs ?? param('CircuitPriorityHalflifeMsec') ?? PRIORITY_HALF_LIFE_MS)
  }
}

function within(least: number, value: number): number {
  return Math.min(INT32_MAX, Math.max(least, value))
}
