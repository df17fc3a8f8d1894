// What the settings and the consensus say of bandwidth, in the data plane's terms.

import type {RelayConfig} from '../config/relay-config.ts'
import type {DataPlaneRates} from '../dataplane/contract.ts'
import {tellsKernelQueues} from '../dataplane/kernel-queue.ts'
import {outputPacing} from './output-pacing.ts'

/** Where torrc has no PerConnBWRate, the consensus may have one; param-spec: perconnbwrate, perconnbwburst. */
export function dataPlaneRates(
  config: Pick<
    RelayConfig,
    'relayBandwidthRate' | 'relayBandwidthBurst' | 'perConnBwRate' | 'perConnBwBurst' | CommonRates
  >,
  param: (name: string) => number | undefined
): DataPlaneRates {
  return {
    rate: config.relayBandwidthRate,
    burst: config.relayBandwidthBurst,
    linkRate: config.perConnBwRate || Math.max(0, param('perconnbwrate') ?? 0),
    linkBurst: config.perConnBwBurst || Math.max(0, param('perconnbwburst') ?? 0),
    ...common(config, param)
  }
}

/** Of a node that relays for nobody. */
export function originRates(
  config: Pick<RelayConfig, 'bandwidthRate' | 'bandwidthBurst' | CommonRates>
): DataPlaneRates {
  const {bandwidthRate: rate, bandwidthBurst: burst} = config
  return {rate, burst, linkRate: 0, linkBurst: 0, ...common(config, () => undefined)}
}

type CommonRates =
  | 'tokenBucketRefillMs'
  | 'countPrivateBandwidth'
  | 'schedulers'
  | 'schedulerIntervalMs'
  | 'socketBufferFactor'

function common(config: Pick<RelayConfig, CommonRates>, param: (name: string) => number | undefined) {
  return {
    refillMs: config.tokenBucketRefillMs,
    privateIsFree: !config.countPrivateBandwidth,
    pacing: outputPacing(config, param, tellsKernelQueues())
  }
}
