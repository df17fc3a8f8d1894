// The two phases of a run of the shared random protocol (srv-spec 3.1): twelve rounds of voting in which authorities
// commit to numbers, twelve in which they reveal them.

export type SharedRandomPhase = 'commit' | 'reveal'

const ROUNDS_PER_PHASE = 12
const ROUNDS_PER_RUN = 2 * ROUNDS_PER_PHASE

/** @param validAfter seconds since 1970: when the consensus of the round becomes valid */
export function phaseAt(validAfter: number, intervalSeconds: number): SharedRandomPhase {
  return slotAt(validAfter, intervalSeconds) < ROUNDS_PER_PHASE ? 'commit' : 'reveal'
}

/** When the run ends that the round beginning at `roundStarts` is part of. */
export function runEnd(at: number, roundStarts: number, intervalSeconds: number): number {
  return roundStarts + (ROUNDS_PER_RUN - slotAt(at, intervalSeconds)) * intervalSeconds
}

function slotAt(seconds: number, intervalSeconds: number): number {
  return Math.floor(seconds / intervalSeconds) % ROUNDS_PER_RUN
}
