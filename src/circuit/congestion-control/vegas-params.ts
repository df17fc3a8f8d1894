// The parameters of congestion control, as the consensus sets them (prop 324, 6.5): for each its name, the value when the
// consensus is silent, and the bounds outside of which a consensus is not believed.

/** A consensus parameter by name; undefined when the consensus does not have it. */
export type ConsensusParams = (name: string) => number | undefined

/** What the circuit is used for decides how long queues may be: two hops, three, or six with a rendezvous in between. */
export type VegasPath = 'sbws' | 'exit' | 'onion'

export interface VegasParams {
  /** Cells. Where a window begins, and the least and most it can be. */
  readonly cwndInit: number
  readonly cwndMin: number
  readonly cwndMax: number
  /** Percent of a SENDME increment that slow start adds for each SENDME. */
  readonly cwndIncPctSs: number
  /** Cells that a steady window grows or shrinks by at a time. */
  readonly cwndInc: number
  /** How many SENDME increments of the window pass between two such steps. */
  readonly cwndIncRate: number
  /** Averaging of round trips: percent of the SENDMEs in a window, the most of them, and how many in slow start. */
  readonly ewmaCwndPct: number
  readonly ewmaMax: number
  readonly ewmaSs: number
  /** Weight of the larger one when the least round trip is set anew. */
  readonly rttResetPct: number
  /** Cells of queue: below alpha a window grows, above beta it shrinks, above delta it is cut; gamma ends slow start. */
  readonly alpha: number
  readonly beta: number
  readonly gamma: number
  readonly delta: number
  /** Cells: above the cap slow start grows ever more slowly, at the maximum it ends. */
  readonly ssCwndCap: number
  readonly ssCwndMax: number
  /** A window is full when at most so many SENDME increments of it are unused, and no longer when less than so many percent are used. */
  readonly fullGap: number
  readonly fullMinPct: number
  /** 1: fullness is forgotten once a window; 0: with each update of the window. */
  readonly fullPerCwnd: number
}

const INT32_MAX = 2 ** 31 - 1

interface Rule {
  readonly name: string
  readonly otherwise: number
  readonly min: number
  readonly max: number
}

function rule(name: string, otherwise: number, min: number, max: number): Rule {
  return {name, otherwise, min, max}
}

const COMMON = {
  cwndInit: rule('cc_cwnd_init', 124, 31, 10_000),
  cwndMin: rule('cc_cwnd_min', 124, 31, 1000),
  cwndMax: rule('cc_cwnd_max', INT32_MAX, 500, INT32_MAX),
  cwndIncPctSs: rule('cc_cwnd_inc_pct_ss', 100, 1, 500),
  cwndInc: rule('cc_cwnd_inc', 1, 1, 1000),
  cwndIncRate: rule('cc_cwnd_inc_rate', 31, 1, 250),
  ewmaCwndPct: rule('cc_ewma_cwnd_pct', 50, 1, 255),
  ewmaMax: rule('cc_ewma_max', 10, 2, INT32_MAX),
  ewmaSs: rule('cc_ewma_ss', 2, 2, INT32_MAX),
  rttResetPct: rule('cc_rtt_reset_pct', 100, 0, 100),
  ssCwndMax: rule('cc_ss_max', 5000, 500, INT32_MAX),
  fullGap: rule('cc_cwnd_full_gap', 4, 0, 32_767),
  fullMinPct: rule('cc_cwnd_full_minpct', 25, 0, 100),
  fullPerCwnd: rule('cc_cwnd_full_per_cwnd', 1, 0, 1)
} as const

/** alpha, beta, gamma, delta and slow-start cap where the consensus is silent. */
const PATH_DEFAULTS = {
  sbws: [93, 155, 124, 248, 400],
  exit: [186, 248, 186, 310, 600],
  onion: [186, 372, 248, 434, 475]
} as const

function pathRules(path: VegasPath) {
  const [alpha, beta, gamma, delta, cap] = PATH_DEFAULTS[path]
  return {
    alpha: rule(`cc_vegas_alpha_${path}`, alpha, 0, 1000),
    beta: rule(`cc_vegas_beta_${path}`, beta, 0, 1000),
    gamma: rule(`cc_vegas_gamma_${path}`, gamma, 0, 1000),
    delta: rule(`cc_vegas_delta_${path}`, delta, 0, INT32_MAX),
    ssCwndCap: rule(`cc_sscap_${path}`, cap, 100, INT32_MAX)
  }
}

const SENDME_INC = rule('cc_sendme_inc', 31, 1, 254)
const ALGORITHM = rule('cc_alg', 2, 0, 3)

export function vegasParams(params: ConsensusParams, path: VegasPath): VegasParams {
  const read = (from: Rule) => readParam(params, from)
  const onPath = pathRules(path)
  return {
    cwndInit: read(COMMON.cwndInit),
    cwndMin: read(COMMON.cwndMin),
    cwndMax: read(COMMON.cwndMax),
    cwndIncPctSs: read(COMMON.cwndIncPctSs),
    cwndInc: read(COMMON.cwndInc),
    cwndIncRate: read(COMMON.cwndIncRate),
    ewmaCwndPct: read(COMMON.ewmaCwndPct),
    ewmaMax: read(COMMON.ewmaMax),
    ewmaSs: read(COMMON.ewmaSs),
    rttResetPct: read(COMMON.rttResetPct),
    alpha: read(onPath.alpha),
    beta: read(onPath.beta),
    gamma: read(onPath.gamma),
    delta: read(onPath.delta),
    ssCwndCap: read(onPath.ssCwndCap),
    ssCwndMax: read(COMMON.ssCwndMax),
    fullGap: read(COMMON.fullGap),
    fullMinPct: read(COMMON.fullMinPct),
    fullPerCwnd: read(COMMON.fullPerCwnd)
  }
}

/** The SENDME increment that we grant, in cells; undefined when the consensus has congestion control switched off. */
export function grantedSendmeIncrement(params: ConsensusParams): number | undefined {
  return readParam(params, ALGORITHM) === 0 ? undefined : readParam(params, SENDME_INC)
}

/** A value outside its bounds counts as the bound it is beyond. */
function readParam(params: ConsensusParams, {name, otherwise, min, max}: Rule): number {
  return Math.min(max, Math.max(min, params(name) ?? otherwise))
}
