// Bandwidth weights (dir-spec 3.8.3): how much of a guard's or exit's bandwidth is to be used in each position of a
// circuit, so that the load of a network whose guards or exits are scarce evens out. Whole numbers throughout, cut towards
// zero as every authority cuts them.

/** Kilobytes a second by kind of relay: guards, middles, exits, and those that are guard and exit both. */
export interface BandwidthTotals {
  readonly guard: bigint
  readonly middle: bigint
  readonly exit: bigint
  readonly both: bigint
}

export const DEFAULT_WEIGHT_SCALE = 10_000

interface Weights {
  readonly gg: bigint
  readonly gd: bigint
  readonly mg: bigint
  readonly me: bigint
  readonly md: bigint
  readonly ee: bigint
  readonly ed: bigint
}

type Flaw = 'sum' | 'range' | 'guard-and-exit-unbalanced' | 'middle-unbalanced'

const MARGIN = 10n

/** `NAME=VALUE` each, sorted by name; undefined where the formulas fail for such a network. */
export function bandwidthWeights(totals: BandwidthTotals, scale: number): readonly string[] | undefined {
  const weights = solve(totals, BigInt(scale))
  if (weights === undefined) return undefined
  const {gg, gd, mg, me, md, ee, ed} = weights
  const values: readonly (readonly [string, bigint | number])[] = [
    ['Wbd', md],
    ['Wbe', me],
    ['Wbg', mg],
    ['Wbm', scale],
    ['Wdb', scale],
    ['Web', scale],
    ['Wed', ed],
    ['Wee', ee],
    ['Weg', ed],
    ['Wem', ee],
    ['Wgb', scale],
    ['Wgd', gd],
    ['Wgg', gg],
    ['Wgm', gg],
    ['Wmb', scale],
    ['Wmd', md],
    ['Wme', me],
    ['Wmg', mg],
    ['Wmm', scale]
  ]
  return values.map(([name, value]) => `${name}=${value}`)
}

function solve(totals: BandwidthTotals, scale: bigint): Weights | undefined {
  const {guard: G, middle: M, exit: E, both: D} = totals
  if (G <= 0n || M <= 0n || E <= 0n || D <= 0n) return undefined
  const T = G + M + E + D
  const isExitScarce = 3n * E < T
  const isGuardScarce = 3n * G < T
  if (!isExitScarce && !isGuardScarce) return sound(nothingScarce(totals, scale), totals, scale)
  if (isExitScarce && isGuardScarce) return bothScarce(totals, scale)
  if (3n * (E + D) < T || 3n * (G + D) < T) return oneVeryScarce(totals, scale)
  return sound(oneScarce(totals, scale), totals, scale)
}

/** Case 1. */
function nothingScarce({guard: G, middle: M, exit: E}: BandwidthTotals, scale: bigint): Weights {
  const third = scale / 3n
  const ee = (scale * (E + G + M)) / (3n * E)
  const mg = (scale * (2n * G - E - M)) / (3n * G)
  return {gd: third, ed: third, md: third, ee, me: scale - ee, mg, gg: scale - mg}
}

/** Case 2. */
function bothScarce(totals: BandwidthTotals, scale: bigint): Weights | undefined {
  const {guard: G, middle: M, exit: E, both: D} = totals
  const whole = {gg: scale, ee: scale, mg: 0n, me: 0n}
  const [less, more] = E < G ? [E, G] : [G, E]
  if (less + D < more) {
    const [ed, gd] = E < G ? [scale, 0n] : [0n, scale]
    return {...whole, md: 0n, ed, gd}
  }
  const ed = (scale * (D - 2n * E + 4n * G - 2n * M)) / (3n * D)
  const half = (scale - ed) / 2n
  const first: Weights = {
    ee: (scale * (E - G + M)) / E,
    ed,
    me: (scale * (G - M)) / E,
    mg: 0n,
    gg: scale,
    md: half,
    gd: half
  }
  if (flawOf(first, totals, scale) === undefined) return first
  const exitShare = (scale * (D - 2n * E + G + M)) / (3n * D)
  const middleShare = (scale * (D - 2n * M + G + E)) / (3n * D)
  // Too much middle bandwidth for a balance: then none of the others' goes there.
  const md = middleShare < 0n ? 0n : middleShare
  const second: Weights = {...whole, ed: exitShare, md, gd: scale - exitShare - md}
  const flaw = flawOf(second, totals, scale)
  return flaw === undefined || flaw === 'middle-unbalanced' ? second : undefined
}

/** Case 3a. */
function oneVeryScarce({guard: G, middle: M, exit: E}: BandwidthTotals, scale: bigint): Weights {
  if (G < E) {
    const me = E < M ? 0n : (scale * (E - M)) / (2n * E)
    return {gg: scale, gd: scale, md: 0n, ed: 0n, mg: 0n, me, ee: scale - me}
  }
  const mg = G < M ? 0n : (scale * (G - M)) / (2n * G)
  return {ee: scale, ed: scale, md: 0n, gd: 0n, me: 0n, mg, gg: scale - mg}
}

/** Case 3b. */
function oneScarce({guard: G, middle: M, exit: E, both: D}: BandwidthTotals, scale: bigint): Weights {
  if (G < E) {
    const gd = (scale * (D - 2n * G + E + M)) / (3n * D)
    const ee = (scale * (E + M)) / (2n * E)
    const half = (scale - gd) / 2n
    return {gg: scale, gd, mg: 0n, ee, me: scale - ee, md: half, ed: half}
  }
  const ed = (scale * (D - 2n * E + G + M)) / (3n * D)
  const gg = (scale * (G + M)) / (2n * G)
  const half = (scale - ed) / 2n
  return {ee: scale, ed, me: 0n, gg, mg: scale - gg, md: half, gd: half}
}

function sound(weights: Weights, totals: BandwidthTotals, scale: bigint): Weights | undefined {
  return flawOf(weights, totals, scale) === undefined ? weights : undefined
}

function flawOf(weights: Weights, totals: BandwidthTotals, scale: bigint): Flaw | undefined {
  const {gg, gd, mg, me, md, ee, ed} = weights
  const {guard: G, middle: M, exit: E, both: D} = totals
  const T = G + M + E + D
  if (!isNear(ed + md + gd, scale, MARGIN)) return 'sum'
  if (!isNear(mg + gg, scale, MARGIN) || !isNear(me + ee, scale, MARGIN)) return 'sum'
  if (Object.values(weights).some((weight: bigint) => weight < 0n || weight > scale)) return 'range'
  const margin = (MARGIN * T) / 3n
  const guards = gg * G + gd * D
  if (!isNear(guards, ee * E + ed * D, margin)) return 'guard-and-exit-unbalanced'
  return isNear(guards, M * scale + md * D + me * E + mg * G, margin) ? undefined : 'middle-unbalanced'
}

function isNear(a: bigint, b: bigint, margin: bigint): boolean {
  const difference = a - b
  return (difference < 0n ? -difference : difference) <= margin
}
