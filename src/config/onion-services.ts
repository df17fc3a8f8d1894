// Onion services of a torrc: each HiddenServiceDir begins one, and the HiddenService… lines that follow belong to it, so
// here, and only here, the order of lines of different names counts. The lines come from the highest layer that has any, and
// from those below where it says '+'.

import {ok, type Result} from '../fault/result.ts'
import {parseAddressPort, parsePort} from './address.ts'
import {type ConfigFault, configFault} from './fault.ts'
import {absolutePath, type HostFacts} from './host.ts'
import {findOption} from './option-names.ts'
import type {ConfigLine} from './torrc-text.ts'

/** Where streams to one port of the service go. */
export type OnionServiceTarget =
  | {readonly kind: 'tcp'; readonly host: string; readonly port: number}
  | {readonly kind: 'unix'; readonly path: string}

export interface OnionServicePort {
  readonly virtualPort: number
  readonly target: OnionServiceTarget
}

export interface OnionServiceConfig {
  readonly directory: string
  readonly ports: readonly OnionServicePort[]
  readonly introductionPoints: number
  /** Streams that one client's circuit may have open at once; 0: as many as it likes. */
  readonly maxStreams: number
  /** What becomes of a circuit that asks for more: it is closed, or the stream alone is refused. */
  readonly whenMaxStreams: 'close-circuit' | 'refuse-stream'
  /** What introduction points are asked to let through, a second and at once. Undefined: what the consensus says. */
  readonly introductionLimit: {readonly rate: number; readonly burst: number} | undefined
  /** A balancer makes clients of another service come to us; ob_config says of which. */
  readonly isOnionBalanceInstance: boolean
}

const FIRST = 'HiddenServiceDir'
const VERSION = 3
const INT32_MAX = 2 ** 31 - 1
/** More services than this in one process are more likely a mistake than a wish. */
const SERVICES_MAX = 1000

/** The lines of onion services that are in force, in their order. */
export function onionServiceLines(layers: readonly (readonly ConfigLine[])[]): ConfigLine[] {
  let lines: ConfigLine[] = []
  for (const layer of layers) {
    const own = layer.filter(line => canonicalName(line) !== undefined && line.value !== '')
    const cleared = layer.some(line => line.mode === 'clear' && canonicalName(line) === FIRST)
    if (own[0] === undefined) {
      if (cleared) lines = []
    } else lines = own[0].mode === 'append' ? [...lines, ...own] : own
  }
  return lines
}

export function parseOnionServices(
  lines: readonly ConfigLine[],
  host: HostFacts
): Result<OnionServiceConfig[], ConfigFault> {
  const groups: ConfigLine[][] = []
  for (const line of lines) {
    const last = groups.at(-1)
    if (canonicalName(line) === FIRST) groups.push([line])
    else if (last === undefined) return fault(line, `${line.name} stands before any ${FIRST}.`)
    else last.push(line)
  }
  const services: OnionServiceConfig[] = []
  for (const group of groups) {
    const service = parseService(group, host)
    if (!service.ok) return service
    const [first] = group
    if (first !== undefined && services.some(other => other.directory === service.value.directory)) {
      return fault(first, `${first.value} is the directory of two services.`)
    }
    if (first !== undefined && services.length >= SERVICES_MAX)
      return fault(first, 'There are too many services.')
    services.push(service.value)
  }
  return ok(services)
}

function canonicalName(line: ConfigLine): string | undefined {
  const found = findOption(line.name)
  if (found === undefined || found.kind === 'obsolete') return undefined
  return found.name.startsWith('HiddenService') && !ALL_SERVICES.has(found.name) ? found.name : undefined
}

/** These are about all services of the process and stand outside the groups. */
const ALL_SERVICES: ReadonlySet<string> = new Set([
  'HiddenServiceNonAnonymousMode',
  'HiddenServiceSingleHopMode',
  'HiddenServiceStatistics'
])

function parseService(
  group: readonly ConfigLine[],
  host: HostFacts
): Result<OnionServiceConfig, ConfigFault> {
  const [first] = group
  const last = (name: string) => group.findLast(line => canonicalName(line) === name)
  const number = (name: string, initial: number, least: number, most: number) =>
    readNumber(last(name), initial, least, most)
  const version = number('HiddenServiceVersion', VERSION, VERSION, VERSION)
  if (!version.ok) return version
  const ports: OnionServicePort[] = []
  for (const line of group.filter(each => canonicalName(each) === 'HiddenServicePort')) {
    const port = parseServicePort(line)
    if (!port.ok) return port
    ports.push(port.value)
  }
  if (first !== undefined && ports.length === 0)
    return fault(first, `${first.value} has no HiddenServicePort.`)
  const introductionPoints = number('HiddenServiceNumIntroductionPoints', 3, 3, 20)
  if (!introductionPoints.ok) return introductionPoints
  const maxStreams = number('HiddenServiceMaxStreams', 0, 0, 65_535)
  if (!maxStreams.ok) return maxStreams
  const closes = number('HiddenServiceMaxStreamsCloseCircuit', 0, 0, 1)
  if (!closes.ok) return closes
  const defends = number('HiddenServiceEnableIntroDoSDefense', 0, 0, 1)
  if (!defends.ok) return defends
  const balanced = number('HiddenServiceOnionBalanceInstance', 0, 0, 1)
  if (!balanced.ok) return balanced
  const rate = number('HiddenServiceEnableIntroDoSRatePerSec', 25, 0, INT32_MAX)
  if (!rate.ok) return rate
  const burst = number('HiddenServiceEnableIntroDoSBurstPerSec', 200, 0, INT32_MAX)
  if (!burst.ok) return burst
  if (first !== undefined && defends.value === 1 && burst.value < rate.value) {
    return fault(first, 'HiddenServiceEnableIntroDoSBurstPerSec is smaller than …RatePerSec.')
  }
  return ok({
    directory: absolutePath(first?.value ?? '', host),
    ports,
    introductionPoints: introductionPoints.value,
    maxStreams: maxStreams.value,
    whenMaxStreams: closes.value === 1 ? 'close-circuit' : 'refuse-stream',
    isOnionBalanceInstance: balanced.value === 1,
    introductionLimit: defends.value === 1 ? {rate: rate.value, burst: burst.value} : undefined
  })
}

function readNumber(
  line: ConfigLine | undefined,
  initial: number,
  least: number,
  most: number
): Result<number, ConfigFault> {
  if (line === undefined) return ok(initial)
  const value = /^\d+$/.test(line.value) ? Number(line.value) : Number.NaN
  if (value >= least && value <= most) return ok(value)
  const wanted = least === most ? `${least}` : `${least} to ${most}`
  return fault(line, `${line.name} wants ${wanted}, not '${line.value}'.`)
}

/** `80`, `80 8080`, `80 127.0.0.1:8080`, `80 [::1]:8080`, `80 unix:/path`. */
function parseServicePort(line: ConfigLine): Result<OnionServicePort, ConfigFault> {
  const match = /^(\d+)(?:\s+(\S.*?))?\s*$/.exec(line.value)
  const virtualPort = parsePort(match?.[1] ?? '')
  const target = virtualPort && parseTarget(match?.[2], virtualPort)
  if (!virtualPort || !target) {
    return fault(
      line,
      `HiddenServicePort wants PORT [TARGET], not '${line.value}'. A target is PORT, ADDRESS:PORT or unix:PATH.`
    )
  }
  return ok({virtualPort, target})
}

function parseTarget(text: string | undefined, virtualPort: number): OnionServiceTarget | undefined {
  if (text === undefined) return {kind: 'tcp', host: '127.0.0.1', port: virtualPort}
  const path = /^unix:(?:"([^"]+)"|(\S+))$/.exec(text)
  if (path !== null) return {kind: 'unix', path: path[1] ?? path[2] ?? ''}
  const port = parsePort(text)
  if (port !== undefined) return port === 0 ? undefined : {kind: 'tcp', host: '127.0.0.1', port}
  const both = parseAddressPort(text)
  return both && {kind: 'tcp', host: both.address.host, port: both.port}
}

function fault(line: ConfigLine, message: string): Result<never, ConfigFault> {
  return configFault('bad-value', message, line.place, line.name)
}
