// What every node shows of itself on the MetricsPort, relay or not: opens the ports that the settings ask for and answers
// with what the node hands in.

import {policyAccepts} from '../../config/metrics-policy.ts'
import type {RelayConfig} from '../../config/relay-config.ts'
import {dataPlaneInfo} from '../../crypto/relay-crypto/relay-crypto.ts'
import {ok, type Result} from '../../fault/result.ts'
import type {Logger} from '../../log/logger.ts'
import type {Readings} from '../../metrics/catalog.ts'
import {EventLoop} from '../../metrics/event-loop.ts'
import {Exporter} from '../../metrics/exporter.ts'
import {
  type MetricsPortDeps,
  type MetricsPortFault,
  MetricsPorts,
  type Readiness
} from '../../metrics/metrics-port.ts'
import {asRoot, giveToUser} from '../confinement/user.ts'
import type {PlaneChoice} from '../data-plane.ts'
import {SocketSettings} from '../socket-settings.ts'
import {versionText} from '../version.ts'
import {processReadings} from './process-readings.ts'

export interface ObservedNode {
  readonly readings: () => Readings
  readonly ready: () => Readiness
  /** Undefined for whoever is no relay. */
  readonly inConsensus: () => boolean | undefined
}

export interface ObservedProcessOptions {
  readonly config: () => RelayConfig
  readonly logger: Logger
  readonly plane: PlaneChoice['kind']
}

export class ObservedProcess {
  readonly ports: MetricsPorts
  readonly #eventLoop: EventLoop

  private constructor(ports: MetricsPorts, eventLoop: EventLoop) {
    this.ports = ports
    this.#eventLoop = eventLoop
  }

  static async open(
    node: ObservedNode,
    {config, logger, plane}: ObservedProcessOptions
  ): Promise<Result<ObservedProcess, MetricsPortFault>> {
    const eventLoop = new EventLoop()
    const isReady = () => node.ready().missing.length === 0
    const build = buildLabels(plane)
    const exporter = new Exporter(() => ({
      ...processReadings({eventLoop, build, isReady}),
      ...node.readings()
    }))
    const {metricsPorts} = config()
    const deps: MetricsPortDeps = {
      contentType: exporter.contentType,
      metrics: () => exporter.text(),
      ready: node.ready,
      inConsensus: node.inConsensus,
      constrain: new SocketSettings(config).constrain,
      accepts: address => policyAccepts(config().metricsPortPolicy, address),
      failed: error => logger.warn(`The metrics could not be read: ${String(error)}`)
    }
    const ports = await asRoot(async () => {
      const opened = await MetricsPorts.listen(metricsPorts, deps)
      if (opened.ok) for (const port of metricsPorts) if ('path' in port) giveToUser(port.path)
      return opened
    })
    if (!ports.ok) {
      eventLoop.stop()
      return ports
    }
    for (const bound of ports.value.bound) {
      const where = typeof bound === 'string' ? bound : `port ${bound.port}`
      logger.notice(`Opened Metrics listener on ${where}, for those whom MetricsPortPolicy accepts.`)
    }
    return ok(new ObservedProcess(ports.value, eventLoop))
  }

  close(): Promise<void> {
    this.#eventLoop.stop()
    return this.ports.close()
  }
}

function buildLabels(plane: PlaneChoice['kind']) {
  const {implementation, kernel} = dataPlaneInfo()
  return {
    version: versionText().replace(/^\S+ /, ''),
    node: process.versions.node,
    implementation,
    kernel,
    plane,
    record_layer: 'node:tls'
  }
}
