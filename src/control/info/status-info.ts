// GETINFO status/…: how far the node has come, and what is so of it as a relay.

import type {CommandContext} from '../commands/command.ts'
import {Status} from '../reply.ts'
import {quote} from '../words.ts'
import {exact, flag, type InfoKey, type InfoValue, isoTime} from './info.ts'

const NO_RELAY = {why: 'Not running in server mode'} as const

export const statusInfo: readonly InfoKey[] = [
  exact('fingerprint', undefined, (_rest, {node}) => node.facts.relay?.fingerprint ?? NO_RELAY),
  exact('address', 'IP address of this host, if we can guess it.', (_rest, {node}) => {
    return node.facts.address('ipv4') ?? node.facts.address('ipv6') ?? {why: 'Address unknown'}
  }),
  exact('address/v4', 'IPv4 address of this host, if we can guess it.', (_rest, {node}) => {
    return node.facts.address('ipv4') ?? {why: 'Address unknown'}
  }),
  exact('address/v6', 'IPv6 address of this host, if we can guess it.', (_rest, {node}) => {
    return node.facts.address('ipv6') ?? {why: 'Address unknown'}
  }),
  exact('status/circuit-established', 'Whether we think client functionality is working.', (_rest, {node}) =>
    flag(node.facts.hasBuiltCircuit())
  ),
  exact(
    'status/enough-dir-info',
    'Whether we have enough up-to-date directory information to build circuits.',
    (_rest, {node}) => flag(node.network.isEnough())
  ),
  exact('status/bootstrap-phase', 'The last bootstrap phase status event.', (_rest, {node}) =>
    bootstrapLine(node.facts.bootstrap())
  ),
  exact('status/clients-seen', 'Breakdown of client countries seen by a bridge.', (_rest, {node}) => {
    // We count no clients by country or address, so this is what it says when there were none.
    return `TimeStarted=${quote(isoTime(new Date(node.facts.startedAtMs)))} CountrySummary= IPVersions=v4=0,v6=0`
  }),
  exact('status/fresh-relay-descs', 'A fresh relay/ei descriptor pair, made now.', (_rest, {node}) => {
    const {relay} = node.facts
    if (relay === undefined) return {why: 'Only relays have descriptors'}
    const [descriptor, extraInfo] = [relay.descriptor(), relay.extraInfo()]
    return descriptor === undefined || extraInfo === undefined
      ? {why: 'Failed to generate descriptor'}
      : `${descriptor}${extraInfo}`
  }),
  exact('status/reachability-succeeded', undefined, (_rest, context) => {
    return `OR=${flag(isReachable(context))} DIR=1`
  }),
  exact('status/reachability-succeeded/or', undefined, (_rest, context) => flag(isReachable(context))),
  exact('status/reachability-succeeded/dir', undefined, () => '1'),
  exact('status/version/recommended', 'List of currently recommended versions.', (_rest, context) => {
    return recommended(context)?.join(',') ?? '?'
  }),
  exact('status/version/current', 'Status of the current version.', (_rest, context) => {
    const versions = recommended(context)
    if (versions === undefined || versions.length === 0) return 'unknown'
    return versions.includes(context.node.version.split(' ')[0] ?? '') ? 'recommended' : 'unrecommended'
  }),
  exact('network-liveness', 'Current opinion on whether the network is live.', (_rest, {node}) =>
    node.facts.links().length > 0 ? 'up' : 'down'
  ),
  exact('entry-guards', 'Which nodes are we using as entry guards?', (_rest, {node}) => {
    return node.facts
      .entryGuards()
      .map(line => `${line}\n`)
      .join('')
  }),
  exact('helper-nodes', undefined, (_rest, {node}) => {
    return node.facts
      .entryGuards()
      .map(line => `${line}\n`)
      .join('')
  }),
  exact('orconn-status', 'A list of current links to relays.', (_rest, {node}) =>
    node.facts.links().join('\n')
  ),
  exact(
    'exit-policy/default',
    'The default value appended to the configured exit policy.',
    () => 'reject *:*'
  ),
  exact(
    'exit-policy/reject-private/default',
    'The default rules appended by ExitPolicyRejectPrivate.',
    () => ''
  ),
  exact('exit-policy/reject-private/relay', 'The relay-specific rules of ExitPolicyRejectPrivate.', policyOf),
  exact('exit-policy/full', 'The entire exit policy of this relay', policyOf),
  exact('exit-policy/ipv4', 'IPv4 parts of exit policy', policyOf),
  exact('exit-policy/ipv6', 'IPv6 parts of exit policy', policyOf),
  ...(['ntor', 'tap'] as const).flatMap(kind =>
    (['requested', 'assigned'] as const).map(what =>
      exact(`stats/${kind}/${what}`, `Onion skins (${kind}) that were ${what}.`, (_rest, {node}) => {
        return `${node.facts.relay?.onionSkins(kind)[what] ?? 0}`
      })
    )
  )
]

/** `NOTICE BOOTSTRAP PROGRESS=100 TAG=done SUMMARY="Done"` */
export function bootstrapLine({
  progress,
  tag,
  summary
}: {
  readonly progress: number
  readonly tag: string
  readonly summary: string
}): string {
  return `NOTICE BOOTSTRAP PROGRESS=${progress} TAG=${tag} SUMMARY=${quote(summary)}`
}

function isReachable({node}: CommandContext): boolean {
  // Whoever does not have to be reached is never unreachable.
  return node.facts.relay?.isReachable() ?? true
}

function recommended({node}: CommandContext): readonly string[] | undefined {
  const consensus = node.network.netDir()?.consensus
  return node.facts.relay === undefined ? consensus?.clientVersions : consensus?.serverVersions
}

function policyOf(_rest: string, {node}: CommandContext): InfoValue {
  const {relay} = node.facts
  if (relay === undefined) return {why: NO_RELAY.why, status: Status.UNKNOWN_THING}
  return relay.exitPolicy().join('\n')
}
