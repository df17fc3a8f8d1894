// When authorities vote (dir-spec 1.4, 3.2): intervals lie on a grid that begins at midnight (UTC), and the steps of a
// round are counted back from the start of the interval that the consensus is for.
//
//   votes sent ── vote delay/2 ── missing votes asked for ── vote delay/2 ── consensus computed, signatures sent
//             ── dist delay/2 ── missing signatures asked for ── dist delay/2 ── interval begins: consensus published
//
// Everything is in whole seconds since 1970, as all authorities count them.

export interface VotingTiming {
  readonly intervalSeconds: number
  readonly voteSeconds: number
  readonly distSeconds: number
}

export interface VotingSchedule {
  readonly votingStarts: number
  readonly fetchMissingVotes: number
  readonly votingEnds: number
  readonly fetchMissingSignatures: number
  /** When the consensus becomes valid. */
  readonly intervalStarts: number
  readonly intervalSeconds: number
}

const DAY = 24 * 60 * 60

/** The first grid line after `now`. The last interval of a day is longer rather than shorter than half of the others. */
export function intervalStartAfter(now: number, intervalSeconds: number, offsetSeconds: number): number {
  const midnight = now - (now % DAY)
  const tomorrow = midnight + DAY
  let next = midnight + (Math.floor((now - midnight) / intervalSeconds) + 1) * intervalSeconds
  if (next > tomorrow || next + Math.floor(intervalSeconds / 2) > tomorrow) next = tomorrow
  next += offsetSeconds
  return next - intervalSeconds > now ? next - intervalSeconds : next
}

/** The round whose consensus is the next one after `now`. */
export function votingSchedule(now: number, timing: VotingTiming, offsetSeconds: number): VotingSchedule {
  const {intervalSeconds} = timing
  const {voteSeconds, distSeconds} = fitDelays(timing)
  const intervalStarts = intervalStartAfter(now, intervalSeconds, offsetSeconds)
  const votingEnds = intervalStarts - distSeconds
  return {
    votingStarts: votingEnds - voteSeconds,
    fetchMissingVotes: votingEnds - Math.floor(voteSeconds / 2),
    votingEnds,
    fetchMissingSignatures: intervalStarts - Math.floor(distSeconds / 2),
    intervalStarts,
    intervalSeconds
  }
}

/** Delays that take more than half of an interval become a quarter each. */
function fitDelays({intervalSeconds, voteSeconds, distSeconds}: VotingTiming) {
  if (voteSeconds + distSeconds <= Math.floor(intervalSeconds / 2)) return {voteSeconds, distSeconds}
  const quarter = Math.floor(intervalSeconds / 4)
  return {voteSeconds: quarter, distSeconds: quarter}
}
