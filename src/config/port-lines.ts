// `ORPort`, `ControlPort`, `MetricsPort`, `SocksPort`: [address:](port|auto) and flags. An ORPort without an address means
// one listener per family, which an ORPort of the same family and port with an address replaces.

import {ok, type Result} from '../fault/result.ts'
import {type AddressFamily, parseAddress, parseAddressPort, parsePort} from './address.ts'
import {type ConfigFault, configFault} from './fault.ts'
import type {ConfigLine} from './torrc-text.ts'

export interface OrPort {
  /** a number, without brackets */
  readonly host: string
  readonly family: AddressFamily
  /** 0: `auto`, the system chooses */
  readonly port: number
  /** no address was written: for IPv6, a host without it is then no fault */
  readonly implicit: boolean
  readonly noListen: boolean
  readonly noAdvertise: boolean
}

/** A listener for clients: an address and port (0: the system chooses) or a Unix socket. */
export type LocalPort =
  | {readonly host: string; readonly port: number; readonly flags: readonly string[]}
  | {readonly path: string; readonly flags: readonly string[]}

interface Written {
  readonly host: string | undefined
  readonly family: AddressFamily | undefined
  readonly port: number
}

export function parseOrPorts(
  lines: readonly ConfigLine[],
  withIpv6: 'ipv4-only' | 'both',
  name: 'ORPort' | 'DirPort' = 'ORPort'
): Result<OrPort[], ConfigFault> {
  const ports: OrPort[] = []
  let off = false
  for (const line of lines) {
    const [first = '', ...flags] = words(line.value)
    const written = parseWritten(first)
    if (written === undefined) return badPort(name, line)
    if (written.port === 0 && first === '0') {
      off = true
      continue
    }
    const wanted = orPortFlags(flags, line, name)
    if (!wanted.ok) return wanted
    const {only, noListen, noAdvertise} = wanted.value
    if (written.family !== undefined && only !== undefined && only !== written.family) {
      return configFault('bad-value', `${name} ${line.value}: the address is not ${only}.`, line.place, name)
    }
    for (const family of ['ipv4', 'ipv6'] as const) {
      if ((written.family ?? only ?? family) !== family) continue
      const host = written.host ?? (family === 'ipv4' ? '0.0.0.0' : '::')
      ports.push({
        host,
        family,
        port: written.port,
        implicit: written.host === undefined,
        noListen,
        noAdvertise
      })
    }
  }
  if (off && ports.length > 0) {
    return configFault('refused', `${name} 0 stands beside another ${name}.`, lines[0]?.place, name)
  }
  return ok(withoutReplaced(ports).filter(port => withIpv6 === 'both' || port.family === 'ipv4'))
}

function orPortFlags(
  flags: readonly string[],
  line: ConfigLine,
  name: 'ORPort' | 'DirPort'
): Result<{only: AddressFamily | undefined; noListen: boolean; noAdvertise: boolean}, ConfigFault> {
  const has = (wanted: string) => flags.some(flag => flag.toLowerCase() === wanted)
  const known = ['noadvertise', 'nolisten', 'ipv4only', 'ipv6only']
  const unknown = flags.find(flag => !known.includes(flag.toLowerCase()))
  if (unknown !== undefined) {
    return configFault('bad-value', `${name} has no flag '${unknown}'.`, line.place, name)
  }
  if (has('noadvertise') && has('nolisten')) {
    return configFault('refused', `${name}: NoListen and NoAdvertise exclude each other.`, line.place, name)
  }
  if (has('ipv4only') && has('ipv6only')) {
    return configFault('refused', `${name}: IPv4Only and IPv6Only exclude each other.`, line.place, name)
  }
  const only = has('ipv4only') ? 'ipv4' : has('ipv6only') ? 'ipv6' : undefined
  return ok({only, noListen: has('nolisten'), noAdvertise: has('noadvertise')})
}

function withoutReplaced(ports: readonly OrPort[]): OrPort[] {
  return ports.filter((port, i) => {
    const same = (other: OrPort) => other.family === port.family && other.port === port.port
    const twin = (other: OrPort) =>
      same(other) && other.host === port.host && other.noListen === port.noListen
    if (ports.slice(0, i).some(twin)) return false
    return !(port.implicit && ports.some(other => same(other) && !other.implicit))
  })
}

/** `name` is the option, for faults. `0` gives no port. */
export function parseLocalPorts(
  name: string,
  lines: readonly ConfigLine[]
): Result<LocalPort[], ConfigFault> {
  const ports: LocalPort[] = []
  for (const line of lines) {
    const [first = '', ...flags] = words(line.value)
    if (first === '0') continue
    const path = /^unix:"?(\/[^"]*)"?$/.exec(first)?.[1]
    if (path !== undefined) {
      ports.push({path, flags})
      continue
    }
    const written = parseWritten(first)
    if (written === undefined) return badPort(name, line)
    ports.push({host: written.host ?? '127.0.0.1', port: written.port, flags})
  }
  return ok(ports)
}

/** `ControlSocket PATH [flags]`, `ControlSocket unix:PATH`; `0` gives none. */
export function parseControlSockets(lines: readonly ConfigLine[]): Result<LocalPort[], ConfigFault> {
  const sockets: LocalPort[] = []
  for (const line of lines) {
    if (line.value === '0') continue
    const match = /^(?:unix:)?(?:"(\/[^"]+)"|(\/\S+))((?:\s+\w+)*)$/.exec(line.value)
    const path = match?.[1] ?? match?.[2]
    if (path === undefined) {
      const message = `ControlSocket wants the absolute path of a Unix socket, not '${line.value}'.`
      return configFault('bad-value', message, line.place, 'ControlSocket')
    }
    sockets.push({path, flags: words(match?.[3] ?? '')})
  }
  return ok(sockets)
}

function parseWritten(text: string): Written | undefined {
  if (/^auto$/i.test(text)) return {host: undefined, family: undefined, port: 0}
  const port = parsePort(text)
  if (port !== undefined) return {host: undefined, family: undefined, port}
  const auto = /^(.*):auto$/i.exec(text)?.[1]
  if (auto !== undefined) {
    const address = parseAddress(auto)
    return address && {host: address.host, family: address.family, port: 0}
  }
  const both = parseAddressPort(text)
  return both && {host: both.address.host, family: both.address.family, port: both.port}
}

function badPort(name: string, line: ConfigLine): Result<never, ConfigFault> {
  const message = `${name} wants [address:]port or auto, not '${line.value}'.`
  return configFault('bad-value', message, line.place, name)
}

function words(text: string): string[] {
  return text.split(/\s+/).filter(word => word !== '')
}
