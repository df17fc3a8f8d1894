// `ramson status`: asks the node that runs with these settings how it is, over its StatusPort or its MetricsPort, and prints
// it. The exit status is 0 when it answered and is ready, 1 when it is not ready or nobody answered.

import {Command} from 'commander'
import {parseAddressPort} from '../../config/address.ts'
import {printConfigFault} from '../../config/fault.ts'
import type {RelayConfig} from '../../config/relay-config.ts'
import type {CommandLine} from '../cli.ts'
import {DONE, FAILED, fail, print} from '../exit-status.ts'
import {parseNodeCommand} from '../node-command.ts'
import {readConfig} from '../read-config.ts'
import type {Status} from '../status/status.ts'
import {addressText, ask, type LocalAddress, reachableHost} from './ask.ts'
import {panelsFromMetrics} from './from-metrics.ts'
import {type NodeReport, reportForPeople, reportForPrograms} from './node-report.ts'
import {Samples} from './samples.ts'

interface StatusFlags {
  readonly torrcFile?: string
  readonly metrics?: string
  readonly json?: true
  readonly alive?: true
  readonly help?: true
}

export function statusProgram(): Command {
  return new Command('ramson status')
    .usage('[flags] [--TorrcOption value …]')
    .description(
      'How the node is that runs here: roles, flags, load, overload. It needs a MetricsPort or a StatusPort.'
    )
    .helpOption(false)
    .exitOverride()
    .configureOutput({writeErr: () => undefined, writeOut: () => undefined})
    .option('-f, --torrc-file <path>', 'of the node with this torrc; else of the one in the usual place')
    .option('--metrics <address>', 'of the node with this MetricsPort: host:port or unix:path, C tor too')
    .option('--json', 'one JSON object')
    .option('--alive', 'whether anybody answers, by the exit status alone')
    .option('-h, --help', 'print this')
}

export async function runStatusCommand(words: readonly string[]): Promise<number> {
  const program = statusProgram()
  const command = parseNodeCommand<StatusFlags>(program, words)
  if (!command.ok) return fail(`${command.fault.data?.message ?? ''} See ramson status --help.`)
  const {flags, node} = command.value
  if (flags.help) return print(program.helpInformation())
  const ports = flags.metrics === undefined ? portsOfNode(node) : portsOfFlag(flags.metrics)
  if (typeof ports === 'string') return fail(ports)
  const report = await askNode(ports)
  if (flags.alive) return report === undefined ? FAILED : DONE
  if (report === undefined) {
    const asked = [ports.status, ...ports.metrics].flatMap(port =>
      port === undefined ? [] : [addressText(port)]
    )
    return fail(
      `Nobody answers at ${asked.join(' or ')}. Is the node running, and does its MetricsPortPolicy accept us?`
    )
  }
  print(flags.json ? reportForPrograms(report) : reportForPeople(report))
  return isReady(report) ? DONE : FAILED
}

interface NodePorts {
  readonly status: LocalAddress | undefined
  readonly metrics: readonly LocalAddress[]
}

/** A text says what is in the way. */
function portsOfNode(node: CommandLine): NodePorts | string {
  const config = readConfig(node)
  if (!config.ok) return printConfigFault(config.fault)
  const ports = portsOf(config.value)
  if (ports.status !== undefined || ports.metrics.length > 0) return ports
  return 'The settings have neither a MetricsPort nor a StatusPort to ask. Add StatusPort 8035, and restart the node.'
}

function portsOf({statusPort, metricsPorts}: RelayConfig): NodePorts {
  const metrics = metricsPorts.flatMap((port): LocalAddress[] => {
    if ('path' in port) return [{path: port.path}]
    return port.port === 0 ? [] : [{host: reachableHost(port.host), port: port.port}]
  })
  return {status: statusPort === 0 ? undefined : {host: '127.0.0.1', port: statusPort}, metrics}
}

function portsOfFlag(text: string): NodePorts | string {
  if (text.startsWith('unix:')) return {status: undefined, metrics: [{path: text.slice('unix:'.length)}]}
  const parsed = parseAddressPort(
    /^\d+$/.test(text) ? `127.0.0.1:${text}` : text.replace(/^localhost:/, '127.0.0.1:')
  )
  if (parsed === undefined) return `--metrics wants host:port or unix:path, not '${text}'.`
  return {status: undefined, metrics: [{host: parsed.address.host, port: parsed.port}]}
}

/** The status page knows most; the metrics are next best. */
async function askNode({status, metrics}: NodePorts): Promise<NodeReport | undefined> {
  if (status !== undefined) {
    const answer = await ask(status, '/status.json')
    if (answer?.status === 200) return reportOfStatus(addressText(status), JSON.parse(answer.body) as Status)
  }
  for (const port of metrics) {
    const answer = await ask(port, '/metrics')
    const samples = answer?.status === 200 ? new Samples(answer.body) : undefined
    if (samples !== undefined && samples.size > 0) return reportOfMetrics(addressText(port), samples)
  }
  return undefined
}

function reportOfStatus(source: string, status: Status): NodeReport {
  const notices = status.notices.map(
    ({atMs, severity, text}) => `${new Date(atMs).toISOString().slice(11, 19)} [${severity}] ${text}`
  )
  return {source, title: status.title, about: status.about, panels: status.panels ?? [], notices}
}

function reportOfMetrics(source: string, samples: Samples): NodeReport {
  const build = samples.all('ramson_build_info')[0]?.labels
  const title = build === undefined ? `Node at ${source}` : `ramson ${build['version'] ?? ''} at ${source}`
  const about = ['plane', 'implementation', 'kernel'].flatMap(label => build?.[label] ?? []).join(', ')
  return {source, title, about, panels: panelsFromMetrics(samples, Date.now()), notices: []}
}

/** A node that does not tell, such as a C tor, counts as ready: it answered. */
function isReady({panels}: NodeReport): boolean {
  const row = panels.flatMap(({rows}) => rows).find(({name}) => name === 'Ready')
  return row === undefined || row.state === 'good'
}
