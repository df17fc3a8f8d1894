// How many cells may wait on one circuit, by the consensus (param-spec circ_max_cell_queue_size and its _out).

import type {DataPlaneLimits} from '../../../dataplane/contract.ts'
import type {ConsensusParam} from './dos-params.ts'

const CELLS_MIN = 50
const CELLS_DEFAULT = 2500
const INT32_MAX = 2 ** 31 - 1

/** Outbound takes the value for inbound where the consensus sets none. */
export function queueLimits(param: ConsensusParam): DataPlaneLimits {
  const cells = (name: string, otherwise: number) =>
    Math.min(INT32_MAX, Math.max(CELLS_MIN, param(name) ?? otherwise))
  const circuitCellsMax = cells('circ_max_cell_queue_size', CELLS_DEFAULT)
  return {circuitCellsMax, outboundCellsMax: cells('circ_max_cell_queue_size_out', circuitCellsMax)}
}
