// How many streams a client may begin on one circuit. As with C tor, that counts BEGIN and RESOLVE, which a relay without an
// exit role refuses anyway and which cost it an answer each; BEGIN_DIR has bounds of its own.

import {TokenBucket, type TokenLimit} from '../../../circuit/token-bucket.ts'
import type {StreamVerdict} from '../../../stream/relay-streams.ts'
import type {ConsensusParam} from './dos-params.ts'

/** What torrc says: 0 and 'auto' leave a value to the consensus. Types are C tor's: 1 none, 2 refuse, 3 close the circuit. */
export interface StreamDefenceSettings {
  readonly enabled: boolean | 'auto'
  readonly ratePerSecond: number
  readonly burst: number
  readonly defenseType: number
}

export interface StreamDefenceParams {
  readonly isEnabled: boolean
  readonly limit: TokenLimit
  /** What becomes of a stream beyond the limit; 'admit' counts it all the same. */
  readonly verdict: StreamVerdict
}

const INT32_MAX = 2 ** 31 - 1
const VERDICTS: readonly StreamVerdict[] = ['admit', 'refuse', 'close-circuit']

export function streamDefenceParams(
  param: ConsensusParam,
  settings: StreamDefenceSettings
): StreamDefenceParams {
  const clamped = (name: string, otherwise: number, min: number, max: number) =>
    Math.min(max, Math.max(min, param(name) ?? otherwise))
  const number = (given: number, name: string, otherwise: number, max = INT32_MAX) =>
    given > 0 ? Math.min(given, max) : clamped(name, otherwise, 1, max)
  const {enabled, ratePerSecond, burst, defenseType} = settings
  const type = number(defenseType, 'DoSStreamCreationDefenseType', 2, VERDICTS.length)
  return {
    isEnabled: enabled === 'auto' ? clamped('DoSStreamCreationEnabled', 0, 0, 1) === 1 : enabled,
    limit: {
      rate: number(ratePerSecond, 'DoSStreamCreationRate', 100),
      burst: number(burst, 'DoSStreamCreationBurst', 300)
    },
    verdict: VERDICTS[type - 1] ?? 'refuse'
  }
}

export class StreamDefence {
  /** Streams beyond the limit since the start. */
  rejected = 0
  readonly #nowMs: () => number
  #params: StreamDefenceParams

  /** `nowMs`: of a clock that never goes back. */
  constructor(params: StreamDefenceParams, nowMs: () => number) {
    this.#params = params
    this.#nowMs = nowMs
  }

  /** From now on, for the circuits that there are as well. */
  configure(params: StreamDefenceParams): void {
    this.#params = params
  }

  /** To be asked for each stream that begins on one circuit. */
  readonly ofCircuit = (): (() => StreamVerdict) => {
    const bucket = new TokenBucket()
    return () => {
      const {isEnabled, limit, verdict} = this.#params
      if (!isEnabled || bucket.take(limit, this.#nowMs())) return 'admit'
      this.rejected++
      return verdict
    }
  }
}
