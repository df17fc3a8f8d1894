// The nodes of a private network as directories and torrcs: real torrc text, which is written to the node's directory and
// read from there like any other, so that every node can be looked at, and be started again by itself.

import {join} from 'node:path'
import type {StatusNode} from '../status/status.ts'
import type {NetworkPorts} from './ports.ts'

export interface NodePlan {
  readonly name: string
  readonly kind: StatusNode['kind']
  readonly directory: string
  readonly torrc: string
}

export interface LayoutOptions {
  readonly directory: string
  readonly relays: number
  readonly ports: NetworkPorts
  readonly intervalSeconds?: number | undefined
  readonly target: {readonly host: string; readonly port: number}
  /** What the authority is known by: 40 hexadecimal digits each. */
  readonly authority: {readonly fingerprint: string; readonly v3Identity: string}
}

/** Where a visitor of the onion service knocks. */
export const SERVICE_PORT = 80
export const AUTHORITY_NAME = 'authority'

/** Soon enough for those who join, and 24 of these are one time period of the onion service. */
const INTERVAL_SECONDS = 30

export function planNodes(options: LayoutOptions): NodePlan[] {
  const {directory, relays, ports} = options
  const common = commonLines(options)
  const plan = (name: string, kind: NodePlan['kind'], own: (dataDirectory: string) => readonly string[]) => {
    const dataDirectory = join(directory, name)
    const lines = [...common, `DataDirectory ${quoted(dataDirectory)}`, ...own(dataDirectory)]
    return {name, kind, directory: dataDirectory, torrc: `${lines.join('\n')}\n`}
  }
  return [
    plan(AUTHORITY_NAME, 'authority', () => authorityLines(options)),
    ...Array.from({length: relays}, (_, i) => {
      const name = relayName(i + 1)
      return plan(name, 'relay', () => relayLines(name, ports.relays[i] ?? 0))
    }),
    plan('service', 'service', home => [
      'SocksPort 0',
      `HiddenServiceDir ${quoted(join(home, 'onion'))}`,
      `HiddenServicePort ${SERVICE_PORT} ${options.target.host}:${options.target.port}`
    ]),
    plan('client', 'client', () => [`SocksPort 127.0.0.1:${ports.socks} ExtendedErrors`])
  ]
}

/** @param number from 1 */
export function relayName(number: number): string {
  return `relay${number}`
}

/** What every node of the network has in its torrc, those included that join it. */
export function commonLines({ports, authority}: LayoutOptions): string[] {
  const {fingerprint, v3Identity} = authority
  return [
    'TestingTorNetwork 1',
    `DirAuthority ${AUTHORITY_NAME} orport=${ports.authority} v3ident=${v3Identity} 127.0.0.1:${ports.authorityDir} ${fingerprint}`
  ]
}

export function relayLines(nickname: string, port: number | 'auto'): string[] {
  return [
    `Nickname ${nickname}`,
    'Address 127.0.0.1',
    `ORPort 127.0.0.1:${port}`,
    'AssumeReachable 1',
    `ContactInfo ${nickname} of a private network`,
    'ExitRelay 0',
    'SocksPort 0'
  ]
}

// The limits of Stable, Fast, Guard and HSDir are lowered so that relays which have just started have these flags.
function authorityLines({ports, intervalSeconds = INTERVAL_SECONDS}: LayoutOptions): string[] {
  return [
    ...relayLines(AUTHORITY_NAME, ports.authority),
    `DirPort 127.0.0.1:${ports.authorityDir}`,
    'AuthoritativeDirectory 1',
    'V3AuthoritativeDirectory 1',
    `V3AuthVotingInterval ${intervalSeconds} seconds`,
    'V3AuthVoteDelay 2 seconds',
    'V3AuthDistDelay 2 seconds',
    'V3AuthNIntervalsValid 3',
    `TestingV3AuthInitialVotingInterval ${intervalSeconds} seconds`,
    'TestingV3AuthInitialVoteDelay 2 seconds',
    'TestingV3AuthInitialDistDelay 2 seconds',
    'TestingAuthDirTimeToLearnReachability 0 seconds',
    'AuthDirMaxServersPerAddr 0',
    'AuthDirVoteStableGuaranteeMinUptime 0 seconds',
    'AuthDirVoteStableGuaranteeMTBF 0 seconds',
    'AuthDirVoteGuardGuaranteeTimeKnown 0 seconds',
    'AuthDirVoteGuardGuaranteeWFU 0',
    'AuthDirGuardBWGuarantee 1 KB',
    'AuthDirFastGuarantee 1 KB',
    'MinUptimeHidServDirectoryV2 0 seconds'
  ]
}

/** As torrc has it: a path may hold spaces. */
export function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `"${path.replace(/["\\]/g, '\\$&')}"`
}
