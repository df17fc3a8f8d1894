// What a node without an ORPort shows of itself: its onion services and its way to those of others.

import type {RelayConfig} from '../../config/relay-config.ts'
import {ok, type Result} from '../../fault/result.ts'
import type {Logger} from '../../log/logger.ts'
import type {Readings} from '../../metrics/catalog.ts'
import type {MetricsPortFault} from '../../metrics/metrics-port.ts'
import type {CapUses} from '../../metrics/ramson-metrics.ts'
import type {ClientNode} from '../client-node.ts'
import {NETWORK_DISABLED} from '../disabled-network.ts'
import type {OnionServices} from '../onion-services.ts'
import {ownPaddingReadings} from '../own-padding.ts'
import type {Status, StatusNotice} from '../status/status.ts'
import {versionText} from '../version.ts'
import type {ClientSteps} from './client-steps.ts'
import {uptimeText, usageText} from './heartbeat.ts'
import {ObservedProcess} from './observed-process.ts'
import {capReadings} from './own-caps.ts'
import {queuesPanel} from './relay-status.ts'
import {serviceReadings, serviceSources} from './service-readings.ts'

export interface OriginMonitorDeps {
  readonly config: RelayConfig
  readonly logger: Logger
  readonly client: ClientNode
  readonly services: OnionServices
  readonly steps: ClientSteps
  readonly caps: () => CapUses
}

export class OriginMonitor {
  readonly #deps: OriginMonitorDeps
  readonly #process: ObservedProcess | undefined
  readonly startedAtMs = Date.now()
  /** What the process has to add that is no part of the node. */
  processReadings: () => Readings = () => ({})
  /** What it bounds that is no part of the node. */
  processCaps: () => CapUses = () => ({})
  readonly #beating: NodeJS.Timeout | undefined

  private constructor(deps: OriginMonitorDeps, observed: ObservedProcess | undefined) {
    this.#deps = deps
    this.#process = observed
    const {heartbeatPeriodMs} = deps.config
    if (heartbeatPeriodMs === 0) return
    this.#beating = setInterval(() => this.beat(), heartbeatPeriodMs)
    this.#beating.unref()
  }

  static async start(deps: OriginMonitorDeps): Promise<Result<OriginMonitor, MetricsPortFault>> {
    const {config, logger, client, services, steps, caps} = deps
    if (config.metricsPorts.length === 0) return ok(new OriginMonitor(deps, undefined))
    const missing = () => whatLacks(client)
    let monitor: OriginMonitor | undefined
    const node = {
      readings: () => ({
        ...serviceReadings(serviceSources(services)),
        ...steps.readings(),
        ...ownPaddingReadings(client.padding),
        ...capReadings({...caps(), ...monitor?.processCaps()}),
        ...monitor?.processReadings()
      }),
      ready: () => ({missing: missing()}),
      inConsensus: () => undefined
    }
    const opened = await ObservedProcess.open(node, {config: () => config, logger, plane: 'plain'})
    if (!opened.ok) return opened
    monitor = new OriginMonitor(deps, opened.value)
    return ok(monitor)
  }

  /** What the status page shows. */
  status(notices: readonly StatusNotice[]): Status {
    const {client, services} = this.#deps
    const {channels, registry, plane} = client.core
    const {cellsReceived, cellsSent} = plane.counters
    const sources = serviceSources(services)
    return {
      title: 'ramson without an ORPort',
      about: versionText(),
      startedAtMs: this.startedAtMs,
      steps: [],
      nodes: [],
      facts: [],
      notices,
      panels: [
        {
          title: 'Network',
          rows: [
            client.knownNetDir === undefined
              ? {name: 'Network', value: whatLacks(client).join(', '), state: 'busy'}
              : {name: 'Network', value: `${client.knownNetDir.relays.length} relays`, state: 'good'},
            {name: 'Channels', value: `${channels.size}`},
            {name: 'Circuits', value: `${registry.size}`},
            {name: 'Cells', value: `${cellsReceived} received, ${cellsSent} sent`}
          ]
        },
        queuesPanel({caps: this.#caps()}),
        ...sources.map(({name, counters}) => ({
          title: `Service ${name}`,
          rows: [
            {
              name: 'Introduction circuits',
              value: `${counters.introductionsEstablished}`,
              state: counters.introductionsEstablished > 0 ? ('good' as const) : ('busy' as const)
            },
            {name: 'Introductions', value: `${counters.introductions}`},
            {name: 'Joined now', value: `${counters.rendezvousEstablished} of ${counters.rendezvous} begun`},
            {
              name: 'Descriptor uploads',
              value: `${counters.descriptorUploads} accepted, ${counters.descriptorUploadsFailed} failed`
            }
          ]
        }))
      ]
    }
  }

  /** Writes the heartbeat into the log. */
  beat(): void {
    const {client, services, logger} = this.#deps
    const {bytesRead, bytesWritten} = client.core.plane.counters
    const log = logger.about('heartbeat')
    log.notice(
      `Heartbeat: up for ${uptimeText(Date.now() - this.startedAtMs)}, with ${client.core.registry.size} circuits open. ` +
        `Sent ${usageText(bytesWritten)}, received ${usageText(bytesRead)}.`
    )
    const counters = serviceSources(services).map(source => source.counters)
    if (counters.length === 0) return
    const total = (of: (each: (typeof counters)[number]) => number) =>
      counters.reduce((sum, each) => sum + of(each), 0)
    log.notice(
      `Heartbeat: our onion services were introduced to ${total(each => each.introductions)} clients and began ` +
        `${total(each => each.rendezvous)} rendezvous.`
    )
  }

  /** Writes statistics into the log, for SIGUSR1. */
  dump(): void {
    const {channels, registry, plane} = this.#deps.client.core
    const {cellsReceived, cellsSent} = plane.counters
    this.#deps.logger.notice(
      `Statistics, as asked for by signal USR1: ${channels.size} channels, ${registry.size} circuits, ` +
        `${cellsReceived} cells received, ${cellsSent} sent.`
    )
    for (const [cap, {used, limit}] of Object.entries(this.#caps())) {
      this.#deps.logger.notice(`${cap.replaceAll('_', ' ')}: ${used} of ${limit}.`)
    }
    this.beat()
  }

  #caps(): CapUses {
    return {...this.#deps.caps(), ...this.processCaps()}
  }

  async close(): Promise<void> {
    clearInterval(this.#beating)
    await this.#process?.close()
  }
}

function whatLacks({isAsleep, knownNetDir}: ClientNode): string[] {
  if (isAsleep) return [NETWORK_DISABLED]
  return knownNetDir === undefined ? ['too little is known of the network'] : []
}
