// The ports of the settings: whether they can be had, or are answered already by the node itself; and who can reach those that
// are not for everybody.

import {connect, createServer} from 'node:net'
import {isPrivateAddress, parseAddress} from '../../config/address.ts'
import type {LocalPort} from '../../config/port-lines.ts'
import type {RelayConfig} from '../../config/relay-config.ts'
import {reachableHost} from '../status-command/ask.ts'
import {bad, type Finding, good, warn} from './finding.ts'

const CONNECT_TIMEOUT_MS = 2_000
const PRIVILEGED_BELOW = 1024

interface WantedPort {
  readonly option: string
  readonly host: string
  readonly port: number
  /** Whether a host without this address is no fault. */
  readonly mayLack: boolean
}

/** @param isRunning whether a node works on the DataDirectory, so that its ports have to answer */
export async function portFindings(config: RelayConfig, isRunning: boolean): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const wanted of wantedPorts(config)) {
    const found = isRunning ? await answeredFinding(wanted) : await freeFinding(wanted)
    if (found !== undefined) findings.push(found)
  }
  return findings
}

function wantedPorts(config: RelayConfig): WantedPort[] {
  const open = (option: string, ports: RelayConfig['orPorts']) =>
    ports
      .filter(({noListen}) => !noListen)
      .map(({host, port, implicit, family}) => ({option, host, port, mayLack: implicit && family === 'ipv6'}))
  const local = (option: string, ports: readonly LocalPort[]) =>
    ports.flatMap(port =>
      'path' in port ? [] : [{option, host: port.host, port: port.port, mayLack: false}]
    )
  const status =
    config.statusPort === 0
      ? []
      : [{option: 'StatusPort', host: '127.0.0.1', port: config.statusPort, mayLack: false}]
  return [
    ...open('ORPort', config.orPorts),
    ...open('DirPort', config.dirPorts),
    ...local('SocksPort', config.socksPorts),
    ...local('ControlPort', config.controlPorts),
    ...local('MetricsPort', config.metricsPorts),
    ...status
  ].filter(({port}) => port !== 0)
}

function nameOf({option, host, port}: WantedPort): string {
  return `${option} ${host.includes(':') ? `[${host}]` : host}:${port}`
}

async function answeredFinding(wanted: WantedPort): Promise<Finding | undefined> {
  if (await answers(reachableHost(wanted.host), wanted.port))
    return good('ports', `${nameOf(wanted)} answers.`)
  if (wanted.mayLack) return undefined
  return bad(
    'ports',
    `${nameOf(wanted)} does not answer, though the node runs.`,
    'restart the node, if the torrc changed since it started; else look into its log'
  )
}

async function freeFinding(wanted: WantedPort): Promise<Finding | undefined> {
  const code = await bindCode(wanted.host, wanted.port)
  if (code === undefined) return good('ports', `${nameOf(wanted)} is free.`)
  if (code === 'EADDRINUSE') {
    return bad(
      'ports',
      `${nameOf(wanted)} is taken by another program.`,
      `sudo ss -ltnp 'sport = :${wanted.port}'`
    )
  }
  if (code === 'EACCES' && wanted.port < PRIVILEGED_BELOW) {
    return bad(
      'ports',
      `${nameOf(wanted)} is for privileged programs.`,
      'AmbientCapabilities=CAP_NET_BIND_SERVICE in the unit, or ' +
        `sudo sysctl -w net.ipv4.ip_unprivileged_port_start=${wanted.port}`
    )
  }
  if (wanted.mayLack) return undefined
  return bad(
    'ports',
    `${nameOf(wanted)} cannot be opened (${code}).`,
    'an address of this machine in its place'
  )
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({host, port, timeout: CONNECT_TIMEOUT_MS})
    const settle = (isThere: boolean) => {
      socket.destroy()
      resolve(isThere)
    }
    socket.once('connect', () => settle(true))
    socket.once('timeout', () => settle(false))
    socket.once('error', () => settle(false))
  })
}

/** Undefined when the port can be had. */
function bindCode(host: string, port: number): Promise<string | undefined> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', error => resolve('code' in error ? String(error.code) : 'unknown'))
    server.listen({host, port, exclusive: true, ipv6Only: host.includes(':')}, () =>
      server.close(() => resolve(undefined))
    )
  })
}

/** Metrics and control are for the operator: nobody else may reach them. */
export function exposureFindings(config: RelayConfig): Finding[] {
  const findings: Finding[] = []
  const isOpen = (port: LocalPort) => !('path' in port) && !isLoopback(port.host)
  if (config.metricsPorts.some(isOpen)) {
    const takesAll = config.metricsPortPolicy.some(
      ({action, range}) => action === 'accept' && (range?.bits ?? 0) === 0
    )
    findings.push(
      takesAll
        ? bad(
            'exposure',
            'Anybody who can reach the MetricsPort can read it, which harms users.',
            'MetricsPort 127.0.0.1:9035'
          )
        : warn(
            'exposure',
            'The MetricsPort listens beyond this machine, for the addresses of MetricsPortPolicy.',
            'MetricsPort 127.0.0.1:9035, scraped over WireGuard or SSH'
          )
    )
  } else if (config.metricsPorts.length > 0)
    findings.push(good('exposure', 'The MetricsPort is for this machine alone.'))
  const isGuarded = config.cookieAuthentication || config.hashedControlPasswords.length > 0
  for (const port of config.controlPorts) {
    if ('path' in port || (isGuarded && isLoopback(port.host))) continue
    findings.push(
      isLoopback(port.host)
        ? warn('exposure', 'Every program of this machine can use the ControlPort.', 'CookieAuthentication 1')
        : bad(
            'exposure',
            'The ControlPort listens beyond this machine.',
            `ControlPort 127.0.0.1:${port.port}`
          )
    )
  }
  if (config.socksPorts.some(port => !('path' in port) && isPublic(port.host))) {
    findings.push(bad('exposure', 'The SocksPort listens beyond this machine.', 'SocksPort 127.0.0.1:9050'))
  }
  return findings
}

function isLoopback(host: string): boolean {
  return host === '::1' || host.startsWith('127.')
}

function isPublic(host: string): boolean {
  const address = parseAddress(host)
  return host === '0.0.0.0' || host === '::' || (address !== undefined && !isPrivateAddress(address))
}
