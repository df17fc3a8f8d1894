// Numbers that would tell something of single users are published rounded up and with noise (proposal 238): rounding hides
// small changes, and noise makes up for what many publications together would tell.

/** How a number is obscured; all three are published beside it, so that whoever adds up many relays knows. */
export interface Obscuring {
  /** How much one user may change the number. */
  readonly deltaF: number
  /** How much may be told: the smaller, the more noise. */
  readonly epsilon: number
  readonly binSize: number
}

/** @param fraction drawn at random, at least 0 and less than 1 */
export function obscured(value: number, {deltaF, epsilon, binSize}: Obscuring, fraction: number): number {
  const binned = Math.ceil(value / binSize) * binSize
  return binned + laplaceNoise(deltaF / epsilon, fraction)
}

/** Laplace-distributed around 0, cut off to a whole number. */
function laplaceNoise(scale: number, fraction: number): number {
  // Zero, which is drawn once in 2^48 times, would be noise without end.
  const p = fraction === 0 ? Number.MIN_VALUE : fraction
  const away = p - 0.5
  const size = -scale * Math.log(Math.max(Number.MIN_VALUE, 1 - 2 * Math.abs(away)))
  return Math.trunc(away > 0 ? size : -size) + 0
}
