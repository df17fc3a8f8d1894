// The values of hosted onion services. A service is named by its folder, never by its address.

import {basename} from 'node:path'
import type {OnionServiceConfig} from '../../config/onion-services.ts'
import type {Readings} from '../../metrics/catalog.ts'
import type {HistogramSample, LabelSet, Sample} from '../../metrics/metric.ts'
import {
  type BuildTimes,
  SERVICE_STEPS,
  type ServiceCounters,
  serviceSamples
} from '../../roles/service/service-counters.ts'
import type {OnionServices} from '../onion-services.ts'

export interface ServiceSource {
  readonly name: string
  /** Virtual ports of the settings. */
  readonly ports: readonly number[]
  readonly counters: ServiceCounters
}

/** Names by folder; those of one name in different places are told apart by a number. */
export function serviceNames(configs: readonly Pick<OnionServiceConfig, 'directory'>[]): string[] {
  const seen = new Map<string, number>()
  return configs.map(({directory}) => {
    const name = basename(directory)
    const times = (seen.get(name) ?? 0) + 1
    seen.set(name, times)
    return times === 1 ? name : `${name}-${times}`
  })
}

/** The services of the settings that run at the moment. */
export function serviceSources({running}: Pick<OnionServices, 'running'>): ServiceSource[] {
  const names = serviceNames(running.map(({config}) => config))
  return running.map(({service, config}, i) => ({
    name: names[i] ?? `${i}`,
    ports: config.ports.map(port => port.virtualPort),
    counters: service.counters
  }))
}

export function serviceReadings(services: readonly ServiceSource[]): Readings {
  const samples = new Map<string, Sample[]>()
  for (const {name: onion, ports, counters} of services) {
    for (const {name, labels, value} of [...serviceSamples(counters), ...untouched(ports, counters)]) {
      const all = samples.get(name) ?? []
      all.push({labels: {onion, ...labels}, value})
      samples.set(name, all)
    }
  }
  return {
    ...Object.fromEntries(samples),
    tor_hs_intro_circ_build_time: services.map(each =>
      buildTimes(each, each.counters.introductionBuildTimes)
    ),
    tor_hs_rend_circ_build_time: services.map(each => buildTimes(each, each.counters.rendezvousBuildTimes)),
    ramson_service_step_seconds: services.flatMap(({name: onion, counters}) =>
      SERVICE_STEPS.map(step => {
        const {atMost, count, sumMs} = counters.stepTimes[step]
        return {labels: {onion, step}, histogram: {atMost, count, sum: sumMs / 1000}}
      })
    ),
    ramson_service_descriptor_uploads_total: services.flatMap(({name: onion, counters}) => [
      {labels: {onion, outcome: 'accepted'}, value: counters.descriptorUploads},
      {labels: {onion, outcome: 'failed'}, value: counters.descriptorUploadsFailed}
    ])
  }
}

/** Ports that nobody has used yet are there from the start. */
function untouched(ports: readonly number[], {traffic}: ServiceCounters) {
  return ports
    .filter(port => !traffic.has(port))
    .flatMap(port =>
      ['tor_hs_app_write_bytes_total', 'tor_hs_app_read_bytes_total'].map(name => ({
        name,
        labels: {port: `${port}`} as LabelSet,
        value: 0
      }))
    )
}

function buildTimes({name: onion}: ServiceSource, {atMost, count, sumMs}: BuildTimes): HistogramSample {
  return {labels: {onion}, histogram: {atMost, count, sum: sumMs}}
}
