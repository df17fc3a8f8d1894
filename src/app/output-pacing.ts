// Schedulers, KISTSchedRunInterval and KISTSockBufSizeFactor, in the data plane's terms.

import type {RelayConfig} from '../config/relay-config.ts'
import {DEFAULT_PACING, type OutputPacing} from '../dataplane/contract.ts'

type PacingConfig = Pick<RelayConfig, 'schedulers' | 'schedulerIntervalMs' | 'socketBufferFactor'>

/** param-spec: bounds of KISTSchedRunInterval in the consensus. */
const INTERVAL_LEAST_MS = 2
const INTERVAL_MOST_MS = 100

/**
 * The first scheduler of the list that can be had.
 * @param tellsKernelQueues KIST can be had
 */
export function outputPacing(
  {schedulers, schedulerIntervalMs, socketBufferFactor}: PacingConfig,
  param: (name: string) => number | undefined,
  tellsKernelQueues: boolean
): OutputPacing {
  const scheduler = schedulers.find(name => name !== 'KIST' || tellsKernelQueues) ?? DEFAULT_PACING.scheduler
  const consensusMs = param('KISTSchedRunInterval')
  const bounded = consensusMs && Math.min(INTERVAL_MOST_MS, Math.max(INTERVAL_LEAST_MS, consensusMs))
  return {
    scheduler,
    tickMs: schedulerIntervalMs || bounded || DEFAULT_PACING.tickMs,
    bufferFactor: socketBufferFactor
  }
}

/** What an operator has to know of what is asked for and cannot be had. */
export function pacingNotice({schedulers}: PacingConfig, tellsKernelQueues: boolean): string | undefined {
  return schedulers[0] === 'KIST' && !tellsKernelQueues
    ? 'The scheduler KIST cannot be had: it takes Linux and the native addon. The next one of Schedulers is used.'
    : undefined
}
