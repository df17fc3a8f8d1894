// One relay's entry in a vote, from its `r` line to the next (dir-spec 3.4.1): text to value.

import {ok, type Result} from '../../fault/result.ts'
import {parseIpv4} from '../address.ts'
import {MAX_UINT32, parseBase64, parseDecimal, parseNickname, parsePort} from '../argument.ts'
import {meaningFault, type NetdocFault} from '../fault.ts'
import type {Item} from '../item.ts'
import {checkItems} from '../item-rules.ts'
import {firstIpv6} from '../microdescriptor.ts'
import {parseProtocols} from '../protocols.ts'
import {parseTime} from '../time.ts'
import {VOTED_RELAY_RULES} from './rules.ts'
import type {VotedMicrodescriptor, VotedRelay} from './vote.ts'

const METHODS = /^\d{1,4}(?:,\d{1,4})*$/
const DIGEST = /^sha256=(.+)$/

/** @param knownFlags those that the vote's header names: an entry may have no others */
export function parseVotedRelay(
  entry: readonly Item[],
  knownFlags: ReadonlySet<string>
): Result<VotedRelay, NetdocFault> {
  const checked = checkItems(VOTED_RELAY_RULES, entry)
  if (!checked.ok) return checked
  const items = checked.value
  const router = parseRouterLine(items.one('r'))
  if (router === undefined) return meaningFault('bad-argument', 'r')
  const flags = items.one('s').args
  if (!flags.every(flag => knownFlags.has(flag))) return meaningFault('bad-argument', 's')
  const protocols = items.one('pr').line
  if (parseProtocols(protocols) === undefined) return meaningFault('bad-argument', 'pr')
  const weight = parseWeight(items.optional('w'))
  if (weight === undefined) return meaningFault('bad-argument', 'w')
  const policy = items.optional('p')?.line
  if (policy !== undefined && !/^(?:accept|reject) /.test(policy)) return meaningFault('bad-argument', 'p')
  const ed25519 = parseIdentity(items.all('id'))
  if (ed25519 === 'bad') return meaningFault('bad-key', 'id')
  return ok({
    ...router,
    ...weight,
    ipv6: firstIpv6(items.all('a').map(item => item.arg(0))),
    flags: new Set(flags),
    version: items.optional('v')?.line,
    protocols,
    policy,
    ed25519,
    microdescriptors: items.all('m').flatMap(parseMicrodescriptorLine)
  })
}

function parseRouterLine(line: Item) {
  const nickname = parseNickname(line.arg(0))
  const identity = parseBase64(line.arg(1), 20)
  const descriptorDigest = parseBase64(line.arg(2), 20)
  const published = parseTime(`${line.arg(3)} ${line.arg(4)}`)
  const address = parseIpv4(line.arg(5))
  const port = parsePort(line.arg(6))
  const dirPort = parsePort(line.arg(7))
  if (nickname === undefined || identity === undefined || descriptorDigest === undefined) return undefined
  if (published === undefined || address === undefined || port === undefined || dirPort === undefined) {
    return undefined
  }
  return {nickname, identity, descriptorDigest, published, ipv4: {address, port}, dirPort}
}

function parseWeight(line: Item | undefined): Pick<VotedRelay, 'bandwidth' | 'measured'> | undefined {
  const found: {Bandwidth?: number; Measured?: number} = {}
  for (const argument of line?.args ?? []) {
    const [name, text = ''] = argument.split('=', 2)
    if (name !== 'Bandwidth' && name !== 'Measured') continue
    const value = parseDecimal(text, 0, MAX_UINT32)
    if (value === undefined) return undefined
    found[name] = value
  }
  return {bandwidth: found.Bandwidth, measured: found.Measured}
}

function parseIdentity(lines: readonly Item[]): VotedRelay['ed25519'] | 'bad' {
  const line = lines.filter(item => item.arg(0) === 'ed25519').at(-1)
  if (line === undefined) return undefined
  return line.arg(1) === 'none' ? 'none' : (parseBase64(line.arg(1), 32) ?? 'bad')
}

/** `34,35 sha256=DIGEST …`; a line of a form that we do not know names nothing. */
function parseMicrodescriptorLine(line: Item): readonly VotedMicrodescriptor[] {
  const [methods = '', ...digests] = line.args
  const named = digests.map(text => DIGEST.exec(text)?.[1]).find(text => text !== undefined)
  const digest = named === undefined ? undefined : parseBase64(named, 32)
  if (!METHODS.test(methods) || digest === undefined) return []
  return [{methods: methods.split(',').map(Number), digest}]
}
