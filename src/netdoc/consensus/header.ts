// The part of a consensus before the first relay (dir-spec 3.4.1).

import {ok, type Result} from '../../fault/result.ts'
import {MAX_INT32, parseBase64, parseDecimal} from '../argument.ts'
import {meaningFault, type NetdocFault} from '../fault.ts'
import type {Item} from '../item.ts'
import {type CheckedItems, checkItems} from '../item-rules.ts'
import {type Protocols, parseProtocols} from '../protocols.ts'
import {parseTime} from '../time.ts'
import type {Consensus, ConsensusFlavour, ProtocolSets, SharedRandomValue} from './consensus.ts'
import {parsePairs} from './pairs.ts'
import {HEADER_RULES} from './rules.ts'
import {parseVoters} from './voters.ts'

type HeaderItems = CheckedItems<typeof HEADER_RULES>

export type ConsensusHeader = Omit<
  Consensus,
  'flavour' | 'relays' | 'bandwidthWeights' | 'signatures' | 'octets' | 'signedLength'
>

/** Methods below this one described relays in ways that no reader understands any more. */
const MIN_METHOD = 28

export function parseHeader(
  tokens: readonly Item[],
  flavour: ConsensusFlavour
): Result<ConsensusHeader, NetdocFault> {
  const checked = checkItems(HEADER_RULES, tokens)
  if (!checked.ok) return checked
  const items = checked.value
  const version = items.one('network-status-version')
  if (version.arg(0) !== '3' || (version.args[1] ?? 'ns') !== flavour) {
    return meaningFault('not-supported', 'network-status-version')
  }
  if (items.one('vote-status').arg(0) !== 'consensus') return meaningFault('not-supported', 'vote-status')
  const method = parseDecimal(items.one('consensus-method').arg(0), 1, MAX_INT32)
  if (method === undefined) return meaningFault('bad-argument', 'consensus-method')
  if (method < MIN_METHOD) return meaningFault('not-supported', 'consensus-method')
  const times = parseTimes(items)
  if (!times.ok) return times
  const votingDelay = parseVotingDelay(items.one('voting-delay'))
  if (votingDelay === undefined) return meaningFault('bad-argument', 'voting-delay')
  const params = parsePairs(items.optional('params'))
  if (params === undefined) return meaningFault('bad-argument', 'params')
  const protocols = parseProtocolSets(items)
  if (!protocols.ok) return protocols
  const voters = parseVoters({
    sources: items.all('dir-source'),
    contacts: items.all('contact'),
    digests: items.all('vote-digest')
  })
  if (!voters.ok) return voters
  const previous = items.optional('shared-rand-previous-value')
  const current = items.optional('shared-rand-current-value')
  return ok({
    method,
    ...times.value,
    votingDelay,
    clientVersions: listOf(items.optional('client-versions')),
    serverVersions: listOf(items.optional('server-versions')),
    knownFlags: items.one('known-flags').args,
    protocols: protocols.value,
    params,
    sharedRandom: {previous: parseSharedRandom(previous), current: parseSharedRandom(current)},
    voters: voters.value
  })
}

function parseTimes(
  items: HeaderItems
): Result<Pick<Consensus, 'validAfter' | 'freshUntil' | 'validUntil'>, NetdocFault> {
  const validAfter = parseTime(items.one('valid-after').line)
  if (validAfter === undefined) return meaningFault('bad-argument', 'valid-after')
  const freshUntil = parseTime(items.one('fresh-until').line)
  if (freshUntil === undefined || freshUntil <= validAfter) return meaningFault('bad-argument', 'fresh-until')
  const validUntil = parseTime(items.one('valid-until').line)
  if (validUntil === undefined || validUntil < freshUntil) return meaningFault('bad-argument', 'valid-until')
  return ok({validAfter, freshUntil, validUntil})
}

function parseVotingDelay(item: Item): Consensus['votingDelay'] | undefined {
  const voteSeconds = parseDecimal(item.arg(0), 1, MAX_INT32)
  const distSeconds = parseDecimal(item.arg(1), 1, MAX_INT32)
  return voteSeconds === undefined || distSeconds === undefined ? undefined : {voteSeconds, distSeconds}
}

const PROTOCOL_ITEMS = {
  recommendedClient: 'recommended-client-protocols',
  recommendedRelay: 'recommended-relay-protocols',
  requiredClient: 'required-client-protocols',
  requiredRelay: 'required-relay-protocols'
} as const

function parseProtocolSets(items: HeaderItems): Result<ProtocolSets, NetdocFault> {
  const out: Partial<Record<keyof ProtocolSets, Protocols>> = {}
  for (const [name, keyword] of Object.entries(PROTOCOL_ITEMS) as [
    keyof ProtocolSets,
    (typeof PROTOCOL_ITEMS)[keyof ProtocolSets]
  ][]) {
    const line = items.optional(keyword)?.line
    if (line === undefined) continue
    const parsed = parseProtocols(line)
    if (parsed === undefined) return meaningFault('bad-argument', keyword)
    out[name] = parsed
  }
  const {recommendedClient, recommendedRelay, requiredClient, requiredRelay} = out
  return ok({recommendedClient, recommendedRelay, requiredClient, requiredRelay})
}

/** A value that cannot be read counts as absent: onion services then fall back to the disaster value (srv-spec 4.2). */
function parseSharedRandom(item: Item | undefined): SharedRandomValue | undefined {
  if (item === undefined) return undefined
  const reveals = parseDecimal(item.arg(0), 0, MAX_INT32)
  const value = parseBase64(item.arg(1), 32)
  return reveals === undefined || value === undefined ? undefined : {reveals, value}
}

function listOf(item: Item | undefined): readonly string[] {
  return item === undefined ? [] : item.line.split(',').filter(entry => entry !== '')
}
