// A bandwidth file (bandwidth-file-spec) as far as a vote needs it: kilobytes a second by relay, as some scanner measured
// them. A first line with the time, then `name=value` pairs a line, one line a relay.

import {toBase16} from '../../bytes/base16.ts'
import {MAX_UINT32, parseDecimal, parseFingerprint} from '../../netdoc/argument.ts'

/** So old a measurement says nothing any more. */
const AGE_MAX_SECONDS = 3 * 24 * 3600

export class MeasuredBandwidth {
  readonly #byIdentity: ReadonlyMap<string, number>

  private constructor(byIdentity: ReadonlyMap<string, number>) {
    this.#byIdentity = byIdentity
  }

  static readonly NONE = new MeasuredBandwidth(new Map())

  /** Lines that cannot be read are passed over, a file that is too old or has no time is as good as none. */
  static parse(text: string, now: Date): MeasuredBandwidth {
    const [first = '', ...lines] = text.split('\n')
    const madeAt = parseDecimal(first.trim(), 1, Number.MAX_SAFE_INTEGER)
    if (madeAt === undefined || madeAt < Number(now) / 1000 - AGE_MAX_SECONDS) return MeasuredBandwidth.NONE
    const found = new Map<string, number>()
    for (const line of lines) {
      const pairs = new Map(line.split(/\s+/).map(pair => pair.split('=', 2) as [string, string]))
      const identity = parseFingerprint(pairs.get('node_id')?.replace(/^\$/, '') ?? '')
      const bandwidth = parseDecimal(pairs.get('bw') ?? '', 0, MAX_UINT32)
      if (identity === undefined || bandwidth === undefined || pairs.get('vote') === '0') continue
      found.set(toBase16(identity), bandwidth)
    }
    return new MeasuredBandwidth(found)
  }

  of(identity: Uint8Array): number | undefined {
    return this.#byIdentity.get(toBase16(identity))
  }
}
