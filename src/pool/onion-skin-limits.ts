// The bounds on onion skins that wait, from the consensus and the configuration.

export interface OnionSkinLimits {
  /** Never more than this, however fast the workers are. */
  readonly maxQueued: number
  /** A skin is not taken when clearing the queue would take longer than this. */
  readonly maxDelayMs: number
  /** A skin that waited this long is dropped instead of answered. */
  readonly waitCutoffMs: number
}

/** Ours, to bound memory: the delay bounds the queue long before this unless workers answer without measurable cost. */
const MAX_QUEUED = 20_000

const DELAY_MS = {otherwise: 1750, min: 1, max: 60_000}
const CUTOFF_SECONDS = {otherwise: 5, min: 0, max: 2 ** 31 - 1}

/** A consensus may say zero, and times are compared in whole seconds there; dropping everything is not what it means. */
const LEAST_CUTOFF_SECONDS = 1

export const DEFAULT_ONION_SKIN_LIMITS: OnionSkinLimits = onionSkinLimits(() => undefined, 0)

/**
 * `param` gives consensus parameters by name. `configuredDelayMs` is the option MaxOnionQueueDelay, which goes before the
 * consensus parameter of that name unless it is 0.
 */
export function onionSkinLimits(
  param: (name: string) => number | undefined,
  configuredDelayMs: number
): OnionSkinLimits {
  const agreedDelayMs = within(param('MaxOnionQueueDelay'), DELAY_MS)
  const cutoffSeconds = within(param('onion_queue_wait_cutoff'), CUTOFF_SECONDS)
  return {
    maxQueued: MAX_QUEUED,
    maxDelayMs: configuredDelayMs > 0 ? configuredDelayMs : agreedDelayMs,
    waitCutoffMs: Math.max(cutoffSeconds, LEAST_CUTOFF_SECONDS) * 1000
  }
}

function within(value: number | undefined, bounds: {otherwise: number; min: number; max: number}): number {
  return Math.min(bounds.max, Math.max(bounds.min, value ?? bounds.otherwise))
}
