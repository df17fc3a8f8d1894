// What the DoS extension of an ESTABLISH_INTRO asks for (rend-spec-v3 3.1.1.1): a limit of its own, or none at all. It goes
// before the consensus parameters, which hold for services that ask for nothing.

import type {TokenLimit} from '../../circuit/token-bucket.ts'
import {DosParamType, type EstablishIntro} from '../../wire/hs/establish-intro.ts'

/** 'unlimited': the service wants no limit, whatever the consensus says. */
export type AskedLimit = TokenLimit | 'unlimited'

/** The largest rate or burst that there is; what goes beyond it asks for no limit. */
const LIMIT_MAX = 2n ** 31n - 1n

/** Undefined when the message has no DoS extension that could be read. The last one that could counts. */
export function askedLimit(extensions: EstablishIntro['extensions']): AskedLimit | undefined {
  let asked: AskedLimit | undefined
  for (const extension of extensions) {
    if (extension.kind !== 'dosParams') continue
    asked = readParams(extension.params) ?? asked
  }
  return asked
}

type DosParams = Extract<EstablishIntro['extensions'][number], {readonly kind: 'dosParams'}>['params']

function readParams(params: DosParams): AskedLimit | undefined {
  let rate = 0n
  let burst = 0n
  for (const {type, value} of params) {
    if (type === DosParamType.INTRODUCE2_RATE_PER_SEC) rate = value
    else if (type === DosParamType.INTRODUCE2_BURST_PER_SEC) burst = value
    // With a parameter that nobody here knows, nobody here knows what is asked for.
    else return undefined
  }
  const isLimit = rate > 0n && burst >= rate && burst <= LIMIT_MAX
  return isLimit ? {rate: Number(rate), burst: Number(burst)} : 'unlimited'
}
